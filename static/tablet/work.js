// The work of a day: which session the team is at, and what was done there so far.
import { today } from "./clock.js";
import { kind } from "./dental.js";
import * as store from "./store.js";
import * as vault from "./vault.js";

const CHOSEN = "session"; // of this tab, until the day is over

/** Sessions of a day, in the order they came. */
export const on = (day) => store.sessions().filter((session) => session.on === day).sort((a, b) => (a.id < b.id ? -1 : 1));

/** Whether the person logged in may write check-ups; others find and read people. */
export const mayCheck = () => vault.may("checkups.write");

export const mayReceive = () => vault.may("donations.receive");

/** The session one works at: the one chosen, else the only one of today that was not cancelled. */
export function current() {
  const here = on(today()).filter((session) => session.state !== "cancelled");
  return here.find((session) => session.id === sessionStorage.getItem(CHOSEN)) ?? here[0] ?? null;
}

export const choose = (id) => sessionStorage.setItem(CHOSEN, id);

const standing = (record) => !record.void;

/** What a record says in short: its own facts while it can be read, else those left readable when it was sealed. */
export const facts = (record) => record.doc ?? record.local ?? {};

/** Check-ups of a session, made here or carried along, each once: [{id, patient, dental_education, …}]. */
export function checkups(session) {
  const found = new Map();
  for (const person of store.people()) {
    for (const checkup of person.checkups ?? []) {
      if (checkup.session === session && !checkup.void_reason) found.set(checkup.id, { ...checkup, patient: person.id });
    }
  }
  for (const record of store.own("checkup")) {
    const said = { ...record.local, ...record.doc };
    if (said.session !== session) continue;
    if (standing(record)) found.set(record.id, { ...said, id: record.id });
    else found.delete(record.id);
  }
  return [...found.values()];
}

/** Whether this person was checked in this session already: the check-up's id, or "". */
export const seenIn = (session, patient) => checkups(session).find((checkup) => checkup.patient === patient)?.id ?? "";

function decayed(c) {
  const counted = (c.decayed_primary ?? 0) + (c.decayed_permanent ?? 0);
  return c.decayed ?? Object.values(c.teeth ?? {}).filter((code) => kind(code) === "decayed").length + counted;
}

/** The running tally of a session: people, education, brushes, pastes, decay, medicine against worms. */
export function tally(session) {
  const all = checkups(session);
  const count = (has) => all.filter(has).length;
  return {
    seen: all.length,
    education: count((c) => c.dental_education),
    brush: count((c) => c.toothbrush),
    paste: count((c) => c.toothpaste),
    decayed: count((c) => decayed(c) > 0),
    worms: count((c) => c.deworming),
  };
}

/** Donations that stand, newest first; of a day when it is given. */
export function donations(day = null) {
  return store.own("donation").filter((record) => standing(record) && (!day || facts(record).on === day));
}

/** Sums by currency: {KHR: 20000, USD: 500}; what is nothing is left out. */
export function sums(records) {
  const found = {};
  for (const record of records) {
    const { currency, minor } = facts(record);
    if (minor) found[currency] = (found[currency] ?? 0) + minor;
  }
  return found;
}

/** Talks of a session or a day, made here. */
export const talks = (wanted) => store.own("education").filter((record) => standing(record)
  && Object.entries(wanted).every(([name, value]) => facts(record)[name] === value));
