// The sealed file: the last resort when nothing can be sent. It opens at the centre only (manage.py import_outbox).
import { h } from "./dom.js";
import { busily } from "./fields.js";
import { icon } from "./icons.js";
import { notice, wordsFor } from "./parts.js";
import * as sync from "./sync.js";
import { say } from "./words.js";

/** A button that writes the file, and asks whether it arrived before anything relies on it. */
export function fileButton(after = () => {}) {
  const place = h("div.stack");
  const button = h("button.button.button--wide", { type: "button", onclick: () => busily(button, write) },
    icon("file-lock"), say("file.do"));

  async function write() {
    try {
      const { name, blob, ops } = await sync.outboxFile();
      const link = h("a", { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      const count = Array.isArray(ops) ? ops.length : ops;
      place.replaceChildren(notice("info", h("p", say("file.asked", { name, n: count })),
        h("div.row",
          h("button.button.button--primary", { type: "button", onclick: async () => {
            await sync.written(ops);
            place.replaceChildren(notice("ok", say("file.written")));
            after();
          } }, icon("check"), say("file.yes")),
          h("button.button", { type: "button", onclick: () => place.replaceChildren() }, say("file.no")))));
    } catch (error) {
      place.replaceChildren(notice("danger", wordsFor(error)));
    }
  }
  return h("div.stack", h("p.muted", say("file.help")), button, place);
}
