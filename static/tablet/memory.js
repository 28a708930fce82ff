// What is on the tablet, decrypted, while somebody is logged in: filled from the database, emptied by the lock.
//
// roster: id → {id, type, version, seq, doc}            as the server gave it
// own:    id → {id, type, doc|null, local, at, by, sets: [{op_id, set}], void}   what was made or changed here
// ops:    op_id → {op_id, seq, id, type, kind, at, where: "outbox"|"kept", status, code, version, ticket, sent_at}
// inbox:  rows as the server lists them
import { all } from "./db.js";
import * as keys from "./keys.js";

export const memory = { roster: new Map(), own: new Map(), ops: new Map(), inbox: [], revision: 0, open: false };

let turn = 0; // of opening and closing: rows that were being read when the lock came are not taken in

/** Say that something changed: whoever keeps a list made from this makes it anew. */
export const touched = () => (memory.revision += 1);

/** What everybody may know of an op without a key: its envelope, where it is, what became of it. */
export const outline = (row, where) => ({
  op_id: row.op.op_id, seq: row.seq, id: row.op.id, type: row.op.type, kind: row.op.kind, at: Date.parse(row.op.at),
  where, status: row.status ?? "", code: row.code ?? "", version: row.version ?? 0, ticket: row.ticket ?? "",
  sent_at: row.sent_at ?? 0, size: row.size ?? 0,
});

/** Read the envelopes of all ops: needs no key. */
export async function loadOps() {
  const [outbox, kept] = await Promise.all([all("outbox"), all("kept")]);
  memory.ops.clear();
  for (const row of kept) memory.ops.set(row.op.op_id, outline(row, "kept"));
  for (const row of outbox) memory.ops.set(row.op.op_id, outline(row, "outbox"));
  touched();
}

/** Decrypt roster, own records and inbox; rows of another key are passed over. */
export async function loadRows() {
  const mine = (turn += 1);
  const [roster, own, inbox] = await Promise.all(["roster", "own", "inbox"].map(read));
  if (mine !== turn) return;
  memory.open = true;
  memory.roster = new Map(roster.map((row) => [row.id, row]));
  memory.own = new Map(own.map((row) => [row.id, row]));
  memory.inbox = inbox;
  touched();
}

async function read(store) {
  const rows = await all(store);
  return (await Promise.all(rows.map((row) => keys.reveal(store, row)))).filter(Boolean);
}

/** Forget everything that was decrypted; the envelopes stay, they say nothing of anybody. */
export function forget() {
  turn += 1;
  memory.open = false;
  memory.roster = new Map();
  memory.own = new Map();
  memory.inbox = [];
  touched();
}

/** Ops of one record, oldest first. */
export const opsOf = (id) => [...memory.ops.values()].filter((op) => op.id === id).sort((a, b) => a.seq - b.seq);

export const waiting = () => [...memory.ops.values()].filter((op) => op.where === "outbox");

/** How much waits, and since when (ms, or null). */
export function backlog() {
  const left = waiting();
  return { pending: left.length, oldest_at: left.length ? Math.min(...left.map((op) => op.at)) : null };
}
