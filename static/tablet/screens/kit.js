// The kit of a stop: packed before, counted after. What check-ups and talks say was given is counted by itself.
import { h } from "../dom.js";
import { busily, number, stepper, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { card, day, screen, stateBadge, tellSaved, wordsFor } from "../parts.js";
import { villageLine } from "../session_parts.js";
import * as drafts from "../drafts.js";
import * as store from "../store.js";
import * as work from "../work.js";
import { nobody } from "./checkup.js";

const ITEMS = ["brush", "paste", "mebendazole", "albendazole", "varnish", "sdf", "gloves", "leaflet"];
const COUNTED = ["brush", "paste", "mebendazole", "albendazole"];
const MOST = 20000;

export async function mount(main, [id], { say, address, redraw }) {
  const session = store.session(id);
  if (!session) return nobody(main, say, address);
  const lines = new Map(session.kit.map((line) => [line.item, line]));
  const given = counted(session);
  const key = `kit-${id}`;
  const draft = await drafts.load(key);
  const button = h("button.button.button--primary.button--wide", icon("check"), say("kit.do"));
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    ITEMS.filter((item) => lines.has(item)).map(part),
    h("section.card", h("details", { open: lines.size === 0 }, h("summary", say("kit.add")),
      h("div.pair", ITEMS.filter((item) => !lines.has(item)).map(part)))),
    h("div.save-foot", button));
  const keeper = drafts.keepForm(form, key, () => values(form));

  function part(item) {
    const line = lines.get(item);
    const step = (name) => stepper({ name: `${item}_${name}`, label: say(`kit.${name}`),
      value: (draft ?? {})[`${item}_${name}`] ?? line?.[name] ?? "", max: MOST });
    const told = COUNTED.includes(item);
    return h("fieldset.card.stack", h("legend", say(`item.${item}`), " ", line && stateBadge(line.id)),
      told && h("p.muted", say("kit.counted", { n: given[item] })),
      h("div.pair.pair--tight", step("packed"), line && !told && step("given"), line && step("returned"),
        line && step("lost")),
      h("p", { data: { left: item }, role: "status" }));
  }

  function draw() {
    const said = values(form);
    for (const place of form.querySelectorAll("[data-left]")) {
      const item = place.dataset.left;
      const of = (name) => number(said, `${item}_${name}`, {}, { max: MOST }) ?? 0;
      const gone = COUNTED.includes(item) ? given[item] : of("given");
      const left = of("packed") - gone - of("returned") - of("lost");
      const told = lines.has(item) && (said[`${item}_returned`] || said[`${item}_lost`]);
      place.textContent = !lines.has(item) || !of("packed") ? "" : told && left !== 0 ? say("kit.differs", { n: left })
        : say("kit.left", { n: left });
      place.className = told && left !== 0 ? "danger-text" : "muted";
    }
  }
  form.addEventListener("input", draw);

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    const errors = {};
    const saves = [];
    for (const item of ITEMS) {
      const line = lines.get(item);
      const now = Object.fromEntries(["packed", "given", "returned", "lost"].filter((name) => `${item}_${name}` in said)
        .map((name) => [name, number(said, `${item}_${name}`, errors, { max: MOST })]));
      if (line) {
        const set = Object.fromEntries(Object.entries(now).filter(([name, n]) => n !== (line[name] ?? null)
          && !(name === "packed" && n === null)));
        if (Object.keys(set).length) saves.push({ type: "kit", id: line.id, kind: "amend", doc: { set } });
      } else if (now.packed) {
        saves.push({ type: "kit", kind: "create", doc: { session: session.id, item, packed: now.packed, given: null,
          returned: null, lost: null, note: "" } });
      }
    }
    if (wrong(form, errors)) return;
    await busily(button, async () => {
      try {
        for (const what of saves) await store.save(what);
        await keeper.done();
        tellSaved(say(saves.length ? "saved" : "edit.nothing"));
        redraw();
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  main.append(screen({ title: say("kit.title"), under: [villageLine(session), ` · ${day(session.on)}`],
    back: address("home") },
    card(null, h("p.muted", say("kit.help"))), form));
  draw();
  return () => keeper.leave();
}

/** What check-ups and talks of this stop say was given. */
function counted(session) {
  const found = work.tally(session.id);
  const all = work.checkups(session.id);
  const talks = session.talks.filter((talk) => !talk.void_reason);
  const sum = (name) => talks.reduce((total, talk) => total + (talk[name] || 0), 0);
  const worms = (what) => all.filter((checkup) => checkup.deworming === what).length;
  return { brush: found.brush + sum("brushes"), paste: found.paste + sum("pastes"), mebendazole: worms("mebendazole"),
    albendazole: worms("albendazole") };
}
