// What time it is, and whether the tablet's clock can be believed. All instants are milliseconds.
//
// `meta.times`: {server_at, skew, contact_at, high}: the server's time when it was last heard, how far it was ahead of
// the tablet's clock, and the highest (corrected) time ever seen, which a clock set back does not undo.
import { keepMeta, meta } from "./db.js";
import { Refused } from "./errors.js";
import { tell } from "./events.js";

const MINUTE = 60_000;
export const DAY = 86_400_000;
const CLINIC = 7 * 60 * MINUTE; // Asia/Phnom_Penh has no summer time
const FAR = 30 * DAY;
const SLACK = 2 * MINUTE;

let shift = 0; // what a person said the date is, when the clock was not believed
let confirmed = false;
let began = { high: 0, ticks: 0 };

const times = () => meta("times", { server_at: 0, skew: 0, contact_at: 0, high: 0 });

export async function begin() {
  began = { high: times().high, ticks: performance.now() };
  setInterval(remember, MINUTE);
  await remember();
}

/** Now by the tablet's clock, set right by what a person confirmed. */
export const now = () => Date.now() + shift;

/** Now as the server has it, as far as we know, and never before the highest time seen. */
export function highest() {
  const passed = performance.now() - began.ticks; // goes on when the clock is set back
  return Math.max(now() + (shift ? 0 : times().skew), times().high, began.high ? began.high + passed : 0);
}

async function remember() {
  if (state() === "far" && !confirmed) return; // one wrong clock must not end the roster for ever
  await keepMeta({ times: { ...times(), high: highest() } });
}

/** The server was heard: what it said the time is, and ours in the middle of the call. */
export async function heard(serverTime, ours) {
  const server = Date.parse(serverTime);
  if (!Number.isFinite(server)) return;
  shift = 0;
  confirmed = false;
  // A server is believed, also when it says that the highest time seen was a mistake of the tablet's clock.
  began = { high: server, ticks: performance.now() };
  await keepMeta({ times: { server_at: server, skew: Math.round(server - ours), contact_at: server, high: server } });
  tell("clock", { state: state() });
}

/** "ok" | "back" (before the server's last time) | "far" (more than 30 days after it). */
export function state() {
  const { server_at, skew } = times();
  if (!server_at) return "ok";
  const corrected = Date.now() + skew;
  if (corrected < server_at - SLACK) return "back";
  return corrected > server_at + FAR ? "far" : "ok";
}

/** Whether somebody must say what day it is before anything is saved. */
export const doubted = () => state() !== "ok" && !confirmed;

/** Whether saves carry the mark of a clock that was not believed. */
export const suspect = () => state() !== "ok";

/** A person has looked at a calendar: today is `day` ("2026-11-21"). */
export async function confirm(day) {
  const said = Date.parse(`${day}T12:00:00+07:00`);
  if (!Number.isFinite(said)) throw new Refused("date_unreadable");
  const shown = Date.parse(`${localDay(Date.now())}T12:00:00+07:00`);
  shift = said - shown;
  confirmed = true;
  await remember();
  tell("clock", { state: state() });
}

export const lastContact = () => times().contact_at;

/** Server minus tablet at the last exchange; of a clock that a person had to set right nothing is known. */
export const skew = () => (shift ? 0 : times().skew);

/** An instant as the clinic writes it: "2026-11-21T10:02:11.123+07:00". */
export const stamp = (at = now()) => new Date(at + CLINIC).toISOString().replace("Z", "+07:00");

/** The day in the clinic of an instant of the tablet's clock, as the server will read it. */
export const dayOf = (at) => localDay(at + (Math.abs(skew()) > SLACK ? skew() : 0));

const localDay = (at) => new Date(at + CLINIC).toISOString().slice(0, 10);

/** Today in the clinic: "2026-11-21". */
export const today = () => dayOf(now());
