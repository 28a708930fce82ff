// The app's words: /tablet/words/<km|en>.json, made by the server from sync/app_words.py and kept by the service worker.
import { tell } from "./events.js";

const KEPT = "clinic-language"; // before anybody has logged in; afterwards each person's own (vault.js)
let table = {};
let language = localStorage.getItem(KEPT) === "en" ? "en" : "km";

/** Load the words of a language and say so to the page; the caller draws again. */
export async function speak(wanted = language) {
  const address = document.documentElement.dataset[wanted === "en" ? "wordsEn" : "wordsKm"];
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`no words: ${answer.status}`);
  table = await answer.json();
  language = wanted === "en" ? "en" : "km";
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  tell("language", { language });
}

/** Say the words of a key, `{name}` filled in from `params`; an unknown key is shown as it is. */
export function say(key, params = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (hole, name) => params[name] ?? hole);
}

/** Whether there are words for this key: codes of the server that the app does not know have none. */
export const has = (key) => key in table;

export const spoken = () => language;
