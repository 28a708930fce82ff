// The tooth chart: tap a tooth, then tap what you see. It only writes the text box "55=B 16=1", which is what is sent;
// without this script that box, and the counts, are used as they are.
const chart = document.querySelector("[data-teeth]");

if (chart) {
  const text = chart.querySelector("[data-chart]");
  const sound = chart.querySelector("input[name=all_sound]");
  const counts = [...chart.querySelectorAll("[data-counts] input")];
  const palette = chart.querySelector("[data-palette]");
  const words = chart.querySelector("[data-palette-words]");
  const teeth = new Map([...chart.querySelectorAll("button.tooth")].map((tooth) => [tooth.dataset.tooth, tooth]));
  const said = new Map([...chart.querySelectorAll("[data-code]")].map((button) => [button.dataset.code, button.textContent.trim()]));
  const marks = new Map(text.value.split(/[\s,;]+/).filter(Boolean).map((mark) => mark.split(/[=:]/)));
  let chosen = null;

  const kind = (code) => (!code ? "" : "0A".includes(code) ? "sound" : "12BC".includes(code) ? "decayed" : "other");

  function draw() {
    for (const [number, tooth] of teeth) {
      const code = marks.get(number) ?? "";
      tooth.dataset.kind = kind(code);
      tooth.querySelector(".tooth__code").textContent = code;
      tooth.setAttribute("aria-pressed", String(number === chosen));
      tooth.setAttribute("aria-label", `${chart.dataset.tooth} ${number}${code ? `: ${said.get(code)}` : ""}`);
    }
    palette.hidden = chosen === null;
    if (chosen === null) return;
    words.textContent = `${chart.dataset.tooth} ${chosen}`;
    const mouth = teeth.get(chosen).dataset.mouth;
    for (const codes of palette.querySelectorAll("[data-codes]")) codes.hidden = codes.dataset.codes !== mouth;
  }

  function write() {
    text.value = [...marks].sort((a, b) => a[0] - b[0]).map((mark) => mark.join("=")).join(" ");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  chart.addEventListener("click", (event) => {
    const tooth = event.target.closest("button.tooth");
    const code = event.target.closest("button[data-code]");
    if (tooth) {
      chosen = tooth.dataset.tooth === chosen ? null : tooth.dataset.tooth;
    } else if (code && chosen) {
      if (code.dataset.code) marks.set(chosen, code.dataset.code);
      else marks.delete(chosen);
      if (code.dataset.code && kind(code.dataset.code) !== "sound") sound.checked = false;
      for (const box of counts) box.value = "";
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
    marks.clear();
    for (const mark of text.value.split(/[\s,;]+/).filter(Boolean)) marks.set(...mark.split(/[=:]/));
    draw();
  });
  for (const box of counts) {
    box.addEventListener("input", () => {
      if (box.value.trim() && box.value.trim() !== "0") sound.checked = false;
    });
  }

  chart.querySelector("[data-chart-buttons]").hidden = false;
  chart.querySelector("[data-chart-text]").hidden = text.closest(".field--wrong") === null;
  draw();
}
