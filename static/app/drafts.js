// What was typed survives an expired log-in, a lost connection, a closed lid. A form with `data-keep` is kept in
// this tab, for this person, until the server took it.
//
// How we know that it was taken: after sending, the next page of a logged-in person that does not say
// `data-refused` and does not show the same form again is the answer. The log-in page, an error page, or the same
// form once more are not. The form's hidden `id` is kept too, so that sending again after a lost answer makes
// nothing twice.

import { makeRoom } from "./rows.js";

const PREFIX = "draft:";
const LOGIN = "draft-login"; // set while the log-in page is shown

export function keepDrafts() {
  const user = document.body.dataset.user;
  const refused = !user || document.querySelector("[data-refused]") !== null;
  if (!user) sessionStorage.setItem(LOGIN, "1");
  const back = came();
  for (const [key, draft] of drafts()) {
    if (user && !key.startsWith(`${PREFIX}${user}:`)) sessionStorage.removeItem(key); // another person's
    else if (draft.sent && refused) store(key, { ...draft, sent: false, lost: true });
  }
  if (!user) return;
  sessionStorage.removeItem(LOGIN);
  const here = new Map([...document.querySelectorAll("form[data-keep]")].map((form) => [keyOf(form, user), form]));
  for (const [key, draft] of drafts()) {
    const again = here.has(key) && !redirected();
    if (draft.sent && !refused && !again) sessionStorage.removeItem(key);
  }
  for (const [key, form] of here) keep(key, form, back);
}

function keep(key, form, back) {
  const draft = read(key);
  const wrong = form.querySelector("[aria-invalid='true'], .field--wrong, .errorlist") !== null;
  if (draft && wrong) store(key, { ...draft, sent: false });
  else if (draft) offer(key, form, draft, back || draft.sent || draft.lost);

  const write = () => store(key, { values: valuesOf(form), chips: chipsOf(form) });
  form.addEventListener("input", write);
  form.addEventListener("change", write);
  form.addEventListener("submit", () => {
    write();
    store(key, { ...read(key), sent: true });
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.elt === form) sessionStorage.removeItem(key);
  });
}

function offer(key, form, draft, atOnce) {
  const notice = document.getElementById("restored");
  if (!notice) return;
  const bring = notice.querySelector("[data-bring]");
  form.before(notice);
  notice.hidden = false;
  notice.querySelector("[data-forget]").onclick = () => {
    sessionStorage.removeItem(key);
    notice.hidden = true;
    if (atOnce) location.reload();
  };
  const restore = () => {
    put(form, draft);
    notice.dataset.done = "1";
    bring.hidden = true;
  };
  bring.onclick = restore;
  if (atOnce) restore();
}

// -- reading and writing a form's values ----------------------------------------------------------------------

function fieldsOf(form) {
  return [...form.elements].filter(
    (e) => e.name && e.name !== "csrfmiddlewaretoken" && !["file", "password", "submit", "button"].includes(e.type),
  );
}

const ticks = (element) => element.type === "checkbox" || element.type === "radio";

function valuesOf(form) {
  return fieldsOf(form).map((e) => [e.name, e.value, ticks(e) ? e.checked : null]);
}

function chipsOf(form) {
  return [...form.querySelectorAll(".chip input:checked")].map((e) => [e.name, e.value, e.closest(".chip").textContent.trim()]);
}

function put(form, { values, chips }) {
  makeRoom(form, values);
  const waiting = fieldsOf(form);
  for (const [name, value, checked] of values) {
    const at = waiting.findIndex((e) => e.name === name && (checked === null || e.value === value));
    if (at < 0) continue;
    const [element] = waiting.splice(at, 1);
    if (checked === null) element.value = value;
    else element.checked = checked;
  }
  for (const [name, value, words] of chips ?? []) {
    const place = [...form.querySelectorAll("[data-typeahead-chips]")].find((p) => p.dataset.typeaheadChips === name);
    if (!place || [...place.querySelectorAll("input")].some((e) => e.value === value)) continue;
    const chip = Object.assign(document.createElement("label"), { className: "chip" });
    chip.append(Object.assign(document.createElement("input"), { type: "checkbox", name, value, checked: true }), ` ${words}`);
    place.append(chip);
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// -- keys and storage -------------------------------------------------------------------------------------------

const keyOf = (form, user) => `${PREFIX}${user}:${location.pathname}:${form.dataset.keep}`;

function drafts() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).map((key) => [key, read(key)]);
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function store(key, draft) {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A full or forbidden storage must not stop the form itself.
  }
}

function navigation() {
  return performance.getEntriesByType("navigation")[0];
}

const redirected = () => (navigation()?.redirectCount ?? 0) > 0 && !sessionStorage.getItem(LOGIN);

// Reloaded, gone back to, or come to by way of the log-in: then the same person goes on with the same work.
const came = () => ["reload", "back_forward"].includes(navigation()?.type) || Boolean(sessionStorage.getItem(LOGIN));
