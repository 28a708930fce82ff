// What the pages do beyond HTML. Every part works on its own, and the page works without any of them.
import { typeAhead } from "./typeahead.js";
import { keepDrafts } from "./drafts.js";
import { moreRows } from "./rows.js";
import { search } from "./search.js";

const $ = (selector, root = document) => root.querySelector(selector);

// -- forms: sent once, saved by Ctrl+Enter, dangerous buttons asked about first -----------------------------

function forms() {
  for (const form of document.querySelectorAll('form[method="post"]')) form.noValidate = true; // the server's words, in the user's language

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => free(form), 15000);
  });
  document.addEventListener("htmx:afterRequest", (event) => free(event.target.closest?.("form")));
  // The page that the back button brings back from memory was frozen with its form sent.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.('form[method="post"]');
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit($("button.button--primary:not([type=button])", form) ?? $("button:not([type=button])", form));
    }
  });
}

function free(form) {
  if (!form?.dataset) return;
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

function confirmations() {
  const dialog = $("#confirm");
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || button.dataset.agreed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    $("#confirm-words").textContent = button.dataset.confirm;
    dialog.returnValue = "";
    dialog.showModal();
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return button.focus();
      button.dataset.agreed = "1";
      button.click();
      delete button.dataset.agreed;
    };
  }, true);
}

// Alt and a letter presses or goes to what carries `data-key`; by the place of the key, so that it works in any
// keyboard's script.
function keys() {
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !event.code.startsWith("Key")) return;
    const deed = $(`[data-key="${event.code.slice(3).toLowerCase()}"]`);
    if (!deed?.checkVisibility()) return;
    event.preventDefault();
    deed.focus();
    if (deed.matches("a, button, summary")) deed.click();
  });
}

// -- small helps --------------------------------------------------------------------------------------------

function fillButtons(root = document) {
  for (const button of root.querySelectorAll("[data-fill][hidden]")) button.hidden = false;
}

function fill(event) {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const box = button.dataset.into ? document.getElementById(button.dataset.into) : $("input", button.parentElement);
  box.value = button.dataset.fill;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) menu.open = false;
  }
}

function connection() {
  const notice = $("#lost");
  const tell = (lost) => () => {
    if (notice) notice.hidden = !lost;
  };
  document.addEventListener("htmx:sendError", tell(true));
  document.addEventListener("htmx:timeout", tell(true));
  document.addEventListener("htmx:afterOnLoad", tell(false));
  window.addEventListener("offline", tell(true));
  window.addEventListener("online", tell(false));
  window.addEventListener("typeahead:lost", tell(true));
  window.addEventListener("typeahead:back", tell(false));
}

// Wide tables and charts scroll by themselves; the keyboard must be able to reach that.
function scrollers(root = document) {
  for (const wrap of root.querySelectorAll(".table-wrap, .chart-scroll")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
  }
}

function firstMistake() {
  $("[aria-invalid='true'], .field--wrong input:not([type=hidden]), .field--wrong select, .field--wrong textarea")?.focus();
}

function awaken(root) {
  typeAhead(root);
  fillButtons(root);
  scrollers(root);
}

search();
keys();
forms();
confirmations();
connection();
moreRows();
keepDrafts();
awaken(document);
firstMistake();
document.addEventListener("click", fill);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("htmx:load", (event) => awaken(event.detail.elt));
