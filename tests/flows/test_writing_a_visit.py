"""What the page of a visit does while a nurse writes: warns, says doses in words, proposes, and loses nothing."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.conftest import Person

Sit = Callable[..., Person]
NAMES = itertools.count(int(time.time()) % 100_000)


def expect(found: Any) -> Any:
    """Return Playwright's own assertion, which waits; imported late, for machines without it."""
    from playwright.sync_api import expect as wait_for

    return wait_for(found)


@pytest.fixture
def nurse(people: Sit) -> Person:
    """Seat a nurse before the new visit of a child of two years."""
    nurse = people("nurse", "en")
    nurse.go("/clinic/register/")
    nurse.page.fill("[name=family_name]", "Meas")
    nurse.page.fill("[name=given_name]", "".join("aeioulmnrs"[int(n)] for n in reversed(str(next(NAMES)))))
    nurse.choose("sex", "M")
    nurse.page.fill("[name=birth]", "2")
    nurse.send("button[name=then][value=visit]")
    return nurse


def test_measurements_are_judged_while_they_are_typed(nurse: Person) -> None:
    page = nurse.page
    page.locator("[name=temperature]").press_sequentially("39.5")
    expect(page.locator("#unusual")).to_contain_text("Unusual for this age")
    page.locator("[name=weight]").press_sequentially("900")
    expect(page.locator("#unusual")).to_contain_text("between 0.5 and 200")


def test_a_dose_is_said_in_words_and_a_double_is_pointed_out(nurse: Person) -> None:
    page = nurse.page
    page.keyboard.press("Alt+s")
    page.keyboard.type("para", delay=40)
    page.keyboard.press("Enter")  # before the answer came: the first one is taken when it comes
    dose = page.locator("[name=treatments_dose]").first
    expect(dose).to_be_focused()
    page.keyboard.type("១x៣x៥")
    expect(page.locator(".prescription")).to_contain_text("3 times a day for 5 days, together 15")
    page.keyboard.press("Enter")
    page.keyboard.type("Paracetamol syrup")
    expect(page.locator(".prescription")).to_contain_text("written twice")


def test_the_main_diagnosis_is_changed_by_keyboard(nurse: Person) -> None:
    page = nurse.page
    for text in ("R50", "J00"):
        page.keyboard.press("Alt+g")
        page.keyboard.type(text, delay=30)
        page.locator("[role=option]").first.wait_for()
        page.keyboard.press("Enter")
    keys = page.locator(".chip input")
    expect(keys).to_have_count(2)
    first = keys.first.input_value()
    keys.nth(1).focus()
    page.keyboard.press("ArrowUp")
    expect(keys.nth(1)).to_have_value(first)
    expect(page.locator(".chip--main")).to_have_count(1)
    page.locator(".chip__first").press("Enter")
    expect(keys.first).to_have_value(first)


def test_what_was_begun_comes_back_whole_with_its_rows_and_sentences(nurse: Person) -> None:
    page = nurse.page
    page.keyboard.press("Alt+s")
    for number in range(6):  # more rows than an empty form has
        page.keyboard.type(f"Medicine {number}")
        page.keyboard.press("Enter")
        page.keyboard.type("1x1x1")
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Fever", exact=True).click()
    page.get_by_role("button", name="Cough", exact=True).click()
    expect(page.locator("[name=complaint]")).to_have_value("Fever, Cough")
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    whats = page.locator("[name=treatments_what]")
    expect(whats.nth(5)).to_have_value("Medicine 5")
    expect(page.locator("[name=treatments_dose]").nth(5)).to_have_value("1x1x1")
    expect(page.locator("[name=complaint]")).to_have_value("Fever, Cough")
    expect(page.get_by_role("button", name="Fever", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_queue_refreshes_without_losing_the_place_of_the_keyboard(nurse: Person) -> None:
    page = nurse.page
    page.locator("[name=complaint]").focus()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    nurse.go("/clinic/visits/")
    link = page.locator(".waiting__who").first
    link.focus()
    name = link.get_attribute("id")
    page.evaluate("htmx.ajax('GET', location.href, {target: '#waiting', select: '#waiting', swap: 'outerHTML'})")
    page.wait_for_function("name => document.activeElement.id === name", arg=name)
