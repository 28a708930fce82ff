// Everything else: sending, taking along, PIN, the sealed file, the app's version, log-out.
import { fill, h } from "../dom.js";
import { on as listen } from "../events.js";
import { busily } from "../fields.js";
import { icon } from "../icons.js";
import { leftBehind } from "../db.js";
import { numbersLeft } from "../numbers.js";
import { card, notice, screen, way, wordsFor } from "../parts.js";
import { fileButton } from "../sealed_file.js";
import * as store from "../store.js";
import * as update from "../update.js";
import * as vault from "../vault.js";
import { install } from "./enrol.js";

export function mount(main, _, { go, say, address, redraw }) {
  const who = vault.who();
  const device = vault.device();
  const told = h("div", { role: "alert" });
  const out = h("button.button.button--danger.button--wide", { type: "button", onclick: () => busily(out, leave) },
    icon("log-out"), say("logout.do"));

  async function leave() {
    try {
      await vault.logOut();
      go("login");
    } catch (error) {
      fill(told, notice("warn", h("p", wordsFor(error)), error.code === "outbox_full" && fileButton(redraw)));
    }
  }

  function version() {
    const place = h("div.stack");
    const draw = () => {
      const waits = update.waiting();
      fill(place, h("dl.fields", h("dt", say("about.version")), h("dd", document.documentElement.dataset.version),
        h("dt", say("about.tablet")), h("dd", device?.device_code ?? ""), h("dt", say("about.numbers")),
          h("dd", numbersLeft()),
        h("dt", say("about.people")), h("dd", store.people().length)),
      leftBehind().length > 0 && notice("danger", say("about.left", { n: leftBehind().length })),
      waits && notice("info", h("p", say("update.there")),
        update.may() ? h("button.button.button--primary", { type: "button", onclick: update.apply }, icon("refresh-cw"),
          say("update.do"))
          : h("p", say("update.later"))));
    };
    draw();
    return [place, listen("update", draw)];
  }

  const [about, drop] = version();
  main.append(screen({ title: say("more.title"), under: who?.name },
    h("ul.bigs",
      way(address("sending"), "send", say("sending.title"), say("sending.under")),
      way(address("checkout"), "download", say("checkout.title"), say("checkout.under")),
      way(address("donations"), "receipt", say("donation.list"), ""),
      way(address("close"), "moon", say("close.title"), say("close.under")),
      way(address("pin"), "key-round", say("pin.title"), say(vault.hasPin() ? "pin.change" : "pin.why"))),
    card(say("file.title"), fileButton()),
    card(say("about.title"), about, install(say)),
    told, h("div.stack", h("button.button.button--wide", { type: "button", onclick: () => vault.lock() }, icon("lock"),
      say("lock.do")), out)));
  return drop;
}
