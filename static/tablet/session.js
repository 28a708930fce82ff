// The log-in at the server: a quarter of an hour at a time, renewed without a password for up to three days.
import { ping, post } from "./api.js";
import * as clock from "./clock.js";
import { keepMeta, meta, write } from "./db.js";
import { Refused } from "./errors.js";
import { uuid7 } from "./ids.js";
import * as keys from "./keys.js";

let access = null; // {token, until, user} in memory only

export const forget = () => (access = null);

const told = (outbox) => ({
  pending: outbox.pending, oldest_at: outbox.oldest_at ? clock.stamp(outbox.oldest_at) : null,
});

/** Log in with a password; resolves with the server's person {id, name, role, language, may}. */
export const withPassword = (username, password, outbox) => begin({ username, password }, outbox);

/** An access that is still good, renewed when it is not. Throws Refused("password_needed") when it cannot be. */
export async function token(outbox) {
  if (access && access.until > Date.now() + 60_000) return access.token;
  const row = meta("renewal");
  const renewal = row && keys.open() ? await keys.reveal("meta", row) : null;
  if (!renewal) throw new Refused("password_needed");
  await begin({ renewal }, outbox);
  return access.token;
}

async function begin(proof, outbox) {
  const device = meta("device");
  if (!device) throw new Refused("not_enrolled");
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  const answer = await asked({
    device_id: device.device_id, device_token: device.device_token, db_id: meta("db").db_id,
    app_version: document.documentElement.dataset.version, ...told(outbox),
    free_bytes: estimate ? Math.max(0, estimate.quota - estimate.usage) : null, ...proof,
  });
  // The clock was set right by the answer, so that `access_until` can be compared with ours.
  access = { token: answer.access, until: Date.parse(answer.access_until) - clock.skew(), user: answer.user };
  await write(["meta"], async (tx) => {
    const now = (await tx.get("meta", "device")) ?? device;
    tx.put("meta", { ...now, device_token: answer.device_token }, "device");
    tx.put("meta", { kid: answer.seal_kid, pub: answer.seal_pub }, "seal");
    tx.put("meta", { role: answer.user.role, epoch: answer.server_epoch, scope: answer.scope_version }, "heard");
  });
  if (keys.open()) await keepRenewal(answer.renewal);
  else access.renewal = answer.renewal; // kept as soon as there is a key to keep it under
  return answer.user;
}

// A request keeps its id until it is answered: a first try that arrives late, when the next token is in use already,
// is then known as ours. With an id of its own it would pass for a copy of this tablet, and both would be stopped.
async function asked(body) {
  const request_id = meta("asking") ?? uuid7();
  if (meta("asking") !== request_id) await keepMeta({ asking: request_id });
  try {
    const answer = await post("session", { ...body, request_id });
    await keepMeta({ asking: null });
    return answer;
  } catch (error) {
    if (error instanceof Refused && !["no_network", "stopped"].includes(error.code)) await keepMeta({ asking: null });
    throw error;
  }
}

/** Keep the renewal that came before the key was open. */
export async function settle() {
  if (access?.renewal) await keepRenewal(access.renewal);
}

async function keepRenewal(renewal) {
  await keepMeta({ renewal: await keys.close("meta", "renewal", renewal) });
  if (access) delete access.renewal;
}

/** Whether there is any answer from the server: cheap, and before anything dear is sent. */
export const reachable = () => ping().then(() => true, () => false);
