// Rows of boxes that grow: `[data-rows]` names the box that every row has and holds a <template> of an empty row.

export function addRow(container) {
  const template = container.querySelector("template");
  template.before(template.content.cloneNode(true));
  const row = template.previousElementSibling;
  row.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: row } })); // type-ahead and the like
  return row;
}

// Make as many rows as a draft has, before its values are put back.
export function makeRoom(form, values) {
  for (const container of form.querySelectorAll("[data-rows]")) {
    const wanted = values.filter(([name]) => name === container.dataset.rows).length;
    for (let there = boxes(container).length; there < wanted; there++) addRow(container);
  }
}

export const boxes = (container) => [...container.querySelectorAll(`[name="${container.dataset.rows}"]`)];

export function moreRows() {
  for (const button of document.querySelectorAll("[data-row-more]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row-more]");
    if (button) addRow(document.getElementById(button.dataset.rowMore)).querySelector("input:not([type=hidden])").focus();
  });
}
