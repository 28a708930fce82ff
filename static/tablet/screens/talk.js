// Health education: what about, who taught, how many listened. Unnamed heads, apart from the people checked.
import { today } from "../clock.js";
import { h, run } from "../dom.js";
import * as drafts from "../drafts.js";
import { box, busily, choice, number, stepper, values, wrong, yesNo } from "../fields.js";
import { icon } from "../icons.js";
import { card, day, notice, screen, stateBadge, tellSaved, wordsFor } from "../parts.js";
import { villageLine } from "../session_parts.js";
import * as store from "../store.js";
import * as vault from "../vault.js";
import { voiding } from "../voiding.js";
import { nobody } from "./checkup.js";
import { restored } from "./register.js";

const TOPICS = ["teeth", "hygiene", "water", "medicine", "nutrition", "pregnancy", "worms", "dengue", "other"];
const AUDIENCES = ["pupils", "villagers", "chief", "leaders"];
const HEADS = ["girls", "boys", "women", "men"];
const MOST = 2000;

/** Heads of all audiences together. */
export const heads = (doc) =>
  Object.values(doc.audiences ?? {}).flatMap((one) => Object.values(one)).reduce((sum, n) => sum + (n || 0), 0);

export async function mount(main, [sessionId, correcting = ""], { go, say, address, redraw }) {
  const session = store.session(sessionId);
  if (!session) return nobody(main, say, address);
  const before = correcting && session.talks.find((talk) => talk.id === correcting && !talk.sealed);
  const key = `talk-${correcting || sessionId}`;
  const draft = await drafts.load(key);
  const start = draft ?? (before ? toForm(before) : { topic: "teeth", teachers: vault.who()?.name ?? "",
    who: [session.stop === "school" ? "pupils" : "villagers"], with_department: "no" });
  const button = h("button.button.button--primary.button--wide", icon("check"), say(before ? "edit.do" : "talk.do"));
  const groups = AUDIENCES.map((who) => h("fieldset.card.stack", { data: { who, field: `heads_${who}` } },
    h("legend", say(`audience.${who}`)),
    h("div.pair.pair--tight", HEADS.map((sex) => stepper({ name: `${who}_${sex}`, label: say(`heads.${sex}`),
      value: start[`${who}_${sex}`], max: MOST })))));
  const other = box({ name: "topic_text", label: say("talk.what"), value: start.topic_text, maxlength: 120 });
  const total = h("p.muted", { role: "status" });
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    card(null, choice({ name: "topic", label: say("talk.topic"), value: start.topic, look: "even",
      options: TOPICS.map((code) => [code, say(`topic.${code}`)]) }), other),
    card(null, choice({ name: "who", label: say("talk.who"), many: true, value: start.who, look: "even",
      options: AUDIENCES.map((code) => [code, say(`audience.${code}`)]) })),
    groups, total,
    card(null, h("div.pair.pair--tight",
      stepper({ name: "brushes", label: say("talk.brushes"), value: start.brushes, max: MOST, optional: true }),
      stepper({ name: "pastes", label: say("talk.pastes"), value: start.pastes, max: MOST, optional: true })),
    box({ name: "teachers", label: say("talk.teachers"), value: start.teachers, maxlength: 160 }),
    yesNo({ name: "with_department", label: say("talk.department"), value: start.with_department }),
    box({ name: "place", label: say("field.place"), value: start.place ?? session.place, optional: true, maxlength: 80 }),
    box({ name: "note", label: say("field.note"), value: start.note, optional: true })),
    h("div.save-foot", button));
  const keeper = drafts.keepForm(form, key, () => values(form));
  const draw = () => {
    const said = values(form);
    for (const group of groups) group.hidden = !said.who.includes(group.dataset.who);
    other.hidden = said.topic !== "other";
    total.textContent = say("talk.heads", { n: heads(read(said, {})) });
  };
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);

  function read(said, errors) {
    const count = (name) => number(said, name, errors, { max: MOST }) ?? 0;
    const audiences = Object.fromEntries(said.who.map((who) => [who,
      Object.fromEntries(["women", "men", "girls", "boys"].map((sex) => [sex, count(`${who}_${sex}`)]))]));
    return {
      session: session.id, village: session.village, on: session.on, topic: said.topic,
        topic_text: said.topic === "other" ? said.topic_text : "",
      place: said.place, teachers: said.teachers, with_department: said.with_department === "yes",
        brushes: count("brushes"), pastes: count("pastes"),
      note: said.note, audiences,
    };
  }

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    const errors = {};
    const doc = read(said, errors);
    if (!said.topic) errors.topic = say("wrong.choose");
    if (said.topic === "other" && !said.topic_text) errors.topic_text = say("wrong.missing");
    if (!said.who.length) errors.who = say("wrong.choose");
    else if (!heads(doc) && !Object.keys(errors).length) errors[`heads_${said.who[0]}`] = say("wrong.no_heads");
    if (wrong(form, errors)) return;
    await busily(button, async () => {
      try {
        if (before) await amend(doc);
        else await store.save({ type: "education", kind: "create", doc });
        await keeper.done();
        tellSaved(say("saved"));
        if (before) go("talk", session.id);
        else redraw();
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  async function amend(doc) {
    const fixed = ["session", "village", "on"];
    const set = Object.fromEntries(Object.entries(doc).filter(([name, value]) => !fixed.includes(name)
      && JSON.stringify(value) !== JSON.stringify(before[name] ?? (typeof value === "string" ? "" : null))));
    if (Object.keys(set).length) await store.save({ type: "education", id: before.id, kind: "amend", doc: { set } });
  }

  function given() {
    return session.talks.length > 0 && card(say("talk.given"), h("ul.lines", session.talks.map((talk) => h("li",
      h("span", h("b", say(`topic.${talk.topic ?? "other"}`)), talk.topic_text && [": ", run(talk.topic_text)], " · ",
        say("talk.heads", { n: heads(talk) }),
        talk.void_reason && [" ", h("span.badge.badge--warn", icon("ban"), say("void.is"))]),
      h("span.row", stateBadge(talk.id), !talk.void_reason && !talk.sealed
        && h("a.button.button--small", { href: address("talk", session.id, talk.id) }, icon("pencil"),
          say("person.correct")),
        !talk.void_reason && voiding("education", talk.id, say, redraw))))));
  }

  main.append(screen({ title: say(before ? "talk.correct" : "talk.title"),
    under: [villageLine(session), ` · ${day(session.on)}`], back: before ? address("talk", session.id) : address("home") },
    draft && restored(say, async () => {
      await drafts.drop(key);
      redraw();
    }), !before && given(), session.on > today() ? notice("info", say("session.in_future")) : form));
  draw();
  return () => keeper.leave();
}

function toForm(talk) {
  const counts = Object.entries(talk.audiences ?? {}).flatMap(([who, all]) =>
    Object.entries(all).map(([sex, n]) => [`${who}_${sex}`, n || ""]));
  return { ...talk, who: Object.keys(talk.audiences ?? {}), with_department: talk.with_department ? "yes" : "no",
    brushes: talk.brushes || "", pastes: talk.pastes || "", ...Object.fromEntries(counts) };
}
