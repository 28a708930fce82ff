"""Every page that a link leads to, in both languages, on a telephone and a laptop: readable for everybody.

The pages are found by following links from the start page as the administrator, who may go everywhere; one page of
each view is looked at, so that a new page is looked at without a new test.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.flows.conftest import Person
from tests.flows.test_what_pages_do import LAPTOP, PHONE, RULES, TOO_SMALL, TOO_WIDE, Sit
from tests.walk import walk

# A second each: every page is looked at twice, once on each engine, in the other language and on the other screen.
SCREENS = [("km", PHONE, "light", 0), ("en", PHONE, "dark", 1)]
if "DATABASE_URL" in os.environ:
    SCREENS = [("en", LAPTOP, "dark", 0), ("km", LAPTOP, "light", 1)]


@pytest.fixture(scope="module")
def found(browser: Any, address: str) -> dict[str, str]:
    """Return the first page of each view that links lead to, by the view's name."""
    person = Person(browser, address, "admin", "en")

    def get(path: str) -> tuple[int, str, str]:
        answer = person.context.request.get(address + path, max_redirects=0)
        kind = answer.headers.get("content-type", "")
        return answer.status, kind, answer.text() if "html" in kind else ""

    pages = walk(get)
    person.context.close()
    return {name: next(iter(paths)) for name, paths in pages.items()}


@pytest.mark.parametrize(("language", "width", "scheme", "part"), SCREENS)
def test_every_page_is_readable_for_everybody(
    people: Sit, found: dict[str, str], language: str, width: int, scheme: Any, part: int
) -> None:
    assert len(found) > 40, sorted(found)
    person = people("admin", language, width)
    person.page.emulate_media(color_scheme=scheme)
    wrong: dict[str, Any] = {}
    for name, path in sorted(found.items())[part::2]:
        person.go(path)
        troubles: list[Any] = [
            (v["id"], [n["target"] for n in v["nodes"]][:3])
            for v in Axe().run(person.page, options=RULES).response["violations"]
        ]
        if person.page.evaluate(TOO_WIDE):
            troubles.append("sticks out sideways")
        if small := person.page.evaluate(TOO_SMALL):
            troubles.append(("too small for a finger", small[:3]))
        if troubles:
            wrong[f"{name} {path}"] = troubles
    assert not wrong, "\n".join(f"{page}: {said}" for page, said in wrong.items())
