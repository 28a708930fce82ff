// Age or birth date in three large choices and one box; what was understood is said beneath.
import { parse } from "./ages.js";
import { today } from "./clock.js";
import { h, newId } from "./dom.js";
import { choice } from "./fields.js";
import { latinDigits } from "./khmer.js";
import { ageWords, day } from "./parts.js";
import { say } from "./words.js";

const UNITS = ["years", "months", "date"];

/** What the box and its unit say, as the protocol has it: "4y", "7m", "3/5/2019"; "" when nothing. */
export function birthText({ birth, birth_unit: unit }) {
  const text = latinDigits(birth ?? "").trim();
  if (!text || !/^\d{1,3}$/.test(text)) return text;
  return unit === "months" ? `${text}m` : unit === "years" ? `${text}y` : text;
}

/** Read it: {birth: object for parts.js | null}; throws Refused as ages.parse does. */
export const birthOf = (given) => (birthText(given) ? parse(birthText(given), today()) : null);

export function birthField({ birth = "", birth_unit = "years" }) {
  const id = newId("birth");
  const told = h("p.muted", { role: "status" });
  const input = h("input", { id, name: "birth", type: "text", maxlength: 40, autocomplete: "off",
    "aria-describedby": `${id}-help` });
  input.value = birth;
  const units = choice({ name: "birth_unit", label: say("birth.unit"), hidden: true, value: birth_unit, look: "three",
    options: UNITS.map((unit) => [unit, say(`birth.${unit}`)]) });
  delete units.dataset.field;
  const root = h("div.field", { data: { field: "birth" } },
    h("label", { for: id }, say("birth.label")), h("span.field__help", { id: `${id}-help` }), input, units, told);

  function draw() {
    const unit = root.querySelector("input[name=birth_unit]:checked")?.value ?? "years";
    input.inputMode = unit === "date" ? "text" : "numeric";
    root.querySelector(".field__help").textContent = unit === "date" ? say("birth.date_help") : "";
    try {
      const born = birthOf({ birth: input.value, birth_unit: unit });
      told.textContent = born ? say("birth.understood", { age: ageWords({ birth: born }), day: day(born.date) }) : "";
    } catch {
      told.textContent = "";
    }
  }
  root.addEventListener("input", draw);
  root.addEventListener("change", draw);
  draw();
  return root;
}
