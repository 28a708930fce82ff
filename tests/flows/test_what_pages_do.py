"""What the pages do beyond HTML: keyboard, type-ahead, drafts, one save for two clicks; and that all can read them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from desk.demo.colleagues import DEMO_PASSWORD

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE, LAPTOP = 360, 1280
Sit = Callable[..., Any]

DRAFTS = "Object.keys(sessionStorage).filter((key) => key.startsWith('draft:')).length"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
TOO_SMALL = """[...document.querySelectorAll("main button, main a.button, main input:not([type=hidden]), main select")]
    .filter((e) => e.checkVisibility()).map((e) => [e.outerHTML.slice(0, 90), (e.closest("label") ?? e)])
    .map(([html, e]) => [html, e.getBoundingClientRect().height])
    .filter(([, height]) => height > 2 && height < 43.5).map(([html]) => html)"""


def expect(found: Any) -> Any:
    """Return Playwright's own assertion, which waits; imported late, for machines without it."""
    from playwright.sync_api import expect as wait_for

    return wait_for(found)


# -- the keyboard ----------------------------------------------------------------------------------------------


def test_a_nurse_finds_a_patient_by_keyboard_alone(people: Sit) -> None:
    nurse = people("nurse", "km")
    page = nurse.page
    page.keyboard.press("/")
    expect(page.locator("#search-box")).to_be_focused()
    page.keyboard.type("sok", delay=30)
    results = page.locator("#search-results a")
    expect(results.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(results.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search-box")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/patients/"))


def test_escape_closes_the_results_and_an_emptied_box_has_none(people: Sit) -> None:
    page = people("nurse", "en").page
    page.locator("#search-box").fill("sok")
    expect(page.locator("#search-results a").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-results")).to_be_empty()
    page.locator("#search-box").fill("chea")
    expect(page.locator("#search-results a").first).to_be_visible()
    page.locator("#search-box").fill("")
    expect(page.locator("#search-results")).to_be_empty()


def test_a_village_is_chosen_by_keyboard_and_taken_back_by_typing_on(people: Sit) -> None:
    nurse = people("nurse", "en")
    nurse.go("/clinic/register/")
    page = nurse.page
    box, key = page.locator("#id_village"), page.locator("[name=village]")
    box.click()
    box.press_sequentially("sr", delay=30)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    box.press("ArrowDown")
    box.press("Enter")
    expect(key).to_have_value(re.compile(r"\d+"))
    expect(box).to_have_value(re.compile(", "))
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Backspace")
    expect(key).to_have_value("")


# -- nothing is lost -------------------------------------------------------------------------------------------


def begin(page: Any, username: str) -> None:
    page.fill("#id_name", "កែវ ដារ៉ា")
    page.locator("input[name=role][value=mobile]").check(force=True)
    page.fill("#id_username", username)
    page.fill("#id_password", "three quiet buffaloes")


def test_what_was_typed_survives_a_log_in_that_ran_out(people: Sit) -> None:
    admin = people("admin", "en")
    admin.go("/users/new/")
    page, username = admin.page, f"dara-{uuid4().hex[:8]}"
    begin(page, username)
    admin.context.clear_cookies(name="sessionid")
    page.click("main button.button--primary")
    page.wait_for_url(re.compile("/login/"))
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/users/new/"))
    expect(page.locator("#id_name")).to_have_value("កែវ ដារ៉ា")
    expect(page.locator("#id_username")).to_have_value(username)
    expect(page.locator("input[name=role][value=mobile]")).to_be_checked()
    expect(page.locator("#id_password")).to_have_value("")  # a password is never kept
    page.fill("#id_password", "three quiet buffaloes")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice--ok")).to_be_visible()
    assert page.evaluate(DRAFTS) == 0


def test_what_was_typed_survives_a_reload(people: Sit) -> None:
    admin = people("admin", "en")
    admin.go("/users/new/")
    begin(admin.page, "reloaded")
    admin.page.reload()
    expect(admin.page.locator("#id_username")).to_have_value("reloaded")


def test_a_fresh_form_offers_what_was_begun_before_and_does_not_force_it(people: Sit) -> None:
    admin = people("admin", "en")
    admin.go("/users/new/")
    page = admin.page
    begin(page, "begun")
    admin.go("/users/")
    page.click("main a[href='/users/new/']")
    page.wait_for_url(re.compile("/users/new/"))
    expect(page.locator("#id_username")).to_have_value("")
    page.click("[data-bring]")
    expect(page.locator("#id_username")).to_have_value("begun")


def test_the_next_person_at_this_computer_sees_nothing_of_it(people: Sit) -> None:
    admin = people("admin", "en")
    admin.go("/users/new/")
    begin(admin.page, "secret")
    admin.context.clear_cookies(name="sessionid")
    admin.page.goto(f"{admin.address}/login/")
    admin.page.fill("[name=username]", "nurse")
    admin.page.fill("[name=password]", DEMO_PASSWORD)
    admin.page.press("[name=password]", "Enter")
    admin.page.wait_for_url(f"{admin.address}/")
    assert admin.page.evaluate(DRAFTS) == 0


def test_two_clicks_are_sent_once(people: Sit) -> None:
    admin = people("admin", "en")
    admin.go("/users/new/")
    sent: list[str] = []
    admin.page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    admin.page.locator("main button.button--primary").dblclick()
    expect(admin.page.locator(".errorlist").first).to_be_visible()
    assert len(sent) == 1


def test_the_first_mistake_has_the_focus_and_its_words(people: Sit) -> None:
    nurse = people("nurse", "en")
    nurse.go("/clinic/register/")
    nurse.page.locator("main form button.button--primary").last.click()
    expect(nurse.page.locator(".errorlist").first).to_be_visible()
    focused = nurse.page.evaluate("document.activeElement.closest('.field--wrong') !== null")
    assert focused


def test_a_lost_connection_is_told_and_so_is_its_return(people: Sit) -> None:
    nurse = people("nurse", "en")
    nurse.context.set_offline(True)
    expect(nurse.page.locator("#lost")).to_be_visible()
    nurse.context.set_offline(False)
    expect(nurse.page.locator("#lost")).to_be_hidden()


def test_the_menu_of_a_small_screen_opens_and_closes_by_keyboard(people: Sit) -> None:
    page = people("nurse", "km", PHONE).page
    expect(page.locator("#ways")).to_be_hidden()
    page.locator(".head__menu").press("Enter")
    expect(page.locator("#ways")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#ways")).to_be_hidden()


# -- everybody can read it -------------------------------------------------------------------------------------

# As those see them who work there; the administrator's are in test_every_page. One screen on each engine.
SCREEN = ("en", LAPTOP, "dark") if "DATABASE_URL" in os.environ else ("km", PHONE, "light")
PAGES = {
    "nurse": ["/", "/search/?q=sok", "/clinic/register/", "/clinic/visits/", "/clinic/wards/", "/jobs/"],
    "mobile": ["/", "/mobile/", "/mobile/routes/"],
    "pharmacist": ["/", "/pharmacy/", "/pharmacy/receive/", "/pharmacy/donate/", "/pharmacy/purchases/new/"],
    "referral": ["/", "/referrals/", "/referrals/trips/", "/referrals/trips/new/"],
}


@pytest.mark.parametrize("username", PAGES)
@pytest.mark.parametrize(("language", "width", "scheme"), [SCREEN])
def test_every_main_page_is_readable_for_everybody(
    people: Sit, username: str, language: str, width: int, scheme: Any
) -> None:
    person = people(username, language, width)
    person.page.emulate_media(color_scheme=scheme)
    for path in PAGES[username]:
        person.go(path)
        found = Axe().run(person.page, options=RULES).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == [], path
        assert not person.page.evaluate(TOO_WIDE), path
        assert person.page.evaluate(TOO_SMALL) == [], path


def test_a_first_page_is_light_and_a_later_one_lighter(people: Sit) -> None:
    nurse = people("nurse", "km")
    fresh = nurse.context.browser.new_context()  # nothing in its cache
    weights: dict[str, int] = {}

    def weigh(answer: Any) -> None:
        if answer.status == 200:
            weights[answer.url] = answer.request.sizes()["responseBodySize"]

    page = fresh.new_page()
    page.on("requestfinished", lambda request: weigh(request.response()))
    page.goto(f"{nurse.address}/login/")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(weights.values()) < 200_000, weights
    weights.clear()
    page.fill("[name=username]", "nurse")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{nurse.address}/")
    page.wait_for_load_state("networkidle")
    weights.clear()
    page.goto(f"{nurse.address}/clinic/visits/")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(max(size, 0) for size in weights.values()) < 50_000, weights
    fresh.close()
