"""The real thing under a browser: `manage.py start` with the demonstration year, in a folder of its own.

With DATABASE_URL it runs on a scratch database beside the tests' own, so the same journeys prove both engines.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings

from desk.demo.colleagues import DEMO_PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool({"CI", "REQUIRE_SERVICES"} & os.environ.keys())
STARTS_WITHIN = 600  # seconds; a demonstration year takes one minute on an idle laptop


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
    var = tmp_path_factory.mktemp("centre")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    env |= {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}
    drop = scratch_database(env)
    said = (var / "start.log").open("w+", encoding="utf-8")
    start = [sys.executable, "manage.py", "start", "--port", str(port)]
    process = subprocess.Popen(start, cwd=settings.BASE_DIR, env=env, stdout=said, stderr=said)
    try:
        wait_until_open(process, var / "start.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        said.close()
        drop()


def wait_until_open(process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the system says its address; fail with its own words when it stops or takes too long."""
    begun = time.monotonic()
    while "Open:" not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        assert time.monotonic() - begun < STARTS_WITHIN, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(0.3)


def scratch_database(env: dict[str, str]) -> Callable[[], None]:
    """On PostgreSQL make an empty database beside the configured one and point `env` at it; return how to drop it."""
    if "DATABASE_URL" not in env or not env["DATABASE_URL"].startswith("postgres"):
        return lambda: None
    import psycopg

    parts, name = urlsplit(env["DATABASE_URL"]), f"flows_{os.getpid()}"
    env["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))

    def say(sql: str) -> None:
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    say(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return lambda: say(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield one headless Chromium for all journeys."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


class Person:
    """One colleague at one screen: logs in, reads and types; every page is watched for errors."""

    def __init__(self, browser: Any, address: str, username: str, language: str, width: int = 1280) -> None:
        self.address, self.troubles = address, []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("response", lambda answer: answer.status >= 500 and self.troubles.append(answer.url))
        self.page.goto(f"{address}/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", DEMO_PASSWORD)
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
