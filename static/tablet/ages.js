// Ages by the calendar. Signatures first.
/** Completed {years, months, days} on a day; both "2026-11-21". */
export const ageAt = (birth, on) => ({ years: 0, months: 0, days: 0 });
/** Read "4y", "7m", "2019", "3/5/2019" → {text (for the op), date, precision, earliest, latest}; throws Refused(code). */
export const parse = (text, on) => null;
