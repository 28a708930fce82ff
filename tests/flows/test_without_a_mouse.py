"""The journeys of the desk by keyboard alone: nothing here clicks."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable

import pytest

from tests.flows.conftest import Person

Sit = Callable[..., Person]
NUMBERS = itertools.count(int(time.time()) % 100_000)
MOST_TABS = 150


def a_name() -> str:
    """Return a given name that nobody has."""
    return "Zav" + "".join("aeioulmnrs"[int(digit)] for digit in str(next(NUMBERS)))


class Keys:
    """Ten fingers: they press and type; what a practised user thinks of as one thing is one action."""

    def __init__(self, person: Person) -> None:
        self.person, self.page, self.actions = person, person.page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.actions += 1
        self.page.keyboard.type(text, delay=15)

    def reach(self, selector: str, key: str = "Tab") -> None:
        """Go on with Tab until what has the focus fits; fails when Tab never comes there."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
            self.press(key)
        raise AssertionError(f"Tab never reaches {selector} on {self.page.url}")

    def write(self, name: str, text: str) -> None:
        self.reach(f"[name={name}]")
        self.press("Control+a")
        self.type(text)

    def tick(self, name: str, value: str) -> None:
        """Choose a radio by Tab and arrows, as the browser lets one."""
        self.actions += 1
        self.reach(f"[name={name}]")
        for _ in range(12):
            if self.page.evaluate("(v) => document.activeElement.value === v && document.activeElement.checked", value):
                return
            if self.page.evaluate("(v) => document.activeElement.value === v", value):
                self.press("Space")
            else:
                self.press("ArrowDown")
        raise AssertionError(f"arrows never reach {name}={value}")

    def look_up(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.type(text)
        self.page.locator("[role=option]").first.wait_for()
        self.press("Enter")

    def follow(self, selector: str, to: str) -> None:
        """Go to a link or button by Tab and press Enter; wait for the page after it."""
        self.actions += 1
        self.reach(selector)
        self.press("Enter")
        self.page.wait_for_url(re.compile(to))

    def send(self, to: str) -> None:
        self.actions += 1
        self.press("Control+Enter")
        self.page.wait_for_url(re.compile(to))
        assert not self.page.locator(".errorlist").count()


def registered(keys: Keys, given: str) -> str:
    """Register a woman of 34 and leave her record open; return her key."""
    keys.person.go("/clinic/register/")
    keys.write("family_name", "Thach")
    keys.write("given_name", given)
    keys.tick("sex", "F")
    keys.write("birth", "34")
    keys.follow("button[name=then][value='']", "/patients/")
    return keys.person.id_in_address()


@pytest.fixture
def nurse(people: Sit) -> Keys:
    return Keys(people("nurse", "en"))


def test_somebody_nobody_knows_is_registered_in_twelve_actions(people: Sit) -> None:
    nurse = Keys(people("nurse", "km"))
    given = a_name()
    nurse.press("/")
    nurse.type(f"Thach {given}")
    nurse.page.locator("#search-results a[href*='/clinic/register/']").wait_for()
    nurse.actions += 1
    nurse.reach("#search-results a[href*='/clinic/register/']")
    nurse.press("Enter")
    nurse.page.wait_for_url(re.compile("/clinic/register/"))
    assert nurse.page.input_value("[name=given_name]") == given
    nurse.tick("sex", "F")
    nurse.write("birth", "៣៤")
    nurse.look_up("[name=village_text], #id_village", "sre am")
    nurse.write("phone", "០១២ ៣៤៥ ៦៧៨")
    nurse.tick("allergy", "none")
    nurse.follow("button[name=then][value='']", "/patients/")
    nurse.person.says(given, "012 345 678")
    assert nurse.actions <= 12


def test_a_stay_from_the_bed_to_the_discharge(nurse: Keys) -> None:
    patient = registered(nurse, a_name())
    nurse.press("Alt+a")
    nurse.page.wait_for_url(re.compile("/admit/"))
    nurse.write("reason", "Fever for four days")
    nurse.reach("[name=bed]")
    nurse.press("Space")
    nurse.send(r"/clinic/admissions/[0-9a-f-]+/$")
    nurse.person.says("Fever for four days")
    stay = nurse.page.url

    nurse.write("text", "Drinks well, no vomiting")
    nurse.press("Control+Enter")
    nurse.page.get_by_text("Drinks well, no vomiting").first.wait_for()

    nurse.page.goto(stay)
    nurse.follow("a[href$='/discharge/']", "/discharge/")
    nurse.tick("type", "DITY-0000E08")
    nurse.tick("outcome", "VIOU-000G00A")
    nurse.send(r"/clinic/admissions/[0-9a-f-]+/$")
    nurse.person.says("Improved")
    nurse.person.go(f"/patients/{patient}/")
    nurse.person.says("Fever for four days")


def test_an_allergy_is_written_and_stands_in_red(nurse: Keys) -> None:
    patient = registered(nurse, a_name())
    nurse.follow("a[href$='/allergies/']", "/allergies/")
    nurse.look_up("[name=substance], [name=substance_text], #id_substance", "penic")
    nurse.press("Control+Enter")
    nurse.page.locator(".badge--danger").first.wait_for()
    nurse.person.go(f"/patients/{patient}/")
    assert "enicillin" in nurse.page.locator(".allergies .badge--danger").first.inner_text()


def test_two_records_of_one_person_become_one_and_two_again(people: Sit) -> None:
    admin, given = Keys(people("admin", "en")), a_name()
    first = registered(admin, given)
    second = registered(admin, given)
    admin.person.go(f"/merge/{first}/{second}/")
    if admin.page.locator("[name=sure]").count():
        admin.reach("[name=sure]")
        admin.press("Space")
    admin.write("reason", "Both cards in one hand")
    admin.press("Enter")
    admin.page.wait_for_url(re.compile(r"/merges/|/patients/"))
    admin.person.go(f"/patients/{second}/")
    assert first in admin.page.url or admin.page.locator(f"main a[href*='{first}']").count()

    admin.person.go("/merges/")
    admin.follow("main table a[href*='/merges/']", r"/merges/[0-9a-f-]+/")
    admin.reach("[name=reason]")
    admin.type("Two sisters")
    admin.press("Enter")
    admin.page.get_by_text("Taken back: there are two records again.").wait_for()
    admin.person.go(f"/patients/{second}/")
    assert second in admin.page.url and admin.page.locator("h1", has_text=given).count() == 1


def test_two_nurses_correct_one_person_and_neither_loses_a_word(people: Sit) -> None:
    one, other = Keys(people("nurse", "en")), Keys(people("admin", "en"))
    patient = registered(one, a_name())
    for keys in (one, other):
        keys.person.go(f"/clinic/patients/{patient}/edit/")
    one.write("phone", "012 111 222")
    one.send(f"/patients/{patient}/$")
    other.page.evaluate("document.querySelector('[name=guardian]').closest('details').open = true")
    other.write("guardian", "Chea Sophy")
    other.send(f"/patients/{patient}/$")
    other.person.says("012 111 222", "Chea Sophy")

    for keys in (one, other):
        keys.person.go(f"/clinic/patients/{patient}/edit/")
    one.write("phone", "012 333 444")
    one.send(f"/patients/{patient}/$")
    other.write("phone", "012 555 666")
    other.press("Control+Enter")
    other.page.locator(".clashes").wait_for()
    assert other.page.input_value("[name=phone]").replace(" ", "") in {"012555666", "+85512555666"}
    assert "012 333 444" in other.page.locator(".clashes").inner_text()
    other.tick("keep_phone", "mine")
    other.send(f"/patients/{patient}/$")
    other.person.says("012 555 666")


def test_the_back_button_after_saving_makes_no_second_visit(nurse: Keys) -> None:
    patient = registered(nurse, a_name())
    nurse.press("Alt+n")
    nurse.page.wait_for_url(re.compile("/visit/"))
    nurse.write("complaint", "Cough since Monday")
    nurse.tick("result", "treated")
    nurse.send(r"/clinic/visits/[0-9a-f-]+/")
    nurse.page.go_back()
    nurse.page.wait_for_load_state()
    nurse.press("Control+Enter")
    nurse.page.wait_for_url(re.compile(r"/clinic/visits/|/visit/"))
    nurse.person.go(f"/patients/{patient}/")
    assert nurse.page.locator(".timeline .event", has_text="Cough since Monday").count() == 1


def test_a_connection_lost_while_saving_keeps_what_was_typed(nurse: Keys) -> None:
    patient = registered(nurse, a_name())
    nurse.press("Alt+n")
    nurse.page.wait_for_url(re.compile("/visit/"))
    nurse.write("complaint", "Stomach ache after rain")
    nurse.person.context.set_offline(True)
    nurse.press("Control+Enter")
    nurse.page.wait_for_timeout(800)
    nurse.person.context.set_offline(False)
    nurse.person.go(f"/clinic/patients/{patient}/visit/")
    assert nurse.page.input_value("[name=complaint]") == "Stomach ache after rain"
