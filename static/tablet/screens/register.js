// Registering somebody a search did not find: one screen, few fields; who may be the same stands beside it.
import { fill, h, hasKhmer, later, run } from "../dom.js";
import { birthField, birthOf, birthText } from "../birth.js";
import * as drafts from "../drafts.js";
import { box, busily, choice, values, villageBox, wrong, yesNo } from "../fields.js";
import { icon } from "../icons.js";
import { uuid7 } from "../ids.js";
import { phoneWrong } from "../phone.js";
import { apart, names, notice, placeName, screen, stateBadge, wordsFor } from "../parts.js";
import { alike } from "../search.js";
import { lastSought } from "../seek.js";
import * as store from "../store.js";
import * as work from "../work.js";
import { say as words } from "../words.js";

const KEY = "register";
export const NAMES = ["family_name_km", "given_name_km", "family_name", "given_name"];

/** The words of a search as the beginnings of a name, in the script they are in. */
function named(text) {
  if (/\d/.test(text)) return {};
  const [family = "", ...given] = text.split(/\s+/);
  const end = hasKhmer(text) ? "_km" : "";
  const upper = (word) => (end ? word : word.charAt(0).toUpperCase() + word.slice(1));
  return { [`family_name${end}`]: upper(family), [`given_name${end}`]: given.map(upper).join(" ") };
}

export async function mount(main, [session = "-"], { say, address, redraw }) {
  const draft = await drafts.load(KEY);
  const stop = session === "-" ? null : store.session(session);
  const checks = stop && work.mayCheck();
  const start = draft ?? { ...named(lastSought()), village: stop?.village ?? "" };
  const doubles = h("aside.stack", { "aria-live": "polite" });
  const button = h("button.button.button--primary.button--wide", icon("user-check"), say("register.do"));
  // Where the list stands below the form, the bar that is always in sight says that there is one.
  const same = h("button.button.same", { type: "button", hidden: true, onclick: () => {
    doubles.scrollIntoView({ block: "center" });
    doubles.querySelector("a")?.focus({ preventScroll: true });
  } });
  const more = start.allergy === "some";
  const substance = h("div.stack", { hidden: !more }, allergyFields(start));
  const form = h("form.stack", { novalidate: true, onsubmit: send }, h("section.card.stack", nameFields(start)),
    h("section.card.stack",
      sexField(start),
      birthField(start),
      villageBox({ label: say("field.village"), value: start.village, places: store.catchment(),
        nameOf: (p) => run(placeName(p)) })),
    h("section.card.stack",
      h("div.pair",
        box({ name: "phone", label: say("field.phone"), value: start.phone, optional: true, inputmode: "tel",
          maxlength: 30 }),
        box({ name: "guardian", label: say("field.guardian"), value: start.guardian, optional: true, maxlength: 120 })),
      choice({ name: "allergy", label: say("allergy.ask"), value: start.allergy, look: "three",
        options: ["none", "some", "unasked"].map((code) => [code, say(`allergy.choice_${code}`)]) }),
      substance,
      yesNo({ name: "consent", label: say("register.consent"), value: start.consent, optional: true })),
    h("div.save-foot", same, button));
  const keeper = drafts.keepForm(form, KEY, () => values(form));

  const compare = later(200, () => {
    const said = values(form);
    let birth = null;
    try {
      birth = birthOf(said);
    } catch {
      // not typed to its end yet
    }
    const found = alike({ ...said, birth, village: Number(said.village) || null }, { limit: 5 });
    form.parentElement.classList.toggle("beside--shown", found.length > 0);
    same.hidden = !found.length;
    fill(same, icon("user"), say("register.same_n", { n: found.length }));
    fill(doubles, found.length > 0 && [
      h("h2", say("register.same")), h("p.muted", say("register.same_help")),
      h("ul.found-people", found.map(({ person }) => h("li",
        h("a.big", { href: checks ? address("checkup", person.id, stop.id) : address("person", person.id) },
          h("span", h("b", names(person)), h("span.facts", apart(person).map((fact) => h("span", fact)))))))),
    ]);
  });
  form.addEventListener("input", compare);
  form.addEventListener("change", () => {
    substance.hidden = values(form).allergy !== "some";
    compare();
  });

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    const [doc, errors] = read(said);
    if (wrong(form, errors)) return;
    await busily(button, async () => {
      try {
        const saved = await store.save({ type: "patient", kind: "create", doc });
        await keeper.done();
        ticket(saved);
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  function ticket({ id, doc }) {
    fill(main, screen({ title: say("register.done") },
      h("div.ticket", { role: "status" }, h("b", names(doc)), h("span.muted", say("register.number")),
        h("span.ticket__number", doc.number), h("span", stateBadge(id))),
      h("div.stack",
        checks && h("a.button.button--primary.button--wide", { href: address("checkup", id, stop.id) }, icon("smile"),
          say("checkup.begin")),
        h("a.button.button--wide", { href: address("person", id) }, icon("user"), say("person.open_own")),
        h("a.button.button--wide", { href: address("home", "next") }, icon("search"), say("home.next_child")))));
    main.querySelector("a.button").focus();
  }

  main.append(screen({ title: say("register.title"), back: address(stop ? "home" : "find") },
    draft && restored(say, async () => {
      await drafts.drop(KEY);
      redraw();
    }),
    h("div.beside", form, doubles)));
  compare();
  return () => keeper.leave();
}

export const sexField = ({ sex }) => choice({ name: "sex", label: words("field.sex"), value: sex, look: "two",
  options: ["F", "M"].map((code) => [code, words(`sex.${code}`)]) });

/** Say that what was typed before is back, with a way to begin anew. */
export function restored(say, anew) {
  return notice("info", h("p", say("draft.back")),
    h("button.button.button--small", { type: "button", onclick: anew }, icon("rotate-ccw"), say("draft.anew")));
}

export function nameFields(start) {
  const group = (title, given, lang) => h("fieldset", h("legend", words(title)),
    h("div.pair.pair--tight", given.map((name) => nameBox(name, start, lang))));
  return [group("name.km", NAMES.slice(0, 2), "km"), group("name.en", NAMES.slice(2), "en")];
}

const nameBox = (name, start, lang) =>
  box({ name, label: words(name.startsWith("family") ? "name.family" : "name.given"), value: start[name], lang,
    maxlength: 60, autocapitalize: "words", spellcheck: "false" });

export function allergyFields(start = {}) {
  return [
    h("div.pair", box({ name: "substance", label: words("allergy.substance"), value: start.substance, maxlength: 120 }),
      box({ name: "reaction", label: words("allergy.reaction"), value: start.reaction, optional: true, maxlength: 120 })),
    yesNo({ name: "severe", label: words("allergy.severe_ask"), value: start.severe }),
  ];
}

/** What is wrong with a person's fields; `birth` is checked only where it was typed. */
export function checkPerson(said) {
  const errors = {};
  if (!NAMES.some((name) => said[name])) errors.family_name_km = words("wrong.name");
  if (!said.sex) errors.sex = words("wrong.choose");
  const phone = phoneWrong(said.phone);
  if (phone) errors.phone = words(phone);
  try {
    birthOf(said);
  } catch (error) {
    errors.birth = wordsFor(error);
  }
  return errors;
}

function read(said) {
  const errors = checkPerson(said);
  if (!said.birth) errors.birth = words("wrong.birth_missing");
  if (!said.village) errors.village = words("wrong.village");
  if (!said.allergy) errors.allergy = words("wrong.choose");
  const some = said.allergy === "some";
  if (some && !said.substance) errors.substance = words("wrong.missing");
  if (some && !said.severe) errors.severe = words("wrong.choose");
  const doc = {
    ...Object.fromEntries(NAMES.map((name) => [name, said[name]])), sex: said.sex, birth: birthText(said),
    village: Number(said.village) || null, phone: said.phone, guardian: said.guardian, no_allergy: said.allergy === "none",
    allergies: some ? [{ id: uuid7(), substance: said.substance, reaction: said.reaction,
      severe: said.severe === "yes" }] : [],
    consent: said.consent ? said.consent === "yes" : null,
  };
  return [doc, errors];
}
