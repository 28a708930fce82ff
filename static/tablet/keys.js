// The keys in memory, and what is written with them: `work` for what is made here, `roster` for what was lent.
// The roster's key is kept wrapped under the work key, apart, so that the roster can die and the work go on.
import { Refused } from "./errors.js";
import { fromBase64, random, toBase64, uuid7 } from "./ids.js";

export const ROUNDS = 600_000; // of PBKDF2-SHA256, by which a password is stretched (OWASP)
const utf8 = (text) => new TextEncoder().encode(text);
const AES = { name: "AES-GCM", length: 256 };

const held = { work: null, roster: null }; // {kid, key}
const KEY_OF = { roster: "roster", inbox: "work", own: "work", drafts: "work", meta: "work" };

export const open = () => held.work !== null;
export const workKid = () => held.work?.kid ?? null;
export const hasRoster = () => held.roster !== null;

/** Forget both keys: nothing on the tablet can be read until somebody logs in. */
export function drop() {
  held.work = held.roster = null;
}

export const dropRoster = () => (held.roster = null);

// -- rows -----------------------------------------------------------------------------------------------------

/** Encrypt a value for a row of `store`: {id, kid, iv, ct}; it opens under this store and id only. */
export async function close(store, id, value) {
  const { kid, key } = held[KEY_OF[store]] ?? fail();
  const iv = random(12);
  const how = { name: "AES-GCM", iv, additionalData: utf8(`${store}|${id}`) };
  return { id, kid, iv, ct: new Uint8Array(await crypto.subtle.encrypt(how, key, utf8(JSON.stringify(value)))) };
}

/** Decrypt a row; null when its key is not the one we hold: another person's time, or a roster that died. */
export async function reveal(store, row) {
  const { kid, key } = held[KEY_OF[store]] ?? { kid: null };
  if (row.kid !== kid) return null;
  const how = { name: "AES-GCM", iv: row.iv, additionalData: utf8(`${store}|${row.id}`) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, row.ct)));
}

function fail() {
  throw new Refused("locked");
}

// -- the work key, wrapped for each person by the password ----------------------------------------------------------

/** Begin with a new work key; what was written with another cannot be read any more. */
export async function makeWork() {
  held.work = { kid: `w-${uuid7()}`, key: await crypto.subtle.generateKey(AES, true, ["encrypt", "decrypt"]) };
  held.roster = null;
}

/** Wrap the work key for a person: {kid, salt, rounds, iv, ct}, plain values to keep. */
export async function wrapFor(passphrase, secret) {
  const [salt, iv] = [random(16), random(12)];
  const raw = await crypto.subtle.exportKey("raw", held.work.key);
  const key = await stretched(passphrase, salt, ROUNDS, secret);
  const how = { name: "AES-GCM", iv, additionalData: utf8(held.work.kid) };
  const ct = new Uint8Array(await crypto.subtle.encrypt(how, key, raw));
  return { kid: held.work.kid, salt: toBase64(salt), rounds: ROUNDS, iv: toBase64(iv), ct: toBase64(ct) };
}

/** Take the work key out of a person's wrap; false when the password is another. */
export async function unwrap(wrap, passphrase, secret) {
  const key = await stretched(passphrase, fromBase64(wrap.salt), wrap.rounds, secret);
  const how = { name: "AES-GCM", iv: fromBase64(wrap.iv), additionalData: utf8(wrap.kid) };
  let raw;
  try {
    raw = await crypto.subtle.decrypt(how, key, fromBase64(wrap.ct));
  } catch {
    return false;
  }
  held.work = { kid: wrap.kid, key: await crypto.subtle.importKey("raw", raw, AES, true, ["encrypt", "decrypt"]) };
  return true;
}

/** HKDF(PBKDF2(password), device secret): without this tablet's secret a guess at the password proves nothing. */
async function stretched(passphrase, salt, rounds, secret) {
  const typed = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, typed, 256);
  const material = await crypto.subtle.importKey("raw", bits, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: fromBase64(secret), info: utf8("clinic tablet wrap 1") },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

// -- the roster's key, wrapped under the work key ---------------------------------------------------------------------

/** Make a roster key; returns the row for `meta` that holds it wrapped. */
export async function makeRoster() {
  const { work } = held;
  const key = await crypto.subtle.generateKey(AES, true, ["encrypt", "decrypt"]);
  const kid = `r-${uuid7()}`;
  const row = await close("meta", "rosterkey", toBase64(await crypto.subtle.exportKey("raw", key)));
  if (held.work !== work) fail(); // locked meanwhile
  held.roster = { kid, key };
  return { roster: kid, ...row };
}

/** Take the roster's key out of its row; false when it was wrapped under another work key, or there is none. */
export async function openRoster(row) {
  const { work } = held;
  held.roster = null;
  const raw = row ? await reveal("meta", row) : null;
  if (!raw) return false;
  const key = await crypto.subtle.importKey("raw", fromBase64(raw), AES, true, ["encrypt", "decrypt"]);
  if (held.work === work) held.roster = { kid: row.roster, key };
  return held.work === work;
}
