// Marking a record as entered in error: with a reason, never deleted.
import { h } from "./dom.js";
import { box, busily, values, wrong } from "./fields.js";
import { icon } from "./icons.js";
import { tellSaved, wordsFor } from "./parts.js";
import * as store from "./store.js";

/** "Entered in error", with its reason, behind a fold. */
export function voiding(type, id, say, after) {
  const button = h("button.button.button--danger", icon("ban"), say("void.do"));
  const form = h("form.stack", { novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    const { reason } = values(form);
    if (wrong(form, reason ? {} : { reason: say("wrong.reason") })) return;
    await busily(button, async () => {
      try {
        await store.save({ type, id, kind: "void", doc: { reason } });
        tellSaved(say("saved"));
        after();
      } catch (error) {
        wrong(form, { form: wordsFor(error) });
      }
    });
  } }, box({ name: "reason", label: say("void.reason") }), button);
  return h("details", h("summary", say("void.this")), form);
}
