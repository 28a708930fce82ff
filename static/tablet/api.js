// Calls to the server. What went wrong comes as Refused: "no_network" when there was no answer, else the server's code.
import * as clock from "./clock.js";
import { Refused } from "./errors.js";
import { spoken } from "./words.js";

const ROOT = document.documentElement.dataset.api;
const PATIENCE = 30_000; // ms without an answer; a slow line may take long over a full batch
const SMALL = 1500; // bytes that go into one packet anyway

let traffic = 0; // bytes of bodies sent, told by status()
export const sentBytes = () => traffic;

/** POST `body` to a call of the API; resolves with the answer's document. `token` is the access of the log-in. */
export async function post(call, body, { token = "", patience = PATIENCE, signal } = {}) {
  const headers = { "Content-Type": "application/json", "Accept-Language": spoken() };
  if (token) headers.Authorization = `Bearer ${token}`;
  const sent = new TextEncoder().encode(JSON.stringify(body));
  const packed = sent.length > SMALL ? await gzip(sent) : null;
  if (packed) headers["Content-Encoding"] = "gzip";
  traffic += (packed ?? sent).length;
  return ask(call, { method: "POST", headers, body: packed ?? sent }, { patience, signal });
}

// What is sealed is base64: packed it is a quarter smaller, which counts where a batch takes ten seconds.
async function gzip(bytes) {
  if (!("CompressionStream" in globalThis)) return null;
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Whether the server answers: {server_time, server_epoch, …}. */
export const ping = () => ask("ping", { method: "GET" }, { patience: 8000 });

async function ask(call, init, { patience, signal }) {
  const limit = AbortSignal.timeout(patience);
  const began = clock.now();
  let response, answer;
  try {
    response = await fetch(ROOT + call, {
      ...init, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    answer = response.status === 204 ? {} : await response.json();
  } catch (error) {
    if (signal?.aborted) throw new Refused("stopped");
    // A proxy's page, half an answer, none at all: nothing is known, so it is asked again.
    throw new Refused("no_network", { status: response?.status ?? 0, after: waiting(response) });
  }
  if (response.ok) {
    if (answer.server_time) await clock.heard(answer.server_time, (began + clock.now()) / 2);
    return answer;
  }
  const code = answer.code ?? `http_${response.status}`;
  const fields = answer.field ? { [answer.field]: answer.message } : {};
  throw Object.assign(
    new Refused(code, { message: answer.message, fields, status: response.status, after: waiting(response) }),
    { answer },
  );
}

function waiting(response) {
  const after = response?.headers.get("Retry-After");
  return after && Number.isFinite(Number(after)) ? Number(after) * 1000 : 0;
}
