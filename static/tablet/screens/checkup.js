// One child in a minute: pain, teeth, gums, how urgent, what was done, what was given, save, next child.
import { today } from "../clock.js";
import { COUNTS, blank, difference, local, proposed, read, toForm, worms } from "../checkup_doc.js";
import * as dental from "../dental.js";
import { fill, h } from "../dom.js";
import * as drafts from "../drafts.js";
import { box, busily, choice, stepper, values, wrong, yesNo } from "../fields.js";
import { icon } from "../icons.js";
import { ageOf, ageWords, allergies, card, day, names, notice, screen, tellSaved, wordsFor } from "../parts.js";
import * as store from "../store.js";
import { toothChart } from "../tooth_chart.js";
import { treatmentField } from "../treatments.js";
import * as work from "../work.js";
import { restored } from "./register.js";

const MARKS = ["P", "U", "F", "A"];

export async function mount(main, [patient, sessionId, correcting = ""], { go, say, address, redraw }) {
  const person = store.person(patient);
  const session = store.session(sessionId);
  if (!person || (!session && !correcting)) return nobody(main, say, address);
  const before = correcting && person.checkups.find((checkup) => checkup.id === correcting);
  if (correcting && !before) return nobody(main, say, address);
  const on = session?.on ?? before?.on ?? today();
  const years = ageOf(person, on)?.years ?? null;
  const key = `checkup-${patient}-${correcting || sessionId}`;
  const draft = await drafts.load(key);
  const state = structuredClone(draft ?? (before ? toForm(before) : blank()));

  const button = h("button.button.button--primary.button--wide", icon("check"),
    say(before ? "checkup.correct" : "checkup.save"));
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    card(null, yesNo({ name: "pain", label: say("checkup.pain"), value: state.pain })),
    teeth(), quick(), card(null, yesNo({ name: "gums", label: say("checkup.gums"), value: state.gums }), urgency()),
    card(say("checkup.done"), treatmentField(state, changed)),
    given(), against(), card(null, yesNo({ name: "advised", label: say("checkup.advised"), value: state.advised,
      help: say("checkup.advised_help") })),
    more(), before && card(null, box({ name: "why", label: say("checkup.why"), value: state.why, optional: true })),
    h("div.save-foot", button));
  const keeper = drafts.keepForm(form, key, collect);

  function collect() {
    return { ...state, ...values(form), teeth: state.teeth, pufa: state.pufa, treatments: state.treatments };
  }

  function changed() {
    keeper.changed();
    after();
  }

  // -- the teeth ----------------------------------------------------------------------------------------------------

  function teeth() {
    const modes = choice({ name: "mode", label: say("checkup.teeth"), value: state.mode, look: "even",
      options: ["chart", "sound", "counts", "unseen"].map((mode) => [mode, say(`mode.${mode}`)]) });
    delete modes.dataset.field;
    const chart = toothChart({ teeth: state.teeth, pufa: state.pufa, years, changed: () => {
      pufa();
      changed();
    } });
    const part = h("div.stack.the-chart", { data: { field: "teeth" } }, chart.element, h("div.pufa-place"),
      h("dl.reckoned"));
    const section = h("section.card.stack.teeth-card", modes, part);
    section.drawChart = chart.draw;
    return section;
  }

  function pufa() {
    const open = Object.keys(state.teeth).filter((tooth) => dental.kind(state.teeth[tooth]) === "decayed").sort();
    const row = (tooth) => h("li", h("b", tooth), h("div.pick.pick--danger",
      { role: "group", "aria-label": say("tooth.number", { tooth }) },
      MARKS.map((mark) => h("label", h("input", { type: "checkbox", checked: state.pufa[tooth] === mark,
        onchange: (event) => {
        if (event.target.checked) state.pufa[tooth] = mark;
        else delete state.pufa[tooth];
        form.querySelector(".teeth-card").drawChart();
        pufa();
        changed();
        form.querySelector(`[data-pufa="${tooth}${mark}"]`)?.focus();
      }, data: { pufa: `${tooth}${mark}` } }), h("b", mark), h("span", say(`pufa.${mark}`))))));
    fill(form.querySelector(".pufa-place"), open.length > 0
      && h("fieldset", h("legend", say("pufa.ask")), h("ul.pufa-rows", open.map(row))));
  }

  function quick() {
    return h("section.card.stack.the-counts", h("h2", say("mode.counts")), h("p.muted", say("counts.help")),
      h("div.pair", Object.entries(COUNTS).map(([name, max]) => stepper({ name, label: say(`count.${name}`),
        value: state[name], max, optional: true }))));
  }

  function urgency() {
    return choice({ name: "urgency", label: say("checkup.urgency"), value: state.urgency, look: "down",
      options: dental.URGENCIES.map((n) => [n, [say(`urgency.${n}`),
        h("span.badge.badge--info", { hidden: true, data: { proposed: n } }, say("urgency.proposed"))]]) });
  }

  // -- what was given -------------------------------------------------------------------------------------------------

  function given() {
    const facts = choice({ name: "given", label: say("checkup.given"), many: true, value: state.given, look: "even",
      options: ["dental_education", "toothbrush", "toothpaste"].map((fact) => [fact, say(`given.${fact}`)]) });
    const all = h("button.button.button--wide", { type: "button", onclick: () => {
      for (const input of facts.querySelectorAll("input")) input.checked = true;
      changed();
    } }, icon("check-check"), say("given.all_three"));
    return h("section.card.stack", facts, all);
  }

  function against() {
    const { may, why, last, months } = worms(person, on);
    const head = h("h2", say("worms.title"));
    if (!may && !state.deworming) return h("section.card.stack", head, h("p.muted", say(why)));
    const medicines = choice({ name: "deworming", label: say("worms.given"), hidden: true, value: state.deworming ?? "",
      look: "even",
      options: [["", say("worms.nothing")], ...dental.DEWORMING.map((what) =>
        [what, `${say(`worms.${what}`)} ${dental.dewormingDose(what, months ?? null)} mg`])] });
    return h("section.card.stack", head, last && notice("warn", say("worms.lately", { day: day(last) })), medicines,
      last && box({ name: "deworming_despite", label: say("worms.despite"), value: state.deworming_despite }));
  }

  function more() {
    const used = state.weight || state.height || state.note || state.treatment;
    return h("section.card", h("details", { open: Boolean(used) }, h("summary", say("checkup.more")),
      h("div.stack", h("div.pair.pair--tight",
        box({ name: "weight", label: say("field.weight"), value: state.weight, unit: "kg", inputmode: "decimal",
          maxlength: 7, optional: true }),
        box({ name: "height", label: say("field.height"), value: state.height, unit: "cm", inputmode: "decimal",
          maxlength: 7, optional: true })),
      box({ name: "treatment", label: say("checkup.treatment_words"), value: state.treatment, optional: true,
        maxlength: 160 }),
      box({ name: "note", label: say("field.note"), value: state.note, optional: true, rows: 2 }))));
  }

  // -- what follows from what was tapped --------------------------------------------------------------------------------

  function after() {
    const said = collect();
    form.querySelector(".the-chart").hidden = said.mode !== "chart";
    form.querySelector(".the-counts").hidden = said.mode !== "counts";
    const { dmft, DMFT } = dental.index(...(said.mode === "chart" ? [said.teeth, years, said.pufa] : [{}, years]));
    const marks = dental.pufa(said.pufa);
    fill(form.querySelector(".reckoned"), [["dmft", dmft], ["DMFT", DMFT], ["pufa", marks.pufa], ["PUFA", marks.PUFA]]
      .map(([name, n]) => h("div", h("dt", { lang: "en" }, name), h("dd", n))));
    for (const badge of form.querySelectorAll("[data-proposed]")) badge.hidden = badge.dataset.proposed !== proposed(said);
    form.dispatchEvent(new CustomEvent("drawn"));
  }

  async function send(event) {
    event.preventDefault();
    const said = collect();
    const [doc, errors] = read(said, { patient: person.id, session: session?.id ?? before?.session ?? null, years,
      observed_at: before?.observed_at });
    const lately = worms(person, on).last;
    if (doc.deworming && lately && !doc.deworming_despite && !before) errors.deworming_despite = say("wrong.despite");
    if (wrong(form, errors)) return;
    await busily(button, async () => {
      try {
        if (before) await amend(doc, said.why);
        else await store.save({ type: "checkup", kind: "create", doc, local: local(doc) });
        await keeper.done();
        tellSaved(say("checkup.saved"));
        if (before) go("person", person.id);
        else go("home", "next");
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  async function amend(doc, why) {
    const change = difference(before, doc);
    if (!change) return;
    await store.save({ type: "checkup", id: before.id, kind: "amend", doc: { ...change, ...(why ? { why } : {}) },
      local: local(doc) });
  }

  const seen = !before && work.seenIn(session.id, person.id);
  main.append(screen({
    title: names(person),
    under: [say(`sex.${person.sex}`), " · ", ageWords(person, on), " · ", h("span.pnum", person.number ?? "")],
    back: before ? address("person", person.id) : address("home"),
    end: h("a.button.button--quiet", { href: address("person", person.id),
      "aria-label": say("person.open", { name: person.number ?? "" }) }, icon("file-text")),
  },
  allergies(person),
  person.deceased_on && notice("warn", say("person.died", { day: day(person.deceased_on) })),
  seen && notice("warn", h("p", say("checkup.seen_already")),
    h("a.button", { href: address("person", person.id) }, say("person.open_own"))),
  draft && restored(say, async () => {
    await drafts.drop(key);
    redraw();
  }),
  form));
  form.addEventListener("input", after);
  form.addEventListener("change", after);
  pufa();
  after();
  return () => keeper.leave();
}

/** The person or the session is not on this tablet (any more). */
export function nobody(main, say, address) {
  main.append(screen({ title: say("gone.title"), back: address("home") }, notice("warn", say("gone.words"))));
}
