// The receipt to show to the giver: number, sum, day, thanks. Held up to be read, or copied onto paper.
import { h, run } from "../dom.js";
import { icon } from "../icons.js";
import { meta } from "../db.js";
import { receiptNumber } from "../numbers.js";
import { day, money, notice, screen, stateBadge, villageOf } from "../parts.js";
import * as store from "../store.js";
import * as vault from "../vault.js";
import { voiding } from "../voiding.js";
import { nobody } from "./checkup.js";
import * as words from "../words.js";

/** The receipt's number as printed: "T07-000013". */
export const numberOf = ({ number: n }) =>
  receiptNumber({ prefix: meta("receipts")?.prefix ?? vault.device()?.device_code ?? "", n });

export function mount(main, [id], { say, address, redraw }) {
  const record = store.own("donation").find((one) => one.id === id);
  if (!record) return nobody(main, say, address);
  const { doc, local } = record;
  const centre = vault.device()?.centre;
  const said = { ...local, ...doc };
  main.append(screen({ title: say("receipt.title"), back: address("home") },
    record.void && notice("warn", h("b", say("void.is")), " ", run(record.void.reason ?? "")),
    h("div.ticket", { role: "status" },
      centre && h("b", words.spoken() === "en" ? centre.en : centre.km),
      h("span.muted", say("receipt.number")), said.number ? h("span.ticket__number", numberOf(said)) : null,
      h("span.ticket__sum", money(said.minor, said.currency)),
      h("span", day(said.on ?? record.on), doc?.village && [" · ", run(villageOf(doc.village))]),
      h("span", say("receipt.from"), " ", doc?.donor_name ? run(doc.donor_name) : say("receipt.nobody")),
      h("span", say("receipt.purpose")), h("b", say("receipt.thanks"))),
    !doc && notice("info", say("receipt.sealed")),
    h("p", stateBadge(id)),
    h("a.button.button--primary.button--wide", { href: address("home", "next") }, icon("search"), say("home.next_child")),
    h("a.button.button--wide", { href: address("donation") }, icon("plus"), say("donation.another")),
    !record.void && voiding("donation", id, say, redraw)));
}
