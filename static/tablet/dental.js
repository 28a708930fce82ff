// Teeth by FDI number, crowns by WHO code, and the indices: the same rules as mobile_team/rules (shared test vectors).
const quadrants = (numbers, places) => numbers.flatMap((q) => Array.from({ length: places }, (_, n) => 10 * q + n + 1));

export const PERMANENT = quadrants([1, 2, 3, 4], 8);
export const PRIMARY = quadrants([5, 6, 7, 8], 5);
export const PERMANENT_CODES = [..."0123456789"];
export const PRIMARY_CODES = [..."ABCDEFG"];
// As a dentist looks into a mouth: the patient's right is on the left; upper row, then lower row.
export const CHART_PERMANENT = [
  [18, 17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27, 28],
  [48, 47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37, 38],
];
export const CHART_PRIMARY = [
  [55, 54, 53, 52, 51, 61, 62, 63, 64, 65],
  [85, 84, 83, 82, 81, 71, 72, 73, 74, 75],
];
export const PUFA = [..."PUFA"];
export const TREATMENTS = ["sdf", "varnish", "sealant", "art", "scaling", "extraction", "other"];
export const URGENCIES = [0, 1, 2, 3, 4];
export const DEWORMING = ["mebendazole", "albendazole"];
const DEWORMING_MG = { mebendazole: 500, albendazole: 400 };

const permanent = new Set(PERMANENT);
const primary = new Set(PRIMARY);

export const isPermanent = (tooth) => permanent.has(Number(tooth));
export const isPrimary = (tooth) => primary.has(Number(tooth));

/** The codes that may be written of a tooth. */
export const codesOf = (tooth) => (isPermanent(tooth) ? PERMANENT_CODES : isPrimary(tooth) ? PRIMARY_CODES : []);

/** How a code looks in the chart: "" | "sound" | "decayed" | "other". */
export const kind = (code) => (!code ? "" : "0A".includes(code) ? "sound" : "12BC".includes(code) ? "decayed" : "other");

const ABSENT = [..."458E"]; // missing, or not yet through: such a tooth has no open pulp

/** The chart with what the marks say: a marked tooth without a code is decayed, else it had no mark. */
export const charted = (teeth, marks = {}) =>
  ({ ...Object.fromEntries(Object.keys(marks ?? {}).map((tooth) => [tooth, isPermanent(tooth) ? "1" : "B"])), ...teeth });

/**
 * Count DMFT (permanent) and dmft (milk teeth), never added; `teeth` is {"55": "B"}, `marks` (PUFA) {"75": "P"},
 * `years` completed or null.
 * D = 1 and 2, M = 4 (from 30 years on also 5), F = 3; d = B and C, m = E, f = D. A lost milk incisor counts only
 * below 6 years: later it fell out (WHO 2013).
 */
export function index(teeth, years = null, marks = {}) {
  const seen = Object.entries(charted(teeth, marks)).map(([tooth, code]) => [Number(tooth), code]);
  const grown = seen.filter(([tooth]) => isPermanent(tooth)).map(([, code]) => code);
  const young = years !== null && years < 6;
  const milk = seen
    .filter(([tooth, code]) => isPrimary(tooth) && (code !== "E" || young || tooth % 10 > 2))
    .map(([, code]) => code);
  const upper = count(grown, "12", years !== null && years >= 30 ? "45" : "4", "3");
  const lower = count(milk, "BC", "E", "D");
  return { DMFT: upper.total, dmft: lower.total, permanent: upper, primary: lower };
}

function count(codes, decayed, missing, filled) {
  const those = (wanted) => codes.filter((code) => wanted.includes(code)).length;
  const found = { decayed: those(decayed), missing: those(missing), filled: those(filled) };
  return { ...found, total: found.decayed + found.missing + found.filled };
}

/** Count teeth with open pulp, ulcer, fistula or abscess apart: {"75": "P"} gives {PUFA: 0, pufa: 1}. */
export function pufa(marks) {
  const teeth = Object.entries(marks ?? {}).filter(([, mark]) => PUFA.includes(mark)).map(([tooth]) => tooth);
  return { PUFA: teeth.filter(isPermanent).length, pufa: teeth.filter(isPrimary).length };
}

/** Say what is wrong with a chart: a tooth nobody has, a code not of its kind, a mark where no tooth is; "" when nothing. */
export function wrong(teeth, pufaMarks = {}) {
  for (const [tooth, code] of Object.entries(teeth)) {
    if (!codesOf(tooth).includes(code)) return codesOf(tooth).length ? "no_such_code" : "no_such_tooth";
  }
  for (const [tooth, mark] of Object.entries(pufaMarks)) {
    if (!codesOf(tooth).length) return "no_such_tooth";
    if (!PUFA.includes(mark)) return "no_such_code";
    if (ABSENT.includes(teeth[tooth])) return "mark_without_tooth";
  }
  return "";
}

/** The dose of a medicine against worms, in mg: half of albendazole's below two years of age (WHO). */
export const dewormingDose = (medicine, months) =>
  medicine === "albendazole" && months !== null && months < 24 ? 200 : DEWORMING_MG[medicine];
