// The search box: "/" goes to it, arrows walk the results, any other key goes back to it; a camera reads cards.
import { scanner } from "./scanner.js";

const $ = (selector, root = document) => root.querySelector(selector);

export function search() {
  for (const form of document.querySelectorAll("form[role=search][data-search]")) tend(form);
}

function tend(form) {
  const box = $("input[type=search]", form);
  const drop = $(".search__results", form);
  const home = drop ? form : $("#found")?.parentElement ?? form;
  // Results under the box, or, when they stand in the page, those there.
  const links = () => {
    const under = drop ? [...drop.querySelectorAll("a[href], button")] : [];
    return under.length ? under : [...document.querySelectorAll("#found a[href]")];
  };

  if (drop) {
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        box.focus();
        box.select();
      }
    });
  }
  const walk = (event) => {
    if (event.defaultPrevented) return;
    const found = links();
    const at = found.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== box) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      (found[at + step] ?? (step < 0 ? box : found.at(-1))).focus();
    } else if (event.key === "Escape" && drop) {
      drop.replaceChildren();
      box.focus();
    } else if (at >= 0 && (event.key.length === 1 || event.key === "Backspace") && event.key !== " " && !event.ctrlKey) {
      box.focus(); // the key is typed there
    }
  };
  form.addEventListener("keydown", walk);
  const page = $("#found");
  if (page && !form.contains(page)) page.addEventListener("keydown", walk);

  box.addEventListener("input", () => {
    if (!box.value.trim()) drop?.replaceChildren();
  });
  // An answer that comes after the box was emptied belongs to nothing any more.
  home.addEventListener("htmx:beforeSwap", (event) => {
    if (drop && !box.value.trim()) event.detail.shouldSwap = false;
  });
  scanner($("[data-scan]", form), (text) => {
    box.value = text;
    form.requestSubmit();
  });
}
