// Elements in few words: h("p.muted", { lang: "km" }, "text", other). What is false, null or undefined is left out.

const KHMER = /[\u1780-\u17ff\u19e0-\u19ff]/;

export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  const props = isProps(rest[0]) ? rest.shift() : {};
  for (const [key, value] of Object.entries(props)) set(element, key, value);
  element.append(...flat(rest));
  return element;
}

function isProps(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Node);
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "value" || key === "checked" || key === "htmlFor") element[key] = value;
  else if (key === "data") Object.assign(element.dataset, value);
  else element.setAttribute(key, value === true ? "" : String(value));
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Put new children in place of the old; the element itself, and what listens on it, stays. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** A text in its own language: names and notes are in either script, whatever the language of the screen. */
export function run(text, tag = "span") {
  const words = String(text ?? "");
  const language = KHMER.test(words) ? "km" : "en";
  return h(tag, { lang: language === document.documentElement.lang ? null : language }, words);
}

export const hasKhmer = (text) => KHMER.test(String(text ?? ""));

let names = 0;

/** A name for an element that a label or an error speaks of. */
export const newId = (stem = "e") => `${stem}-${++names}`;

/** Wait with what is done while typing; the last call counts. */
export function later(milliseconds, act) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds, ...given);
  };
}
