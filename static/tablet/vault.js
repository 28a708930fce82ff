// Who may read what is on the tablet. Signatures first; see docs/sync/protocol.md 7.
import { Refused } from "./errors.js";

/** "new" (not enrolled) | "locked" (log in) | "resting" (PIN) | "open". Changes are told as event "vault". */
export const state = () => "new";
/** The person logged in: {id, name, username, role, language, may: [...]} or null. */
export const who = () => null;
/** People who have logged in here before: [{username, name}]. */
export const known = () => [];
/** {device_code, centre: {km, en}} or null. */
export const device = () => null;
export async function begin() {}
/** Enrol with the code of the QR (online). Throws Refused("no_network" | server's code). */
export async function enrol(code) { throw new Refused("no_network"); }
/** Log in; the first time online, later also without a network. Throws Refused("wrong_password", "not_known_here", …). */
export async function logIn(username, passphrase) { throw new Refused("no_network"); }
/** Open a resting screen again. Returns tries left: true when open. Ten wrong ones: the state becomes "locked". */
export async function unlock(pin) { return false; }
export async function setPin(pin) {}
export const hasPin = () => false;
/** Screen locked, the PIN opens it (without a PIN: lock()). */
export function rest() {}
/** Everything decrypted is dropped; the password is needed. */
export async function lock() {}
/** Log-out; Refused("outbox_full") while something waits and no sealed file was written. */
export async function logOut() {}
/** Remember this person's language. */
export async function speakAs(language) {}
