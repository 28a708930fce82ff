// Sending and fetching. Signatures first.
export function begin() {}
/** Sync now; resolves with status(). */
export async function now() { return status(); }
/** {running, step: ""|"session"|"push"|"pull", done, of, error: code|"" , needs: ""|"password", sent_at} */
export const status = () => ({ running: false, step: "", done: 0, of: 0, error: "", needs: "", sent_at: null });
/** Call listener(status()) on every change; returns how to stop. */
export const on = (listener) => () => {};
/** Take villages along (ids, or null: those of the coming sessions), then fetch; resolves with the grant. */
export async function checkout(villages, hours = 72) {}
/** Stop the first download; what came stays. */
export function stop() {}
/** Write the sealed outbox as a file: returns {name, blob, ops}; `written()` is called when the person has it. */
export async function outboxFile() {}
export async function written(ops) {}
