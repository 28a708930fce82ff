// What is being typed survives a reload, a crash, a flat battery: kept encrypted while typing, dropped when it is saved.
import * as db from "./db.js";
import { on } from "./events.js";
import * as keys from "./keys.js";

const PAUSE = 250; // milliseconds of quiet before it is written
const fresh = new Map(); // newer than what is on the disk
const newest = new Map(); // key → the turn that is to be written; a lock forgets what was typed, not that it is on its way
let turn = 0;

// Locked, nothing readable stays in memory; what is on the disk opens again with the person's key.
on("vault", ({ state }) => state === "open" || fresh.clear());

/** What was typed into this form, or null. */
export async function load(key) {
  if (fresh.has(key)) return structuredClone(fresh.get(key));
  const row = await db.read("drafts", key);
  return row ? keys.reveal("drafts", row).catch(() => null) : null;
}

/** Keep this in place of what was kept. */
export async function keep(key, value) {
  const mine = (turn += 1);
  fresh.set(key, value);
  newest.set(key, mine);
  const row = await keys.close("drafts", key, value);
  if (newest.get(key) === mine) await db.write(["drafts"], (tx) => tx.put("drafts", row));
}

/** Saved, or not wanted any more. */
export async function drop(key) {
  fresh.delete(key);
  newest.delete(key);
  await db.write(["drafts"], (tx) => tx.remove("drafts", key));
}

/**
 * Keep a form as it is typed into: `collect()` says what it holds. Marks the form as open, so that no update takes
 * over meanwhile. Returns { changed(), done(), leave() }: done when it was saved, leave when the screen is left.
 */
export function keepForm(form, key, collect) {
  let timer = 0;
  let waits = false;
  let over = false;

  function write() {
    clearTimeout(timer);
    if (!waits || over || !keys.open()) return;
    waits = false;
    keep(key, structuredClone(collect())).catch(console.error);
  }
  function changed() {
    if (over) return;
    form.dataset.open = "yes";
    waits = true;
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE);
  }
  const hidden = () => document.hidden && write();
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("visibilitychange", hidden);
  const unheard = on("locking", write);
  return {
    changed,
    async done() {
      over = true;
      clearTimeout(timer);
      delete form.dataset.open;
      await drop(key);
    },
    leave() {
      write();
      document.removeEventListener("visibilitychange", hidden);
      unheard();
    },
  };
}
