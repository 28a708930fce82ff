// Ages by the calendar, as core/ages.py has them: births as they were told, completed days, months and years. Days are
// written "2026-11-21". Nothing here divides by 365 or 30.
import { Refused } from "./errors.js";
import { latinDigits, normalise } from "./khmer.js";

export const OLDEST = 130;
const MOST = { y: OLDEST, m: OLDEST * 12, w: OLDEST * 52, d: OLDEST * 365 };
const MS = 86_400_000;

// -- the calendar -------------------------------------------------------------------------------------------------

const parts = (day) => day.split("-").map(Number);
const written = (year, month, day) => [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
const number = (day) => {
  const [y, m, d] = parts(day);
  const date = new Date(0);
  date.setUTCFullYear(y, m - 1, d);
  return date.getTime() / MS;
};
const addDays = (day, n) => new Date((number(day) + n) * MS).toISOString().slice(0, 10);
export const daysBetween = (first, last) => number(last) - number(first);

function exists(year, month, day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  return day <= lengthOf(year, month);
}
const lengthOf = (year, month) => (month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);

function shift(day, months, overflow) {
  const [y, m, d] = parts(day);
  const at = y * 12 + m - 1 + months;
  const [year, month] = [Math.floor(at / 12), (at % 12) + 1];
  const length = lengthOf(year, month);
  if (d <= length) return written(year, month, d);
  if (!overflow) return written(year, month, length);
  return month === 12 ? written(year + 1, 1, 1) : written(year, month + 1, 1);
}

/** Go forward by whole months; a day that the month lacks overflows: 31 January + 1 = 1 March. */
export const addMonths = (day, months) => shift(day, months, true);

const monthsBefore = (day, months) => shift(day, -months, false);

/** The age on a day, each a total of completed units: {years, months, days}. A day before the birth counts as age 0. */
export function ageAt(birth, on) {
  if (on < birth) return { years: 0, months: 0, days: 0 };
  const [by, bm, bd] = parts(birth);
  const [y, m, d] = parts(on);
  const months = (y - by) * 12 + m - bm - (d < bd ? 1 : 0);
  return { years: Math.floor(months / 12), months, days: daysBetween(birth, on) };
}

// -- births as they were told -----------------------------------------------------------------------------------------

function between(earliest, latest, on, precision) {
  if (earliest > on) throw new Refused("birth_in_future");
  const last = latest < on ? latest : on;
  return { date: addDays(earliest, Math.floor(daysBetween(earliest, last) / 2)), precision, earliest, latest: last };
}

function stated(value, unit, on) {
  if (value > MOST[unit]) throw new Refused("age_too_high", { params: { most: OLDEST } });
  if (unit === "d" || unit === "w") {
    const step = unit === "w" ? 7 : 1;
    const latest = addDays(on, -value * step);
    return between(addDays(latest, 1 - step), latest, on, "stated");
  }
  const months = unit === "y" ? 12 : 1;
  return between(addDays(monthsBefore(on, (value + 1) * months), 1), monthsBefore(on, value * months), on, "stated");
}

const UNITS = {
  y: "years?|yrs?|y\\/?o|y|ans?|ឆ្នាំ|ឆ្នំា",
  m: "months?|mths?|mos?|m|mois|ខែ",
  w: "weeks?|wks?|w|សប្តាហ៍|អាទិត្យ",
  d: "days?|d|jours?|ថ្ងៃ",
};
const ABOUT = "(?:(?:(?:about|around|approx|ca?|aged?|ប្រហែលជា|ប្រហែល|ប្រមាណ|អាយុ)\\.?|[~≈±:]) ?)*";
const OLD = "\\.?(?: ?(?:old|of age))?\\.?";
const ONE = Object.entries(UNITS).map(([unit, words]) => `(?<${unit}>${words})`).join("|");
const AGE = new RegExp(`^${ABOUT}(?<n>[0-9]{1,9}) ?(?:${ONE})?${OLD}$`);
const MIXED = new RegExp(`^${ABOUT}([0-9]{1,3}) ?(?:${UNITS.y})\\.?,? ?(?:and |និង ?)?(0?[0-9]|1[01]) ?(?:${UNITS.m})${OLD}$`);
const DATE = /^[0-9]{4}$|^[0-9]+[-/. ][0-9]+(?:[-/. ][0-9]+)?$/;

const plain = (text) => latinDigits(normalise(text)).toLowerCase();

/**
 * Read one box that takes an age or a birth: "4y", "7 months", "១២ ថ្ងៃ", "1y 6m", "12" (years), "2019", "5/2019",
 * "3/5/2019". `on` is the day it was told. Returns {text, date, precision, earliest, latest}; `text` is what an op
 * carries: "4y", "18m", "12d", "2019", "2019-05", "2019-05-03". Throws Refused("age_unreadable", "birth_unreadable",
 * "age_too_high", "birth_in_future").
 */
export function parse(text, on) {
  const said = plain(text);
  return DATE.test(said) ? birthday(said, on) : age(said, on);
}

function age(said, on) {
  const mixed = MIXED.exec(said);
  const match = mixed ? null : AGE.exec(said);
  if (!mixed && !match) throw new Refused("age_unreadable");
  const value = mixed ? Number(mixed[1]) * 12 + Number(mixed[2]) : Number(match.groups.n);
  const unit = mixed ? "m" : (Object.keys(UNITS).find((one) => match.groups[one]) ?? "y");
  return { text: `${value}${unit}`, ...stated(value, unit, on) };
}

function birthday(said, on) {
  const numbers = said.split(/[-/. ]/);
  if (numbers[0].length !== 4) numbers.reverse();
  if (numbers[0].length !== 4 || numbers.slice(1).some((one) => one.length > 2)) throw new Refused("birth_unreadable");
  const [year, month, day] = numbers.map(Number);
  const today = parts(on)[0];
  if (year > today) throw new Refused("birth_in_future");
  if (year > 0 && year < today - OLDEST) throw new Refused("age_too_high", { params: { most: OLDEST } });
  if (!exists(year, month ?? 1, day ?? 1)) throw new Refused("birth_unreadable");
  if (day !== undefined) {
    const born = written(year, month, day);
    if (born > on) throw new Refused("birth_in_future");
    return { text: born, date: born, precision: "day", earliest: born, latest: born };
  }
  if (month !== undefined) {
    const last = written(year, month, lengthOf(year, month));
    return { text: written(year, month, 1).slice(0, 7), ...between(written(year, month, 1), last, on, "month") };
  }
  return { text: String(year).padStart(4, "0"), ...between(written(year, 1, 1), written(year, 12, 31), on, "year") };
}
