// A stop that no route foresaw: the village, today.
import { today } from "../clock.js";
import { h, run } from "../dom.js";
import { box, busily, values, villageBox, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { card, day, placeName, screen, tellSaved, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as work from "../work.js";

export function mount(main, _, { go, say, address }) {
  const button = h("button.button.button--primary.button--wide", icon("map-pin"), say("stop.do"));
  const form = h("form.stack", { novalidate: true, onsubmit: send }, card(null,
    villageBox({ label: say("field.village"), places: store.catchment(), nameOf: (p) => run(placeName(p)) }),
    box({ name: "place", label: say("field.place"), optional: true, maxlength: 80 }),
    box({ name: "note", label: say("field.note"), optional: true })), h("div.save-foot", button));

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    const there = work.on(today()).find((session) => String(session.village) === said.village);
    if (wrong(form, !said.village ? { village: say("wrong.village") } : there ? { village: say("wrong.session_there") }
      : {})) return;
    await busily(button, async () => {
      try {
        const { id } = await store.save({ type: "session", kind: "create",
          doc: { village: Number(said.village), on: today(), place: said.place, note: said.note } });
        work.choose(id);
        tellSaved(say("saved"));
        go("home");
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }
  main.append(screen({ title: say("stop.title"), under: day(today()), back: address("home") }, form));
}
