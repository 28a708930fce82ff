// The type-ahead: a text box that offers what the server finds, after the combobox pattern of the ARIA guide.
//
//   <input data-typeahead="/places/villages/">            the address answers ?q= with
//   {"results": [{"id": 7, "text": "…", "more": "…"}]}     `more` is the small second line
//
// Beside it in `.lookup`: `[data-typeahead-value]`, a hidden input for the chosen id, or `[data-typeahead-chips]`,
// a place for many. Changing the text takes the choice back.

const WAIT = 150; // milliseconds after the last key
let count = 0;

export function typeAhead(root) {
  const boxes = root.matches?.("[data-typeahead]") ? [root] : root.querySelectorAll("[data-typeahead]");
  for (const box of boxes) if (!box.dataset.awake) new TypeAhead(box);
}

class TypeAhead {
  constructor(box) {
    this.box = box;
    this.home = box.closest(".lookup") ?? box.parentElement;
    this.value = this.home.querySelector("[data-typeahead-value]");
    this.chips = this.home.querySelector("[data-typeahead-chips]");
    this.found = [];
    this.at = -1;
    this.words = document.getElementById("typeahead-words")?.dataset ?? {};
    this.build();
    box.addEventListener("input", () => this.typed());
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("blur", () => this.left());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const item = event.target.closest("[role=option]");
      if (item) this.choose(Number(item.dataset.at));
    });
    this.mark();
  }

  build() {
    const id = `lookup-${++count}`;
    this.list = document.createElement("ul");
    Object.assign(this.list, { id, className: "lookup__list", hidden: true });
    this.list.setAttribute("role", "listbox");
    const label = this.box.labels?.[0];
    this.list.setAttribute("aria-label", label?.textContent.trim() ?? "");
    this.status = document.createElement("span");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.home.append(this.list, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off",
    })) this.box.setAttribute(name, value);
    this.box.dataset.awake = "1";
  }

  typed() {
    if (this.value?.value) {
      this.value.value = "";
      this.tell();
    }
    this.mark();
    clearTimeout(this.timer);
    this.eager = false;
    const text = this.box.value.trim();
    this.waits = text.length > 0;
    if (!this.waits) return this.close();
    this.timer = setTimeout(() => this.ask(text), WAIT);
  }

  async ask(text) {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const url = new URL(this.box.dataset.typeahead, location.href);
      url.searchParams.set("q", text);
      const answer = await fetch(url, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) throw new Error(answer.status);
      this.found = (await answer.json()).results;
      window.dispatchEvent(new Event("typeahead:back"));
      this.waits = false;
      if (document.activeElement === this.box || this.eager) this.open();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.waits = this.eager = false;
      this.close();
      window.dispatchEvent(new Event("typeahead:lost"));
    }
  }

  open() {
    this.list.replaceChildren(...this.found.map((row, at) => this.item(row, at)));
    this.list.hidden = !this.found.length;
    this.box.setAttribute("aria-expanded", String(this.found.length > 0));
    this.status.textContent = this.found.length ? `${this.found.length} ${this.words.some ?? ""}` : this.words.none ?? "";
    this.point(this.found.length ? 0 : -1);
    if (!this.eager) return;
    this.eager = false;
    if (this.found.length) this.choose(0);
  }

  item(row, at) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${at}`;
    item.dataset.at = at;
    item.setAttribute("role", "option");
    item.append(said(row.text));
    if (row.more) item.append(Object.assign(document.createElement("small"), { textContent: row.more }));
    return item;
  }

  point(at) {
    this.at = at;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    const item = this.list.children[at];
    if (item) {
      this.box.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else this.box.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return this.box.value.trim() && this.ask(this.box.value.trim());
      const size = this.found.length;
      this.point((this.at + (event.key === "ArrowDown" ? 1 : size - 1)) % size);
    } else if (event.key === "Enter" && open && this.at >= 0 && !event.ctrlKey) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Enter" && this.waits && !event.ctrlKey) {
      this.eager = true; // quicker than the answer: take the first when it comes, and never send the form
      if (!("free" in this.box.dataset)) event.preventDefault();
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && !this.box.value && this.chips?.lastElementChild) {
      this.chips.lastElementChild.remove();
      this.tell();
    }
  }

  choose(at) {
    const row = this.found[at];
    if (this.chips) {
      this.add(row);
      this.box.value = "";
    } else {
      this.box.value = row.full ?? (row.more ? `${row.text}, ${row.more}` : row.text);
      if (this.value) this.value.value = row.id;
    }
    this.close();
    this.mark();
    this.tell();
  }

  add(row) {
    const name = this.chips.dataset.typeaheadChips;
    const there = [...this.chips.querySelectorAll("input")].find((input) => input.value === String(row.id));
    if (there) {
      there.checked = true;
      return;
    }
    const chip = document.createElement("label");
    chip.className = "chip";
    const tick = Object.assign(document.createElement("input"), { type: "checkbox", name, value: row.id, checked: true });
    chip.append(tick, " ", said(row.text));
    this.chips.append(chip);
  }

  left() {
    if (this.eager) return; // a choice is still on its way
    clearTimeout(this.timer);
    // One answer to what was typed is what was meant.
    const one = this.found.length === 1 && !this.list.hidden && !this.chips && !("free" in this.box.dataset);
    if (one && this.box.value.trim().length > 2) this.choose(0);
    this.close();
  }

  close() {
    this.asking?.abort();
    this.found = [];
    this.list.hidden = true;
    this.list.replaceChildren();
    this.box.setAttribute("aria-expanded", "false");
    this.point(-1);
  }

  mark() {
    this.home.classList.toggle("lookup--chosen", Boolean(this.value?.value));
  }

  tell() {
    this.box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function said(text) {
  const span = document.createElement("span");
  span.textContent = text;
  const khmer = /[\u1780-\u17ff]/.test(text);
  if (khmer !== (document.documentElement.lang === "km")) span.lang = khmer ? "km" : "en";
  return span;
}
