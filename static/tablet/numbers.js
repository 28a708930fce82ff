// Numbers that a tablet may give by itself: patient numbers from its block, receipts from its own book.
//
// `meta.numbers` is {blocks: [{first, last}], next} and `meta.receipts` {prefix, last}. They are drawn inside the
// transaction that saves the record which bears them, so that no number is lost or given twice.
import { meta } from "./db.js";
import { Refused } from "./errors.js";
import { latinDigits } from "./khmer.js";

const PREFIX = "SA";
// Damm's quasigroup of order 10: catches every wrong digit and every swap of neighbours.
const DAMM = [
  "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
  "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
];

/** The Damm check digit of a row of digits. */
export const checkDigit = (digits) => Number([...digits].reduce((state, digit) => DAMM[state][digit], "0"));

/** Write running number 12345 as "SA-012345-C". */
export function patientNumber(n) {
  const digits = String(n).padStart(6, "0");
  return `${PREFIX}-${digits}-${checkDigit(digits)}`;
}

/** Read a patient number, with or without prefix, dashes, spaces, in either script; null when it is none. */
export function parsePatientNumber(text) {
  const plain = latinDigits(String(text)).replace(/[\s\-‐-―_.]/g, "").toUpperCase();
  const match = /^(?:SA)?([0-9]{6}|[1-9][0-9]{6,8})([0-9])$/.exec(plain);
  if (!match || checkDigit(match[1]) !== Number(match[2]) || Number(match[1]) < 1) return null;
  return Number(match[1]);
}

/** Whether it looks like a patient number of which a digit must be wrong. */
export function mistypedNumber(text) {
  const plain = latinDigits(String(text)).replace(/[\s\-‐-―_.]/g, "").toUpperCase();
  return /^(?:SA)[0-9]{7,10}$/.test(plain) && parsePatientNumber(text) === null;
}

export const receiptNumber = ({ prefix, n }) => `${prefix}-${String(n).padStart(6, "0")}`;

/** The number after `next` that lies in a block; null when all are used up. */
export function inBlocks({ blocks = [], next = 0 } = {}) {
  const sorted = [...blocks].sort((a, b) => a.first - b.first);
  const block = sorted.find((one) => one.last >= next);
  return block ? Math.max(block.first, next) : null;
}

/**
 * Bring together what the server says of this tablet's blocks and what the tablet knows. Blocks are used in order, so
 * the furthest `next` of any block that was begun counts, or the tablet's own where that is further.
 */
export function merged(mine, told) {
  const begun = told.filter((block) => (block.next ?? block.first) > block.first).map((block) => block.next);
  const from = begun.length ? Math.max(...begun) : Math.min(...told.map((block) => block.first), Infinity);
  const next = Math.max(mine?.next ?? 0, Number.isFinite(from) ? from : 0);
  return { blocks: told.map(({ first, last }) => ({ first, last })), next };
}

/** The next patient number as save() will draw it; null when the block is used up. */
export function nextPatientNumber() {
  const n = inBlocks(meta("numbers", {}));
  return n === null ? null : patientNumber(n);
}

/** How many patient numbers are left. */
export function numbersLeft() {
  const { blocks = [], next = 0 } = meta("numbers", {});
  return blocks.reduce((sum, one) => sum + Math.max(0, one.last - Math.max(one.first, next) + 1), 0);
}

/** The next receipt as save() will draw it, {n, text}; null without a book. */
export function nextReceipt() {
  const book = meta("receipts");
  return book ? { n: book.last + 1, text: receiptNumber({ prefix: book.prefix, n: book.last + 1 }) } : null;
}

/** Foresee what a document without `number` would be given; with it the state after. null: it needs none. */
export function foreseen(type, state) {
  if (type === "patient") {
    const n = inBlocks(state.numbers);
    if (n === null) throw new Refused("no_numbers_left");
    return { number: patientNumber(n), state: { ...state, numbers: { ...state.numbers, next: n + 1 } } };
  }
  if (type === "donation") {
    if (!state.receipts) throw new Refused("no_receipt_book");
    const n = state.receipts.last + 1;
    return { number: n, state: { ...state, receipts: { ...state.receipts, last: n } } };
  }
  return null;
}
