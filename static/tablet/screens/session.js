// One stop: how it stands, the road, who goes, what was done; held, or cancelled with a reason.
import { today } from "../clock.js";
import { h, run } from "../dom.js";
import { box, busily, choice, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { ageWords, card, day, names, notice, screen, stateBadge, tellSaved, way, weekday, wordsFor } from "../parts.js";
import { sessionState, tallyOf, villageLine } from "../session_parts.js";
import * as store from "../store.js";
import { spoken } from "../words.js";
import * as work from "../work.js";
import { nobody } from "./checkup.js";

const REASONS = ["flood", "road", "staff", "holiday", "other"];

export function mount(main, [id], { say, address, redraw }) {
  const session = store.session(id);
  if (!session) return nobody(main, say, address);
  const seen = work.checkups(session.id);
  const route = session.route && (spoken() === "en" ? session.route.en || session.route.km
    : session.route.km || session.route.en);
  const lines = [
    ["session.route", route && run(route)], ["field.place", session.place && run(session.place)],
    ["session.team", session.team?.length > 0 && session.team.map((name, n) => [n > 0 && ", ", run(name)])],
    ["session.vehicle", session.vehicle && run(session.vehicle)], ["session.road", session.road && run(session.road)],
    ["session.moved_from", session.moved_from && day(session.moved_from)],
      ["field.note", session.note && run(session.note)],
  ].filter(([, value]) => value);

  async function change(form, set, button) {
    await busily(button, async () => {
      try {
        await store.save({ type: "session", id: session.id, kind: "amend", doc: { set } });
        tellSaved(say("saved"));
        redraw();
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  function state() {
    const hold = h("button.button.button--primary", icon("circle-check"), say("session.hold"));
    const held = h("form", { onsubmit: (event) => {
      event.preventDefault();
      change(held, { state: "held", reason: "" }, hold);
    } }, hold);
    const stop = h("button.button.button--danger", icon("ban"), say("session.cancel_do"));
    const cancel = h("form.stack", { novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      const said = values(cancel);
      if (wrong(cancel, said.reason ? {} : { reason: say("wrong.choose") })) return;
      change(cancel, { state: "cancelled", reason: said.reason, note: said.note || session.note || "" }, stop);
    } },
    choice({ name: "reason", label: say("session.why"), look: "even",
      options: REASONS.map((code) => [code, say(`reason.${code}`)]) }),
    box({ name: "note", label: say("field.note"), value: session.note, optional: true }), stop);
    return card(say("session.state"), h("p", sessionState(session)),
      session.state !== "held" && session.on <= today() && held,
      session.on > today() && h("p.muted", say("session.in_future")),
      session.state !== "cancelled" && (seen.length
        ? h("p.muted", say("session.has_checkups"))
        : h("details", h("summary", say("session.cancel")), cancel)));
  }

  function people() {
    return card(say("session.people"), seen.length ? h("ul.lines.lines--links", seen.map((checkup) => {
      const person = store.person(checkup.patient);
      return person && h("li", h("a", { href: address("person", person.id) },
        h("span", h("b", names(person)), " ", h("span.muted", ageWords(person, session.on))), stateBadge(checkup.id)));
    })) : h("p.muted", say("session.nobody_yet")));
  }

  main.append(screen({ title: villageLine(session), under: `${weekday(session.on)} ${day(session.on)}`,
    back: address("home") },
    session.road && session.on >= today() && notice("warn", h("b", say("session.road")), " ", run(session.road)),
    tallyOf(session),
    h("ul.bigs", session.on === today() && session.state !== "cancelled"
      && h("li", h("a.big", { href: address("home"), onclick: () => work.choose(session.id) }, icon("smile"),
        h("span", h("b", say("session.work_here"))), icon("chevron-right"))),
      way(address("talk", session.id), "book-open", say("talk.title"), say("talk.under")),
      way(address("kit", session.id), "package", say("kit.title"), say("kit.under")),
      way(address("worms", session.id), "pill", say("worms.title"), say("worms.under"))),
    state(), lines.length > 0 && card(null, h("dl.fields",
      lines.flatMap(([key, value]) => [h("dt", say(key)), h("dd", value)]))), people()));
}
