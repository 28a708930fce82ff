// What one part of the app tells the others, in this tab and in its siblings. No patient data goes through here.
const listeners = new Map();
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("clinic-tablet") : null;

/** Call `listener(detail)` whenever `name` is told; returns how to stop. */
export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

/** Tell this tab. */
export function tell(name, detail = {}) {
  for (const listener of listeners.get(name) ?? []) {
    try {
      listener(detail);
    } catch (error) {
      console.error(error); // one screen's mistake must not stop the others, nor a save
    }
  }
}

/** Tell this tab and all others of the app; `detail` holds ids and numbers only. */
export function tellAll(name, detail = {}) {
  tell(name, detail);
  channel?.postMessage({ name, detail });
}

channel?.addEventListener("message", ({ data }) => tell(data.name, { ...data.detail, elsewhere: true }));
