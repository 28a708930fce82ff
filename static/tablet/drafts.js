// What is being typed survives a reload, a crash, a flat battery: kept encrypted while typing, dropped when it is saved.
import * as keys from "./keys.js";
import * as store from "./store.js";

const PAUSE = 250; // milliseconds of quiet before it is written

/** What was typed into this form, or null. */
export const load = (key) => store.draft(key);

export const drop = (key) => store.dropDraft(key);

/**
 * Keep a form as it is typed into: `collect()` says what it holds. Marks the form as open, so that no update takes
 * over meanwhile. Returns { changed(), done(), leave() }: done when it was saved, leave when the screen is left.
 */
export function keepForm(form, key, collect) {
  let timer = 0;
  let waits = false;
  let over = false;

  function write() {
    clearTimeout(timer);
    if (!waits || over || !keys.open()) return;
    waits = false;
    store.keepDraft(key, collect()).catch(console.error);
  }
  function changed() {
    if (over) return;
    form.dataset.open = "yes";
    waits = true;
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE);
  }
  const hidden = () => document.hidden && write();
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("visibilitychange", hidden);
  return {
    changed,
    async done() {
      over = true;
      clearTimeout(timer);
      delete form.dataset.open;
      await drop(key);
    },
    leave() {
      write();
      document.removeEventListener("visibilitychange", hidden);
    },
  };
}
