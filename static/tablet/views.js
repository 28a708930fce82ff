// How things read on the screen: what the server gave, and over it what was saved here and has not come back yet.
import * as ages from "./ages.js";
import * as clock from "./clock.js";
import { meta } from "./db.js";
import { memory, opsOf } from "./memory.js";

const REFUSED = ["quarantined", "rejected"];
const AS_STATE = { conflict: "conflict", quarantined: "refused", rejected: "refused", parked: "parked" };
const PARENTS = { allergy: ["patient"], checkup: ["patient", "session"], education: ["session"], kit: ["session"] };
const IDENTITY = ["family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth"];
const BELOW = ["checkup", "allergy"]; // records that come with their patient

/** "saved" | "waiting" | "sent" | "conflict" | "refused" | "parked", of a record made or changed here. */
export function stateOf(id) {
  const ops = opsOf(id);
  if (!ops.length) return "sent";
  if (ops.some((op) => op.where === "outbox")) return ops.some((op) => op.where === "outbox" && op.tried) ? "waiting" : "saved";
  for (const status of ["quarantined", "rejected", "conflict", "parked"]) {
    if (ops.some((op) => op.status === status)) return AS_STATE[status];
  }
  return "sent";
}

/** Whether the server's copy of a record holds what this op did, so that ours need not lie over it. */
function came(op, row) {
  if (op.where === "outbox") return false;
  if (REFUSED.includes(op.status)) return true;
  if (!row) return false;
  return op.version ? row.seq >= op.version : row.at > op.sent_at;
}

const opOf = (op_id) => memory.ops.get(op_id);
const over = (op_id, row) => {
  const op = opOf(op_id);
  return op ? !came(op, row) : !row; // an op long gone: the server has it, unless the record never came back
};

// -- own rows -------------------------------------------------------------------------------------------------------

/** What stays readable of any record, sealed or not: where it belongs. */
const linksOf = (doc) => Object.fromEntries(["patient", "session", "village", "on", "number"].filter((n) => n in doc).map((n) => [n, doc[n]]));

/** The own row of a record after one more save. */
export function laidOver(before, { type, id, kind, doc, local, op_id, at }) {
  const row = before ? structuredClone(before) : { id, type, made: false, doc: null, local: null, links: {}, at, sets: [], void: null };
  if (kind === "create") Object.assign(row, { made: true, doc, links: linksOf(doc), at, op_id });
  if (kind === "void") row.void = { op_id, reason: doc.reason };
  if (kind === "amend") row.sets.push({ op_id, at, set: doc.set });
  if (local) row.local = { ...row.local, ...local };
  return row;
}

/** The row without what was collected: only where it belongs and what the tally needs. */
export const sealedCopy = (row) => ({ ...row, doc: null, sealed: true, sets: row.sets.map(({ op_id, at }) => ({ op_id, at, set: {} })) });

/** A document with the changes made here that the server's copy does not hold yet. */
function amended(doc, mine, row) {
  const sets = (mine?.sets ?? []).filter(({ op_id }) => over(op_id, row)).map(({ set }) => set);
  return sets.length ? Object.assign({}, doc, ...sets) : doc;
}

const isVoid = (mine, row) => Boolean(mine?.void && over(mine.void.op_id, row));

/** Records made here: [{id, type, doc | null (sealed), local, links, at, void, sealed, state}], newest first. */
export function own(type) {
  const rows = [...memory.own.values()].filter((row) => row.made && (!type || row.type === type));
  rows.sort((a, b) => b.at - a.at);
  return rows.map((row) => ({
    id: row.id, type: row.type, at: row.at, on: row.links.on ?? clock.dayOf(row.at), local: { ...row.links, ...row.local },
    links: row.links, doc: row.doc ? Object.assign({}, row.doc, ...row.sets.map(({ set }) => set)) : null,
    sealed: Boolean(row.sealed), void: row.void && !refused(row.void.op_id) ? row.void : null, state: stateOf(row.id),
  }));
}

const refused = (op_id) => REFUSED.includes(opOf(op_id)?.status);

// -- people ---------------------------------------------------------------------------------------------------------

let cache = { revision: -1, people: new Map(), list: [], below: new Map() };

function fresh() {
  if (cache.revision === memory.revision) return cache;
  cache = { revision: memory.revision, people: new Map(), list: null, below: new Map(), sessions: null };
  for (const row of memory.own.values()) {
    const parents = [row.links.patient && BELOW.includes(row.type) && survivor(row.links.patient), row.links.session];
    for (const parent of parents.filter(Boolean)) {
      if (!cache.below.has(parent)) cache.below.set(parent, []);
      cache.below.get(parent).push(row);
    }
  }
  return cache;
}

/** The id under which a record stands now: those merged into another are followed. */
export function survivor(id) {
  for (let step = 0; step < 8; step += 1) {
    const next = memory.roster.get(id)?.doc?.merged_into;
    if (!next) return id;
    id = next;
  }
  return id;
}

/** A person as known here, merges followed; null when nobody on this tablet has the id. */
export function person(wanted) {
  const { people } = fresh();
  const id = survivor(wanted);
  if (!people.has(id)) people.set(id, built(id));
  return people.get(id);
}

/** Everybody on this tablet, those registered here too. */
export function people() {
  const now = fresh();
  if (!now.list) {
    const ids = new Set([...memory.roster.values()].filter((row) => row.type === "patient" && !row.doc.merged_into).map((row) => row.id));
    for (const row of memory.own.values()) if (row.type === "patient" && row.made) ids.add(survivor(row.id));
    now.list = [...ids].map(person).filter(Boolean);
  }
  return now.list;
}

function built(id) {
  const row = memory.roster.get(id);
  const mine = memory.own.get(id);
  if (row ? row.type !== "patient" : !(mine?.type === "patient" && mine.doc)) return null;
  const base = row ? row.doc : bornHere(mine);
  const doc = amended(base, mine, row);
  return {
    ...doc, id, birth: birthOf(doc, mine, base), allergies: allergiesOf(id, doc, row), checkups: checkupsOf(id, doc, row),
    own: !row, state: stateOf(id),
  };
}

const bornHere = ({ doc }) => ({ ...doc, birth: bornObject(doc.birth, doc.told_on), doses: [], checkups: [], equity: false });

/** A birth that an amendment of ours set is text still. */
function birthOf(doc, mine, base) {
  if (typeof doc.birth !== "string") return doc.birth;
  const told = (mine?.sets ?? []).findLast(({ set }) => "birth" in set);
  return bornObject(doc.birth, clock.dayOf(told?.at ?? mine?.at ?? clock.now())) ?? base.birth;
}

function bornObject(text, on) {
  try {
    const read = text ? ages.parse(text, on ?? clock.today()) : null;
    return read && { date: read.date, precision: read.precision, earliest: read.earliest, latest: read.latest };
  } catch {
    return null;
  }
}

const below = (id, type) => (fresh().below.get(id) ?? []).filter((row) => row.type === type);

function allergiesOf(id, doc, row) {
  const there = new Map((doc.allergies ?? []).map((one) => [one.id, one]));
  for (const mine of below(id, "allergy")) {
    if (mine.doc && over(mine.op_id, row)) there.set(mine.id, { id: mine.id, ...mine.doc, own: true });
  }
  for (const one of [...there.keys()]) if (isVoid(memory.own.get(one), row)) there.delete(one);
  return [...there.values()];
}

function checkupsOf(id, doc, row) {
  const there = new Map((doc.checkups ?? []).map((one) => [one.id, one]));
  for (const mine of below(id, "checkup")) {
    if (!mine.made || !(over(mine.op_id, row) || (!there.has(mine.id) && !refused(mine.op_id)))) continue;
    const read = mine.doc ? { ...mine.doc } : { ...mine.links, ...mine.local, sealed: true };
    there.set(mine.id, { ...read, id: mine.id, on: clock.dayOf(mine.at), void_reason: "", own: true });
  }
  const found = [...there.values()].map((one) => {
    const mine = memory.own.get(one.id);
    const read = amended(one, mine, row);
    return { ...read, void_reason: isVoid(mine, row) ? mine.void.reason : (read.void_reason ?? ""), state: stateOf(one.id) };
  });
  return found.sort((a, b) => (a.on === b.on ? (a.id < b.id ? 1 : -1) : a.on < b.on ? 1 : -1));
}

// -- sessions, talks, kits ----------------------------------------------------------------------------------------------

/** Sessions carried along and made here, by day; each with kit and talks. */
export function sessions() {
  const now = fresh();
  if (now.sessions) return now.sessions;
  const found = [...memory.roster.values()].filter((row) => row.type === "session" && !row.doc.merged_into)
    .map((row) => whole(row.id, row.doc, row));
  for (const mine of memory.own.values()) {
    if (mine.type === "session" && mine.made && mine.doc && !memory.roster.has(mine.id)) {
      found.push(whole(mine.id, { state: "planned", reason: "", team: [], route: null, stop: "village", ...mine.doc, own: true }, null));
    }
  }
  now.sessions = found.sort((a, b) => (a.on === b.on ? (a.id < b.id ? -1 : 1) : a.on < b.on ? -1 : 1));
  return now.sessions;
}

export const session = (id) => sessions().find((one) => one.id === survivor(id)) ?? null;

function whole(id, doc, row) {
  const read = amended(doc, memory.own.get(id), row);
  return { ...read, id, kit: parts(id, "kit", doc.kit, row), talks: parts(id, "education", doc.talks, row), state_here: stateOf(id) };
}

function parts(id, type, given = [], row) {
  const there = new Map((given ?? []).map((one) => [one.id, one]));
  for (const mine of below(id, type)) {
    if (mine.made && (over(mine.op_id, row) || (!there.has(mine.id) && !refused(mine.op_id)))) {
      there.set(mine.id, { ...(mine.doc ?? { ...mine.local, sealed: true }), id: mine.id, own: true });
    }
  }
  return [...there.values()].map((one) => {
    const mine = memory.own.get(one.id);
    const read = amended(one, mine, row);
    return { ...read, void_reason: isVoid(mine, row) ? mine.void.reason : (read.void_reason ?? ""), state: stateOf(one.id) };
  });
}

export const kit = (id) => session(id)?.kit ?? [];
export const education = (id) => session(id)?.talks ?? [];

// -- places ---------------------------------------------------------------------------------------------------------

/** Villages carried along, and those to choose from when registering: [{id, km, en, commune}]. */
export const villages = () => meta("grant")?.villages ?? [];
export const catchment = () => meta("grant")?.catchment ?? [];
export const village = (id) => [...catchment(), ...villages()].find((one) => one.id === id) ?? null;

// -- what a save speaks of ------------------------------------------------------------------------------------------------

/** Ops that must be there before this one: of the record itself and of those it belongs to, while they wait here. */
export function parents(type, id, doc) {
  const records = [id, ...(PARENTS[type] ?? []).map((name) => doc?.[name]).filter(Boolean)];
  const last = records.map((record) => opsOf(record).filter((op) => op.where === "outbox").at(-1));
  return [...new Set(last.filter(Boolean).map((op) => op.op_id))];
}

/** An amendment with what its author saw: the values on the screen, or, where they were sealed, the op that wrote them. */
export function withWhatWasSeen(type, id, doc) {
  if (doc.was || doc.seen) return doc;
  const mine = memory.own.get(id);
  const row = memory.roster.get(type === "patient" || type === "session" ? id : (mine?.links.patient ?? mine?.links.session));
  const last = [mine?.op_id, ...(mine?.sets ?? []).map((one) => one.op_id)].filter(Boolean).at(-1);
  // Made here and not come back yet: the server knows better than we how it wrote what we sent.
  if (mine?.made && last && over(mine.op_id, row)) return { ...doc, seen: last };
  const shown = shownOf(type, id);
  if (!shown && last) return { ...doc, seen: last };
  const was = Object.fromEntries(comparedBy(type, doc.set, mine, row).map((name) => [name, shown?.[name] ?? null]));
  return { ...doc, was };
}

/** Which fields must still read as they were seen: those set; who somebody is stands or falls as one (protocol 4). */
function comparedBy(type, set, mine, row) {
  const names = Object.keys(set);
  if (type !== "patient" || !names.some((name) => IDENTITY.includes(name))) return names;
  const ours = (mine?.sets ?? []).filter(({ op_id }) => over(op_id, row)).flatMap((one) => Object.keys(one.set));
  return [...new Set([...names, ...IDENTITY.filter((name) => !ours.includes(name))])];
}

function shownOf(type, id) {
  if (type === "patient") return person(id);
  if (type === "session") return session(id);
  if (type === "checkup") return people().flatMap((one) => one.checkups).find((one) => one.id === id && !one.sealed);
  const all = sessions().flatMap((one) => (type === "kit" ? one.kit : one.talks));
  return all.find((one) => one.id === id && !one.sealed) ?? own(type).find((one) => one.id === id)?.doc;
}
