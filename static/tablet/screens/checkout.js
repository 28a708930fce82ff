// What to take along: the villages of the coming stops, or chosen ones; the download with its progress and a way to stop.
import { fill, h, run } from "../dom.js";
import { busily, choice, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { card, moment, notice, placeName, screen, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as sync from "../sync.js";
import * as update from "../update.js";

const HOURS = 72;

export function mount(main, _, { go, say, address }) {
  const place = h("div.stack");
  const now = store.roster();
  const places = [...new Map([...store.catchment(), ...store.villages()].map((one) => [String(one.id), one])).values()];
  const start = h("button.button.button--primary.button--wide", icon("download"), say("checkout.do"));
  const chosen = choice({ name: "villages", label: say("checkout.which"), many: true, look: "even",
    value: store.villages().map((one) => one.id), options: places.map((one) => [one.id, run(placeName(one))]) });
  const form = h("form.stack", { novalidate: true, onsubmit: begin },
    card(null, choice({ name: "how", label: say("checkout.what"), value: "coming", look: "down",
      options: [["coming", say("checkout.coming")], ...(places.length ? [["chosen", say("checkout.chosen")]] : [])] }),
        chosen),
    start);
  const draw = () => (chosen.hidden = values(form).how !== "chosen");
  form.addEventListener("change", draw);

  async function begin(event) {
    event.preventDefault();
    const said = values(form);
    if (wrong(form, said.how === "chosen" && !said.villages.length ? { villages: say("wrong.choose") } : {})) return;
    const villages = said.how === "chosen" ? said.villages.map(Number) : null;
    const progress = h("progress", { max: 1, "aria-label": say("checkout.title") });
    const told = h("p", { role: "status" }, say("checkout.asking"));
    const stop = h("button.button.button--wide", { type: "button", onclick: () => sync.stop() }, icon("x"), say("stop"));
    const drop = sync.on(({ done, of }) => {
      if (!of) return;
      progress.max = of;
      progress.value = done;
      told.textContent = say("checkout.progress", { done, of });
    });
    fill(place, card(null, progress, told, stop));
    form.hidden = true;
    await busily(start, async () => {
      try {
        const { error } = await sync.checkout(villages, HOURS);
        const kept = await update.ready();
        const { people } = store.roster();
        fill(place, error ? notice("info", say("checkout.stopped"))
          : notice("ok", h("p", say("checkout.done", { n: people }))),
          notice(kept ? "ok" : "warn", say(kept ? "checkout.kept" : "checkout.not_kept")),
            h("button.button.button--primary.button--wide", { type: "button", onclick: () => go("home") },
              icon("calendar-days"), say("checkout.begin")));
        place.querySelector("button").focus();
      } catch (error) {
        form.hidden = false;
        fill(place, notice(error.code === "stopped" ? "info" : "warn", wordsFor(error)));
      } finally {
        drop();
      }
    });
  }

  main.append(screen({ title: say("checkout.title"), under: say("checkout.under"), back: address("more") },
    now.until ? notice("info", h("p", say("checkout.now",
      { n: now.people, when: moment(now.at), until: moment(now.until) })),
      h("p", store.villages().map((one, n) => [n > 0 && ", ", run(placeName(one))]))) : now.dead
        && notice("warn", say(`warn.dead_${now.dead}`)),
    place, form));
  draw();
}
