// Who got medicine against worms at this stop, and who could still get it by age and the last dose.
import { worms } from "../checkup_doc.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { ageWords, card, day, names, screen } from "../parts.js";
import { villageLine } from "../session_parts.js";
import * as store from "../store.js";
import * as work from "../work.js";
import { nobody } from "./checkup.js";

export function mount(main, [id], { say, address }) {
  const session = store.session(id);
  if (!session) return nobody(main, say, address);
  const seen = work.checkups(session.id).map((checkup) => ({ checkup,
    person: store.person(checkup.patient) })).filter(({ person }) => person);
  const given = seen.filter(({ checkup }) => checkup.deworming);
  const rest = seen.filter(({ checkup }) => !checkup.deworming);

  const line = ({ checkup, person }) => {
    const { may, why, last } = worms(person, session.on);
    const words = checkup.deworming ? say(`worms.${checkup.deworming}`) : !may ? say(why) : last
      ? say("worms.lately", { day: day(last) }) : say("worms.could");
    const look = checkup.deworming ? "ok" : may && !last ? "info" : "quiet";
    return h("li", h("a", { href: address("person", person.id) },
      h("span", h("b", names(person)), " ", h("span.muted", ageWords(person, session.on))),
      h(`span.badge.badge--${look}`, icon(checkup.deworming ? "check" : may && !last ? "pill" : "info"), words)));
  };
  const list = (title, all) => card(`${title}: ${all.length}`,
    all.length ? h("ul.lines.lines--links", all.map(line)) : h("p.muted", say("nobody")));

  main.append(screen({ title: say("worms.title"), under: [villageLine(session), ` · ${day(session.on)}`],
    back: address("home") },
    list(say("worms.got"), given), list(say("worms.not_got"), rest)));
}
