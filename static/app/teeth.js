// The tooth chart: tap a tooth, then tap what you see. It only writes the text box "55=B 16=1 75=BP", which is what is
// sent; without this script that box, and the counts, are used as they are. After the code stands what decay did
// further (P, U, F, A), asked for once a tooth is marked as decayed.
const chart = document.querySelector("[data-teeth]");

if (chart) {
  const text = chart.querySelector("[data-chart]");
  const sound = chart.querySelector("input[name=all_sound]");
  const counts = [...chart.querySelectorAll("[data-counts] input")];
  const palette = chart.querySelector("[data-palette]");
  const head = chart.querySelector("[data-palette-words]");
  const teeth = new Map([...chart.querySelectorAll("button.tooth")].map((tooth) => [tooth.dataset.tooth, tooth]));
  const said = new Map([...chart.querySelectorAll("[data-code]")].map((button) => [button.dataset.code, button.textContent.trim()]));
  const further = chart.querySelector("[data-marks]");
  const saidFurther = new Map([...further.querySelectorAll("[data-mark]")].map((button) => [button.dataset.mark, button.textContent.trim()]));
  const marks = new Map();
  let chosen = null;

  function read() {
    marks.clear();
    for (const [, tooth, code] of text.value.toUpperCase().matchAll(/(\d\d)[=:]?([0-9A-GPUFA]+)/g)) marks.set(tooth, code);
  }
  read();

  const kind = (code) => (!code ? "" : "0A".includes(code[0]) ? "sound" : "12BC".includes(code[0]) ? "decayed" : "other");
  const words = (code) => [said.get(code[0]), saidFurther.get(code[1])].filter(Boolean).join(", ");

  function draw() {
    for (const [number, tooth] of teeth) {
      const code = marks.get(number) ?? "";
      tooth.dataset.kind = code.length > 1 ? "open" : kind(code);
      tooth.querySelector(".tooth__code").textContent = code;
      tooth.setAttribute("aria-pressed", String(number === chosen));
      tooth.setAttribute("aria-label", `${chart.dataset.tooth} ${number}${code ? `: ${words(code)}` : ""}`);
    }
    palette.hidden = chosen === null;
    if (chosen === null) return;
    head.textContent = `${chart.dataset.tooth} ${chosen}`;
    const mouth = teeth.get(chosen).dataset.mouth;
    for (const codes of palette.querySelectorAll("[data-codes]")) codes.hidden = codes.dataset.codes !== mouth;
    const now = marks.get(chosen) ?? "";
    further.hidden = kind(now) !== "decayed";
    for (const button of further.querySelectorAll("[data-mark]")) button.setAttribute("aria-pressed", String(button.dataset.mark === now[1]));
  }

  function write() {
    text.value = [...marks].sort((a, b) => a[0] - b[0]).map((mark) => mark.join("=")).join(" ");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  chart.addEventListener("click", (event) => {
    const tooth = event.target.closest("button.tooth");
    const code = event.target.closest("button[data-code]");
    const mark = event.target.closest("button[data-mark]");
    if (tooth) {
      chosen = tooth.dataset.tooth === chosen ? null : tooth.dataset.tooth;
    } else if (code && chosen) {
      if (code.dataset.code) marks.set(chosen, code.dataset.code);
      else marks.delete(chosen);
      if (code.dataset.code && kind(code.dataset.code) !== "sound") sound.checked = false;
      for (const box of counts) box.value = "";
      teeth.get(chosen).focus();
      if (kind(code.dataset.code) !== "decayed") chosen = null; // of a decayed tooth there is more to ask
      write();
    } else if (mark && chosen) {
      const now = marks.get(chosen);
      marks.set(chosen, now[1] === mark.dataset.mark ? now[0] : now[0] + mark.dataset.mark);
      teeth.get(chosen).focus();
      chosen = null;
      write();
    } else return;
    draw();
  });

  sound.addEventListener("change", () => {
    if (!sound.checked) return;
    marks.clear();
    chosen = null;
    for (const box of counts) box.value = "";
    write();
    draw();
  });

  // A draft that is brought back, and a number typed beside the chart, change what the chart shows.
  text.addEventListener("change", () => {
    read();
    draw();
  });
  for (const box of counts) {
    box.addEventListener("input", () => {
      if (box.value.trim() && box.value.trim() !== "0") sound.checked = false;
    });
  }

  // A tooth named beside a treatment says that it was done; the reason of a dose is asked for only with a dose.
  for (const row of document.querySelectorAll(".treated__row")) {
    const [did, where] = [row.querySelector("input[type=checkbox]"), row.querySelector("input[type=text]")];
    where.addEventListener("input", () => { if (where.value.trim()) did.checked = true; });
    did.addEventListener("change", () => { if (!did.checked) where.value = ""; });
  }
  const despite = document.querySelector("[data-despite]");
  const given = () => document.querySelector("input[name=deworming]:checked")?.value;
  const ask = () => { despite.hidden = !given() && !despite.querySelector(".field--wrong"); };
  for (const box of document.querySelectorAll("input[name=deworming]")) box.addEventListener("change", ask);
  ask();

  chart.querySelector("[data-chart-buttons]").hidden = false;
  chart.querySelector("[data-chart-text]").hidden = text.closest(".field--wrong") === null;
  draw();
}
