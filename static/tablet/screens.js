// Every screen of the app: the first word of its address, who may see it, where it lives. A screen is a module with
// `mount(main, params, { go, address, say, redraw })`; what it returns is called when the screen is left.
// `needs`: "open" (somebody is logged in), "locked" (log-in), "resting" (PIN), "new" (not enrolled), "any".
const open = (load) => ({ needs: "open", load });

export const SCREENS = {
  enrol: { needs: "new", load: () => import("./screens/enrol.js") },
  login: { needs: "locked", load: () => import("./screens/login.js") },
  unlock: { needs: "resting", load: () => import("./screens/unlock.js") },
  home: open(() => import("./screens/home.js")),
  pin: open(() => import("./screens/pin.js")),
  checkout: open(() => import("./screens/checkout.js")),
  find: open(() => import("./screens/find.js")),
  register: open(() => import("./screens/register.js")),
  person: open(() => import("./screens/person.js")),
  edit: open(() => import("./screens/edit.js")),
  checkup: open(() => import("./screens/checkup.js")),
  stop: open(() => import("./screens/stop.js")),
  session: open(() => import("./screens/session.js")),
  talk: open(() => import("./screens/talk.js")),
  kit: open(() => import("./screens/kit.js")),
  worms: open(() => import("./screens/worms.js")),
  donation: open(() => import("./screens/donation.js")),
  donations: open(() => import("./screens/donations.js")),
  receipt: open(() => import("./screens/receipt.js")),
  inbox: open(() => import("./screens/inbox.js")),
  sending: open(() => import("./screens/sending.js")),
  close: open(() => import("./screens/close.js")),
  more: open(() => import("./screens/more.js")),
};
