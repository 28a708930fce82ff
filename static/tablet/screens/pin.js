// Choosing the PIN: typed twice. Without one the tablet asks for the password each time.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { notice, screen, tellSaved, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as vault from "../vault.js";
import { pinPad } from "./unlock.js";

const TOO_EASY = /^(\d)\1{5}$|^(?:012345|123456|234567|345678|456789|987654|654321|543210)$/;

export function mount(main, _, { go, say, address }) {
  const place = h("div.stack");
  const told = h("div", { role: "alert" });
  const next = () => go(store.villages().length ? "home" : "checkout");

  function ask(first) {
    const pad = pinPad({ label: say(first ? "pin.again" : "pin.choose"), say, done: async (pin) => {
      if (!first && TOO_EASY.test(pin)) {
        fill(told, notice("warn", say("pin.too_easy")));
        return pad.clear();
      }
      fill(told);
      if (!first) return ask(pin);
      if (pin !== first) {
        fill(told, notice("warn", say("pin.differs")));
        return ask("");
      }
      try {
        await vault.setPin(pin);
        tellSaved(say("pin.set"));
        return next();
      } catch (error) {
        return fill(told, notice("danger", wordsFor(error)));
      }
    } });
    fill(place, pad.element);
    pad.element.querySelector("input").focus();
  }

  main.append(h("div.lone", screen({ title: say("pin.title"), back: vault.hasPin() ? address("more") : null },
    h("p.muted", say("pin.why")), told, place,
    !vault.hasPin() && h("button.button.button--quiet.full", { type: "button", onclick: next }, icon("chevron-right"),
      say("pin.later")))));
  ask("");
}
