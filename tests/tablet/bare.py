"""The app's modules in a real browser: alone, on a bare page, or the whole app on a tablet that can be switched off."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from core.periods import local_day
from sync.services import devices
from tests.builders import a_patient, a_village
from tests.live import chromium
from tests.people import PASSWORD

ORIGIN = "http://localhost:4999"  # nothing listens there: every request is answered here
ROOT = Path(settings.BASE_DIR) / "static"
PAGE = '<!doctype html><html lang="en" data-api="/api/sync/v1/" data-version="test"><main id="main"></main></html>'
KINDS = {".js": "text/javascript", ".json": "application/json", ".css": "text/css"}


class Modules:
    """A page without an app: `run` is the body of an async function that sees the named modules by their names."""

    def __init__(self, context: Any) -> None:
        self.context, self.troubles = context, []
        context.route("**/*", self._answer)
        self.page = self.open()

    def open(self) -> Any:
        """Open another tab on the same page."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.goto(f"{ORIGIN}/")
        return page

    def run(self, *names: str, body: str, given: Any = None, page: Any = None) -> Any:
        """Return what the body returns; `given` is what it is told."""
        imports = "".join(f'const {name} = await import("/static/tablet/{name}.js");\n' for name in names)
        return (page or self.page).evaluate(f"async (given) => {{ {imports} {body} }}", given)

    def _answer(self, route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        file = ROOT / path.removeprefix("/static/")
        if path.startswith("/static/") and file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, "text/plain"))
        elif path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(status=404, body="")


@pytest.fixture
def modules(browser: Any) -> Iterator[Modules]:
    """Modules on a bare page, with a database of their own."""
    context = browser.new_context()
    yield (made := Modules(context))
    context.close()
    assert made.troubles == []


# -- the whole app before a running server -----------------------------------------------------------------------------


class App:
    """The app on one tablet: enrolled, logged in, with villages lent; its modules answer `run`."""

    def __init__(self, kind: Any, address: str, folder: Path) -> None:
        self.kind, self.address, self.folder, self.troubles = kind, address, folder, []
        self.start()

    def start(self) -> None:
        """Open the browser on the tablet's profile."""
        self.context = self.kind.launch_persistent_context(
            str(self.folder), executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"],
            viewport={"width": 360, "height": 740},
        )  # fmt: skip
        self.page = self.open(self.context.pages[0])

    def open(self, page: Any = None) -> Any:
        """Open the app in a tab."""
        page = page or self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.goto(f"{self.address}/tablet/")
        page.locator("html[data-ready=yes]").wait_for(timeout=20_000)
        return page

    def run(self, body: str, given: Any = None, page: Any = None) -> Any:
        """Run the body of an async function in the page; it sees the app's modules as `vault`, `store` and so on."""
        names = ("vault", "store", "sync", "search", "db", "memory", "numbers", "clock", "keys", "roster", "events")
        imports = "".join(f'const {name} = await import("/static/tablet/{name}.js");\n' for name in names)
        return (page or self.page).evaluate(f"async (given) => {{ {imports} {body} }}", given)

    def kill(self) -> None:
        """End the browser at once, as a flat battery does."""
        end_at_once(self.folder)
        with suppress(Exception):
            self.context.close()

    def stop(self) -> None:
        """Close the browser."""
        with suppress(Exception):
            self.context.close()


def end_at_once(folder: Path) -> None:
    """Kill the browser that runs on a profile, all of its processes, with signal 9."""
    mine = f"--user-data-dir={folder}"
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        pid, _, args = line.strip().partition(" ")
        if mine in args:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def invitation(by: Any, name: str = "Tablet") -> str:
    """Return the code that lets a tablet in."""
    return devices.invite(name=name, by=by, now=timezone.now())[1]


@pytest.fixture
def app(browser: Any, live_server: Any, tmp_path: Path) -> Iterator[App]:
    """The app, just opened for the first time."""
    app = App(browser.browser_type, live_server.url, tmp_path / "profile")
    yield app
    app.stop()
    assert app.troubles == []


@pytest.fixture
def ready(app: App, administrator: Any, mobile: Any) -> App:
    """The app, enrolled, with Keo Dara logged in and the people of one village lent."""
    village = a_village()
    a_patient(
        by=administrator, today=local_day(timezone.now()), village=village, phone="012345678",
        family_name="Chan", given_name="Bopha", family_name_km="ចាន់", given_name_km="បុប្ផា",
    )  # fmt: skip
    app.village = village.pk  # type: ignore[attr-defined]
    app.run("await vault.enrol(given)", invitation(administrator))
    app.run("await vault.logIn(...given)", [mobile.username, PASSWORD])
    app.run("await sync.checkout([given], 72)", village.pk)
    return app
