// Correcting who somebody is: only what was changed is sent, with what stood there before.
import { h, run } from "../dom.js";
import { birthField, birthOf, birthText } from "../birth.js";
import * as drafts from "../drafts.js";
import { box, busily, values, villageBox, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { ageWords, card, names, notice, placeName, screen, tellSaved, wordsFor } from "../parts.js";
import { grouped, national } from "../phone.js";
import * as store from "../store.js";
import { nobody } from "./checkup.js";
import { NAMES, checkPerson, nameFields, restored, sexField } from "./register.js";

export async function mount(main, [id], { go, say, address, redraw }) {
  const person = store.person(id);
  if (!person) return nobody(main, say, address);
  const key = `edit-${id}`;
  const draft = await drafts.load(key);
  const start = draft ?? { ...person, birth: "", birth_unit: "years", phone: grouped(person.phone ?? "") };
  const button = h("button.button.button--primary.button--wide", icon("check"), say("edit.do"));
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    card(null, nameFields(start),
      sexField(start),
      h("p", say("edit.age_now", { age: ageWords(person) })), birthField(start)),
    card(null, villageBox({ label: say("field.village"), value: start.village, places: store.catchment(),
      nameOf: (p) => run(placeName(p)) }),
      box({ name: "phone", label: say("field.phone"), value: start.phone, optional: true, inputmode: "tel",
        maxlength: 30 }),
      box({ name: "guardian", label: say("field.guardian"), value: start.guardian, optional: true, maxlength: 120 })),
    h("div.save-foot", button));
  const keeper = drafts.keepForm(form, key, () => values(form));

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    if (wrong(form, checkPerson(said))) return;
    const set = {};
    for (const name of [...NAMES, "sex", "guardian"]) if (said[name] !== (person[name] ?? "")) set[name] = said[name];
    if (national(said.phone) !== national(person.phone ?? "")) set.phone = said.phone;
    if (said.village && String(said.village) !== String(person.village ?? "")) set.village = Number(said.village);
    if (said.birth && birthOf(said)) set.birth = birthText(said);
    await busily(button, async () => {
      try {
        if (Object.keys(set).length) await store.save({ type: "patient", id: person.id, kind: "amend", doc: { set } });
        await keeper.done();
        tellSaved(say(Object.keys(set).length ? "saved" : "edit.nothing"));
        go("person", person.id);
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  main.append(screen({ title: say("edit.title"), under: names(person), back: address("person", id) },
    person.own ? null : notice("info", say("edit.help")),
    draft && restored(say, async () => {
      await drafts.drop(key);
      redraw();
    }), form));
  return () => keeper.leave();
}
