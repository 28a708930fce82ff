"""A tablet with a browser profile on its disk: closed, killed, opened again; it outlives everything but its profile."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.flows.conftest import CHROMIUM
from tests.tablet.bare import end_at_once
from tests.tablet.conftest import PIN, Tablet
from tests.tablet.village import PASSWORD

PARTS = ("store", "clock", "sync", "vault", "db", "update")
# The modules as the app itself loaded them: their names carry a hash here.
LOADED = """const loaded = async (name) => import(performance.getEntriesByType("resource").map((one) => one.name)
  .find((address) => new RegExp(`/tablet/${name}(\\\\.[0-9a-f]+)?\\\\.js$`).test(address)));"""


class Carried(Tablet):
    """One tablet that is switched on and off; the thumb's moves are those of `tests/tablet`."""

    def __init__(self, kind: Any, address: str, folder: Path) -> None:
        self.kind, self.address, self.folder, self.language = kind, address, folder, "en"
        self.troubles: list[str] = []
        self.asked: list[str] = []  # calls of the API, by name, since somebody emptied the list
        self.taps, self.off = 0, False
        self.start()

    def start(self) -> None:
        """Switch it on, where it is: without a network when there was none."""
        self.context = self.kind.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], has_touch=True,
            viewport={"width": 360, "height": 740}, accept_downloads=True, reduced_motion="reduce",
        )  # fmt: skip
        self.context.add_init_script(
            "localStorage.getItem('clinic-language') ?? localStorage.setItem('clinic-language', 'en')"
        )
        self.context.set_offline(self.off)
        self._watch(self.context.pages[0])

    def _watch(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda one: "/api/" in one.url and self.asked.append(one.url.rsplit("/", 1)[1]))

    def offline(self, off: bool = True) -> None:
        """Drive out of reach, or back."""
        self.off = off
        super().offline(off)

    def reopen(self) -> None:
        """Close the tab and open the app anew in another."""
        fresh = self.context.new_page()
        self.page.close()
        self._watch(fresh)
        self.open()

    def open(self) -> None:
        """Open the app; it stands at its log-in."""
        self.page.goto(f"{self.address}/tablet/")
        self.page.locator("html[data-ready=yes]").wait_for()

    def log_in(self) -> None:
        """Log in with the password, set the PIN anew, go to today's work."""
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("form .button--primary")
        for _ in range(2):
            expect(self.page.locator("#pin")).to_have_value("")
            self.page.fill("#pin", PIN)
        self.page.locator("#pin").wait_for(state="detached")
        self.go("home", ".seek input")

    def kill(self) -> None:
        """End the browser as a flat battery does."""
        end_at_once(self.folder)
        with suppress(Exception):
            self.context.close()

    def stop(self) -> None:
        """Close the browser."""
        with suppress(Exception):
            self.context.close()

    def run(self, body: str, given: Any = None) -> Any:
        """Run the body of an async function in the page; it sees the app's own modules by their names."""
        imports = "".join(f"const {name} = await loaded({json.dumps(name)});\n" for name in PARTS)
        return self.page.evaluate(f"async (given) => {{ {LOADED} {imports} {body} }}", given)

    def ops(self) -> list[dict[str, Any]]:
        """Return the envelopes of all saves that are on the tablet, sent or not, in their order."""
        rows = self.run('return [...(await db.all("kept")), ...(await db.all("outbox"))];')
        return sorted((row["op"] for row in rows), key=lambda op: int(op["seq"]))

    def send(self) -> None:
        """Press “Send now” and wait until nothing is left."""
        self.go("sending")
        self.tap("button:has-text('Send now')")
        self.page.wait_for_selector(".empty", timeout=60_000)
