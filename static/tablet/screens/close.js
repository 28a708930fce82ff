// Closing the day: the tally of the day, what is still to be sent, and everything collected sealed.
import { today } from "../clock.js";
import { fill, h } from "../dom.js";
import { busily } from "../fields.js";
import { icon } from "../icons.js";
import { card, day, money, notice, screen, tellSaved, wordsFor } from "../parts.js";
import { fileButton } from "../sealed_file.js";
import { sessionState, tallyOf, villageLine } from "../session_parts.js";
import * as store from "../store.js";
import * as sync from "../sync.js";
import * as work from "../work.js";
import { heads } from "./talk.js";

export function mount(main, _, { go, say, address }) {
  const stops = work.on(today());
  const { waiting } = store.counts();
  const sums = Object.entries(work.sums(work.donations(today())));
  const told = h("div", { "aria-live": "polite" });
  const button = h("button.button.button--primary.button--wide",
    { type: "button", onclick: () => busily(button, close) }, icon("moon"), say("close.do"));

  async function close() {
    try {
      await store.closeDay();
      tellSaved(say("close.sealed"));
      await sync.now();
      go("sending");
    } catch (error) {
      fill(told, notice("warn", wordsFor(error)));
    }
  }

  const listeners = (session) =>
    session.talks.filter((talk) => !talk.void_reason).reduce((sum, talk) => sum + heads(talk), 0);
  main.append(screen({ title: say("close.title"), under: day(today()), back: address("home") },
    stops.length ? stops.map((session) => h("section.card.stack",
      h("h2", villageLine(session), " ", sessionState(session)), tallyOf(session),
      h("p.muted", say("talk.heads", { n: listeners(session) })))) : h("p.muted", say("home.no_stop")),
    card(say("donation.today"), h("p", sums.length ? sums.map(([currency, minor]) => money(minor, currency)).join(" · ")
      : say("donation.none_today"))),
    notice(waiting ? "info" : "ok", say(waiting ? "close.waiting" : "close.all_sent", { n: waiting })),
    button, told, waiting > 0 && card(say("file.title"), fileButton())));
}
