// One person on one screen: who, allergies in red, what is open, every check-up with its chart and where it is.
import { COUNTS, FACTS } from "../checkup_doc.js";
import { index } from "../dental.js";
import { h, run } from "../dom.js";
import { on as listen } from "../events.js";
import { busily, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { ageOf, ageWords, allergies, card, day, names, notice, screen, stateBadge, tellSaved, villageOf,
  wordsFor } from "../parts.js";
import { grouped } from "../phone.js";
import * as store from "../store.js";
import { readChart } from "../tooth_chart.js";
import { voiding } from "../voiding.js";
import * as work from "../work.js";
import { nobody } from "./checkup.js";
import { allergyFields } from "./register.js";

export function mount(main, [id], { say, address, redraw, go }) {
  const person = store.person(id);
  if (!person) return nobody(main, say, address);
  if (person.id !== id) return go("person", person.id); // merged meanwhile: the other number still leads here
  const session = work.current();
  const seen = session && work.seenIn(session.id, person.id);

  function facts() {
    const lines = [
      ["field.number", h("span.pnum", person.number ?? "")],
      ["field.age", `${ageWords(person)}${person.birth?.precision === "day" ? `, ${day(person.birth.date)}` : ""}`],
      ["field.sex", say(`sex.${person.sex}`)], ["field.village", run(villageOf(person.village) || say("village.unknown"))],
      ["field.phone", person.phone && h("a.phone", { href: `tel:${person.phone}` }, grouped(person.phone))],
      ["field.guardian", person.guardian && run(person.guardian)], ["person.equity", person.equity && say("yes")],
      ["person.came_on", person.came_on && day(person.came_on)],
      ["person.weight", person.weight && `${person.weight.kg} kg, ${day(person.weight.on)}`],
    ].filter(([, value]) => value);
    return card(null, h("dl.fields", lines.flatMap(([key, value]) => [h("dt", say(key)), h("dd", value)])),
      h("div.row", h("a.button", { href: address("edit", person.id) }, icon("pencil"), say("person.correct")),
        addAllergy(), stateBadge(person.id)));
  }

  function addAllergy() {
    const form = h("form.stack", { novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const said = values(form);
      const errors = {};
      if (!said.substance) errors.substance = say("wrong.missing");
      if (!said.severe) errors.severe = say("wrong.choose");
      if (wrong(form, errors)) return;
      const doc = { patient: person.id, substance: said.substance, reaction: said.reaction, severe: said.severe === "yes" };
      await keep(form, { type: "allergy", kind: "create", doc });
    } }, allergyFields(), h("button.button.button--primary", icon("plus"), say("allergy.add")));
    return h("details.full", h("summary", say("allergy.new")), form);
  }

  async function keep(form, what) {
    await busily(form.querySelector("button:not([type])"), async () => {
      try {
        await store.save(what);
        tellSaved(say("saved"));
        redraw();
      } catch (error) {
        wrong(form, { form: wordsFor(error) });
      }
    });
  }

  function allergyList() {
    const those = (person.allergies ?? []).filter((allergy) => allergy.id);
    return those.length > 0 && h("details", h("summary", say("allergy.take_back")),
      h("ul.lines", those.map((allergy) => h("li", h("span", run(allergy.substance)),
        voiding("allergy", allergy.id, say, redraw)))));
  }

  function advice() {
    const open = person.checkups.find((one) => one.advised_to_come && !one.void_reason);
    if (!open || (person.came_on && person.came_on >= open.on)) return null;
    return notice("warn", say("person.advised", { day: day(open.on) }));
  }

  /** What was seen and done, as long as it can be read. */
  function inside(one) {
    const { dmft, DMFT } = index(one.teeth ?? {}, ageOf(person, one.on)?.years ?? null);
    const charted = Object.keys(one.teeth ?? {}).length > 0;
    const counted = Object.keys(COUNTS).filter((name) => Number.isInteger(one[name]));
    const done = (one.treatments ?? []).map(({ what, tooth }) => [say(`treatment.${what}`),
      tooth].filter(Boolean).join(" "));
    const reckoned = (name, n) => h("div", h("dt", { lang: "en" }, name), h("dd", n));
    return h("div.stack",
      charted && h("dl.reckoned", reckoned("dmft", dmft), reckoned("DMFT", DMFT)),
      charted ? readChart(one.teeth, one.pufa) : counted.length > 0
        && h("p", counted.map((name) => `${say(`count.${name}`)}: ${one[name]}`).join(" · ")),
      h("p", [say(`urgency.${one.urgency ?? 0}`), one.pain && say("person.pain"),
        one.gums_bleed && say("person.gums")].filter(Boolean).join(" · ")),
      done.length > 0 && h("p", done.join(" · ")), one.treatment && h("p", run(one.treatment)),
        one.note && h("p", run(one.note)));
  }

  function checkup(one) {
    const given = FACTS.filter((fact) => one[fact]).map((fact) => say(`given.${fact}`));
    return h("li", h("div.stack",
      h("h3", day(one.on), " ", stateBadge(one.id),
        one.void_reason && h("span.badge.badge--warn", icon("ban"), say("void.is"))),
      one.void_reason && h("p", run(one.void_reason)),
      one.sealed && h("p.muted", say("checkup.sealed")),
      !one.sealed && inside(one),
      h("p.muted", [...given, one.deworming && say(`worms.${one.deworming}`)].filter(Boolean).join(" · ") || say("given.nothing")),
      !one.void_reason && work.mayCheck() && h("div.row",
        !one.sealed && correct(one), voiding("checkup", one.id, say, redraw))));
  }

  const correct = (one) => h("a.button.button--small", { href: address("checkup", person.id, one.session ?? "-", one.id) },
    icon("pencil"), say("person.correct"));

  main.append(screen({ title: names(person), under: [say(`sex.${person.sex}`), " · ", ageWords(person)],
    back: address("find") },
    person.deceased_on && notice("warn", say("person.died", { day: day(person.deceased_on) })),
    allergies(person), allergyList(), advice(),
    session && !seen && work.mayCheck() && h("a.button.button--primary.button--wide",
      { href: address("checkup", person.id, session.id) }, icon("smile"), say("checkup.begin")),
    seen && notice("ok", say("person.seen_today")),
    facts(),
    h("section.card", h("h2", say("person.checkups")),
      person.checkups.length ? h("ul.timeline", person.checkups.map(checkup)) : h("p.muted", say("person.no_checkups")))));
  const stop = listen("changed", () => !main.querySelector("details[open] form") && redraw());
  return stop;
}
