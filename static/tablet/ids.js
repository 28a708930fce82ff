// Identifiers: UUIDs that sort by the moment they were made (RFC 9562, version 7), and base64.
let last = 0n;

/** Make a UUID v7; each is greater than the one before, even when the clock is set back. */
export function uuid7() {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const ticks = (BigInt(Date.now()) << 12n) | BigInt(((random[0] << 8) | random[1]) & 0x3ff);
  last = ticks > last ? ticks : last + 1n;
  const bytes = new Uint8Array(16);
  let time = last >> 12n;
  for (let at = 5; at >= 0; at -= 1, time >>= 8n) bytes[at] = Number(time & 0xffn);
  bytes[6] = 0x70 | Number((last >> 8n) & 0xfn);
  bytes[7] = Number(last & 0xffn);
  bytes.set(random.subarray(2), 8);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function toBase64(bytes) {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

export const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
