// What was done: tapped once for the mouth, or for teeth. What belongs to a tooth proposes the teeth that need it.
import * as dental from "./dental.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const EVERY_TOOTH = [...dental.PRIMARY, ...dental.PERMANENT].map(String);
const OF_A_TOOTH = ["sdf", "sealant", "art", "extraction"];

/** The field; `state.treatments` ([{what, tooth}]) is changed in place, then `changed()` is called. */
export function treatmentField(state, changed) {
  const root = h("div.stack", { data: { field: "treatments" } });
  const has = (what, tooth) => state.treatments.some((one) => one.what === what
    && (tooth === undefined || String(one.tooth ?? "") === tooth));
  const decayed = () => Object.keys(state.teeth).filter((tooth) => dental.kind(state.teeth[tooth]) === "decayed").sort();

  function toggle(what) {
    if (has(what)) state.treatments = state.treatments.filter((one) => one.what !== what);
    else {
      const teeth = !OF_A_TOOTH.includes(what) ? [] : what === "extraction" ? Object.keys(state.pufa)
        : what === "sealant" ? [] : decayed();
      state.treatments = [...state.treatments, ...(teeth.length ? teeth : [null]).map((tooth) => ({ what, tooth }))];
    }
    draw(`[data-what="${what}"]`);
    changed();
  }

  function one(what, tooth) {
    const rest = state.treatments.filter((done) => done.what !== what || (done.tooth && String(done.tooth) !== tooth));
    state.treatments = has(what, tooth) ? rest : [...rest, { what, tooth }];
    if (!has(what)) state.treatments = [...state.treatments, { what, tooth: null }];
    draw(`[data-what="${what}"][data-tooth="${tooth}"]`);
    changed();
  }

  const pick = (attributes, words, checked, act) =>
    h("label", icon("check"), h("input", { type: "checkbox", checked, onchange: act, ...attributes }), h("span", words));

  function teethOf(what) {
    const named = state.treatments.filter((done) => done.what === what && done.tooth).map((done) => String(done.tooth));
    const offered = [...new Set([...decayed(), ...named])].sort();
    const other = h("select", { "aria-label": say("treatment.other_tooth"),
      onchange: (event) => event.target.value && one(what, event.target.value) },
      h("option", { value: "" }, say("treatment.other_tooth")),
      EVERY_TOOTH.filter((tooth) => !offered.includes(tooth)).map((tooth) => h("option", { value: tooth }, tooth)));
    return h("fieldset", h("legend", say("treatment.which_teeth", { what: say(`treatment.${what}`) })),
      h("div.pick", offered.map((tooth) =>
        pick({ data: { what, tooth } }, tooth, has(what, tooth), () => one(what, tooth)))), other);
  }

  function draw(focus = "") {
    fill(root,
      h("div.pick.pick--even", { role: "group", "aria-label": say("checkup.done") }, dental.TREATMENTS.map((what) =>
        pick({ data: { what } }, say(`treatment.${what}`), has(what), () => toggle(what)))),
      OF_A_TOOTH.filter((what) => has(what)).map(teethOf));
    if (focus) root.querySelector(focus)?.focus();
  }
  draw();
  return root;
}
