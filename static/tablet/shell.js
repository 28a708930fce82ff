// The frame of the app: starts the parts, then shows the screen that the address after # names.
import { address } from "./address.js";
import * as clock from "./clock.js";
import { on, tell } from "./events.js";
import * as frame from "./frame.js";
import * as store from "./store.js";
import * as sync from "./sync.js";
import * as update from "./update.js";
import * as vault from "./vault.js";
import { say, speak } from "./words.js";
import { SCREENS } from "./screens.js";

const main = document.getElementById("main");
let current = { key: "", leave: null, screen: null };

/** Go to another screen: go("person", id). */
export function go(...parts) {
  location.hash = address(...parts);
}

/** Draw the present screen anew: after a change of language, or of what it shows. */
export const redraw = () => show(true);

function asked() {
  if (location.hash.startsWith("#enrol=")) return { name: "enrol", params: [decodeURIComponent(location.hash.slice(7))] };
  const [name = "", ...params] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { name, params };
}

/** Where a person must be sent first, whatever they asked for; "" when nowhere. */
function gate(name) {
  const state = vault.state();
  const needs = SCREENS[name]?.needs ?? "open";
  if (needs === "any") return "";
  if (state === "new") return name === "enrol" ? "" : "enrol";
  if (needs === state || (needs === "locked" && state !== "open")) return "";
  if (state === "open") return needs === "open" ? "" : "home";
  return state === "resting" ? "unlock" : "login";
}

let turn = 0;
let started = false; // before the store is open nobody knows who may see what
async function show(again = false) {
  if (!started) return undefined;
  const { name: wanted, params } = asked();
  const name = wanted in SCREENS ? wanted : "home";
  const first = gate(name);
  if (first && first !== name) {
    if (!["home", "login", "unlock", "enrol"].includes(name)) sessionStorage.setItem("after", location.hash);
    return location.replace(address(first));
  }
  if (name === "home" && vault.state() === "open" && sessionStorage.getItem("after")) {
    const after = sessionStorage.getItem("after");
    sessionStorage.removeItem("after");
    return location.replace(after);
  }
  const key = [name, ...params].join("/");
  if (key === current.key && !again) return undefined;
  const mine = (turn += 1);
  const screen = await SCREENS[name].load();
  if (mine !== turn) return undefined; // somebody went on meanwhile
  current.leave?.();
  main.replaceChildren();
  current = { key, screen: name, leave: null };
  let leave = null;
  try {
    leave = await screen.mount(main, params, { go, address, say, redraw });
  } catch (error) {
    // A mistake of ours on one screen: the ways to the others stay, and so does everything that was saved.
    console.error(error);
    main.replaceChildren(frame.trouble());
  }
  if (mine !== turn) return leave?.();
  current.leave = leave ?? null;
  document.title = say("app.name"); // never a person's name: titles stay in the browser's history
  main.scrollTop = 0;
  window.scrollTo(0, 0);
  if (!again) (main.querySelector("[autofocus]") ?? main.querySelector("h1[tabindex]") ?? main).focus();
  tell("shown", { screen: name });
  return undefined;
}

// What is typed must never reach the disk by the browser's own memory of forms.
function forgetful() {
  const quiet = (root) => {
    for (const box of root.querySelectorAll?.("form, input, textarea, select") ?? []) {
      if (!box.autocomplete || box.autocomplete === "on") box.autocomplete = "off";
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) quiet(node.parentElement ?? node);
  }).observe(main, { childList: true, subtree: true });
}

async function begin() {
  forgetful();
  window.addEventListener("hashchange", () => show());
  on("vault", () => show());
  on("language", () => show(true));
  await speak();
  await store.open();
  await clock.begin();
  await vault.begin();
  sync.begin();
  frame.begin();
  started = true;
  await show();
  update.begin().catch(console.error);
  // All screens at once: none may be missing when the network goes before the worker has kept the files, and none
  // may come from a newer version than the page they are shown in.
  for (const { load } of Object.values(SCREENS)) load().catch(() => {});
  document.documentElement.dataset.ready = "yes";
}

begin().catch((error) => {
  console.error(error);
  document.documentElement.dataset.ready = "no";
  document.getElementById("failed").hidden = false;
});
