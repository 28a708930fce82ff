// Alt and a letter: the `accesskey` of a button, a link or a box, as the page shows it. The browser knows the letter
// that the keyboard types; with a Khmer keyboard that is another one, so here the key itself counts.

export function accessKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
    const element = letter && document.querySelector(`main [accesskey="${letter}"]`);
    if (!element?.checkVisibility()) return;
    event.preventDefault();
    element.focus();
    if (element.matches("a, button, summary")) element.click();
  });
}
