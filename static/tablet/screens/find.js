// Finding a person: search first; registering starts from a search that found nobody.
import { h } from "../dom.js";
import { notice, screen } from "../parts.js";
import { seek } from "../seek.js";
import * as store from "../store.js";
import * as work from "../work.js";

export function mount(main, [typed = ""], { say }) {
  const session = work.current();
  const finder = seek({ session, typed, label: say("find.label"), empty: () =>
    store.people().length ? h("p.muted", say("find.carried", { n: store.people().length }))
      : notice("warn", say("find.nobody_carried")) });
  finder.box.setAttribute("autofocus", "");
  main.append(screen({ title: say("find.title") }, finder.element));
}
