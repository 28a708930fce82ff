// What was saved here goes to the server: batch by batch, and nothing leaves the outbox before the server has it.
import { post } from "./api.js";
import * as clock from "./clock.js";
import { all, meta, write } from "./db.js";
import { Refused } from "./errors.js";
import { tellAll } from "./events.js";
import { uuid7 } from "./ids.js";
import { backlog, loadOps, memory, outline, touched, waiting } from "./memory.js";

const [LEAST, MOST, BYTES] = [10, 50, 240 * 1024];
const TERMINAL = new Set(["applied", "merged", "duplicate", "conflict", "quarantined", "parked", "rejected"]);
const ASKED = 6; // times the server is asked what arrived, before this is left for later
const KEPT_FOR = 7 * clock.DAY;

let size = MOST;
let lost = 0; // batches in a row that did not arrive

/** Send the outbox. `step(done, of)` is told of every batch. Resolves when it is empty or nothing more is taken. */
export async function push(token, step, signal) {
  const whole = waiting().length;
  for (;;) {
    const batch = chosen(await all("outbox"));
    step(whole - waiting().length, Math.max(whole, waiting().length));
    if (!batch.length) return;
    await deliver(batch, token, signal);
  }
}

/** The next ops in order; those of one group stay together. */
function chosen(rows) {
  const batch = [];
  let bytes = 0;
  for (const row of rows) {
    const together = row.op.group && row.op.group === batch.at(-1)?.op.group;
    if (batch.length && !together && (batch.length >= size || bytes + row.size > BYTES)) break;
    batch.push(row);
    bytes += row.size;
  }
  // A group that does not fit any more begins the next batch.
  const last = batch.at(-1)?.op.group;
  const next = rows[batch.length]?.op.group;
  return last && last === next ? batch.filter((row) => row.op.group !== last) : batch;
}

async function deliver(batch, token, signal) {
  try {
    await settle(batch, await post("push", envelope(batch), { token: await token(), signal }));
    lost = 0;
    size = Math.min(MOST, size * 2);
  } catch (error) {
    if (error.code === "no_network" && !error.after) return arrived(batch, token, signal);
    if (error.status !== 413 || batch.length === 1) throw error;
    size = Math.max(1, Math.floor(batch.length / 2));
  }
  return undefined;
}

/**
 * No answer came: ask what arrived instead of sending all of it again (protocol 3, a bad line). Answers get lost as
 * often as what was sent, and asking costs a hundredth of it.
 */
async function arrived(batch, token, signal) {
  for (const row of batch) Object.assign(memory.ops.get(row.op.op_id) ?? {}, { tried: true });
  const { op_id } = batch[0].op;
  for (let asked = 1; ; asked += 1) {
    try {
      await settle([], await post("push", envelope([]), { token: await token(), signal, patience: 10_000 }));
      break;
    } catch (error) {
      if (error.code !== "no_network" || asked === ASKED) throw error;
      await pause(Math.random() * Math.min(60_000, 500 * 2 ** asked), signal);
    }
  }
  if (memory.ops.get(op_id)?.where !== "outbox") {
    lost = 0;
    size = Math.min(MOST, size * 2);
    return;
  }
  lost += 1;
  if (lost >= 2) size = Math.max(LEAST, Math.floor(size / 2));
}

export const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Refused("stopped"));
    }, { once: true });
  });

function envelope(batch) {
  const { pending, oldest_at } = backlog();
  return {
    device_id: meta("device").device_id, db_id: meta("db").db_id, server_epoch: meta("epoch"), schema: 1,
    batch_id: uuid7(), sent_at: clock.stamp(), pending,
    oldest_at: oldest_at && clock.stamp(oldest_at),
    ops: batch.map((row) => row.op),
  };
}

/** Take the answer: what the server has goes to `kept`, by its result or because all up to it arrived. */
async function settle(batch, answer) {
  const mine = new Map(batch.map((row) => [row.op.op_id, row]));
  const results = (answer.results ?? []).filter((one) => mine.has(one.op_id) && TERMINAL.has(one.status));
  const sent_at = clock.now();
  const { ack } = answer;
  const upTo = ack?.db_id === meta("db").db_id ? (ack.contiguous_seq ?? 0) : 0;
  const moved = await write(["meta", "outbox", "kept"], async (tx) => {
    const outbox = new Map((await tx.all("outbox")).map((row) => [row.seq, row]));
    const rows = results.map((one) => ({ ...outbox.get(mine.get(one.op_id).seq), ...told(one), sent_at })).filter((row) => row.op);
    const named = new Set(rows.map((row) => row.seq));
    for (const [seq, row] of outbox) {
      if (seq <= upTo && !named.has(seq)) rows.push({ ...row, status: "taken", sent_at });
    }
    for (const row of rows) {
      tx.remove("outbox", row.seq);
      tx.put("kept", row);
    }
    if (rows.length) tx.put("meta", sent_at, "sent_at");
    if (ack?.durable_seq) tx.put("meta", ack.durable_seq, "durable");
    return rows;
  });
  for (const row of moved) memory.ops.set(row.op.op_id, outline(row, "kept"));
  touched();
  if (moved.length) tellAll("saved", { ids: moved.map((row) => row.op.id) });
  if (batch.length && !moved.length) {
    const wait = Math.max(1, ...(answer.results ?? []).map((one) => one.after_s ?? 0));
    throw new Refused("busy", { after: wait * 1000 });
  }
}

const told = ({ status, first, code, version, server_seq, ticket }) => ({
  status: status === "duplicate" ? (first ?? "applied") : status, code: code ?? "",
  version: Math.max(version ?? 0, server_seq ?? 0), ticket: ticket ?? "",
});

/** Another history began at the server (a restored copy): all it may have lost is sent again, all is fetched anew. */
export async function adopt(epoch) {
  await write(["meta", "outbox", "kept"], async (tx) => {
    for (const { seq, op, size: bytes } of await tx.all("kept")) tx.put("outbox", { seq, op, size: bytes });
    tx.clear("kept");
    tx.put("meta", null, "cursor");
    tx.put("meta", 0, "durable");
    if (epoch) tx.put("meta", epoch, "epoch");
  });
  await loadOps();
  tellAll("saved", { ids: [] });
}

/** Forget what is contained in a verified copy at the server, after a week. */
export async function prune() {
  const durable = meta("durable", 0);
  const old = clock.highest() - KEPT_FOR;
  const gone = (await all("kept")).filter((row) => row.seq <= durable && row.sent_at < old);
  if (!gone.length) return;
  const ids = new Set(gone.map((row) => row.op.op_id));
  const empty = [...memory.own.values()].filter((row) => [row.op_id, row.void?.op_id, ...row.sets.map((one) => one.op_id)]
    .every((op_id) => !op_id || ids.has(op_id) || !memory.ops.has(op_id)));
  await write(["kept", "own"], (tx) => {
    gone.forEach((row) => tx.remove("kept", row.seq));
    empty.forEach((row) => tx.remove("own", row.id));
  });
  gone.forEach((row) => memory.ops.delete(row.op.op_id));
  empty.forEach((row) => memory.own.delete(row.id));
  touched();
}

/** Hand in what waits: the tablet or its person was taken back. Resolves when there is a receipt for every op. */
export async function escrow(signal) {
  for (;;) {
    const batch = chosen(await all("outbox"));
    if (!batch.length) return;
    const { device_id, device_token } = meta("device");
    const answer = await post("escrow", { ...envelope(batch), device_id, device_token }, { signal });
    await settle(batch, { results: answer.results });
  }
}
