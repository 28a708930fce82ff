// A donation: how much, in which money, from whom if they wish. It has nothing to do with any patient's record.
import { today } from "../clock.js";
import { h } from "../dom.js";
import * as drafts from "../drafts.js";
import { box, busily, choice, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { latinDigits } from "../khmer.js";
import { nextReceipt } from "../numbers.js";
import { card, money, notice, screen, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as work from "../work.js";
import { restored } from "./register.js";

const KEY = "donation";
const USUAL = { KHR: [500, 1000, 2000, 5000, 10000, 20000], USD: [100, 200, 500, 1000] };
const MOST = { KHR: 400_000_000, USD: 10_000_000 };

/** The amount typed, in the smallest unit; null when it cannot be read. Riel are paid in hundreds. */
export function minorOf(text, currency) {
  const plain = latinDigits(text).replace(/[\s,៛$]/g, "");
  if (currency === "USD") return /^\d{1,7}(\.\d{1,2})?$/.test(plain) ? Math.round(Number(plain) * 100) : null;
  return /^\d{1,10}$/.test(plain) ? Number(plain) : null;
}

export async function mount(main, _, { go, say, address, redraw }) {
  const next = nextReceipt();
  const draft = await drafts.load(KEY);
  const start = draft ?? { currency: "KHR" };
  const button = h("button.button.button--primary.button--wide", icon("receipt"), say("donation.do"));
  const quick = h("div.pick", { role: "group", "aria-label": say("donation.usual") });
  const amount = box({ name: "amount", label: say("donation.amount"), value: start.amount, inputmode: "decimal",
    maxlength: 14 });
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    card(null, choice({ name: "currency", label: say("donation.currency"), value: start.currency, look: "two",
      options: ["KHR", "USD"].map((code) => [code, say(`currency.${code}`)]) }), amount, quick),
    card(null, box({ name: "donor_name", label: say("donation.donor"), value: start.donor_name, optional: true,
      maxlength: 120, help: say("donation.donor_help") })),
    h("div.save-foot", button));
  const keeper = drafts.keepForm(form, KEY, () => values(form));

  function draw() {
    const { currency } = values(form);
    quick.replaceChildren(...USUAL[currency].map((minor) => h("button.button", { type: "button", onclick: () => {
      form.elements.amount.value = currency === "USD" ? String(minor / 100) : String(minor);
      keeper.changed();
    } }, money(minor, currency))));
  }
  form.addEventListener("change", (event) => event.target.name === "currency" && draw());

  async function send(event) {
    event.preventDefault();
    const said = values(form);
    const minor = minorOf(said.amount, said.currency);
    const errors = {};
    if (minor === null || minor <= 0) errors.amount = say("wrong.amount");
    else if (said.currency === "KHR" && minor % 100) errors.amount = say("wrong.hundreds");
    else if (minor > MOST[said.currency]) errors.amount = say("wrong.too_much");
    if (wrong(form, errors)) return;
    await busily(button, async () => {
      try {
        const doc = { on: today(), currency: said.currency, minor, donor_name: said.donor_name,
          village: work.current()?.village ?? null };
        const { id } = await store.save({ type: "donation", kind: "create", doc,
          local: { on: doc.on, currency: doc.currency, minor } });
        await keeper.done();
        go("receipt", id);
      } catch (error) {
        wrong(form, { form: wordsFor(error), ...error.fields });
      }
    });
  }

  main.append(screen({ title: say("donation.title"), under: next && say("donation.next", { number: next.text }),
    back: address("home") },
    draft && restored(say, async () => {
      await drafts.drop(KEY);
      redraw();
    }),
    next ? form : notice("warn", say("donation.no_book")),
    h("a.button.button--wide", { href: address("donations") }, icon("list"), say("donation.list"))));
  draw();
  return () => keeper.leave();
}
