// The stops of a route: moved by buttons, or by Alt and an arrow key. Without this script each stop carries a number.
const list = document.querySelector("[data-stops]");

if (list) {
  const said = document.querySelector("[data-stops-said]");
  const more = document.querySelector("[data-stops-more]");
  const order = (stop) => stop.querySelector("input[name^=order_]");
  list.dataset.live = "";
  for (const row of list.querySelectorAll("[data-moves]")) row.hidden = false;

  // A draft or a refused form may bring numbers of its own.
  const byNumber = () => {
    const number = (stop, at) => Number(order(stop).value) || at + 1;
    const rows = [...list.children].map((stop, at) => [number(stop, at), at, stop]);
    for (const [, , stop] of rows.sort((a, b) => a[0] - b[0] || a[1] - b[1])) list.append(stop);
  };

  const count = () => {
    [...list.children].forEach((stop, at) => {
      order(stop).value = at + 1;
      stop.querySelector("[data-number]").textContent = at + 1;
      stop.querySelector('[data-move="-1"]').disabled = at === 0;
      stop.querySelector('[data-move="1"]').disabled = at === list.children.length - 1;
    });
  };

  const move = (stop, by, keep) => {
    const beside = by < 0 ? stop.previousElementSibling : stop.nextElementSibling;
    if (!beside) return;
    if (by < 0) beside.before(stop);
    else beside.after(stop);
    count();
    const button = keep.disabled ? stop.querySelector("[data-move]:not(:disabled)") : keep;
    button.focus();
    said.textContent = `${list.dataset.moved} ${order(stop).value}`;
    order(stop).dispatchEvent(new Event("input", { bubbles: true }));
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) move(button.closest(".stop"), Number(button.dataset.move), button);
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const stop = event.target.closest(".stop");
    if (!by || !event.altKey || !stop) return;
    event.preventDefault();
    move(stop, by, event.target);
  });

  const later = [...list.querySelectorAll("[data-later]")];
  const empty = (stop) => !stop.querySelector("input[name^=village_]:not([type=hidden])").value;
  if (later.some(empty)) {
    for (const stop of later.filter(empty)) stop.hidden = true;
    more.hidden = false;
    more.addEventListener("click", () => {
      const next = later.find((stop) => stop.hidden);
      if (!next) return;
      list.append(next);
      next.hidden = false;
      count();
      next.querySelector("input[name^=village_]:not([type=hidden])").focus();
      more.hidden = !later.some((stop) => stop.hidden);
    });
  }
  byNumber();
  count();
}
