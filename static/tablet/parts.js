// What the screens are made of: their head, a person in a few words, the state of a record, a day, a sum of money.
import { ageAt } from "./ages.js";
import { today } from "./clock.js";
import { h, run } from "./dom.js";
import { icon } from "./icons.js";
import * as store from "./store.js";
import { has, say, spoken } from "./words.js";

/** The head of a screen with the way back; `children` stand below. The title takes the focus. */
export function screen({ title, under = null, back = null, end = null }, ...children) {
  return h("div.screen",
    h("header.screen-head",
      back && h("a.button.button--quiet.button--back", { href: back }, icon("arrow-left"),
        h("span.visually-hidden", say("back"))),
      h("div", h("h1", { tabindex: -1 }, title), under && h("p", under)), end),
    ...children);
}

const NOTICES = { info: "info", warn: "triangle-alert", danger: "octagon-alert", ok: "circle-check" };

export function notice(kind, ...children) {
  return h(`div.notice.notice--${kind}`, icon(NOTICES[kind]), h("div", ...children));
}

export function card(title, ...children) {
  return h("section.card.stack", title && h("h2", title), ...children);
}

/** A large way to another screen. */
export function way(href, picture, words, under = "") {
  return h("li", h("a.big", { href }, icon(picture), h("span", h("b", words), under && h("small", under)),
    icon("chevron-right")));
}

const STATES = {
  saved: ["quiet", "hard-drive"], waiting: ["info", "hourglass"], sent: ["ok", "check-check"],
  conflict: ["warn", "triangle-alert"], refused: ["danger", "octagon-alert"], parked: ["info", "hourglass"],
};

/** The state of one record made or changed here: where it is, in words and with a picture. Others have none to tell. */
export function stateBadge(id) {
  if (!store.opsFor(id).length) return null;
  const state = store.stateOf(id);
  const [look, picture] = STATES[state] ?? STATES.saved;
  return h(`span.badge.badge--${look}`, icon(picture), say(`state.${state}`));
}

// -- people -------------------------------------------------------------------------------------------------------

const joined = (...names) => names.filter(Boolean).join(" ");
export const khmerName = (p) => joined(p.family_name_km, p.given_name_km);
export const latinName = (p) => joined(p.family_name, p.given_name);

/** The name in the script of the screen first, the other beside it. */
export function names(person) {
  const both = [khmerName(person), latinName(person)].filter(Boolean);
  if (spoken() === "en") both.reverse();
  return both.flatMap((name, n) => [n > 0 && "\u00a0· ", run(name)]);
}

export const oneName = (person) => (spoken() === "en" ? latinName(person) || khmerName(person)
  : khmerName(person) || latinName(person));

/** Completed age on a day, or null: {years, months, days}. */
export function ageOf(person, on = today()) {
  const born = person?.birth?.date;
  if (!born) return null;
  const last = person.deceased_on && person.deceased_on < on ? person.deceased_on : on;
  return ageAt(born > last ? last : born, last);
}

/** An age in words: days in the first month, months below two years, then years; "about" unless known to the day. */
export function ageWords(person, on = today()) {
  const age = ageOf(person, on);
  if (!age) return say("age.unknown");
  const [key, n] = !age.months ? ["age.days", age.days] : age.years < 2 ? ["age.months", age.months]
    : ["age.years", age.years];
  const words = say(n === 1 ? `${key}_one` : key, { n });
  return person.birth.precision === "day" ? words : say("age.about", { age: words });
}

export function placeName(place) {
  if (!place) return "";
  return spoken() === "en" ? place.en || place.km : place.km || place.en;
}

export const villageOf = (id) => placeName(store.village(id));

/** What tells people of the same name apart. */
export function apart(person) {
  const contacts = [person.came_on, ...(person.checkups ?? []).map((c) => c.on)].filter(Boolean).sort();
  return [
    say(`sex.${person.sex}`), ageWords(person), villageOf(person.village),
    person.phone && say("phone.ends", { digits: person.phone.slice(-3) }),
    contacts.length ? say("person.last_seen", { day: day(contacts.at(-1)) }) : say("person.never_seen"),
  ].filter(Boolean);
}

/** Allergies in red; that nobody was asked is said too. */
export function allergies(person) {
  const those = (person.allergies ?? []).filter((allergy) => !allergy.void);
  if (those.length) {
    return h("div.allergies", { role: "note" }, icon("octagon-alert"), h("span", say("allergy.to")),
      h("ul", those.map((allergy) => h("li", run(allergy.substance),
        (allergy.severe || allergy.reaction) && h("small", " ", allergy.severe && `${say("allergy.severe")} `,
          run(allergy.reaction ?? ""))))));
  }
  return person.no_allergy
    ? h("div.allergies.allergies--none", icon("circle-check"), say("allergy.none"))
    : h("div.allergies.allergies--unasked", icon("info"), say("allergy.unasked"));
}

// -- days, times, money -------------------------------------------------------------------------------------------

export const day = (iso) => (iso ? iso.slice(0, 10).split("-").reverse().join("/") : "");

export function weekday(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return say(`weekday.${(new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 6) % 7}`);
}

/** "today 18:05", "yesterday 18:05", "19/11/2026 18:05" of milliseconds. */
export function moment(ms) {
  if (!ms) return say("never");
  const local = new Date(ms + 7 * 3600e3).toISOString();
  const [date, time] = [local.slice(0, 10), local.slice(11, 16)];
  const before = new Date(Date.parse(`${today()}T00:00:00Z`) - 864e5).toISOString().slice(0, 10);
  if (date === today()) return say("time.today", { time });
  if (date === before) return say("time.yesterday", { time });
  return `${day(date)} ${time}`;
}

const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/** Riel are whole, dollars have cents: 20,000 ៛, $5.00. */
export function money(minor, currency) {
  return currency === "USD" ? `$${grouped(Math.floor(minor / 100))}.${String(minor % 100).padStart(2, "0")}` : `${grouped(minor)} ៛`;
}

// -- what was saved, what went wrong ------------------------------------------------------------------------------

let toast = null;

/** Say for a moment that something was saved; screen readers hear it. */
export function tellSaved(words) {
  toast?.remove();
  toast = h("div.saved", { role: "status" }, icon("circle-check"), h("span", words));
  document.body.append(toast);
  const mine = toast;
  setTimeout(() => mine.remove(), 4000);
}

/** The words for an error that a person can be told. */
export function wordsFor(error) {
  if (!error?.code) {
    console.error(error);
    return say("error.unknown");
  }
  if (error.told) return error.told;
  return has(`error.${error.code}`) ? say(`error.${error.code}`, error.params ?? {})
    : say("error.code", { code: error.code });
}
