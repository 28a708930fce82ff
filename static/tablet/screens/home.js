// Today: the stop one works at with its tally and the box for the next child; other stops; what else can be done.
import { today } from "../clock.js";
import { h, run } from "../dom.js";
import { on as listen } from "../events.js";
import { icon } from "../icons.js";
import { day, money, notice, screen, way, weekday } from "../parts.js";
import { seek } from "../seek.js";
import { sessionState, tallyOf, villageLine } from "../session_parts.js";
import * as store from "../store.js";
import * as vault from "../vault.js";
import * as work from "../work.js";

const AHEAD = 12; // other stops shown

export function mount(main, params, { say, address, redraw }) {
  const session = work.current();
  const others = store.sessions().filter((other) => other.id !== session?.id && other.on >= today())
    .sort((a, b) => (a.on === b.on ? (a.id < b.id ? -1 : 1) : a.on < b.on ? -1 : 1));
  const name = vault.who()?.name ?? "";
  const rest = h("div.stack", session ? below(session) : noStop(), otherStops());
  const finder = seek({ session, label: say(session ? "home.next_child" : "home.find"),
    changed: (text) => (rest.hidden = text.length >= 2) });

  function below(here) {
    return [
      tallyOf(here),
      h("ul.bigs",
        way(address("talk", here.id), "book-open", say("talk.title"), say("talk.under")),
        way(address("kit", here.id), "package", say("kit.title"), say("kit.under")),
        way(address("worms", here.id), "pill", say("worms.title"), say("worms.under")),
        work.mayReceive() && way(address("donation"), "hand-coins", say("donation.title"), sumWords()),
        way(address("session", here.id), "calendar-days", say("session.title"), say("session.under")),
        way(address("close"), "moon", say("close.title"), say("close.under"))),
    ];
  }

  function sumWords() {
    const sums = Object.entries(work.sums(work.donations(today())));
    return sums.map(([currency, minor]) => money(minor, currency)).join(" · ") || say("donation.none_today");
  }

  function noStop() {
    return [
      notice("info", h("p", say(store.villages().length ? "home.no_stop" : "home.no_villages"))),
      h("ul.bigs", !store.villages().length && way(address("checkout"), "download", say("checkout.title"),
        say("checkout.under")),
        way(address("stop"), "map-pin", say("stop.title"), say("stop.under")),
        work.mayReceive() && way(address("donation"), "hand-coins", say("donation.title"), sumWords())),
    ];
  }

  function otherStops() {
    return h("section.stack", h("h2", say("home.other_stops")),
      others.length
        ? h("ul.lines.lines--links.card", others.slice(0, AHEAD).map((other) => h("li",
          h("a", { href: address("session", other.id) },
            h("span", h("b", `${weekday(other.on)} ${day(other.on)}`), " · ", villageLine(other)), sessionState(other)))))
        : h("p.muted", say("home.no_other_stops")),
      session && h("a.button", { href: address("stop") }, icon("plus"), say("stop.title")));
  }

  main.append(screen({
    title: session ? villageLine(session) : say("home.title"),
    under: session
      ? [`${weekday(session.on)} ${day(session.on)}`, session.place && [" · ", run(session.place)], " ",
        sessionState(session)]
      : say("home.hello", { name }),
  }, several(), finder.element, rest));
  if (params[0] === "next") finder.box.setAttribute("autofocus", "");

  /** More than one stop today: which one is this? */
  function several() {
    const here = work.on(today()).filter((one) => one.state !== "cancelled");
    if (here.length < 2) return null;
    return h("div.row", { role: "group", "aria-label": say("home.which_stop") }, here.map((one) =>
      h(one.id === session.id ? "button.button.button--primary" : "button.button", {
        type: "button", "aria-pressed": String(one.id === session.id), onclick: () => {
          work.choose(one.id);
          redraw();
        } }, one.id === session.id && icon("check"), villageLine(one))));
  }

  const drop = [listen("roster", () => !finder.box.value && redraw())];
  return () => drop.forEach((stop) => stop());
}
