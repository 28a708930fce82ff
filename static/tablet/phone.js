// Telephone numbers as they are written here: 012 345 678, 097 123 4567, +855 12 345 678.
import { latinDigits } from "./khmer.js";

/** The digits of a number with its leading 0; "" for none. */
export const national = (text) => latinDigits(text ?? "").replace(/[\s().\-]/g, "").replace(/^\+?855/,
  "0").replace(/^00/, "0");

/** The key of the words for what is wrong with a typed number; "" when nothing. */
export function phoneWrong(text) {
  const digits = national(text);
  return !digits || /^0\d{7,9}$/.test(digits) ? "" : "wrong.phone";
}

/** In groups of three, as it is read aloud. */
export const grouped = (text) => national(text).replace(/^(0\d{2})(\d{3})(\d+)$/, "$1 $2 $3");
