// A card's QR code through the camera, where the browser can read one; elsewhere the button stays hidden.

const PAUSE = 150; // milliseconds between two looks

export async function scanner(button, found) {
  const dialog = document.getElementById("scan");
  if (!button || !dialog || !("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return;
  button.hidden = false;
  button.addEventListener("click", () => look(dialog, found));
}

async function look(dialog, found) {
  const video = dialog.querySelector("video");
  const refused = dialog.querySelector("[data-no-camera]");
  let stream = null;
  refused.hidden = true;
  dialog.showModal();
  dialog.onclose = () => {
    stream?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    refused.hidden = false;
    return;
  }
  if (!dialog.open) return dialog.onclose();
  video.srcObject = stream;
  await video.play();
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  while (dialog.open) {
    const [code] = await detector.detect(video).catch(() => []);
    if (code?.rawValue) {
      dialog.close();
      found(code.rawValue);
      return;
    }
    await new Promise((next) => setTimeout(next, PAUSE));
  }
}
