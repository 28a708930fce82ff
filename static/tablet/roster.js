// The roster's life: lent until the checkout ends, or until the server was silent for a week; then its key is destroyed.
import * as clock from "./clock.js";
import { meta, write } from "./db.js";
import { tellAll } from "./events.js";
import * as keys from "./keys.js";
import { memory, touched } from "./memory.js";

const SILENCE = 7 * clock.DAY;

/** {until, people, at, dead: ""|"expired"|"silent", expected}: what the status line says of the people carried. */
export function about() {
  const grant = meta("grant");
  const people = [...memory.roster.values()].filter((row) => row.type === "patient" && !row.doc.merged_into).length;
  if (!grant) return { until: null, at: null, people, dead: "", expected: 0 };
  return { until: Date.parse(grant.until), at: meta("pulled_at"), people, dead: grant.dead ?? "", expected: grant.people };
}

/** Let the roster die when its time has come. A clock set back does not help: the highest time seen counts. */
export async function check() {
  const grant = meta("grant");
  if (!grant || grant.dead || (clock.state() === "far" && clock.doubted())) return;
  const now = clock.highest();
  if (now > Date.parse(grant.until)) await die("expired");
  else if (clock.lastContact() && now - clock.lastContact() > SILENCE) await die("silent");
}

async function die(dead) {
  keys.dropRoster();
  await write(["meta", "roster", "inbox"], async (tx) => {
    tx.remove("meta", "rosterkey");
    tx.put("meta", { ...(await tx.get("meta", "grant")), dead, died_at: clock.now() }, "grant");
    tx.put("meta", null, "cursor");
    tx.clear("roster");
    tx.clear("inbox");
  });
  memory.roster = new Map();
  memory.inbox = [];
  await bury();
  touched();
  tellAll("saved", { ids: [] });
}

/** Those registered here while the roster lived go with it: they are sealed in the outbox. */
export async function bury() {
  const { dead, died_at = 0 } = meta("grant", {});
  const gone = dead ? [...memory.own.values()].filter((row) => row.type === "patient" && row.at <= died_at) : [];
  if (!gone.length) return;
  await write(["own"], (tx) => gone.forEach((row) => tx.remove("own", row.id)));
  gone.forEach((row) => memory.own.delete(row.id));
  touched();
}
