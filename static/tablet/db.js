// The store on the tablet: one IndexedDB, strict transactions, migrations that only add.
//
// A database that does not open is left as it is, for somebody who can read it, and a new one is begun under another
// name (C10): nobody can work with a tablet that refuses, and nothing may be thrown away.
import { Refused } from "./errors.js";
import { tell } from "./events.js";
import { uuid7 } from "./ids.js";

const VERSION = 1;
const NAME = "clinic-";
const POINTER = "clinic-db"; // which database is ours
const LEFT = "clinic-left"; // those that did not open
const TRIES = 3;

// One line a version, only ever added to: version n makes what n - 1 lacks.
const MIGRATIONS = [
  (db) => {
    db.createObjectStore("meta");
    for (const name of ["outbox", "kept"]) db.createObjectStore(name, { keyPath: "seq" });
    for (const name of ["roster", "own", "inbox", "drafts"]) db.createObjectStore(name, { keyPath: "id" });
  },
];

let connection = null;
let opening = null;
let mirror = new Map(); // of `meta`, as this tab last read it

/** Open the database, beginning one where there is none; resolves with its name. */
export async function open() {
  opening ??= begin().finally(() => (opening = null));
  return opening;
}

async function begin() {
  if (connection) return connection.name;
  for (const name of await candidates()) {
    try {
      connection = await patiently(name);
      await refresh();
      if (!mirror.has("db")) await first(name);
      localStorage.setItem(POINTER, name);
      return name;
    } catch (error) {
      connection?.close();
      connection = null;
      if (error instanceof Refused) throw error;
      console.error(`the database ${name} does not open`, error);
      leave(name, error);
    }
  }
  throw new Refused("no_database");
}

/** Names to try, in order; the last one is new. */
async function candidates() {
  const known = (await indexedDB.databases?.().catch(() => [])) ?? [];
  const there = known.map((one) => one.name).filter((name) => name.startsWith(NAME) && !left().includes(name));
  const ours = localStorage.getItem(POINTER);
  if (ours && !left().includes(ours)) there.unshift(ours);
  return [...new Set([...there.sort((a, b) => (b === ours) - (a === ours)), NAME + uuid7()])];
}

async function patiently(name) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await connect(name);
    } catch (error) {
      if (error instanceof Refused || tried === TRIES) throw error;
      await new Promise((after) => setTimeout(after, 200 * tried));
    }
  }
}

function connect(name) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, VERSION);
    asked.onupgradeneeded = (event) => {
      for (const migrate of MIGRATIONS.slice(event.oldVersion)) migrate(asked.result, asked.transaction);
    };
    asked.onblocked = () => tell("blocked"); // an old tab holds it; it closes itself on versionchange
    asked.onerror = () =>
      // Written by a newer app than this one: the page is old and must be loaded again.
      reject(asked.error?.name === "VersionError" ? new Refused("old_page") : asked.error);
    asked.onsuccess = () => {
      const db = asked.result;
      db.onversionchange = () => {
        db.close();
        connection = null;
        tell("outdated");
      };
      db.onclose = () => (connection = null); // the browser closed it; the next use opens it again
      resolve(db);
    };
  });
}

async function first(name) {
  await write(["meta"], (tx) => {
    tx.put("meta", { db_id: name.slice(NAME.length), schema: 1, made_at: Date.now() }, "db");
    tx.put("meta", 0, "seq");
  });
}

const left = () => JSON.parse(localStorage.getItem(LEFT) ?? "[]").map((one) => one.name);

function leave(name, error) {
  const all = JSON.parse(localStorage.getItem(LEFT) ?? "[]");
  localStorage.setItem(LEFT, JSON.stringify([...all, { name, at: Date.now(), error: String(error?.name ?? error) }]));
  if (localStorage.getItem(POINTER) === name) localStorage.removeItem(POINTER);
}

/** Databases that did not open and were left: [{name, at, error}]. */
export const leftBehind = () => JSON.parse(localStorage.getItem(LEFT) ?? "[]");

// -- reading and writing ---------------------------------------------------------------------------------------

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Read all rows of a store, in order of their keys. */
export const all = async (store) => answer((await at([store], "readonly")).objectStore(store).getAll());

export const read = async (store, key) => answer((await at([store], "readonly")).objectStore(store).get(key));

async function at(stores, mode) {
  if (!connection) await open();
  try {
    return connection.transaction(stores, mode, { durability: "strict" });
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    connection = null; // closed under our hands
    await open();
    return connection.transaction(stores, mode, { durability: "strict" });
  }
}

/**
 * Do `work(tx)` in ONE strict transaction and resolve with its result after `oncomplete`: only then is anything saved.
 * `tx` has put, get, remove, clear and all; `work` may await nothing else. What it throws undoes everything.
 * Throws Refused("full") when there is no room.
 */
export async function write(stores, work) {
  const transaction = await at(stores, "readwrite");
  const changed = [];
  const tx = {
    get: (store, key) => answer(transaction.objectStore(store).get(key)),
    all: (store) => answer(transaction.objectStore(store).getAll()),
    put: (store, value, key) => {
      transaction.objectStore(store).put(value, key);
      if (store === "meta") changed.push([key, value]);
    },
    remove: (store, key) => {
      transaction.objectStore(store).delete(key);
      if (store === "meta") changed.push([key, undefined]);
    },
    clear: (store) => transaction.objectStore(store).clear(),
  };
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(translated(transaction.error ?? new Error("undone")));
  });
  done.catch(() => {}); // it is awaited below, unless `work` fails first
  let result;
  try {
    result = await work(tx);
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // it is undone already
    }
    throw translated(error);
  }
  await done;
  for (const [key, value] of changed) value === undefined ? mirror.delete(key) : mirror.set(key, value);
  return result;
}

function translated(error) {
  return error?.name === "QuotaExceededError" ? new Refused("full") : error;
}

// -- meta: small plain facts; no patient's data ------------------------------------------------------------------

/** A fact of `meta` as this tab knows it; what must be exact is read inside its transaction. */
export const meta = (key, otherwise = null) => mirror.get(key) ?? otherwise;

/** Read `meta` again: another tab has written. */
export async function refresh() {
  const store = (await at(["meta"], "readonly")).objectStore("meta");
  const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
  mirror = new Map(keys.map((key, n) => [key, values[n]]));
}

export const keepMeta = (entries) =>
  write(["meta"], (tx) => Object.entries(entries).forEach(([key, value]) => tx.put("meta", value, key)));
