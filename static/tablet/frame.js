// What stands around every screen: the centre's name, the language, the lock; the line that says where the work is;
// the four ways. Drawn anew whenever something of it changes.
import * as clock from "./clock.js";
import { fill, h } from "./dom.js";
import { on } from "./events.js";
import { icon } from "./icons.js";
import { moment } from "./parts.js";
import * as store from "./store.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";
import { say, speak, spoken } from "./words.js";

const OLD = 24; // hours after which a roster is called old

const WAYS = [
  ["home", "calendar-days", "way.today"],
  ["find", "search", "way.find"],
  ["inbox", "inbox", "way.inbox"],
  ["more", "ellipsis", "way.more"],
];
// A screen that has no way of its own belongs to one of them.
const UNDER = { person: "find", register: "find", edit: "find", sending: "more", checkout: "more", pin: "more",
  close: "more" };

let shown = "";

export function begin() {
  const draw = () => drawAll(); // at once: what a person was told and what the line says are the same
  for (const name of ["vault", "language", "saved", "changed", "roster", "inbox", "storage", "clock",
    "update"]) on(name, draw);
  on("shown", ({ screen }) => {
    shown = screen;
    draw();
  });
  sync.on(draw);
  setInterval(draw, 60_000); // "today 18:05" becomes "yesterday", a roster grows old
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && vault.state() === "open") {
      event.preventDefault();
      const box = document.querySelector(".seek input");
      if (box) box.focus();
      else location.hash = "#/find";
    }
  });
  drawAll();
}

async function otherLanguage() {
  const next = spoken() === "km" ? "en" : "km";
  await speak(next);
  if (vault.state() === "open") await vault.speakAs(next);
}

function bar() {
  const centre = vault.device()?.centre;
  const name = (centre && (spoken() === "en" ? centre.en : centre.km)) || say("app.name");
  const next = spoken() === "km" ? "en" : "km";
  return h("div.bar",
    h("a.bar__name", { href: "#/home" }, h("img", { src: document.querySelector("link[rel=icon]").href, alt: "" }),
      h("span", name)),
    h("div.bar__end",
      h("button.button.button--quiet", { type: "button", lang: next, onclick: otherLanguage },
        icon("languages"), next === "km" ? "ខ្មែរ" : "English"),
      vault.state() === "open" && h("button.button.button--quiet",
        { type: "button", "aria-label": say("lock.now"), onclick: () => vault.rest() },
        icon("lock"))));
}

/** What a person should know now, gravest first: [look, picture, words]. */
export function warnings() {
  const roster = store.roster();
  const { oldest_at } = store.counts();
  const found = [];
  if (store.storage() === "full") found.push(["danger", "hard-drive", say("warn.full")]);
  if (roster.dead) found.push(["danger", "lock", say(`warn.dead_${roster.dead}`)]);
  if (clock.state() !== "ok") found.push(["danger", "clock", say(`warn.clock_${clock.state()}`)]);
  if (oldest_at && Date.now() - oldest_at > 5 * 864e5) found.push(["danger", "hourglass", say("warn.waits_long")]);
  if (store.storage() === "low") found.push(["warn", "hard-drive", say("warn.low")]);
  const hours = roster.at ? Math.round((Date.now() - roster.at) / 3600e3) : 0;
  if (!roster.dead && hours > OLD) found.push(["warn", "user", say("warn.old_roster", { hours })]);
  return found;
}

function stateLine() {
  const { saved, waiting, sent_at } = store.counts();
  const { running, done, of, needs } = sync.status();
  const [worst] = warnings();
  const look = worst ? worst[0] : waiting ? "waiting" : "calm";
  const part = (picture, key, params) => h("span", icon(picture), h("span", say(key, params)));
  return h(`a.state-line.state-line--${look}`, { href: vault.state() === "open" ? "#/sending" : null },
    part("hard-drive", "line.saved", { n: saved }),
    part(waiting ? "hourglass" : "check-check", "line.waiting", { n: waiting }),
    part("send", "line.sent", { when: moment(sent_at) }),
    running && h("span", icon("refresh-cw"), say(of ? "line.sending_of" : "line.sending", { done, of })),
    needs === "password" && h("span", icon("key-round"), say("line.password")),
    worst && h("span", icon(worst[1]), h("b", worst[2])));
}

function ways() {
  const here = WAYS.some(([name]) => name === shown) ? shown : (UNDER[shown] ?? "home");
  const waits = store.inbox().filter((item) => item.state === "open").length;
  return h("nav.foot-ways", { "aria-label": say("way.all") }, WAYS.map(([name, picture, words]) =>
    h("a", { href: `#/${name}`, "aria-current": name === here ? "page" : null }, icon(picture), h("span", say(words)),
      name === "inbox" && waits > 0 && h("span.badge.badge--warn", waits))));
}

/** What a screen shows that could not be drawn. */
export const trouble = () => h("div.notice.notice--danger", { role: "alert" }, icon("octagon-alert"),
  h("div", h("h1", { tabindex: -1 }, say("error.unknown"))));

let drawn = "";

function drawAll() {
  const state = vault.state();
  const parts = [bar(), state !== "new" && stateLine(), state === "open" && ways()].filter(Boolean);
  const now = parts.map((part) => part.outerHTML).join("") + spoken();
  if (now === drawn) return; // a button that has the focus keeps it while nothing changes
  drawn = now;
  const head = document.getElementById("head");
  const at = [...head.querySelectorAll("a, button")].indexOf(document.activeElement);
  fill(head, parts);
  if (at >= 0) head.querySelectorAll("a, button")[at]?.focus();
}
