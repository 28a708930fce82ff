"""A tablet in headless Chromium on the real server: let in, logged in, with people taken along."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core import assets
from tests.tablet.bare import app, modules, ready
from tests.tablet.village import PASSWORD, seed

__all__ = ["app", "modules", "ready"]  # fixtures

PIN = "482917"
LOOK = os.environ.get("TABLET_PICTURES", "")  # a folder: every screen a test shows is kept there as a picture


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if "tests/tablet" in str(item.path) and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


class Tablet:
    """One tablet: its page, with the few moves that every journey begins with."""

    def __init__(self, browser: Any, address: str, language: str = "en", size: tuple[int, int] = (360, 740)) -> None:
        self.address, self.language = address, language
        self.troubles: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=True, accept_downloads=True,
            reduced_motion="reduce",
        )  # fmt: skip
        self.context.add_init_script(
            f"localStorage.getItem('clinic-language') ?? localStorage.setItem('clinic-language', '{language}')"
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(45_000)  # a frame can be long in coming beside another browser
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._heard)
        self.taps = 0

    def _heard(self, message: Any) -> None:
        ours = message.type == "error" and "Failed to load resource" not in message.text
        if ours:
            self.troubles.append(message.text)

    def enter(self, code: str, username: str = "dara") -> None:
        """Let the tablet in, log in, set a PIN."""
        self.page.goto(f"{self.address}/tablet/#enrol={code}")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("form .button--primary")
        for _ in range(2):
            expect(self.page.locator("#pin")).to_have_value("")
            self.page.fill("#pin", PIN)
        self.page.wait_for_selector("[name=how]", state="attached")
        if self.page.get_attribute("html", "lang") != self.language:
            self.page.click(".bar__end button:first-child")
            self.page.wait_for_selector(f"html[lang={self.language}]", state="attached")

    def carry(self) -> None:
        """Take the villages of the coming sessions along, and go to today's work."""
        self.page.click("form .button--primary")
        self.page.wait_for_selector(".notice--ok + .notice--ok")
        self.page.click("main button.button--primary")
        self.page.wait_for_selector(".seek input")

    def offline(self, off: bool = True) -> None:
        """Drive out of reach, or back."""
        self.context.set_offline(off)

    def go(self, path: str, wait: str = "main h1") -> None:
        """Open a screen by its address."""
        self.page.evaluate("path => { location.hash = '#/' + path }", path)
        self.page.wait_for_url(f"**/#/{path}")
        self.page.wait_for_selector(wait)
        self.page.wait_for_timeout(150)

    def tap(self, selector: str) -> None:
        """Tap once, and count it."""
        self.taps += 1
        self.page.locator(selector).first.tap()

    def choose(self, name: str, value: str) -> None:
        """Choose one of large buttons."""
        self.tap(f"label:has(> input[name={name}][value='{value}'])")

    def seek(self, text: str) -> None:
        """Type into the box that finds people."""
        self.page.fill(".seek input", text)
        self.page.wait_for_selector(".seek-count:not(:empty), .notice")
        self.page.wait_for_timeout(200)

    def register_a_child(self, name: str, age: str) -> None:
        """Register a boy whom the search did not find, as a thumb does, up to the screen with his number."""
        self.seek(name)
        self.tap("a.button--primary")
        self.page.wait_for_selector("[name=family_name]")
        self.choose("sex", "M")
        self.page.fill("[name=birth]", age)
        self.choose("allergy", "none")
        self.tap(".save-foot .button--primary")
        self.page.wait_for_selector(".ticket__number")

    def village(self, index: int = 0) -> None:
        """Choose a village by typing two letters and pressing Enter."""
        box = self.page.locator("[role=combobox]")
        box.fill("ou")
        self.page.locator("[role=option]").nth(index).click()

    def state(self) -> str:
        """Read the line that says where the work is."""
        return " ".join(self.page.locator(".state-line").inner_text().split())

    def says(self, *texts: str) -> None:
        """Assert that the screen's words hold all of these."""
        words = self.page.locator("main").inner_text()
        for text in texts:
            assert text in words, (text, words[:1500])

    def picture(self, name: str) -> None:
        """Keep a picture where somebody wants to look."""
        if LOOK:
            Path(LOOK).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


@pytest.fixture
def world(transactional_db: None) -> dict[str, Any]:
    """Return the small world of tests/tablet/village.py on the present day."""
    assets.build()
    return seed()


@pytest.fixture
def code(world: dict[str, Any]) -> Callable[[], str]:
    """Return how to get a code for one more tablet."""
    from sync.services import devices

    return lambda: devices.invite(name="Van", by=world["user"], now=timezone.now())[1]


@pytest.fixture
def tablets(browser: Any, live_server: Any, code: Callable[[], str]) -> Iterator[Callable[..., Tablet]]:
    """Return how to get a tablet that is ready for the day; afterwards none may have had trouble."""
    there: list[Tablet] = []

    def begin(language: str = "en", size: tuple[int, int] = (360, 740), *, ready: bool = True) -> Tablet:
        tablet = Tablet(browser, live_server.url, language, size)
        there.append(tablet)
        tablet.enter(code())
        if ready:
            tablet.carry()
        return tablet

    yield begin
    for tablet in there:
        tablet.context.close()
    assert [tablet.troubles for tablet in there if tablet.troubles] == []


@pytest.fixture
def tablet(tablets: Callable[..., Tablet]) -> Tablet:
    """Return one small tablet with people taken along, in English."""
    return tablets()
