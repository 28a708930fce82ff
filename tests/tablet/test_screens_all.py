"""Every screen, in Khmer and English, on a small and a large tablet and a laptop: clean for a screen reader, nothing
sticks out, everything to tap is as large as a thumb, and every word is there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from sync.app_words import WORDS
from tests.tablet.conftest import LOOK, Tablet

SIZES = {"small": (360, 740), "large": (800, 1280), "laptop": (1366, 768)}
APP = settings.BASE_DIR / "static" / "tablet"
LEAST = 44  # CSS pixels; 48 is the house's measure, the narrowest teeth of a grown mouth come to 44

# What may be smaller: words in a text, ticks that a large label covers, a fold's own line.
TOO_SMALL = f"""() => [...document.querySelectorAll(
    'button, a, select, summary, label:has(input), input:not([type=hidden])')]
  .filter((e) => e.checkVisibility() && !e.closest('p, td, dd') && !e.matches('label > input'))
  .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 90)])
  .filter(([box]) => box.width && (box.height < {LEAST} || box.width < {LEAST}))
  .map(([box, html]) => [Math.round(box.width), Math.round(box.height), html])"""
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
TALL = "document.documentElement.scrollHeight"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TIGHT = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && e.closest('[lang]').lang === 'km')
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && /[\\u1780-\\u17d3]/.test(n.data)))
  .filter((e) => { const s = getComputedStyle(e); return parseFloat(s.lineHeight) / parseFloat(s.fontSize) < 1.69; })
  .map((e) => e.outerHTML.slice(0, 120))"""


def places(world: dict[str, Any]) -> dict[str, str]:
    """Name every screen with an address that shows something."""
    stop, child, grown = world["stops"][0].pk, world["people"][0].pk, world["people"][6].pk
    earlier = child_checkup(world)
    return {
        "home": "home", "find": "find/sok", "register": "register/-/Chan%20Dara", "person": f"person/{child}",
        "edit": f"edit/{child}", "checkup": f"checkup/{child}/{stop}", "grown": f"checkup/{grown}/{stop}",
        "correct": f"checkup/{child}/{world['stops'][3].pk}/{earlier}", "stop": "stop", "session": f"session/{stop}",
        "talk": f"talk/{stop}", "kit": f"kit/{stop}", "worms": f"worms/{stop}", "donation": "donation",
        "donations": "donations", "inbox": "inbox", "sending": "sending", "close": "close", "checkout": "checkout",
        "pin": "pin", "more": "more", "gone": "person/nobody",
    }  # fmt: skip


def child_checkup(world: dict[str, Any]) -> Any:
    """Return the check-up of a week ago."""
    from mobile_team.models import DentalCheckup

    return DentalCheckup.objects.get(session=world["stops"][3]).pk


def look(tablet: Tablet, name: str) -> list[Any]:
    """Return what is wrong with the screen that is shown, and keep its picture."""
    page, size = tablet.page, tablet.page.viewport_size
    wrong: list[Any] = []
    if (over := page.evaluate(SIDEWAYS)) > 0:
        wrong.append((name, "sticks out", over))
    # As tall as its content: bars that stay in sight lie over nothing then.
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], page.evaluate(TALL))})
    page.wait_for_timeout(80)
    if "small" in name or "km-large" in name or "dark" in name:
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        wrong += [(name, one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]
    wrong += [(name, "too small", *one) for one in page.evaluate(TOO_SMALL)]
    wrong += [(name, "tight Khmer", one) for one in page.evaluate(TIGHT)]
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png")
    page.set_viewport_size(size)
    return wrong


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_screen_is_clean(tablets: Callable[..., Tablet], world: dict[str, Any], language: str) -> None:
    """Axe finds nothing, nothing sticks out sideways, and nothing is too small for a thumb."""
    tablet = tablets(language, ready=False)
    wrong = look(tablet, f"{language}-small-checkout-first")
    tablet.carry()
    for name, where in places(world).items():
        tablet.page.set_viewport_size({"width": 360, "height": 740})
        tablet.go(where, "main .screen")
        prepare(tablet, name)
        for size, (width, height) in SIZES.items():
            tablet.page.set_viewport_size({"width": width, "height": height})
            wrong += look(tablet, f"{language}-{size}-{name}")
    tablet.page.set_viewport_size({"width": 360, "height": 740})
    tablet.page.evaluate("document.querySelector('.bar__end button:last-child').click()")
    tablet.page.wait_for_selector(".pin")
    wrong += look(tablet, f"{language}-small-unlock")
    tablet.page.locator("main button.full").click()
    tablet.page.wait_for_selector("[name=username]")
    wrong += look(tablet, f"{language}-small-login")
    assert not wrong, json.dumps(wrong[:40], indent=1, ensure_ascii=False)


def prepare(tablet: Tablet, name: str) -> None:
    """Bring the richer states of a screen to light: marks in a chart, what is folded away, a second fold."""
    if name == "checkup":
        tablet.page.locator(".tooth[data-tooth='54']").tap()
        tablet.page.locator(".tooth[data-tooth='65']").tap()
        tablet.page.locator("[data-pufa='65A']").check(force=True)
        tablet.page.locator("[data-what='sdf']:not([data-tooth])").check(force=True)
    if name in {"checkup", "person", "kit", "session", "more"}:
        tablet.page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true })")


@pytest.mark.parametrize("scheme", ["dark"])
def test_the_dark_screens_have_contrast(tablets: Callable[..., Tablet], world: dict[str, Any], scheme: Any) -> None:
    """At night as by day."""
    tablet = tablets()
    tablet.page.emulate_media(color_scheme=scheme)
    wrong: list[Any] = []
    for name in ("home", "checkup", "person", "sending", "talk", "donation"):
        tablet.go(places(world)[name], "main .screen")
        prepare(tablet, name)
        wrong += look(tablet, f"dark-{name}")
    assert not wrong, json.dumps(wrong[:40], indent=1, ensure_ascii=False)


def test_every_word_the_screens_say_is_in_the_table() -> None:
    """No key is shown in place of words; of keys put together the beginning is known."""
    said: set[str] = set()
    begun: set[str] = set()
    stems = {key.split(".")[0] for key in WORDS}
    for path in [*APP.glob("*.js"), *APP.glob("screens/*.js")]:
        text = path.read_text(encoding="utf-8")
        keys = set(re.findall(r'"([a-z_]+(?:\.[a-zA-Z0-9_]+)+)"', text))
        direct = set(re.findall(r'\b(?:say|words|group)\("([\w.]+)"', text))
        said |= {key for key in keys if key.split(".")[0] in stems} | direct
        begun |= set(re.findall(r"\b(?:say|words|has)\(`([a-z_.]+)\$", text))
    missing = {key for key in said if key not in WORDS and not key.endswith(".js")}
    assert not missing
    assert not {beginning for beginning in begun if not any(key.startswith(beginning) for key in WORDS)}
