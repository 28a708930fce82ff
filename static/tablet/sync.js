// When to send and fetch, one at a time in all tabs (C6), and what to tell of it. Push goes before pull.
import { ping, sentBytes } from "./api.js";
import * as clock from "./clock.js";
import * as db from "./db.js";
import { all, keepMeta, meta } from "./db.js";
import { Refused } from "./errors.js";
import { on as heard, tell } from "./events.js";
import * as keys from "./keys.js";
import { backlog, loadOps, waiting } from "./memory.js";
import { lend, pull } from "./pull.js";
import { adopt, escrow, prune, push } from "./push.js";
import * as roster from "./roster.js";
import * as session from "./session.js";
import * as vault from "./vault.js";

const TAKEN_BACK = ["device_revoked", "device_suspended", "user_revoked"];
const [FIRST, LONGEST] = [1000, 60_000]; // ms of back-off
const QUIET = 5 * 60_000; // between looks at the server while nothing waits
const SOON = 1500; // after a save

let now_ = { running: false, step: "", done: 0, of: 0, error: "", needs: "", told: "" };
let timer = 0;
let failures = 0;
let stopper = null;
let asked = null; // villages to be lent by the run

function say(change) {
  now_ = { ...now_, ...change };
  tell("sync", status());
}

/** {running, step: ""|"session"|"checkout"|"push"|"pull", done, of, error, needs: ""|"password", told, sent_at, bytes} */
export const status = () => ({ ...now_, waiting: waiting().length, sent_at: meta("sent_at"), bytes: sentBytes() });

/** Call listener(status()) on every change; returns how to stop. */
export const on = (listener) => heard("sync", listener);

export function begin() {
  window.addEventListener("online", () => plan(0));
  document.addEventListener("visibilitychange", () => document.hidden || plan(0));
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data === "sync" && plan(0));
  heard("saved", ({ elsewhere, ids }) => !elsewhere && ids?.length && !now_.running && plan(SOON));
  heard("locking", stop);
  heard("vault", ({ state }) => ["open", "resting"].includes(state) && plan(0));
  heard("proof", ({ code }) => revoked(code));
  plan(SOON);
}

/** Sync after so many ms, unless it happens sooner anyway. */
function plan(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => run({ ifAvailable: true }).catch(console.error), ms); // another tab may be at it
}

/** Sync now, also when it waits for the next try; resolves with status(). */
export async function now() {
  failures = 0;
  await run();
  return status();
}

/** Take villages along (ids, or null: those of the coming sessions) and fetch their people. Throws Refused. */
export async function checkout(villages = null, hours = 72) {
  asked = { villages, hours };
  failures = 0;
  await run();
  if (now_.error && now_.error !== "stopped") throw new Refused(now_.error, { message: now_.told });
  return status();
}

/** Stop what runs; what has come stays, and the next sync goes on from there. */
export const stop = () => stopper?.abort();

let current = null;
async function run(turn = {}) {
  if (!keys.open() || !meta("device")) return;
  clearTimeout(timer);
  if (current) await current;
  if (current && !asked) return; // somebody else asked meanwhile, and it runs
  current ??= navigator.locks.request("clinic-sync", turn, (mine) => mine && keys.open() && locked()).finally(() => (current = null));
  await current;
}

async function locked() {
  stopper = new AbortController();
  say({ running: true, error: "", told: "", needs: "", step: "session", done: 0, of: 0 });
  try {
    await db.refresh(); // another tab may have synced
    await loadOps();
    await whole(stopper.signal);
    failures = 0;
    say({ running: false, step: "" });
    plan(waiting().length ? SOON : QUIET);
  } catch (error) {
    await failed(error);
  } finally {
    stopper = null;
  }
}

async function whole(signal) {
  if (failures) await ping(); // on a bad line nothing dear is sent before something cheap came back
  const token = () => session.token(backlog());
  await token();
  for (let history = 0; ; history += 1) {
    try {
      await once(token, signal);
      break;
    } catch (error) {
      if (error.code === "log_in_again" && history < 2) session.forget();
      else if (error.code === "cursor_too_old" && history < 3) await keepMeta({ cursor: null });
      else if (error.code === "epoch_changed" && history < 3) await adopt(error.answer?.server_epoch);
      else throw error;
    }
  }
  await prune();
}

async function once(token, signal) {
  say({ step: "push" });
  await push(token, (done, of) => say({ done, of }), signal);
  if (vault.state() !== "open") return; // a resting screen sends; it reads nothing
  if (asked) {
    say({ step: "checkout", done: 0, of: 0 });
    const { villages, hours } = asked;
    await lend(token, villages, hours, signal);
    asked = null;
  }
  await roster.check();
  if (!meta("grant") || meta("grant").dead) return;
  say({ step: "pull", done: 0, of: meta("grant").people });
  await pull(token, (done, of) => say({ done, of }), signal);
  tell("roster");
}

async function failed(error) {
  if (!(error instanceof Refused)) console.error(error);
  const code = error.code ?? "unknown";
  asked = null;
  say({ running: false, step: "", error: code, told: error.told ?? "", needs: ["password_needed", "log_in_again"].includes(code) ? "password" : "" });
  if (await revoked(code)) return;
  if (["stopped", "password_needed", "log_in_again", "db_id_conflict", "not_allowed"].includes(code)) return;
  failures += 1;
  // Full jitter: tablets that lost the same server do not come back at the same moment.
  const spread = Math.random() * Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10));
  plan(Math.max(error.after ?? 0, spread));
  wake();
}

// Chromium may wake us when the network is back; the page itself tries anyway. Never asked for where there is a network
// and only the server is away: Chromium would wake us at once, again and again, past every back-off.
async function wake() {
  if (navigator.onLine || !waiting().length) return;
  const worker = await navigator.serviceWorker?.getRegistration?.();
  await worker?.sync?.register("outbox").catch(() => {});
}

/** The server has taken the tablet or the person back: hand in what waits, and only with all receipts forget. */
async function revoked(code) {
  if (!TAKEN_BACK.includes(code)) return false;
  try {
    say({ running: true, step: "escrow", error: code });
    await escrow();
    await vault.destroy({ device: code !== "user_revoked" });
    say({ running: false, step: "", error: code });
  } catch (error) {
    console.error(error);
    say({ running: false, step: "", error: code });
    plan(LONGEST * Math.random());
  }
  return true;
}

// -- the last resort: a sealed file -----------------------------------------------------------------------------------

/** The outbox as a file for `manage.py import_outbox`: {name, blob, ops, last}. It is sealed; a stick may carry it. */
export async function outboxFile() {
  const rows = await all("outbox");
  const { device_id, device_code } = meta("device");
  const file = {
    format: "sre-ambel-outbox", schema: 1, device_id, db_id: meta("db").db_id, server_epoch: meta("epoch"),
    made_at: clock.stamp(), ops: rows.map((row) => row.op),
  };
  const name = `${device_code}-${clock.stamp().slice(0, 16).replace(/\D/g, "")}.outbox.json`;
  return { name, ops: rows.length, last: rows.at(-1)?.seq ?? 0, blob: new Blob([JSON.stringify(file)], { type: "application/json" }) };
}

/** The person says that they have the file: up to this number nothing hinders a log-out any more. */
export const written = (last) => keepMeta({ filed: last });
