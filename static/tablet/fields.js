// Fields for the thumb: a box, a choice, a number with steps. Each stands in `.field[data-field=name]`, where what is
// wrong with it is said too.
import { fill, h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { latinDigits, normalise } from "./khmer.js";
import { say } from "./words.js";

function field(name, head, body, help) {
  return h("div.field", { data: { field: name } }, head, help && h("span.field__help", { id: `${name}-help` }, help), body);
}

const heading = (label, optional) => [label, optional && h("span.field__optional", ` ${say("field.optional")}`)];

/** One line, or several with `rows`. Further attributes (inputmode, lang, maxlength) as in HTML. */
export function box({ name, label, value = "", help = "", optional = false, rows = 0, unit = "", ...attributes }) {
  const id = newId(name);
  const given = { id, name, maxlength: 200, autocomplete: "off", "aria-describedby": help ? `${name}-help` : null,
    ...attributes };
  const input = rows ? h("textarea", { ...given, rows }) : h("input", { type: "text", ...given });
  input.value = value ?? "";
  const body = unit ? h("div.with-unit", input, h("span.muted", unit)) : input;
  return field(name, h("label", { for: id }, heading(label, optional)), body, help);
}

/** Radio buttons as large as thumbs, or boxes with `many`. `options`: [[value, words]]. */
export function choice({ name, label, options, value = "", many = false, optional = false, help = "", look = "",
  hidden = false }) {
  const chosen = new Set((many ? value || [] : [value ?? ""]).map(String));
  const labels = options.map(([option, words]) =>
    h("label", icon("check"),
      h("input", { type: many ? "checkbox" : "radio", name, value: option, checked: chosen.has(String(option)) }),
      h("span", words)));
  const group = h(look ? `div.pick.pick--${look}` : "div.pick", labels);
  return h("div.field", { data: { field: name } },
    h("fieldset", h(hidden ? "legend.visually-hidden" : "legend", heading(label, optional)),
      help && h("span.field__help", help), group));
}

export const yesNo = (given) => choice({ ...given, options: [["yes", say("yes")], ["no", say("no")]], look: "two" });

/** A whole number with a button on each side; empty means: not counted. */
export function stepper({ name, label, value = "", min = 0, max = 99, optional = false, help = "" }) {
  const id = newId(name);
  const input = h("input", { id, name, type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 6 });
  input.value = value ?? "";
  const move = (by) => () => {
    const now = Number.parseInt(latinDigits(input.value), 10);
    input.value = Math.min(max, Math.max(min, Number.isNaN(now) ? (by > 0 ? Math.max(min, 1) : min) : now + by));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const button = (by, picture, words) =>
    h("button", { type: "button", "aria-label": `${words}: ${label}`, onclick: move(by) }, icon(picture));
  return field(name, h("label", { for: id }, heading(label, optional)),
    h("div.step", button(-1, "minus", say("less")), input, button(1, "plus", say("more_by_one"))), help);
}

/** What stands in a form by name: texts normalised; a list for a group of boxes. */
export function values(form) {
  const found = {};
  for (const element of form.elements) {
    if (!element.name || element.type === "button" || element.type === "submit") continue;
    if (element.closest(".palette")) continue;
    if (element.type === "checkbox") {
      found[element.name] ??= [];
      if (element.checked) found[element.name].push(element.value);
    } else if (element.type === "radio") {
      found[element.name] ??= "";
      if (element.checked) found[element.name] = element.value;
    } else if (element.type !== "file") found[element.name] = element.type === "password" ? element.value
      : normalise(element.value);
  }
  return found;
}

/** Read a whole number or, with `places`, a decimal as text; null when empty. Adds to `errors` what cannot be. */
export function number(given, name, errors, { min = 0, max, places = 0 } = {}) {
  const text = latinDigits(given[name] ?? "").replace(",", ".").trim();
  if (!text) return null;
  const shape = places ? new RegExp(`^\\d{1,6}(\\.\\d{1,${places}})?$`) : /^\d{1,7}$/;
  if (!shape.test(text)) errors[name] = say(places ? "wrong.decimal" : "wrong.number");
  else if (Number(text) < min || Number(text) > max) errors[name] = say("wrong.between", { min, max });
  else return places ? text : Number(text);
  return null;
}

/** Say beside each field what is wrong with it ({name: sentence}) and lead there; with none, take it all away. */
export function wrong(form, errors = {}) {
  for (const told of form.querySelectorAll(".errorlist, .form-trouble")) told.remove();
  for (const element of form.querySelectorAll("[aria-invalid]")) {
    element.removeAttribute("aria-invalid");
    element.removeAttribute("aria-errormessage");
  }
  for (const element of form.querySelectorAll(".field--wrong")) element.classList.remove("field--wrong");
  const rest = [];
  for (const [name, words] of Object.entries(errors)) {
    const place = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (!place) {
      rest.push(words);
      continue;
    }
    const id = newId("wrong");
    place.classList.add("field--wrong");
    for (let shut = place.closest("details"); shut; shut = shut.parentElement.closest("details")) shut.open = true;
    (place.querySelector("fieldset") ?? place).append(h("p.errorlist", { id }, words));
    for (const input of place.querySelectorAll("input:not([type=radio], [type=checkbox]), textarea")) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", id);
    }
  }
  if (rest.length) {
    form.prepend(h("div.notice.notice--danger.form-trouble", { role: "alert" }, icon("octagon-alert"),
      h("div", rest.map((r) => h("p", r)))));
  }
  const first = form.querySelector(".field--wrong :is(input, textarea, select, button), .form-trouble");
  first?.focus({ preventScroll: true });
  (first?.closest(".field, .card") ?? first)?.scrollIntoView({ block: "center" });
  return Object.keys(errors).length > 0;
}

/** While something is being done: the button says so and cannot be pressed twice. */
export async function busily(button, act) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await act();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** A box that finds a village by two letters of its name, in either script; keyboard and thumb alike. */
export function villageBox({ name = "village", label, value = null, places, nameOf, optional = false }) {
  const id = newId(name);
  const list = h("ul.lookup__list", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const hidden = h("input", { type: "hidden", name, value: value ?? "" });
  const input = h("input", { id, type: "text", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-controls": list.id, autocomplete: "off", maxlength: 60 });
  const root = h("div.lookup", input, hidden, list);
  const words = (place) => [place.km, place.en].filter(Boolean).join(" · ");
  let shown = [];
  let at = -1;

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    at = next;
    [...list.children].forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    const line = list.children[at];
    if (line) input.setAttribute("aria-activedescendant", line.id);
    line?.scrollIntoView({ block: "nearest" });
  };
  const take = (place) => {
    hidden.value = place.id;
    input.value = words(place);
    root.classList.add("lookup--chosen");
    close();
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const key = (text) => normalise(text).toLowerCase().replace(/[\s\u200b-\u200d'’.-]/g, "");
  function offer() {
    const wanted = key(input.value);
    shown = places.filter((p) => !wanted || key(p.km).includes(wanted) || key(p.en).includes(wanted))
      .sort((a, b) => !key(a.en).startsWith(wanted) - !key(b.en).startsWith(wanted)).slice(0, 30);
    fill(list, shown.map((place, n) =>
      h("li", { id: `${id}-${n}`, role: "option", "aria-selected": "false",
        onpointerdown: (event) => event.preventDefault(), onclick: () => take(place) },
        nameOf(place), h("small", place.commune ?? ""))));
    if (!shown.length) fill(list, h("li", { role: "option", "aria-disabled": "true" }, say("village.none")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(wanted && shown.length ? 0 : -1);
  }
  input.addEventListener("input", () => {
    hidden.value = "";
    root.classList.remove("lookup--chosen");
    offer();
  });
  input.addEventListener("focus", () => {
    input.select();
    if (!hidden.value) offer();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      return close();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return offer();
      return mark((at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(1, shown.length));
    }
    if (event.key === "Enter" && !list.hidden && shown[at]) {
      event.preventDefault();
      take(shown[at]);
    }
    return undefined;
  });
  const now = places.find((place) => String(place.id) === String(value ?? ""));
  if (now) {
    input.value = words(now);
    root.classList.add("lookup--chosen");
  }
  return field(name, h("label", { for: id }, heading(label, optional)), root);
}
