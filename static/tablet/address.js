// Where a screen is found, and whether one must not be taken away. Apart from the shell, which imports the screens:
// modules that import one another in a circle have no hash.

/** The address of a screen, for links: address("person", id). */
export const address = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** Whether a form with something typed is open: no new version then. Screens mark it with data-open on the form. */
export const busy = () => Boolean(document.querySelector("#main form[data-open]"));
