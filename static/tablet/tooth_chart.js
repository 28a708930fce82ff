// The mouth as one looks into it: choose once what you see, then tap each tooth that has it. Tapping again takes it off.
// What is seen has one name here and a code for each dentition (WHO 2013); the same mark stands in palette and tooth.
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

// permanent code, milk code, how it is drawn
export const SEEN = {
  decayed: ["1", "B", "dot"],
  missing: ["4", "E", "cross"],
  filled: ["3", "D", "square"],
  refilled: ["2", "C", "squaredot"],
  sealed: ["6", "F", "bar"],
  crown: ["7", "G", "ring"],
  sound: ["0", "A", "tick"],
  lost: ["5", "", "slash"],
  unerupted: ["8", "", "wave"],
  unrecorded: ["9", "", "question"],
};
const FIRST = ["decayed", "missing", "filled", "refilled"];
const NAMES = new Map(Object.entries(SEEN).flatMap(([name, [grown, milk]]) =>
  [grown, milk].filter(Boolean).map((code) => [code, name])));

const SHAPES = {
  incisor: "M8 16C8 10 10 3 12 2c2 1 4 8 4 14l1.2 9.5q-5.2 3-10.4 0z",
  canine: "M7.6 16C8 9 10 2 12 1.5 14 2 16 9 16.4 16c1.4 5-1.4 9.5-4.4 12-3-2.5-5.8-7-4.4-12z",
  premolar: "M6.5 16C7 9 9.5 3 12 2.5 14.5 3 17 9 17.5 16c1.7 5 .7 10.5-2 11L12 25.6 8.5 27c-2.7-.5-3.7-6-2-11z",
  molar: "M4.5 16C4 10 5 3 7.5 2.5 9.5 4 10 10 12 11.5 14 10 14.5 4 16.5 2.5 19 3 20 10 19.5 16c1.7 5 .7 10.5-2.5 11l-2.5-1.300L12 27l-2.5-1.300L7 27c-3.2-.5-4.2-6-2.5-11z",
};
const MARKS = {
  dot: "M12 16.800a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  square: "M8 17h8v7.500H8z",
  squaredot: "M7.5 16.500h9v8.500h-9zM12 18.300a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.800z",
  cross: "M4 4l16 22M20 4L4 26",
  slash: "M20 4L4 26",
  bar: "M7 20.500h10",
  ring: "M12 16.500a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.400z",
  tick: "M8 21l3 3 5.5-6.5",
  wave: "M5 21q3.5-4 7 0t7 0",
  question: "M10 18.500a2.2 2.2 0 1 1 3 2.200l-1 .8v1M12 25v.3",
};

const isMilk = (tooth) => Number(tooth) > 50;

function shapeOf(tooth) {
  const place = Number(tooth) % 10;
  if (place < 3) return "incisor";
  if (place === 3) return "canine";
  return place > 5 || isMilk(tooth) ? "molar" : "premolar";
}

/** What was seen behind a code: "B" and "1" are both "decayed"; "" for none. */
export const seenAs = (code) => NAMES.get(code) ?? "";

/** The code that says it for this tooth; "" where its dentition has none. */
export const codeFor = (seen, tooth) => SEEN[seen]?.[isMilk(tooth) ? 1 : 0] ?? "";

export function drawing(shape, mark) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 30");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "tooth__picture");
  const draw = (className, d) => {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("class", className);
    path.setAttribute("d", d);
    svg.append(path);
  };
  draw("tooth__shape", SHAPES[shape]);
  if (mark) draw(`tooth__mark tooth__mark--${mark}`, MARKS[mark]);
  return svg;
}

/** How many places of a quadrant are shown at this age: second molars come at 11 to 13, the third from 17 on. */
export function placesAt(years) {
  if (years === null || years >= 17) return 8;
  return years >= 11 ? 7 : 6;
}

const quadrant = (number, places) => {
  const row = Array.from({ length: places }, (_, at) => number * 10 + at + 1);
  return [1, 4, 5, 8].includes(number) ? row.reverse() : row;
};

/** The teeth of one dentition by quadrant, in the order of reading: patient's upper right, upper left, lower right, lower left. */
export function mouth(milk, places) {
  return (milk ? [5, 6, 8, 7] : [1, 2, 4, 3]).map((number) => [number, quadrant(number, milk ? 5 : places)]);
}

/** The words of one tooth for the ear: "55: decayed, abscess". */
export function sayTooth(tooth, code, pufa) {
  const seen = seenAs(code);
  return [say("tooth.number", { tooth }), seen && say(`seen.${seen}`),
    pufa && say(`pufa.${pufa}`)].filter(Boolean).join(", ");
}

/**
 * A chart to tap on. `teeth` and `pufa` ({"55": "B"}) are changed in place, then `changed()` is called. `years` chooses
 * what is open at first; a tooth that bears a mark is always shown. Returns { element, draw }.
 */
export function toothChart({ teeth, pufa, years, changed = () => {} }) {
  const buttons = new Map();
  const told = h("p.visually-hidden", { role: "status" });
  let seen = "decayed";
  const marked = (milk) => Object.keys(teeth).some((tooth) => isMilk(tooth) === milk);
  const open = {
    milk: years === null || years < 13 || marked(true),
    permanent: years === null || years >= 5 || marked(false),
  };
  const most = Math.max(placesAt(years), ...Object.keys(teeth).filter((t) => !isMilk(t)).map((t) => Number(t) % 10));

  function tap(tooth) {
    const code = seen === "clear" ? "" : codeFor(seen, tooth);
    if (seen !== "clear" && !code) {
      told.textContent = say("chart.not_for_milk");
      buttons.get(tooth).classList.add("tooth--no");
      setTimeout(() => buttons.get(tooth)?.classList.remove("tooth--no"), 600);
      return;
    }
    if (!code || teeth[tooth] === code) delete teeth[tooth];
    else teeth[tooth] = code;
    if (!["decayed", "refilled"].includes(seenAs(teeth[tooth]))) delete pufa[tooth];
    told.textContent = sayTooth(tooth, teeth[tooth], pufa[tooth]);
    draw();
    changed();
  }

  function one(tooth) {
    const button = h("button.tooth", { type: "button", data: { tooth }, onclick: () => tap(String(tooth)) });
    buttons.set(String(tooth), button);
    return button;
  }

  function draw() {
    for (const [tooth, button] of buttons) {
      const code = teeth[tooth] ?? "";
      const name = seenAs(code);
      button.dataset.seen = name;
      button.setAttribute("aria-pressed", String(Boolean(code)));
      button.setAttribute("aria-label", sayTooth(tooth, code, pufa[tooth]));
      fill(
        button,
        h("span.tooth__number", String(tooth)),
        drawing(shapeOf(tooth), name && SEEN[name][2]),
        pufa[tooth] && h("span.tooth__pufa", pufa[tooth]),
      );
    }
  }

  function dentition(milk, places) {
    const rows = mouth(milk, places).map(([number, row]) =>
      h(`div.mouth__quarter.mouth__quarter--${[1, 2, 5, 6].includes(number) ? "upper" : "lower"}`,
        { role: "group", "aria-label": say(`chart.quarter_${((number - 1) % 4) + 1}`) }, row.map(one)));
    return h("div.mouth", { data: { places: milk ? 5 : places } }, rows);
  }

  function side(milk, places, shown) {
    const body = h("details", { open: shown },
      h("summary", say(milk ? "chart.milk" : "chart.permanent")), dentition(milk, places));
    if (!milk && places < 8) {
      const all = h("button.button.button--quiet.button--small", { type: "button" }, icon("plus"), say("chart.more_teeth"));
      all.addEventListener("click", () => {
        body.replaceWith(side(false, 8, true));
        draw();
      });
      body.append(all);
    }
    return body;
  }

  function choice(name) {
    const mark = name === "clear" ? icon("eraser") : drawing("premolar", SEEN[name][2]);
    const input = h("input", { type: "radio", name: "seen", value: name, checked: name === seen,
      onchange: () => (seen = name) });
    return h("label.palette__choice", { data: { seen: name } }, input, mark, h("span", say(`seen.${name}`)));
  }

  const rest = Object.keys(SEEN).filter((name) => !FIRST.includes(name));
  const palette = h("fieldset.palette", h("legend", say("chart.what_you_see")),
    h("div.palette__choices", [...FIRST, "clear"].map(choice),
      h("details.palette__more", h("summary", say("chart.more_codes")), h("div.palette__choices", rest.map(choice)))));
  const element = h("div.chart-of-teeth", palette, told,
    side(true, 5, open.milk), side(false, most, open.permanent));
  if (!open.milk && open.permanent) element.append(element.querySelector("details:not(.palette__more)"));
  draw();
  return { element, draw };
}

/** A chart to read: only rows with a mark, or the whole mouth small; used on the person's page. */
export function readChart(teeth, pufa = {}) {
  const marked = Object.entries(teeth).sort(([a], [b]) => a - b);
  if (!marked.length) return null;
  return h("ul.read-chart", marked.map(([tooth, code]) =>
    h("li", { data: { seen: seenAs(code) } },
      drawing(shapeOf(tooth), SEEN[seenAs(code)]?.[2]), h("span", sayTooth(tooth, code, pufa[tooth])))));
}
