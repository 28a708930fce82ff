"""The app's modules in a real browser: alone, on a bare page, or the whole app before a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.live import chromium

ORIGIN = "http://tablet.test"  # *.test is no secure context; the arguments below make it one
ROOT = Path(settings.BASE_DIR) / "static"
PAGE = '<!doctype html><html lang="en" data-api="/api/sync/v1/" data-version="test"><main id="main"></main></html>'
KINDS = {".js": "text/javascript", ".json": "application/json", ".css": "text/css"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if "tests/tablet" in str(item.path) and {"chrome", "modules", "app"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """One headless Chromium; skipped aloud where there is none, failed where it is promised."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", f"--unsafely-treat-insecure-origin-as-secure={ORIGIN}"],
        )
        yield browser
        browser.close()


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
def modules(chrome: Any) -> Iterator[Modules]:
    """Modules on a bare page, with a database of their own."""
    context = chrome.new_context()
    yield (made := Modules(context))
    context.close()
    assert made.troubles == []
