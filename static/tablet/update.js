// The worker that keeps the app's files, and new versions: one takes over only when nobody can lose anything by it.
import { on, tell } from "./events.js";
import { busy } from "./address.js";
import * as store from "./store.js";

const LOOK = 60 * 60_000; // between looks for a new version
let registration = null;
let asked = false;

export async function begin() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  workers.addEventListener("controllerchange", () => asked && location.reload());
  registration = await workers.register(document.documentElement.dataset.worker).catch(() => null);
  if (!registration) return;
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => tell("update"));
  });
  setInterval(() => registration.update().catch(() => {}), LOOK);
  on("shown", ({ screen }) => screen === "login" && may() && apply());
  tell("update");
}

/** Whether the app's files are kept, so that it opens without a network. */
export const kept = () => Boolean(registration?.active);

/** Wait until they are, but not for ever; resolves with kept(). */
export async function ready(milliseconds = 20_000) {
  const late = new Promise((after) => setTimeout(after, milliseconds));
  await Promise.race([navigator.serviceWorker?.ready, late]);
  return kept();
}

/** Whether a new version waits; the first one ever is no new version. */
export const waiting = () => Boolean(registration?.waiting && navigator.serviceWorker.controller);

/** Whether it may take over: no form with something typed is open, nothing waits to be sent (C7). */
export const may = () => waiting() && !busy() && store.counts().waiting === 0;

/** Let the new version take over; the page loads again. */
export function apply() {
  if (!may()) return;
  asked = true;
  registration.waiting.postMessage("take over");
}
