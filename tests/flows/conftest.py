"""The real thing under a browser: `manage.py start` with the demonstration year (centre.py), and who sits before it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from desk.demo.colleagues import DEMO_PASSWORD
from tests.flows.centre import Centre

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool({"CI", "REQUIRE_SERVICES"} & os.environ.keys())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as a browser journey; without Chromium it is left out aloud, or fails where required."""
    for item in items:
        if "tests/flows" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: the journeys in a browser are NOT tested"))


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the whole system once; yield its address, and stop it with everything it started."""
    assert CHROMIUM, "Chromium is required here and is missing"
    if running := os.environ.get("FLOWS_ADDRESS"):  # a system that runs already, while one works on a journey
        yield running
        return
    centre = Centre(tmp_path_factory.mktemp("centre"))
    try:
        centre.start()
        yield centre.address
    finally:
        centre.stop()
        centre.drop()


class Person:
    """One colleague at one screen: logs in, reads and types; every page is watched for errors."""

    def __init__(
        self, browser: Any, address: str, username: str, language: str, width: int = 1280, *,
        password: str = DEMO_PASSWORD,
    ) -> None:  # fmt: skip
        self.address, self.troubles = address, []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("response", lambda answer: answer.status >= 500 and self.troubles.append(answer.url))
        self.page.goto(f"{address}/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{address}/")
        if self.page.get_attribute("html", "lang") != language:
            self.page.click("form.language button")
            self.page.locator(f"html[lang={language}]").wait_for(state="attached")

    def go(self, path: str) -> None:
        """Open a page of ours; it must answer, and nothing on it may stick out sideways."""
        answer = self.page.goto(self.address + path)
        assert answer and answer.status == 200, (path, answer and answer.status)

    def pick(self, name: str, text: str) -> None:
        """Type into a type-ahead box and take the first thing it offers, by keyboard."""
        box = self.page.locator(f"[name={name}]")
        box.click()
        box.press_sequentially(text)
        self.page.locator("[role=option]").first.wait_for()
        box.press("ArrowDown")
        box.press("Enter")

    def choose(self, name: str, value: str) -> None:
        """Choose a radio or box by its value."""
        self.page.locator(f"[name={name}][value='{value}']").check(force=True)

    def send(self, button: str = "main form[method=post] button:not([type=button])") -> None:
        """Press a form's button and wait for the page after it."""
        before = self.page.url
        with self.page.expect_navigation():
            self.page.locator(button).first.click()
        wrong = self.page.locator(".errorlist, .field__error").all_inner_texts()
        assert not wrong, (before, wrong)

    def says(self, *texts: str) -> None:
        """Assert that the page's words hold all of these."""
        words = self.page.locator("main").inner_text()
        for text in texts:
            assert text in words, (text, words[:1500])

    def id_in_address(self) -> str:
        """Return the key of the record that is open."""
        found = re.search(r"[0-9a-f-]{36}", self.page.url)
        assert found, self.page.url
        return found[0]


@pytest.fixture
def people(browser: Any, address: str) -> Iterator[Callable[..., Person]]:
    """Return how to sit somebody down at a screen; afterwards no screen may have had trouble."""
    seated: list[Person] = []

    def sit(username: str, language: str, width: int = 1280) -> Person:
        seated.append(Person(browser, address, username, language, width))
        return seated[-1]

    yield sit
    for person in seated:
        assert person.troubles == []
        person.context.close()
