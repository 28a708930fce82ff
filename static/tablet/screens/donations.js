// Donations received on this tablet: sums first, then each with its receipt and where it is.
import { today } from "../clock.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { card, day, money, screen, stateBadge } from "../parts.js";
import * as store from "../store.js";
import * as work from "../work.js";
import { numberOf } from "./receipt.js";

export function mount(main, _, { say, address }) {
  const all = store.own("donation");
  const sums = (records) =>
    Object.entries(work.sums(records)).map(([currency, minor]) => money(minor, currency)).join(" · ") || "0";
  main.append(screen({ title: say("donation.list"), back: address("donation") },
    h("dl.tally", h("div", h("dt", say("donation.today")), h("dd", sums(work.donations(today())))),
      h("div", h("dt", say("donation.all")), h("dd", sums(work.donations())))),
    card(null, all.length ? h("ul.lines.lines--links", all.map((record) => {
      const said = { ...record.local, ...record.doc };
      return h("li", h("a", { href: address("receipt", record.id) },
        h("span", h("b", money(said.minor, said.currency)), " · ", day(said.on ?? record.on),
          said.number ? ` · ${numberOf(said)}` : null),
        h("span.row", record.void && h("span.badge.badge--warn", icon("ban"), say("void.is")), stateBadge(record.id))));
    })) : h("p.muted", say("donation.none")))));
}
