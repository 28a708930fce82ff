// The box that finds people while one types, by name in either script, number, phone, village or card.
import { canScan, look } from "./camera.js";
import { fill, h, later, newId } from "./dom.js";
import { on } from "./events.js";
import { icon } from "./icons.js";
import { apart, names, notice, stateBadge } from "./parts.js";
import { find } from "./search.js";
import { address } from "./address.js";
import { say } from "./words.js";
import * as work from "./work.js";

const MOST = 20;

// The words that found nobody go to the form by memory: an address stays in the browser's history, on the disk.
let sought = "";
export const lastSought = () => sought;
on("vault", ({ state }) => state === "open" || (sought = ""));

/**
 * `session`: a person found is opened for a check-up there; without one, for reading. `typed` stands in the box at
 * first. `empty()` is shown while nothing is typed.
 */
export function seek({ session: stop = null, typed = "", label, empty = () => null, changed = () => {} }) {
  const session = work.mayCheck() ? stop : null;
  const id = newId("seek");
  const told = h("p.seek-count", { role: "status" });
  const list = h("div.stack");
  const people = h("div");
  // One link for ever: a finger that comes down on it while the list is drawn again still finds it when it goes up.
  const words = h("span");
  const register = h("a.button.button--wide", { href: address("register", stop?.id ?? "-"),
    onclick: () => (sought = box.value.trim()) }, icon("user-plus"), words);
  const box = h("input", { id, type: "search", value: typed, enterkeyhint: "search", autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false", maxlength: 80, placeholder: say("seek.hint") });
  const scan = h("button", { type: "button", hidden: true, "aria-label": say("scan.title"), onclick: byCard },
    icon("scan-line"));
  const root = h("div.seek", icon("search"), box, scan);
  const form = h("form.stack", { role: "search", onsubmit: first }, h("label", { for: id }, label), root);

  function first(event) {
    event.preventDefault();
    draw();
    const hits = list.querySelectorAll("a.big[data-person]");
    if (hits.length === 1) location.hash = hits[0].getAttribute("href");
    else hits[0]?.focus();
  }

  async function byCard() {
    const text = await look();
    if (!text) return;
    box.value = text.split("/").filter(Boolean).at(-1);
    first(new Event("submit"));
  }

  function line({ person, why }) {
    const seen = session && work.seenIn(session.id, person.id);
    const href = session && !seen ? address("checkup", person.id, session.id) : address("person", person.id);
    return h("li",
      h("a.big", { href, data: { person: person.id } },
        h("span", h("b", names(person)),
          h("span.facts", apart(person).map((fact) => h("span", fact)), why === "number" && h("span.pnum", person.number)),
          seen ? h("span.badge.badge--ok", icon("check"), say("seek.seen_today")) : null,
          person.own ? stateBadge(person.id) : null),
        icon("chevron-right")),
      session && !seen && h("a.button", { href: address("person", person.id),
        "aria-label": say("person.open", { name: person.number }) }, icon("file-text")));
  }

  function draw() {
    const text = box.value.trim();
    changed(text);
    if (text.length < 2) {
      told.textContent = "";
      fill(list, empty());
      return;
    }
    const hits = find(text, { limit: MOST });
    told.textContent = hits.length ? say("seek.found", { n: hits.length }) : "";
    register.classList.toggle("button--primary", !hits.length);
    words.textContent = say(hits.length ? "seek.none_of_these" : "seek.register");
    fill(people, hits.length ? h("ul.found-people", hits.map(line)) : notice("info", say("seek.nobody", { text })));
    if (register.parentNode !== list) fill(list, people, register);
  }

  box.addEventListener("input", later(90, draw));
  canScan().then((can) => {
    scan.hidden = !can;
    root.classList.toggle("seek--scan", can);
  });
  draw();
  return { element: h("div.seek-place", form, told, list), box, draw };
}
