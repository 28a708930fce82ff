// Log in with name and password: the first time with a network, later the password opens the tablet without one.
import { fill, h } from "../dom.js";
import { box, busily, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { notice, wordsFor } from "../parts.js";
import * as store from "../store.js";
import * as vault from "../vault.js";
import { install } from "./enrol.js";

export function mount(main, _, { go, say }) {
  const known = vault.known();
  const trouble = h("div", { "aria-live": "polite" });
  const button = h("button.button.button--primary.button--wide", icon("log-out"), say("login.do"));
  const name = box({ name: "username", label: say("login.name"), value: known[0]?.username ?? "", autocapitalize: "off",
    spellcheck: "false", maxlength: 150 });
  const pass = box({ name: "password", label: say("login.password"), type: "password", maxlength: 256 });
  const form = h("form.stack", { novalidate: true, onsubmit: send }, h("div", trouble), name, pass, button);
  const people = known.length > 1 && h("div.row", { role: "group", "aria-label": say("login.known") },
    known.map((person) => h("button.button", { type: "button", onclick: () => {
      form.elements.username.value = person.username;
      form.elements.password.focus();
    } }, icon("user"), person.name)));

  async function send(event) {
    event.preventDefault();
    const username = form.elements.username.value.trim();
    const password = form.elements.password.value;
    const missing = {};
    if (!username) missing.username = say("wrong.missing");
    if (!password) missing.password = say("wrong.missing");
    fill(trouble);
    if (wrong(form, missing)) return;
    await busily(button, async () => {
      try {
        await vault.logIn(username, password);
        form.elements.password.value = "";
        go(!vault.hasPin() ? "pin" : store.villages().length ? "home" : "checkout");
      } catch (error) {
        form.elements.password.value = "";
        if (error.code === "wrong_password") wrong(form, { password: wordsFor(error) });
        else fill(trouble, notice("warn", wordsFor(error)));
        form.elements.password.focus();
      }
    });
  }

  main.append(h("div.screen.lone",
    h("img.mark", { src: document.querySelector("link[rel=icon]").href, alt: "" }),
    h("div", h("h1", { tabindex: -1 }, say("login.title")),
      h("p.lone__under", say("login.tablet", { code: vault.device()?.device_code ?? "" }))),
    people, form, h("p.muted.small", say("login.help")), install(say)));
  (known.length ? form.elements.password : form.elements.username).setAttribute("autofocus", "");
}
