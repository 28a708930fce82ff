// What needs a person, in plain words: what differs, what could not be taken over, and who decides it where.
import { fill, h, run } from "../dom.js";
import { on as listen } from "../events.js";
import { icon } from "../icons.js";
import { names, notice, screen } from "../parts.js";
import * as store from "../store.js";
import { has } from "../words.js";

export function mount(main, _, { say, address }) {
  const body = h("div.stack");

  function fieldWords(item) {
    const fields = item.fields ?? [];
    const pairs = Array.isArray(fields) ? fields.map((name) => [name, ""]) : Object.entries(fields);
    const name = (field) => (has(`field.${field}`) ? say(`field.${field}`) : has(`fact.${field}`) ? say(`fact.${field}`)
      : field);
    return pairs.length > 0 && h("ul", pairs.map(([field, words]) => h("li", h("b", name(field)),
      words && [": ", run(words)])));
  }

  function one(item) {
    const person = item.patient && store.person(item.patient);
    const open = item.state === "open";
    return h(open ? "li.card.card--accent" : "li.card", h("div.stop-head",
      h("h2", say(`inbox.type_${item.type}`)),
      h(`span.badge.badge--${open ? "warn" : "ok"}`, icon(open ? "triangle-alert" : "circle-check"),
        say(open ? "inbox.open" : "inbox.done"))),
    person && h("p", h("a", { href: address("person", person.id) }, names(person))),
    h("p", say(`inbox.${item.kind}`)), item.words && h("p", run(item.words)), fieldWords(item),
    item.ticket && h("p.muted", say("inbox.ticket", { ticket: item.ticket })));
  }

  function draw() {
    const all = [...store.inbox()].sort((a, b) => (b.state === "open") - (a.state === "open"));
    fill(body, all.length
      ? [h("p.muted", say("inbox.who_decides")), h("ul.stack.plain", all.map(one))]
      : h("div.empty", icon("circle-check"), h("p", say("inbox.empty"))));
  }
  main.append(screen({ title: say("inbox.title"), under: say("inbox.under") }, body));
  draw();
  return listen("changed", draw);
}
