// Who may read what is on the tablet: enrolment, log-in by password, the PIN of a resting screen, locking.
//
// `meta`: device {device_id, device_code, device_token, centre}, secret, people {id: {…, wrap}}, rosterkey.
import { post } from "./api.js";
import * as clock from "./clock.js";
import { keepMeta, meta, write } from "./db.js";
import { Refused } from "./errors.js";
import { on, tell, tellAll } from "./events.js";
import { random, toBase64 } from "./ids.js";
import * as keys from "./keys.js";
import * as session from "./session.js";
import { speak, spoken } from "./words.js";

const IDLE = 5 * 60_000; // then the screen rests and what was collected is sealed
const PIN_HOURS = 8; // after the password, a PIN opens a resting screen
const PIN_TRIES = 10;
const PIN_ROUNDS = 100_000; // it only guards what is in memory

let person = null; // who is logged in
let resting = false;
let pin = null; // {salt, hash, until, wrong}
let active = Date.now();
const hooks = { opened: async () => {}, before: async () => {}, after: () => {}, pending: () => ({ pending: 0 }) };

/** Let the store say what is to be done when the vault opens, before it is locked and after. */
export const attend = (deeds) => Object.assign(hooks, deeds);

/** "new" (not enrolled) | "locked" (log in) | "resting" (PIN) | "open". Changes are told as event "vault". */
export function state() {
  if (!meta("device")) return "new";
  if (!keys.open() || !person) return "locked";
  return resting ? "resting" : "open";
}

/** The person logged in: {id, username, name, role, language, may: [...]} or null. */
export const who = () => (person ? { ...person } : null);

export const may = (action) => Boolean(person?.may?.includes(action));

/** People who can log in here without a network: [{username, name}]. */
export const known = () => Object.values(meta("people", {})).map(({ username, name }) => ({ username, name }));

/** {device_id, device_code, centre: {km, en}} or null. */
export function device() {
  const { device_id, device_code, centre } = meta("device") ?? {};
  return device_id ? { device_id, device_code, centre } : null;
}

export async function begin() {
  for (const sign of ["pointerdown", "keydown", "input"]) {
    document.addEventListener(sign, () => (active = Date.now()), { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => tire());
  setInterval(tire, 10_000);
  on("log-out", ({ elsewhere }) => elsewhere && lock());
}

// After five idle minutes, hidden or not; a tablet that slept has missed the timer and is asked when it wakes.
function tire() {
  if (state() === "resting" && Date.now() > (pin?.until ?? 0)) return lock();
  if (state() === "open" && Date.now() - active > IDLE) return rest();
  return undefined;
}

// -- letting the tablet in ------------------------------------------------------------------------------------------

/** Enrol with the code of the QR (online). Throws Refused("no_network", or the server's code). */
export async function enrol(code) {
  await navigator.storage?.persist?.().catch(() => false);
  const { db_id } = meta("db");
  const pair = await deviceKeys();
  const answer = await post("enrol", {
    code: code.trim(), db_id, device_pub: pair.pub, model: navigator.userAgentData?.platform ?? navigator.platform ?? "",
    app_version: document.documentElement.dataset.version,
  });
  await write(["meta"], (tx) => {
    const { device_id, device_code, device_token, centre } = answer;
    tx.put("meta", { device_id, device_code, device_token, centre, enrolled_at: Date.now() }, "device");
    tx.put("meta", { kid: answer.seal_kid, pub: answer.seal_pub }, "seal");
    tx.put("meta", answer.server_epoch, "epoch");
    if (!meta("secret")) tx.put("meta", toBase64(random(32)), "secret");
  });
  tell("vault", { state: state() });
}

async function deviceKeys() {
  if (meta("device_keys")) return meta("device_keys");
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const pub = toBase64(await crypto.subtle.exportKey("raw", pair.publicKey));
  await keepMeta({ device_keys: { pub, own: pair.privateKey } });
  return { pub };
}

// -- log-in -------------------------------------------------------------------------------------------------------

/**
 * Log in. Who was here before needs no network: the password opens the keys. Throws Refused: "wrong_password",
 * "not_known_here" (never here, and no network), or what the server says.
 */
export async function logIn(username, passphrase) {
  const name = username.trim().toLowerCase();
  const here = Object.values(meta("people", {})).find((one) => one.username.toLowerCase() === name);
  const opened = here ? await keys.unwrap(here.wrap, passphrase, meta("secret")) : false;
  if (opened) {
    await welcome(here);
    // The server is asked as well, so that the log-in there begins anew and a revoked person is known; not waited for.
    prove(passphrase).catch((error) => tell("proof", { code: error.code }));
    return who();
  }
  let user;
  try {
    user = await session.withPassword(username.trim(), passphrase, hooks.pending());
  } catch (error) {
    // Without a network a wrong password and a changed one are the same.
    if (error.code === "no_network" && here) throw new Refused("wrong_password");
    if (error.code === "no_network") throw new Refused("not_known_here");
    throw error;
  }
  await letIn({ ...user, username: username.trim() }, passphrase);
  return who();
}

/** Give the password again to the server only: the log-in there has ended while somebody works. */
export async function prove(passphrase) {
  if (!person) throw new Refused("locked");
  const user = await session.withPassword(person.username, passphrase, hooks.pending());
  await letIn({ ...user, username: person.username }, passphrase);
}

/** A person whom the server knows: their wrap of the key is made, or made anew under a changed password. */
async function letIn(user, passphrase) {
  if (!keys.open()) {
    // Nobody's key is at hand: a first person, or a forgotten password. What others could read is fetched anew.
    await keys.makeWork();
    await write(["meta", "roster", "own", "inbox", "drafts"], (tx) => {
      for (const store of ["roster", "own", "inbox", "drafts"]) tx.clear(store);
      tx.put("meta", {}, "people");
      tx.put("meta", null, "cursor");
      tx.remove("meta", "rosterkey");
    });
  }
  const before = meta("people", {})[user.id];
  const kept = before?.wrap.kid === keys.workKid() && (await same(before.wrap, passphrase)) ? before.wrap : null;
  const row = { ...before, ...user, wrap: kept ?? (await keys.wrapFor(passphrase, meta("secret"))) };
  row.speaks = before?.speaks ?? user.language;
  await write(["meta"], async (tx) => tx.put("meta", { ...(await tx.get("meta", "people")), [user.id]: row }, "people"));
  await session.settle();
  if (person?.id !== user.id || resting) await welcome(row);
}

const same = (wrap, passphrase) => keys.unwrap(wrap, passphrase, meta("secret"));

async function welcome(row) {
  const { wrap, ...rest } = row;
  person = rest;
  resting = false;
  active = Date.now();
  if (pin?.person !== person.id) pin = null;
  else Object.assign(pin, { until: Date.now() + PIN_HOURS * 3_600_000, wrong: 0 });
  await keys.openRoster(meta("rosterkey"));
  await hooks.opened();
  if (row.speaks && row.speaks !== spoken()) await speak(row.speaks);
  tell("vault", { state: state() });
}

/** Remember this person's language. */
export async function speakAs(language) {
  if (person) {
    person.speaks = language;
    await write(["meta"], async (tx) => {
      const people = await tx.get("meta", "people");
      if (people[person.id]) tx.put("meta", { ...people, [person.id]: { ...people[person.id], speaks: language } }, "people");
    });
  }
  await speak(language);
}

// -- the PIN of a resting screen ------------------------------------------------------------------------------------

export const hasPin = () => pin !== null;

/** Choose a PIN of 6 digits for the coming 8 hours; it lives in memory. */
export async function setPin(digits) {
  if (!/^\d{6}$/.test(digits)) throw new Refused("pin_six_digits");
  const salt = random(16);
  const until = Date.now() + PIN_HOURS * 3_600_000;
  pin = { person: person.id, salt, hash: await hashed(digits, salt), until, wrong: 0 };
}

/** Open a resting screen: true, or false and one try less. After ten wrong ones only the password helps. */
export async function unlock(digits) {
  if (state() !== "resting") throw new Refused("locked");
  if (Date.now() > pin.until || !clockRan()) return lock().then(() => false);
  if ((await hashed(digits, pin.salt)) !== pin.hash) {
    pin.wrong += 1;
    if (pin.wrong >= PIN_TRIES) await lock();
    return false;
  }
  pin.wrong = 0;
  resting = false;
  active = Date.now();
  await hooks.opened();
  tell("vault", { state: state() });
  return true;
}

export const triesLeft = () => (pin ? PIN_TRIES - pin.wrong : 0);

const clockRan = () => clock.state() !== "back"; // eight hours can be made longer by setting the clock back

async function hashed(digits, salt) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(digits), "PBKDF2", false, ["deriveBits"]);
  return toBase64(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: PIN_ROUNDS }, typed, 256));
}

// -- locking --------------------------------------------------------------------------------------------------------

/** The screen rests: what was collected is sealed, what was decrypted forgotten; the PIN opens it again. */
export async function rest() {
  if (state() !== "open") return;
  if (!pin) {
    await lock();
    return;
  }
  tell("locking");
  resting = true;
  try {
    await hooks.before();
  } finally {
    hooks.after();
    tell("vault", { state: state() });
  }
}

/** Everything decrypted is dropped, keys too: the password is needed. What waits to be sent is sealed and stays. */
export async function lock() {
  if (keys.open()) tell("locking"); // what is being typed is written now, while there is a key
  try {
    if (keys.open()) await hooks.before();
  } finally {
    keys.drop();
    session.forget();
    person = pin = null;
    resting = false;
    hooks.after();
    tell("vault", { state: state() });
  }
}

/** Log out, in every tab. Refused("outbox_full") while something waits and no sealed file of it was written. */
export async function logOut() {
  const { pending, filed = 0 } = hooks.pending();
  if (pending > filed) throw new Refused("outbox_full", { params: { n: pending } });
  await lock();
  tellAll("log-out");
}

/** The server has taken the person (and the tablet) back, and has what waited: keys, wraps and roster are destroyed. */
export async function destroy({ device: whole = true } = {}) {
  keys.drop();
  const facts = ["people", "rosterkey", "renewal", "grant", ...(whole ? ["device", "secret"] : [])];
  await write(["meta", "roster", "own", "inbox", "drafts"], (tx) => {
    for (const store of ["roster", "own", "inbox", "drafts"]) tx.clear(store);
    for (const fact of facts) tx.remove("meta", fact);
    tx.put("meta", null, "cursor");
  });
  await lock();
}

/** This tablet's store of saves is not the one that the server knows: it must be enrolled again. Nothing is lost. */
export async function leaveDevice() {
  await write(["meta"], (tx) => tx.remove("meta", "device"));
  await lock();
}
