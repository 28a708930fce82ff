// A visit written by keyboard: medicine, dose and the next row by Enter; usual sentences by a press; the main diagnosis
// first; and what follows from what was typed is proposed, never decided. The page works without any of it.
import { addRow, boxes } from "./rows.js";

const form = document.querySelector("form[data-visit]");
const $ = (selector, root = form) => root.querySelector(selector);
const $$ = (selector, root = form) => [...root.querySelectorAll(selector)];
const tell = (element, name = "input") => element.dispatchEvent(new Event(name, { bubbles: true }));

if (form) {
  treatments();
  repeat();
  sayings();
  diagnoses();
  proposals();
  begin();
}

// -- treatment rows ---------------------------------------------------------------------------------------------

function treatments() {
  const rows = $("[data-rows]");
  if (!rows) return;
  const part = (row, name) => row.querySelector(`[name$="_${name}"]`);
  rows.addEventListener("change", (event) => {
    const row = event.target.closest(".treatment");
    // A choice from the list, not a box that is being left.
    if (!event.isTrusted && event.target === part(row, "what") && part(row, "atc").value + event.target.value) {
      if (document.activeElement === event.target && !part(row, "dose").value) part(row, "dose").focus();
    }
  });
  rows.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const row = event.target.closest(".treatment");
    if (!row) return;
    event.preventDefault(); // Enter goes on; Ctrl+Enter saves
    if (event.target === part(row, "what") && event.target.value) return part(row, "dose").focus();
    const all = $$(".treatment", rows);
    const next = all[all.indexOf(row) + 1] ?? addRow(rows);
    part(next, "what").focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target.classList.contains("prescription")) return;
    const touched = new Set($$("[data-touched]", event.target).map((line) => Number(line.dataset.touched)));
    $$(".treatment", rows).forEach((row, at) => {
      const reason = row.querySelector(".treatment__despite");
      reason.hidden = !touched.has(at) && !reason.querySelector("input").value;
    });
  });
  if (boxes(rows).some((box) => box.value)) document.addEventListener("DOMContentLoaded", () => count(rows));
}

// Ask for the prescription in words, without telling the drafts that somebody typed.
const count = (rows) => rows.dispatchEvent(new CustomEvent("recount"));

function repeat() {
  const button = $("[data-repeat]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = $("[data-rows]");
    const lines = [...document.getElementById(button.dataset.repeat).content.children];
    for (const { dataset } of lines) {
      const all = $$(".treatment", rows);
      const written = all.some((row) => row.querySelector("[name$=_what]").value === dataset.what);
      if (written) continue;
      const row = all.find((each) => !each.querySelector("[name$=_what]").value) ?? addRow(rows);
      for (const name of ["what", "dose", "atc"]) row.querySelector(`[name$="_${name}"]`).value = dataset[name];
    }
    tell(rows.querySelector("input:not([type=hidden])"));
    $("[name$=_dose]", rows).focus();
  });
}

// -- usual sentences ----------------------------------------------------------------------------------------------

function sayings() {
  for (const bar of $$("[data-sayings]")) {
    const box = document.getElementById(bar.dataset.sayings);
    const joint = bar.dataset.joined ?? "\n";
    const buttons = $$("button", bar);
    const said = () => box.value.split(joint).map((text) => text.trim()).filter(Boolean);
    const mark = () => buttons.forEach((b) => b.setAttribute("aria-pressed", String(said().includes(b.textContent))));
    bar.hidden = false;
    bar.addEventListener("click", (event) => {
      const words = event.target.closest("button")?.textContent;
      if (!words) return;
      box.value = (said().includes(words) ? said().filter((text) => text !== words) : [...said(), words]).join(joint);
      tell(box);
      mark();
    });
    box.addEventListener("input", mark);
    walk(bar, buttons);
    mark();
  }
}

// One stop for Tab, arrows within: the toolbar pattern of the ARIA guide.
function walk(bar, buttons) {
  const stop = (at) => buttons.forEach((button, i) => { button.tabIndex = i === at ? 0 : -1; });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    stop(at);
    buttons[at].focus();
  });
  bar.addEventListener("focusin", (event) => stop(buttons.indexOf(event.target)));
  stop(0);
}

// -- diagnoses: the first is the main one --------------------------------------------------------------------------

function diagnoses() {
  const home = $(".ordered");
  if (!home) return;
  const chips = $("[data-typeahead-chips]", home);
  const draw = () => {
    const ticked = $$(".chip", chips).filter((chip) => chip.querySelector("input").checked);
    for (const chip of $$(".chip", chips)) {
      const first = chip === ticked[0];
      chip.classList.toggle("chip--main", first && ticked.length > 1);
      chip.dataset.main = home.dataset.main;
      let button = chip.nextElementSibling?.matches(".chip__first") ? chip.nextElementSibling : null;
      if (!first && ticked.includes(chip) && !button) {
        button = Object.assign(document.createElement("button"), { type: "button", className: "chip__first" });
        button.textContent = "↑";
        button.title = home.dataset.first;
        button.addEventListener("click", () => front(button.previousElementSibling)); // chips move, buttons stay
        chip.after(button);
      } else if (button && (first || !ticked.includes(chip))) button.remove();
      button?.setAttribute("aria-label", `${home.dataset.first}: ${chip.textContent.trim()}`);
    }
    for (const button of $$(".chip__first", chips)) {
      if (!button.previousElementSibling?.matches(".chip")) button.remove();
    }
  };
  const front = (chip) => {
    chip.nextElementSibling?.matches(".chip__first") && chip.nextElementSibling.remove();
    chips.prepend(chip);
    chip.querySelector("input").focus();
    tell(chip.querySelector("input"), "change");
  };
  chips.addEventListener("keydown", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip || !["ArrowUp", "ArrowLeft"].includes(event.key)) return;
    event.preventDefault();
    const all = $$(".chip", chips);
    const before = all[all.indexOf(chip) - 1];
    if (!before) return;
    before.before(chip);
    chip.querySelector("input").focus();
    tell(chip.querySelector("input"), "change");
  });
  new MutationObserver(draw).observe(chips, { childList: true });
  chips.addEventListener("change", draw);
  draw();
}

// -- proposals: shown as a choice made, until the nurse chooses herself ------------------------------------------------

function proposals() {
  const chosen = new Set(); // groups in which the nurse has chosen
  form.addEventListener("change", (event) => {
    if (event.isTrusted && event.target.type === "radio") chosen.add(event.target.name);
  });
  const propose = (name, value) => {
    const radio = $(`[name="${name}"][value="${value}"]`);
    if (radio && !chosen.has(name) && !radio.checked) radio.checked = true;
  };
  const going = document.getElementById("continuing-conditions");
  if (going) {
    const known = JSON.parse(going.textContent);
    $(".ordered").addEventListener("change", () => {
      const first = $(".ordered .chip input:checked")?.value;
      if (!first) return;
      propose("new_case", first in known ? "again" : "new");
      document.getElementById("continuing").hidden = !(first in known);
    });
  }
  $("[data-danger]")?.addEventListener("change", (event) => {
    if (event.target.checked) propose("urgency", "1");
  });
  $("[name=follow_up_on]")?.addEventListener("input", (event) => {
    if (event.target.value && !$("[name=result]:checked")) propose("result", "follow_up");
  });
}

// Where the hands begin: a follow-up at the medicine, since what was found is filled in already.
function begin() {
  if (form.dataset.begin && !form.querySelector(".errorlist")) $(form.dataset.begin)?.focus();
}
