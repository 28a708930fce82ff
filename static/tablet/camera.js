// A QR code through the camera, where the browser can read one; elsewhere nothing offers it.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { notice } from "./parts.js";
import { say } from "./words.js";

const PAUSE = 150; // milliseconds between two looks

export async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

/** Look until a code is read or the person turns away; resolves with its text, or "". */
export async function look() {
  const video = h("video.camera", { muted: true, playsinline: true });
  const body = h("div.stack", video);
  const dialog = h("dialog.dialog", { "aria-label": say("scan.title") }, body,
    h("button.button.button--wide", { type: "button", onclick: () => dialog.close() }, icon("x"), say("stop")));
  document.body.append(dialog);
  let stream = null;
  let text = "";
  const closed = new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    while (dialog.open && !text) {
      const [code] = await detector.detect(video).catch(() => []);
      text = code?.rawValue ?? "";
      await new Promise((next) => setTimeout(next, PAUSE));
    }
    dialog.close();
  } catch {
    body.prepend(notice("warn", say("scan.no_camera")));
  }
  await closed;
  stream?.getTracks().forEach((track) => track.stop());
  dialog.remove();
  return text;
}
