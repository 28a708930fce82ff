// Seal a save to the server's public key (docs/sync/protocol.md 3): who holds the tablet cannot read it any more.
//
// It is sealed at the moment of saving, not later: the bytes of an op never change, so that it may be sent any number
// of times, and a save does not die with the keys of the people who work here.
import { fromBase64, random, toBase64 } from "./ids.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const utf8 = (text) => new TextEncoder().encode(text);

/** Return `plain` sealed to `pub` (base64, uncompressed point), bound to the envelope of `op`; base64. */
export async function seal(pub, kid, op, plain) {
  const [theirs, ours] = await Promise.all([
    crypto.subtle.importKey("raw", fromBase64(pub), CURVE, false, []),
    crypto.subtle.generateKey(CURVE, true, ["deriveBits"]),
  ]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const iv = random(12);
  const [point, secret] = await Promise.all([
    crypto.subtle.exportKey("raw", ours.publicKey),
    key(shared, kid).then((cipher) =>
      crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(op) }, cipher, utf8(JSON.stringify(plain))),
    ),
  ]);
  const whole = new Uint8Array(65 + 12 + secret.byteLength);
  whole.set(new Uint8Array(point));
  whole.set(iv, 65);
  whole.set(new Uint8Array(secret), 77);
  return toBase64(whole);
}

async function key(shared, kid) {
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8(`clinic seal 1 ${kid}`) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

const bound = (op) => utf8([op.op_id, op.type, op.id, op.kind, op.seq].join("|"));

/** Open what was sealed, with the private key (PKCS#8, base64): for proofs; a tablet never has it. */
export async function openSealed(pkcs8, op) {
  const sealed = fromBase64(op.sealed);
  const [mine, theirs] = await Promise.all([
    crypto.subtle.importKey("pkcs8", fromBase64(pkcs8), CURVE, false, ["deriveBits"]),
    crypto.subtle.importKey("raw", sealed.subarray(0, 65), CURVE, false, []),
  ]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine, 256);
  const how = { name: "AES-GCM", iv: sealed.subarray(65, 77), additionalData: bound(op) };
  const plain = await crypto.subtle.decrypt(how, await key(shared, op.seal_kid), sealed.subarray(77));
  return JSON.parse(new TextDecoder().decode(plain));
}
