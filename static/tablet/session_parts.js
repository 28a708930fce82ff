// A session in a few words: where, how it stands, what was done so far.
import { h, run } from "./dom.js";
import { icon } from "./icons.js";
import { stateBadge, villageOf } from "./parts.js";
import * as store from "./store.js";
import { say } from "./words.js";
import * as work from "./work.js";

export const villageLine = (session) => run(villageOf(session.village) || say("village.unknown"));

const LOOKS = { planned: ["quiet", "calendar-days"], held: ["ok", "circle-check"], cancelled: ["warn", "ban"] };

export function sessionState(session) {
  const [look, picture] = LOOKS[session.state] ?? LOOKS.planned;
  const reason = session.state === "cancelled" && session.reason ? `: ${say(`reason.${session.reason}`)}` : "";
  return [
    h(`span.badge.badge--${look}`, icon(picture), `${say(`session.state_${session.state}`)}${reason}`),
    store.stateOf(session.id) === "sent" ? null : [" ", stateBadge(session.id)],
  ];
}

/** The running tally: how many were seen, taught, given. */
export function tallyOf(session) {
  const found = work.tally(session.id);
  return h("dl.tally", { "aria-label": say("tally.title") }, Object.entries(found).map(([name, n]) =>
    h("div", h("dt", say(`tally.${name}`)), h("dd", n))));
}
