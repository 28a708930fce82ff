// What is on the tablet: saving, and what screens read. The roster as the server gave it lies below, what was saved
// here on top (views.js).
//
// A save is one strict transaction over the record, the sealed op and the running number; whatever happens at any
// moment, it is there whole or not at all. Encryption takes time and a transaction waits for nobody, so everything is
// made ready first for the number that should come, and the transaction makes sure that it did.
import * as clock from "./clock.js";
import * as db from "./db.js";
import { Refused } from "./errors.js";
import { on, tell, tellAll } from "./events.js";
import { uuid7 } from "./ids.js";
import * as keys from "./keys.js";
import { backlog, forget, loadOps, loadRows, memory, opsOf, outline, touched, waiting } from "./memory.js";
import { foreseen } from "./numbers.js";
import * as roster from "./roster.js";
import { seal } from "./seal.js";
import * as vault from "./vault.js";
import * as views from "./views.js";

export { catchment, education, kit, own, people, person, session, sessions, stateOf, village, villages } from "./views.js";
export { about as roster } from "./roster.js";

const LOW = 200 * 2 ** 20;
const FULL = 50 * 2 ** 20;
const SCHEMA = 1;
let room = "";

export async function open() {
  await db.open();
  await loadOps();
  vault.attend({ opened, before: sealOwn, after: forget, pending });
  on("saved", async ({ elsewhere }) => {
    if (!elsewhere) return;
    await db.refresh();
    await loadOps();
    if (vault.state() === "open") await loadRows();
    tell("changed");
  });
  on("clock", () => roster.check());
  setInterval(() => roster.check(), 60_000);
  setInterval(measure, 10 * 60_000);
  await measure();
}

async function opened() {
  await db.refresh();
  await roster.check();
  await loadOps();
  await loadRows();
  await roster.bury();
  tell("changed");
}

// -- saving -------------------------------------------------------------------------------------------------------

/**
 * Save one thing: {type, id?, kind = "create", doc, after?, local?}. Resolves, after one strict transaction, with
 * {id, op_id, state: "saved", doc}. Numbers of patients and receipts are drawn when `doc.number` is absent.
 * `local`: small facts for tallies that stay readable after sealing. An amendment's doc is {set, was?, why?}.
 * Throws Refused: "full", "locked", "clock", "no_numbers_left"; nothing was saved then.
 */
export async function save(what) {
  return (await saveTogether([what]))[0];
}

/** Save several things that land together, or are put before a person together. */
export async function saveTogether(list) {
  if (vault.state() !== "open") throw new Refused("locked");
  if (clock.doubted()) throw new Refused("clock");
  const group = list.length > 1 ? uuid7() : null;
  const wishes = list.map((what) => ({ ...what, id: what.id ?? uuid7(), op_id: uuid7(), group, at: clock.now() }));
  return navigator.locks.request("clinic-save", () => attempt(wishes));
}

async function attempt(wishes) {
  for (;;) {
    const before = await head();
    const rows = await prepared(wishes, before);
    if (await committed(rows, before)) {
      for (const row of rows) remember(row);
      touched();
      tellAll("saved", { ids: rows.map((row) => row.op.id) });
      return rows.map(({ op, doc }) => ({ id: op.id, op_id: op.op_id, doc, state: views.stateOf(op.id) }));
    }
  }
}

/** The running numbers that a save moves. */
async function head() {
  const [seq, numbers, receipts] = await Promise.all(["seq", "numbers", "receipts"].map((key) => db.read("meta", key)));
  return { seq: seq ?? 0, numbers, receipts };
}

async function prepared(wishes, before) {
  const rows = [];
  let state = before;
  for (const wish of wishes) {
    let doc = wish.doc;
    if (wish.kind !== "amend" && wish.kind !== "void" && !doc.number) {
      const drawn = foreseen(wish.type, state);
      if (drawn) [doc, state] = [{ ...doc, number: drawn.number }, drawn.state];
    }
    state = { ...state, seq: state.seq + 1 };
    rows.push(await oneRow({ ...wish, doc }, state));
  }
  return rows;
}

async function oneRow({ type, id, kind = "create", doc, after, local, op_id, group, at }, state) {
  const said = kind === "amend" ? views.withWhatWasSeen(type, id, doc) : doc;
  const { kid, pub } = db.meta("seal") ?? {};
  if (!pub) throw new Refused("not_enrolled");
  const known = memory.roster.get(id);
  const op = {
    op_id, seq: state.seq, ...(group ? { group } : {}), type, id, kind, base: known?.version ?? 0,
    after: after ?? views.parents(type, id, doc), at: clock.stamp(at), skew_ms: clock.skew(),
    clock_suspect: clock.suspect(), schema: SCHEMA, seal_kid: kid,
  };
  op.sealed = await seal(pub, kid, op, { doc: said, actor: vault.who().id });
  const mine = views.laidOver(memory.own.get(id), { type, id, kind, doc: said, local, op_id, at });
  const outbox = { seq: state.seq, op, size: JSON.stringify(op).length };
  return { op, doc, outbox, mine, own: await keys.close("own", id, mine), state };
}

async function committed(rows, before) {
  const last = rows.at(-1).state;
  return db.write(["meta", "outbox", "own"], async (tx) => {
    const [seq, numbers, receipts] = await Promise.all(["seq", "numbers", "receipts"].map((key) => tx.get("meta", key)));
    const moved = (seq ?? 0) !== before.seq || numbers?.next !== before.numbers?.next || receipts?.last !== before.receipts?.last;
    if (moved) return false; // another tab was quicker: everything is made ready again
    for (const { outbox, own } of rows) {
      tx.put("outbox", outbox);
      tx.put("own", own);
    }
    tx.put("meta", last.seq, "seq");
    if (last.numbers) tx.put("meta", last.numbers, "numbers");
    if (last.receipts) tx.put("meta", last.receipts, "receipts");
    return true;
  });
}

function remember({ op, mine, outbox }) {
  if (memory.open) memory.own.set(op.id, mine);
  memory.ops.set(op.op_id, outline(outbox, "outbox"));
}

// -- sealing ---------------------------------------------------------------------------------------------------------

// Who was registered stays findable; a stop, its kit and its talks name nobody and are worked on all day.
const STAYS = ["patient", "session", "kit", "education"];

/** Drop the working copies of what was collected: it is sealed in the outbox. */
async function sealOwn() {
  const open = [...memory.own.values()].filter((row) => row.doc && !STAYS.includes(row.type));
  if (!open.length) return;
  const sealed = await Promise.all(open.map((row) => keys.close("own", row.id, views.sealedCopy(row))));
  await db.write(["own"], (tx) => sealed.forEach((row) => tx.put("own", row)));
  if (memory.open) open.forEach((row) => memory.own.set(row.id, views.sealedCopy(row)));
}

/** The day's work is closed: seal now, without locking. */
export async function closeDay() {
  await sealOwn();
  touched();
  tell("changed");
}

// -- the status line ------------------------------------------------------------------------------------------------

function pending() {
  return { ...backlog(), filed: filed(waiting()) };
}

// Ops that stand in a sealed file which somebody has; up to `meta.filed`.
const filed = (all) => all.filter((op) => op.seq <= db.meta("filed", 0)).length;

/** {saved, waiting, sent, trouble, sent_at, oldest_at}: saves on this tablet, those not sent, those needing a person. */
export function counts() {
  const all = [...memory.ops.values()];
  const out = all.filter((op) => op.where === "outbox");
  const trouble = all.filter((op) => ["conflict", "quarantined"].includes(op.status)).length;
  return {
    saved: all.length, waiting: out.length, sent: all.length - out.length, trouble,
    sent_at: db.meta("sent_at"), oldest_at: out.length ? Math.min(...out.map((op) => op.at)) : null,
  };
}

/** What a person must decide, or decided these days; the server's list. */
export const inbox = () => memory.inbox;

export const opsFor = (id) => opsOf(id);

/** "" | "low" (under 200 MB left) | "full" (under 50 MB: no photos, text always). */
export const storage = () => room;

async function measure() {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {};
  const free = quota - usage;
  const now = free < FULL ? "full" : free < LOW ? "low" : "";
  if (now !== room) {
    room = now;
    tell("storage", { room });
  }
}
