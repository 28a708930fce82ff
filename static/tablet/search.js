// Search among the people on the tablet, in memory: a name in either script and order, with its slips; a patient
// number or scanned card; a telephone; a village. The scores are those of the desk's search.
import { ageAt } from "./ages.js";
import { on } from "./events.js";
import { latinDigits, normalise, searchKey } from "./khmer.js";
import { memory } from "./memory.js";
import { BEGINS, forgetNames, nameScore, oneSlip, placeKey, ratio, SAME_SOUND, words } from "./names.js";
import { mistypedNumber, parsePatientNumber, patientNumber } from "./numbers.js";
import * as views from "./views.js";

const GOOD = 60;
const LIVES_THERE = 50;
const IN_VILLAGE = 0.99;
const LIKELY = 60;
const CARD = /SA[-‐-― ]?\d{6,9}[-‐-― ]?\d/i;

let list = { revision: -1, rows: [] };

on("vault", () => {
  if (!memory.roster.size && !memory.own.size) {
    list = { revision: -1, rows: [] };
    forgetNames();
  }
});

/** Everybody with what is compared, made once after each change. */
function everybody() {
  if (list.revision === memory.revision) return list.rows;
  const rows = views.people().map((person) => ({
    person, latin: `${person.family_name ?? ""} ${person.given_name ?? ""}`.trim(),
    khmer: `${person.family_name_km ?? ""} ${person.given_name_km ?? ""}`.trim(),
    phone: digitsOf(person.phone ?? ""), number: person.number ?? "",
  }));
  list = { revision: memory.revision, rows };
  return rows;
}

const digitsOf = (text) => text.replace(/\D/g, "");

/** [{person, why: "number"|"phone"|"name"|"village", score}], best first; the living and those seen lately before others. */
export function find(text, { limit = 30 } = {}) {
  const plain = latinDigits(normalise(String(text).slice(0, 200))).slice(0, 100);
  if (!plain) return [];
  const numbered = /\d/.test(plain) ? byNumber(plain) : [];
  const found = numbered.length ? numbered : byName(plain);
  return ranked(found).slice(0, limit);
}

/** Whether the text is a patient number of which a digit must be wrong. */
export const wrongDigit = (text) => mistypedNumber(latinDigits(normalise(String(text))));

const lastSeen = ({ checkups = [], came_on = "" }) => [came_on ?? "", ...checkups.filter((one) => !one.void_reason).map((one) => one.on)].sort().at(-1) ?? "";

function ranked(found) {
  const rank = ({ score, person }) => [Math.round(score), person.deceased_on ? 0 : 1, lastSeen(person)];
  return found
    .map((hit) => ({ hit, key: rank(hit) }))
    .sort(({ hit: a, key: x }, { hit: b, key: y }) =>
      y[0] - x[0] || y[1] - x[1] || (y[2] > x[2] ? 1 : y[2] < x[2] ? -1 : 0) || (a.person.number < b.person.number ? -1 : 1))
    .map(({ hit }) => hit);
}

// -- numbers --------------------------------------------------------------------------------------------------------

function byNumber(plain) {
  const card = CARD.exec(plain)?.[0] ?? plain;
  const whole = parsePatientNumber(card);
  const running = /^(?:SA)?[- ]?(\d{1,6})$/i.exec(plain);
  const number = whole !== null ? patientNumber(whole) : running && Number(running[1]) ? patientNumber(Number(running[1])) : "";
  const digits = /^[\d\s+().\-/]+$/.test(plain) ? digitsOf(plain) : "";
  const end = digits.length > 7 ? digits.replace(/^855/, "").replace(/^0/, "") : digits;
  const start = /^0\d{4,8}$/.test(digits) ? digits.slice(1) : "";
  const found = [];
  for (const row of everybody()) {
    const national = row.phone.replace(/^855/, "").replace(/^0/, "");
    if (number && row.number === number) found.push({ person: row.person, why: "number", score: whole !== null ? 100 : 96 });
    else if (end.length >= 3 && row.phone && row.phone.endsWith(end)) found.push({ person: row.person, why: "phone", score: 90 });
    else if (start && national.startsWith(start)) found.push({ person: row.person, why: "phone", score: 88 });
  }
  return found;
}

// -- names and villages -------------------------------------------------------------------------------------------------

function byName(plain) {
  const digits = digitsOf(plain);
  const typed = words(plain.split(" ").filter((word) => !/\d/.test(word)).join(" ")).map(([, word]) => word);
  if (!typed.length) return [];
  const said = typed.join(" ");
  const places = readings(typed);
  const scores = new Map();
  const found = [];
  for (const row of everybody()) {
    const key = `${row.latin}|${row.khmer}`;
    if (!scores.has(key)) scores.set(key, nameScore(said, row.latin, row.khmer));
    const hit = best(row, scores.get(key), places);
    if (hit.score >= GOOD || hit.score === LIVES_THERE) found.push(hit);
  }
  if (!found.some(({ score }) => score >= BEGINS) && typed.length === 1) found.push(...slips(typed[0], found));
  const ending = digits.length >= 3 ? found.filter(({ person }) => digitsOf(person.phone ?? "").endsWith(digits)) : [];
  return ending.length ? ending : found;
}

function best({ person, latin, khmer }, score, places) {
  let hit = { person, why: "name", score };
  for (const { name, ids, named } of places) {
    if (!ids.has(person.village)) continue;
    const there = name ? nameScore(name, latin, khmer) * IN_VILLAGE : named.has(person.village) ? BEGINS : LIVES_THERE;
    if (there > hit.score) hit = { person, why: name ? "name" : "village", score: there };
  }
  return hit;
}

/** A short word that nobody bears: one letter of it may be wrong. */
function slips(word, found) {
  const there = new Set(found.map(({ person }) => person.id));
  return everybody()
    .filter(({ person }) => !there.has(person.id))
    .filter(({ latin, khmer }) => words(`${latin} ${khmer}`).some(([, name]) => name.length > 2 && oneSlip(word, name)))
    .map(({ person }) => ({ person, why: "name", score: GOOD }));
}

/** Ways to read some words at the end, at the beginning, or all, as a village: [{name, ids, named}]. */
function readings(typed) {
  const villages = placesOf();
  const found = [];
  for (let size = typed.length; size > 0; size -= 1) {
    const ways = [[typed.slice(0, -size), typed.slice(-size)], [typed.slice(size), typed.slice(0, size)]];
    for (const [name, place] of size === typed.length ? ways.slice(0, 1) : ways) {
      const [spelt, key] = [searchKey(place.join("")), placeKey(place.join(" "))];
      const ids = villages.filter((one) => one.spelt.some((as) => as.startsWith(spelt)) || (key.length > 2 && one.key === key));
      const named = ids.filter((one) => one.spelt.includes(spelt) || one.key === key);
      if (ids.length && spelt.length > 1) {
        found.push({ name: name.join(" "), ids: new Set(ids.map((one) => one.id)), named: new Set(named.map((one) => one.id)) });
      }
    }
  }
  return found;
}

let places = { of: null, list: [] };
function placesOf() {
  const all = views.catchment();
  if (places.of !== all) {
    const known = new Map([...all, ...views.villages()].map((one) => [one.id, one]));
    places = { of: all, list: [...known.values()].map(({ id, km, en }) => ({
      id, spelt: [searchKey(km ?? ""), searchKey(en ?? "")].filter(Boolean), key: placeKey(en ?? ""),
    })) };
  }
  return places.list;
}

// -- the same person, perhaps --------------------------------------------------------------------------------------------

/**
 * People who may be the one being registered: {family_name, …, sex, birth: {earliest, latest}, village, phone,
 * guardian}. Names must be alike to begin with; a shared telephone says nothing by itself.
 */
export function alike(wanted, { limit = 4 } = {}) {
  const asked = [
    `${wanted.family_name ?? ""} ${wanted.given_name ?? ""}`, `${wanted.family_name_km ?? ""} ${wanted.given_name_km ?? ""}`,
  ].map((name) => name.trim()).filter(Boolean);
  if (!asked.length) return [];
  const found = [];
  for (const { person, latin, khmer, phone } of everybody()) {
    const name = Math.max(...asked.map((text) => nameScore(text, latin, khmer)));
    if (name < 70 || person.id === wanted.id) continue;
    const score = likeness(name, wanted, person, phone);
    if (score >= LIKELY) found.push({ person, score });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, limit);
}

function likeness(name, wanted, person, phone) {
  let score = name * 0.55;
  if (wanted.sex && person.sex) score += wanted.sex === person.sex ? 8 : -30;
  if (wanted.birth && person.birth) score += agePoints(wanted.birth, person.birth);
  if (wanted.village && wanted.village === person.village) score += 14;
  const same = name >= SAME_SOUND;
  const mine = digitsOf(wanted.phone ?? "").replace(/^(855|0)/, "");
  if (same && mine && phone.replace(/^(855|0)/, "") === mine) score += 14;
  if (same && wanted.guardian && person.guardian && ratio(searchKey(wanted.guardian), searchKey(person.guardian)) >= 85) score += 14;
  return score;
}

function agePoints(one, other) {
  const [older, younger] = one.latest <= other.latest ? [one, other] : [other, one];
  if (younger.earliest <= older.latest) return one.precision === "day" && other.precision === "day" ? 18 : 12;
  const { years } = ageAt(older.latest, younger.earliest);
  return years < 2 ? 6 : Math.max(-40, -8 * years);
}
