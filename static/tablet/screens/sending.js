// Where the work is, to the single save: what waits, what was sent and when; send now; what the tablet lacks.
import * as clock from "../clock.js";
import { fill, h } from "../dom.js";
import { on as listen } from "../events.js";
import { box, busily, values, wrong } from "../fields.js";
import { warnings } from "../frame.js";
import { icon } from "../icons.js";
import { card, day, moment, names, notice, screen, stateBadge, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as sync from "../sync.js";
import * as vault from "../vault.js";
import { has } from "../words.js";

const SHOWN = 60;

export function mount(main, _, { say, address }) {
  const head = h("div.stack");
  const progress = h("progress", { max: 1, "aria-label": say("sending.title"), hidden: true });
  const told = h("p", { role: "status" });
  const send = h("button.button.button--primary.button--wide", { type: "button", onclick: go }, icon("send"),
    say("sending.now"));
  const list = h("div");

  async function go() {
    await busily(send, async () => {
      try {
        await sync.now();
      } catch (error) {
        fill(told, wordsFor(error));
      }
    });
    draw();
  }

  const words = (code) => (has(`error.${code}`) ? say(`error.${code}`) : say("error.code", { code }));

  function line(record) {
    const said = { ...record.local, ...record.doc };
    const person = store.person(record.type === "patient" ? record.id : said.patient);
    const href = person ? address("person", person.id) : record.type === "donation" ? address("receipt", record.id)
      : said.session ? address("session", said.session) : null;
    const body = [h("span", h("b", say(`inbox.type_${record.type}`)), person && [" · ", names(person)], " ",
      h("span.muted", moment(record.at))), stateBadge(record.id)];
    return h("li", href ? h("a", { href }, body) : h("span.row", body));
  }

  function draw() {
    const { saved, waiting, sent, trouble, sent_at } = store.counts();
    const { running, done, of, error, needs } = sync.status();
    send.disabled = false;
    progress.hidden = !running;
    if (of) Object.assign(progress, { max: of, value: done });
    else progress.removeAttribute("value");
    fill(told, running ? say(of ? "line.sending_of" : "line.sending", { done, of }) : error ? words(error) : "");
    fill(head,
      h("dl.tally", [["sending.saved", saved], ["sending.waiting", waiting], ["sending.sent", sent ?? saved - waiting],
        ["sending.trouble", trouble ?? 0]]
        .map(([key, n]) => h("div", h("dt", say(key)), h("dd", n)))),
      h("p", say("line.sent", { when: moment(sent_at) })),
      needs === "password" && password(),
      warnings().map(([look, , text]) => notice(look, h("p", text))),
      clock.state() !== "ok" && theDate());
    const all = store.own().filter((record) => record.state !== "sent");
    fill(list, all.length
      ? h("ul.lines.lines--links.card", all.slice(0, SHOWN).map(line))
      : h("div.empty", icon("check-check"), h("p", say("sending.nothing"))),
    all.length > SHOWN && h("p.muted", say("sending.more", { n: all.length - SHOWN })));
  }

  /** The server wants the password again; what was collected stays here meanwhile. */
  function password() {
    const button = h("button.button.button--primary", icon("key-round"), say("login.do"));
    const form = h("form.stack", { novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const { password: given } = values(form);
      if (wrong(form, given ? {} : { password: say("wrong.missing") })) return;
      await busily(button, async () => {
        try {
          await vault.prove(given);
          form.elements.password.value = "";
          await sync.now();
        } catch (error) {
          wrong(form, { password: wordsFor(error) });
        }
      });
      draw();
    } }, box({ name: "password", label: say("sending.password"), type: "password", maxlength: 256 }), button);
    return card(null, form);
  }

  /** The clock cannot be believed: a person says which day it is. */
  function theDate() {
    const form = h("form.stack", { novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const text = values(form).today.split("/").reverse().map((part) => part.padStart(2, "0")).join("-");
      if (wrong(form, /^\d{4}-\d{2}-\d{2}$/.test(text) ? {} : { today: say("wrong.date") })) return;
      await clock.confirm(text);
      draw();
    } }, box({ name: "today", label: say("clock.ask"), value: day(clock.today()), help: say("clock.help"),
      inputmode: "numeric", maxlength: 10 }),
    h("button.button.button--primary", icon("check"), say("clock.do")));
    return card(null, form);
  }

  main.append(screen({ title: say("sending.title"),
    under: vault.device() && say("login.tablet", { code: vault.device().device_code }), back: address("more") },
    head, send, progress, told, h("h2", say("sending.not_sent")), list));
  draw();
  const drops = [sync.on(draw), listen("changed", draw), listen("saved", draw)];
  return () => drops.forEach((drop) => drop());
}
