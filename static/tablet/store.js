// What is on the tablet: the roster as the server gave it, what was saved here on top. Signatures first.
export async function open() {}
/**
 * Save. {type, id?, kind: "create"|"amend"|"void", doc, after?: [op_id], local?, group?}. Resolves after ONE strict
 * transaction: {id, op_id, state: "saved", doc}. Patient and receipt numbers are drawn in it when doc.number is absent.
 * `local`: small plain facts for tallies that stay readable after sealing, e.g. {patient, session, toothbrush: true}.
 * An amendment's doc is {set, was?, why?}; without `was` it is filled in from what is shown, or `seen` when sealed.
 * Throws Refused("full") when the tablet is full, Refused("locked"), Refused("clock").
 */
export async function save(what) {}
/** Several saves that land together or not at all. */
export async function saveTogether(list) {}
/** Records made here: [{id, type, doc | null (sealed), local, at, state}] newest first. */
export const own = (type) => [];
/** A person, merges followed, changes made here laid over it: roster's patient + {own, checkups, state}; null. */
export const person = (id) => null;
export const people = () => [];
export const sessions = () => [];
export const session = (id) => null;
/** Villages carried: [{id, km, en, commune}]; catchment: those to choose from when registering. */
export const villages = () => [];
export const catchment = () => [];
export const village = (id) => null;
/** "saved" | "waiting" | "sent" | "conflict" | "refused" | "parked", of a record. */
export const stateOf = (id) => "sent";
/** What a person must decide: the server's list [{op_id, kind, type, id, patient, state, words, fields, ticket}]. */
export const inbox = () => [];
/** {saved, waiting, sent_at (ms|null), oldest_at} for the status line. */
export const counts = () => ({ saved: 0, waiting: 0, sent_at: null, oldest_at: null });
/** {until, people, age_hours, dead: ""|"expired"|"silent"} of the roster. */
export const roster = () => ({ until: null, people: 0, dead: "" });
/** "" | "low" (under 200 MB) | "full" (under 50 MB: no photos). */
export const storage = () => "";
