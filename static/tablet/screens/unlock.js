// The screen rests: six digits open it again. Ten wrong ones, or eight hours, ask for the password.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { notice } from "../parts.js";
import { latinDigits } from "../khmer.js";
import * as vault from "../vault.js";

export function mount(main, _, { say }) {
  const told = h("div", { role: "alert" });
  const pad = pinPad({ label: say("pin.label"), say, done: async (pin) => {
    const left = await vault.unlock(pin);
    if (left === true) return;
    pad.clear();
    fill(told, notice("danger", say("pin.wrong", { n: left })));
  } });
  main.append(h("div.screen.lone",
    h("div", h("h1", { tabindex: -1 }, say("pin.open")), h("p.lone__under", vault.who()?.name ?? "")),
    pad.element, told,
    h("button.button.button--quiet.full", { type: "button", onclick: () => vault.lock() }, icon("user"),
      say("pin.other_person"))));
}

/** Six digits by large keys or by keyboard; `done(pin)` is called with the sixth. */
export function pinPad({ label, say, done }) {
  const box = h("input", { id: "pin", type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "off",
    autofocus: true });
  const took = () => {
    box.value = latinDigits(box.value).replace(/\D/g, "").slice(0, 6);
    if (box.value.length === 6) done(box.value);
  };
  box.addEventListener("input", took);
  const key = (digit) => h("button.button", { type: "button", onclick: () => {
    box.value += digit;
    took();
  } }, digit);
  const back = h("button.button.button--quiet", { type: "button", "aria-label": say("pin.back"), onclick: () => {
    box.value = box.value.slice(0, -1);
    box.focus();
  } }, icon("arrow-left"));
  const element = h("div.pin", h("label", { for: "pin" }, label), box,
    h("div.pin__keys", [..."123456789"].map(key), h("span"), key("0"), back));
  return { element, clear: () => {
    box.value = "";
    box.focus();
  } };
}
