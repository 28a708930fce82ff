// A check-up as a form holds it and as it is sent (docs/sync/protocol.md 4), and back again.
import { stamp } from "./clock.js";
import * as dental from "./dental.js";
import { number } from "./fields.js";
import { ageOf } from "./parts.js";
import { say } from "./words.js";

export const COUNTS = { decayed_primary: 20, decayed_permanent: 32, missing: 32, filled: 32, pufa_count: 52 };
export const FACTS = ["dental_education", "toothbrush", "toothpaste"];
const LEAST_MONTHS = 4; // between two doses against worms; as clinic/data/preventive.csv has it
const FROM_MONTHS = 12; // of age

/** What a form holds at first. */
export const blank = () => ({ mode: "chart", teeth: {}, pufa: {}, treatments: [], given: [], advised: "no" });

/** What a form holds of a check-up that is to be corrected. */
export function toForm(doc) {
  const counted = Object.keys(COUNTS).filter((name) => doc[name] !== null && doc[name] !== undefined);
  const charted = Object.keys(doc.teeth ?? {}).length > 0;
  const sound = !charted && counted.length > 0 && counted.every((name) => doc[name] === 0);
  const yes = (value) => (value ? "yes" : "no");
  return {
    pain: yes(doc.pain), mode: charted ? "chart" : sound ? "sound" : counted.length ? "counts" : "unseen",
    teeth: { ...doc.teeth }, pufa: { ...doc.pufa }, gums: yes(doc.gums_bleed), urgency: String(doc.urgency ?? ""),
    ...Object.fromEntries(Object.keys(COUNTS).map((name) => [name, doc[name] ?? ""])),
    treatments: structuredClone(doc.treatments ?? []), treatment: doc.treatment ?? "",
    given: FACTS.filter((fact) => doc[fact]), deworming: doc.deworming ?? "",
      deworming_despite: doc.deworming_despite ?? "",
    weight: doc.weight ?? "", height: doc.height ?? "", advised: yes(doc.advised_to_come), note: doc.note ?? "",
  };
}

/** Read a form: [document, {field: what is wrong}]. `years` at the check-up, or null. */
export function read(said, { patient, session, years, observed_at = stamp() }) {
  const errors = {};
  for (const name of ["pain", "gums", "urgency"]) if (!said[name]) errors[name] = say("wrong.choose");
  const charted = said.mode === "chart";
  if (charted && !Object.keys(said.teeth).length) errors.teeth = say("wrong.no_teeth");
  const counts = Object.fromEntries(Object.entries(COUNTS).map(([name, max]) =>
    [name, said.mode === "sound" ? 0 : said.mode === "counts" ? number(said, name, errors, { max }) : null]));
  if (said.mode === "counts" && !Object.values(counts).some((n) => n !== null)
    && !Object.keys(counts).some((n) => errors[n])) {
    errors.decayed_primary = say("wrong.no_counts");
  }
  const weight = number(said, "weight", errors, { min: 1, max: 250, places: 2 });
  const height = number(said, "height", errors, { min: 30, max: 220, places: 1 });
  const teeth = charted ? said.teeth : {};
  const { dmft, DMFT } = dental.index(teeth, years, charted ? said.pufa : {});
  const doc = {
    patient, session, observed_at, teeth, pufa: charted ? said.pufa : {}, ...counts,
    pain: said.pain === "yes", gums_bleed: said.gums === "yes", urgency: Number(said.urgency),
    treatments: said.treatments.map(({ what, tooth }) => ({ what, tooth: tooth ? Number(tooth) : null })),
    treatment: said.treatment ?? "",
    ...Object.fromEntries(FACTS.map((fact) => [fact, said.given.includes(fact)])),
    deworming: said.deworming ?? "", deworming_despite: said.deworming ? (said.deworming_despite ?? "") : "",
    weight: weight && decimal(weight), height: height && decimal(height),
    advised_to_come: said.advised === "yes", note: said.note ?? "", index: { dmft, DMFT },
  };
  return [doc, errors];
}

/** "16" and "16.50" are "16.0" and "16.5", as the server writes them. */
const decimal = (text) => {
  const short = String(Number(text));
  return short.includes(".") ? short : `${short}.0`;
};

/** Small facts for the tally that stay readable when the rest is sealed. */
export function local(doc) {
  const marks = Object.values(doc.teeth).filter((code) => dental.kind(code) === "decayed").length;
  return {
    patient: doc.patient, session: doc.session, decayed: marks + (doc.decayed_primary ?? 0) + (doc.decayed_permanent ?? 0),
    deworming: doc.deworming, ...Object.fromEntries(FACTS.map((fact) => [fact, doc[fact]])),
  };
}

/** What differs between two documents, as an amendment says it: {set}; null when nothing does. */
export function difference(before, after) {
  const set = {};
  for (const name of Object.keys(after)) {
    if (["patient", "session", "observed_at", "index", "id", "on", "by", "void_reason"].includes(name)) continue;
    const [old, now] = [before[name] ?? (typeof after[name] === "string" ? "" : null), after[name]];
    if (JSON.stringify(sorted(old)) === JSON.stringify(sorted(now))) continue;
    set[name] = now;
  }
  return Object.keys(set).length ? { set } : null;
}

const sorted = (value) => (value && typeof value === "object" && !Array.isArray(value)
  ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);

/** How urgent it looks by what was seen; the person decides. */
export function proposed(said) {
  const codes = Object.values(said.teeth).map(dental.kind);
  if (said.pain === "yes" || Object.keys(said.pufa).length || Number(said.pufa_count) > 0) return "3";
  if (codes.includes("decayed") || Number(said.decayed_primary) > 0 || Number(said.decayed_permanent) > 0) return "2";
  if (said.mode === "sound" || codes.length) return said.gums === "yes" ? "1" : "0";
  return "";
}

/** Whether medicine against worms may be given: {may, why: key of the words, last: day of a dose too near}. */
export function worms(person, on) {
  const age = ageOf(person, on);
  if (!age) return { may: false, why: "worms.age_unknown" };
  if (age.months < FROM_MONTHS) return { may: false, why: "worms.too_young" };
  const doses = [...(person.doses ?? []).filter((dose) => dental.DEWORMING.includes(dose.what)).map((dose) => dose.on),
    ...(person.checkups ?? []).filter((c) => c.deworming && !c.void_reason).map((c) => c.on).filter(Boolean)];
  const near = doses.filter((dose) => dose <= on && monthsLater(dose, LEAST_MONTHS) > on).sort().at(-1) ?? "";
  return { may: true, why: "", last: near, months: age.months };
}

/** A day so many months later; a day the month lacks overflows into the next. */
function monthsLater(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, date)).toISOString().slice(0, 10);
}
