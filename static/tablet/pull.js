// What the server knows comes here: the people lent, the sessions of these days, what needs a person.
import { post } from "./api.js";
import * as clock from "./clock.js";
import { meta, write } from "./db.js";
import { Refused } from "./errors.js";
import { tellAll } from "./events.js";
import { uuid7 } from "./ids.js";
import * as keys from "./keys.js";
import { memory, touched } from "./memory.js";
import * as numbers from "./numbers.js";

const PAGE = 500;

/** Take villages along: ask, and remember what was granted. The people come with the next pull. */
export async function lend(token, villages, hours, signal) {
  const answer = await post("checkout", { villages, hours }, { token: await token(), signal });
  await write(["meta"], async (tx) => {
    const mine = await tx.get("meta", "numbers");
    const book = await tx.get("meta", "receipts");
    const { scope_version, until, people, villages: carried, catchment } = answer;
    tx.put("meta", { scope_version, until, people, villages: carried, catchment, at: clock.now() }, "grant");
    tx.put("meta", numbers.merged(mine, answer.numbers ?? []), "numbers");
    const { prefix, last } = answer.receipts;
    tx.put("meta", { prefix, last: book?.prefix === prefix ? Math.max(book.last, last) : last }, "receipts");
  });
  tellAll("saved", { ids: [] });
  return answer;
}

/** Fetch all changes. `step(done, of)` is told of every page; a page in hand is finished when one stops. */
export async function pull(token, step, signal) {
  let cursor = meta("cursor");
  // Rows of an earlier round that did not come again in a new one are gone; a round may take several runs.
  const state = cursor ? { round: meta("round"), sweep: meta("sweep", false) } : { round: uuid7(), sweep: true };
  let broken = false;
  let done = 0;
  for (;;) {
    const page = await post("pull", { cursor, limit: PAGE, schema: 1 }, { token: await token(), signal });
    if (page.server_epoch !== meta("epoch")) throw Object.assign(new Refused("epoch_changed"), { answer: page });
    if (!memory.open) throw new Refused("stopped"); // the lock came
    if (await apply(page, { ...state, broken })) broken = true; // read on; what was passed over comes once more
    done += page.changes.length;
    step(done, Math.max(done, meta("grant")?.people ?? 0));
    if (!page.has_more) return done;
    cursor = page.cursor;
  }
}

/**
 * Lay one page into the roster, with its cursor, in one transaction. Records of which something still waits to be sent
 * are passed over, and the cursor stays where it was (C4). Returns how many were passed over.
 */
async function apply(page, { round, sweep, broken }) {
  const newKey = keys.hasRoster() ? null : await keys.makeRoster();
  const rows = await Promise.all(page.changes.filter((change) => change.state !== "purge").map((change) => closed(change, round)));
  const inbox = page.inbox && (await Promise.all(page.inbox.map((one, n) => keys.close("inbox", `${one.op_id}|${n}`, one))));
  const result = await write(["meta", "roster", "inbox", "outbox"], async (tx) => {
    const busy = concerned(await tx.all("outbox"));
    const taken = rows.filter(({ row }) => !busy.has(row.id));
    const gone = page.changes.filter((change) => change.state === "purge" && !busy.has(change.id)).map((change) => change.id);
    const passed = page.changes.length - taken.length - gone.length;
    const over = !page.has_more && !passed && !broken;
    if (over && sweep) {
      const came = new Set(taken.map(({ row }) => row.id));
      for (const row of await tx.all("roster")) if (row.round !== round && !came.has(row.id)) gone.push(row.id);
    }
    for (const id of gone) tx.remove("roster", id);
    for (const one of taken) tx.put("roster", one.closed);
    if (inbox) {
      tx.clear("inbox");
      inbox.forEach((row) => tx.put("inbox", row));
    }
    if (newKey) tx.put("meta", newKey, "rosterkey");
    tx.put("meta", round, "round");
    tx.put("meta", over ? false : sweep, "sweep");
    if (!passed && !broken) tx.put("meta", page.cursor, "cursor");
    if (!page.has_more) tx.put("meta", clock.now(), "pulled_at");
    return { taken, gone, passed };
  });
  if (memory.open) {
    for (const id of result.gone) memory.roster.delete(id);
    for (const { row } of result.taken) memory.roster.set(row.id, row);
    if (page.inbox) memory.inbox = page.inbox;
    touched();
  }
  tellAll("saved", { ids: [] });
  return result.passed;
}

async function closed({ type, id, version, seq, doc }, round) {
  const row = { id, type, version, seq, doc, at: clock.now() };
  return { row, closed: { ...(await keys.close("roster", id, row)), round } };
}

/** The records that ops in the outbox speak of, with the people and sessions they belong to. */
function concerned(outbox) {
  const found = new Set();
  for (const { op } of outbox) {
    found.add(op.id);
    const { patient, session } = memory.own.get(op.id)?.links ?? {};
    if (patient) found.add(patient);
    if (session) found.add(session);
  }
  return found;
}
