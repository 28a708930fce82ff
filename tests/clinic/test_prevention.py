"""Doses against worms and of vitamin A: how much, how soon again, what is due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import PreventiveDose
from clinic.rules import prevention as rules
from clinic.rules.antenatal import Gestation
from clinic.selectors import assessed
from clinic.services import pregnancies, prevention
from clinic.services.pregnancies import Dated
from core.ages import Age, Birth, add_months
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.periods import local_day
from tests.builders import TODAY, a_patient, a_visit, somebody
from tests.people import client_of
from tests.threads import at_once

DAY = timedelta(days=1)


def months(n: int) -> Age:
    return Age(n // 12, n, n * 31)


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


# -- rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "age", "amount"),
    [("vitamin_a", 5, None), ("vitamin_a", 6, "100,000 IU"), ("vitamin_a", 11, "100,000 IU"),
     ("vitamin_a", 12, "200,000 IU"), ("vitamin_a", 59, "200,000 IU"), ("vitamin_a", 60, None),
     ("mebendazole", 11, None), ("mebendazole", 12, "500 mg"), ("mebendazole", 400, "500 mg"),
     ("albendazole", 12, "200 mg"), ("albendazole", 23, "200 mg"), ("albendazole", 24, "400 mg")],
)  # fmt: skip
def test_the_dose_follows_from_the_age(what, age, amount):
    found = rules.proposed(what, months(age))
    assert (found.amount if found else None) == amount


@pytest.mark.parametrize(("what", "age", "code"), [("vitamin_a", 5, "young"), ("vitamin_a", 60, "old"),
                                                   ("mebendazole", 11, "young")])  # fmt: skip
def test_too_young_and_too_old_are_refused(what, age, code):
    with refused(f"clinic.dose_too_{code}"):
        rules.check(what, age=months(age), on=TODAY, given=[], pregnant=None)


def test_an_unknown_age_is_refused():
    with refused("clinic.dose_age_unknown"):
        rules.check("mebendazole", age=None, on=TODAY, given=[], pregnant=None)


def check(on: date, *given_on: date, despite: str = ""):
    return rules.check("mebendazole", age=months(40), on=on, given=given_on, pregnant=None, despite=despite)


@pytest.mark.parametrize(
    ("last", "again"),
    [
        (date(2026, 7, 20), date(2026, 11, 20)),
        (date(2026, 10, 31), date(2027, 3, 1)),
        (date(2026, 2, 28), date(2026, 6, 28)),
    ],
)
def test_four_months_are_months_of_the_calendar(last, again):
    with refused("clinic.dose_too_soon") as broken:
        check(again - DAY, last)
    assert broken.value.params["last"] == f"{last:%d/%m/%Y}" and broken.value.params["again"] == f"{again:%d/%m/%Y}"
    check(again, last)


def test_a_dose_written_late_is_held_against_a_later_one_too():
    with refused("clinic.dose_too_soon"):
        check(TODAY - 60 * DAY, TODAY)


def test_a_reason_lets_it_be_given_all_the_same():
    assert check(TODAY, TODAY - DAY, despite="Vomited the first").amount == "500 mg"


@pytest.mark.parametrize(("weeks", "allowed"), [(12, False), (13, True)])
def test_medicine_against_worms_waits_for_the_first_trimester(weeks, allowed):
    at = Gestation(weeks, 6 if weeks == 12 else 0)
    if allowed:
        rules.check("mebendazole", age=months(300), on=TODAY, given=[], pregnant=at)
    else:
        with refused("clinic.dose_in_early_pregnancy"):
            rules.check("mebendazole", age=months(300), on=TODAY, given=[], pregnant=at, despite="She wants it")


@settings(max_examples=300)
@given(st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.lists(st.dates(date(2024, 6, 1), date(2027, 6, 1)), max_size=5))
def test_what_is_accepted_is_far_enough_from_every_other_dose(on, days):
    near = rules.too_near(rules.proposed("mebendazole", months(40)), on, days)
    apart = all(add_months(min(day, on), 4) <= max(day, on) for day in days)
    assert (near is None) is apart


@settings(max_examples=200)
@given(st.integers(0, 240), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.none() | st.integers(0, 400))
def test_what_is_due_may_also_be_given(age, on, ago):
    last = {} if ago is None else {"worms": on - ago * DAY, "vitamin_a": on - ago * DAY}
    for due in rules.due(months(age), on=on, last=last):
        rules.check(due.dose.what, age=months(age), on=on, given=list(last.values()), pregnant=None)


def test_grown_people_are_not_reminded_and_a_pregnant_woman_is_after_the_first_weeks():
    def due(**how):
        return [one.dose.what for one in rules.due(months(300), on=TODAY, last={}, **how)]

    assert due() == []
    assert due(pregnant=Gestation(12, 6)) == [] and due(pregnant=Gestation(13, 0)) == ["mebendazole"]


def test_every_dose_says_who_said_so():
    assert all(dose.source for dose in rules.doses())


# -- the service ------------------------------------------------------------------------------------------


@pytest.fixture
def child(db):
    return a_patient(sex="M", birth=Birth.on(add_months(TODAY, -30)))


def give(child, what: str = "mebendazole", on: date = TODAY, **given):
    return prevention.give(patient=child, what=what, on=on, by=somebody(), today=TODAY, **given)


def test_a_dose_is_written_with_its_amount_and_its_visit(child):
    visit = a_visit(child)
    row = give(child, visit=visit)
    assert (row.dose, row.encounter_id, row.despite) == ("500 mg", visit.id, "")


def test_the_two_medicines_against_worms_share_one_interval(child):
    give(child, "mebendazole", TODAY - 30 * DAY)
    with refused("clinic.dose_too_soon"):
        give(child, "albendazole")
    give(child, "vitamin_a")


def test_a_reason_is_kept_only_where_it_was_needed(child):
    give(child, on=TODAY - 30 * DAY, despite="Just so")
    again = give(child, despite="Vomited the first")
    assert again.despite == "Vomited the first"
    assert PreventiveDose.objects.filter(despite="").count() == 1
    assert Entry.objects.filter(verb="clinic.prevention.given", detail__has_key="despite").count() == 1


def test_a_dose_sent_twice_is_written_once(child):
    made = uuid7()
    give(child, id=made)
    with pytest.raises(Conflict, match=r"^constraint\.same_id$"):
        give(child, id=made)


def test_a_dose_in_error_counts_no_more(child):
    row = give(child)
    with refused("clinic.reason_missing"):
        prevention.void(id=row.id, reason=" ", by=somebody())
    prevention.void(id=row.id, reason="Another child", by=somebody())
    with refused("clinic.dose_void"):
        prevention.void(id=row.id, reason="Again", by=somebody())
    give(child)


@pytest.mark.parametrize(("on", "code"), [(TODAY + DAY, "clinic.date_in_future"),
                                          (date(2020, 1, 1), "clinic.date_before_birth")])  # fmt: skip
def test_a_wrong_day_is_refused(child, on, code):
    with refused(code):
        give(child, on=on)


def test_a_visit_of_another_is_refused(child):
    with refused("clinic.visit_of_another"):
        give(child, visit=a_visit(a_patient(given_name="Bopha")))


def test_a_woman_in_early_pregnancy_gets_nothing_against_worms(db):
    woman = a_patient(birth=Birth.on(date(2000, 1, 1)))
    pregnancies.begin(patient=woman, dated=Dated(weeks=(10, 0)), on=TODAY, by=somebody(), today=TODAY)
    with refused("clinic.dose_in_early_pregnancy"):
        give(woman)


def test_what_is_due_is_one_statement_and_the_last_dose_is_named(child):
    give(child, on=add_months(TODAY, -6))
    with CaptureQueriesContext(connection) as asked:
        due = {one.dose.what: one.last for one in assessed.due(child, TODAY)}
    assert len(asked) == 1 and due == {"mebendazole": add_months(TODAY, -6), "vitamin_a": None}
    assert [one.dose.what for one in assessed.due(child, TODAY - DAY)] == ["vitamin_a"]


def test_nothing_is_due_for_the_dead_or_without_an_age(child):
    child.deceased_on = TODAY
    assert assessed.due(child, TODAY) == []
    assert assessed.due(a_patient(), TODAY) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_doses_at_the_same_instant_one_is_given():
    patient, by = a_patient(birth=Birth.on(add_months(TODAY, -30))), somebody()

    def one(what: str):
        return lambda: prevention.give(patient=patient, what=what, on=TODAY, by=by, today=TODAY)

    results = at_once(one("mebendazole"), one("albendazole"), one("mebendazole"))
    assert sum(isinstance(result, PreventiveDose) for result in results) == 1
    assert PreventiveDose.objects.count() == 1
    assert {getattr(r, "code", "given") for r in results} <= {"given", "clinic.dose_too_soon"}


# -- the page ---------------------------------------------------------------------------------------------


@pytest.fixture
def browser(nurse):
    return client_of(nurse)


def now() -> date:
    return local_day(timezone.now())


@pytest.fixture
def toddler(db):
    return a_patient(birth=Birth.on(add_months(now(), -30)), today=now())


def address(person, extra: str = "") -> str:
    return reverse("clinic:prevent", args=[person.id]) + extra


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_page_says_what_is_due_within_the_budget(nurse, toddler, language):
    browser = client_of(nurse, language=language)
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(address(toddler))
    assert page.status_code == 200 and len(asked) <= 8
    assert ("500 mg" in page.content.decode()) and ("200,000 IU" in page.content.decode())


def test_a_dose_is_written_once_however_often_it_is_sent(browser, toddler):
    visit = a_visit(toddler, on=now(), today=now())
    sent = {"id": str(uuid7()), "what": "mebendazole", "on": f"{now():%d/%m/%Y}"}
    with CaptureQueriesContext(connection) as asked:
        answer = browser.post(address(toddler, f"?visit={visit.id}"), sent)
    assert answer.url == reverse("clinic:visit", args=[visit.id]) and len(asked) <= 12
    assert browser.post(address(toddler, f"?visit={visit.id}"), sent).status_code == 302
    assert PreventiveDose.objects.get().encounter_id == visit.id


def test_too_soon_is_said_with_the_last_day_and_a_reason_helps(browser, toddler):
    prevention.give(patient=toddler, what="mebendazole", on=now() - 20 * DAY, by=somebody(), today=now())
    sent = {"id": str(uuid7()), "what": "mebendazole", "on": f"{now():%d/%m/%Y}"}
    wrong = browser.post(address(toddler), sent)
    assert wrong.status_code == 422 and f"{now() - 20 * DAY:%d/%m/%Y}" in wrong.content.decode()
    assert browser.post(address(toddler), sent | {"despite": "Vomited it"}).status_code == 302


def test_an_error_is_taken_back_with_a_reason(browser, toddler):
    row = prevention.give(patient=toddler, what="mebendazole", on=now(), by=somebody(), today=now())
    void = reverse("clinic:prevent_void", args=[row.id])
    assert browser.post(void, {}).status_code == 422
    assert browser.post(void, {"reason": "Another child"}).status_code == 302
    assert "Another child" in browser.get(address(toddler)).content.decode()
    nobody = reverse("clinic:prevent_void", args=["01900000-0000-7000-8000-000000000000"])
    assert browser.post(nobody, {"reason": "x"}).status_code == 404


ODD = ["", "mebendazole", "aspirin", "31/02/2026", "01/01/0001", "31/12/9999", "៩៩៩", "\x00", "a" * 10_000, "None", "½"]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from(["id", "what", "on", "despite"]),
    st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)),
    st.sampled_from(["", "?visit=", "?visit=nothing", "?visit=01900000-0000-7000-8000-000000000000"]))  # fmt: skip
def test_whatever_is_typed_gets_an_answer(browser, toddler, typed, extra):
    answer = browser.post(address(toddler, extra), {"on": f"{now():%d/%m/%Y}", "what": "vitamin_a"} | typed)
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        assert "errorlist" in answer.content.decode() or "notice--danger" in answer.content.decode()
