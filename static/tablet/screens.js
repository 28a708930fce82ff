// Every screen of the app: the first word of its address, who may see it, where it lives. A screen is a module with
// `mount(main, params, { go, address, say, redraw })`; what it returns is called when the screen is left.
// `needs`: "open" (somebody is logged in), "locked" (log-in), "resting" (PIN), "new" (not enrolled), "any".
export const SCREENS = {
  enrol: { needs: "new", load: () => import("./screens/enrol.js") },
  login: { needs: "locked", load: () => import("./screens/login.js") },
  unlock: { needs: "resting", load: () => import("./screens/unlock.js") },
  home: { needs: "open", load: () => import("./screens/home.js") },
};
