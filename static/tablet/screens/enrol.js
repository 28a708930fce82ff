// Enrolling: the code comes with the address (#enrol=CODE, from the QR the administrator shows), by camera, or typed.
import { fill, h } from "../dom.js";
import { box, busily, values, wrong } from "../fields.js";
import { icon } from "../icons.js";
import { notice, wordsFor } from "../parts.js";
import { look, canScan } from "../camera.js";
import * as vault from "../vault.js";

const codeIn = (text) => (text.includes("enrol=") ? decodeURIComponent(text.split("enrol=")[1]) : text).trim();

export async function mount(main, [given = ""], { go, say }) {
  const button = h("button.button.button--primary.button--wide", icon("tablet-smartphone"), say("enrol.do"));
  const trouble = h("div", { "aria-live": "polite" });
  const form = h("form.stack", { novalidate: true, onsubmit: send },
    box({ name: "code", label: say("enrol.code"), value: given, help: say("enrol.code_help"), autocapitalize: "off",
      spellcheck: "false", maxlength: 300 }),
    h("div", trouble), button);
  const scan = h("button.button.button--wide", { type: "button", hidden: true, onclick: byCamera }, icon("camera"),
    say("enrol.scan"));

  async function send(event) {
    event?.preventDefault();
    const code = codeIn(values(form).code);
    if (wrong(form, code ? {} : { code: say("enrol.code_missing") })) return;
    fill(trouble);
    await busily(button, async () => {
      try {
        await vault.enrol(code);
        go("login");
      } catch (error) {
        if (error.code === "no_network") fill(trouble, notice("warn", say("enrol.no_network")));
        else wrong(form, { code: wordsFor(error) });
      }
    });
  }

  async function byCamera() {
    const text = await look();
    if (!text) return;
    form.elements.code.value = codeIn(text);
    await send();
  }

  main.append(h("div.screen.lone",
    h("img.mark", { src: document.querySelector("link[rel=icon]").href, alt: "" }),
    h("div", h("h1", { tabindex: -1 }, say("enrol.title")), h("p.lone__under", say("enrol.under"))),
    scan, form, install(say)));
  canScan().then((can) => (scan.hidden = !can));
  if (given) await send();
}

/** How to put the app on the home screen: only there is what it keeps safe from being swept away. */
export function install(say) {
  if (matchMedia("(display-mode: standalone)").matches) return null;
  return h("details", h("summary", say("install.title")),
    h("ol.stack", h("li", say("install.chrome")), h("li", say("install.laptop")), h("li", say("install.why"))));
}
