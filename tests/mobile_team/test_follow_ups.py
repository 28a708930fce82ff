"""Who was advised to come to the centre: listed until seen there, whatever is entered late, merged or in error."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.services import encounters, patients
from core.audit.models import Entry, Read
from core.errors import RuleBroken
from core.ids import uuid7
from core.places.models import Village
from desk import selectors as desk
from desk.merging import services as merging
from mobile_team import selectors
from mobile_team.services import checkups
from tests.builders import TODAY, a_checkup, a_patient, a_session, a_stay, a_visit, noon, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db

LONG_AGO = TODAY - timedelta(days=30)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def advised(patient=None, *, on=LONG_AGO, **more):
    return a_checkup(session=a_session(on=on), patient=patient or a_patient(), advised_to_come=True, today=on, **more)


def waiting(**asked):
    return list(selectors.advised(**asked))


def url(name, *args):
    return reverse(f"mobile_team:{name}", args=args)


def test_advice_is_open_until_the_person_is_seen_at_the_centre():
    checkup = advised()
    assert waiting() == [checkup]
    assert desk.person(checkup.patient_id, TODAY).advised["on"] == LONG_AGO.isoformat()
    a_visit(patient=checkup.encounter.patient, on=TODAY)
    assert waiting() == []
    assert desk.person(checkup.patient_id, TODAY).advised is None


@pytest.mark.parametrize("make", [a_visit, a_stay])
def test_a_visit_or_stay_written_late_closes_it_by_its_own_day(make):
    checkup = advised()
    a_visit(checkup.encounter.patient, on=LONG_AGO - timedelta(days=1))
    assert waiting() == [checkup]
    make(checkup.encounter.patient, on=LONG_AGO + timedelta(days=2))
    assert waiting() == []


def test_a_visit_entered_in_error_opens_it_again():
    checkup = advised()
    visit = a_visit(checkup.encounter.patient, on=TODAY)
    encounters.void(encounter=visit, reason="another person", by=somebody())
    assert waiting() == [checkup]


def test_another_checkup_in_the_village_does_not_close_it_and_the_person_is_listed_once():
    first = advised()
    a_checkup(session=a_session(on=TODAY - timedelta(days=9)), patient=first.encounter.patient)
    assert waiting() == [first]
    second = advised(first.encounter.patient, on=TODAY - timedelta(days=3))
    assert waiting() == [second]
    checkups.void_checkup(checkup=second, reason="wrong child", by=somebody())
    assert waiting() == [first]


def test_a_merge_brings_advice_and_visit_together():
    checkup, other = advised(), a_patient(given_name="Sreymum")
    a_visit(other, on=TODAY)
    assert waiting() == [checkup]
    merging.merge(
        winner=other.pk, loser=checkup.patient_id, reason="the same person", by=somebody(), at=noon(TODAY), today=TODAY
    )
    assert waiting() == []


def test_a_checkup_entered_in_error_and_the_dead_are_not_awaited():
    gone, wrong = advised(), advised(a_patient(given_name="Other"), on=LONG_AGO - timedelta(days=1))
    checkups.void_checkup(checkup=wrong, reason="twice", by=somebody())
    patients.record_death(patient=gone.encounter.patient, on=TODAY, source="family", by=somebody(), today=TODAY)
    assert waiting() == []


def test_those_of_a_village_and_those_since_a_day_can_be_asked_for():
    here, there = Village.objects.order_by("id")[:2]
    checkup = advised(a_patient(village=here))
    assert waiting(village=here) == waiting(village=here.pk) == [checkup]
    assert waiting(village=there) == []
    assert waiting(since=TODAY) == []


def test_advice_is_ended_by_hand_with_a_reason_once(mobile):
    checkup = advised()
    with pytest.raises(RuleBroken, match="reason_missing"):
        checkups.end_advice(checkup=checkup, reason=" ", by=mobile)
    checkups.end_advice(checkup=checkup, reason="went to Kampot", by=mobile)
    assert waiting() == []
    entry = Entry.objects.get(verb="mobile_team.advice.ended")
    assert (entry.patient_id, entry.detail["reason"]) == (checkup.patient_id, "went to Kampot")
    with pytest.raises(RuleBroken, match="not_advised"):
        checkups.end_advice(checkup=checkup, reason="again", by=mobile)
    again = advised(checkup.encounter.patient, on=TODAY)
    assert waiting() == [again]


def test_advice_taken_back_and_given_again_by_corrections_forgets_how_it_was_ended():
    checkup = advised()
    checkups.end_advice(checkup=checkup, reason="went to Kampot", by=somebody())
    checkups.correct_checkup(checkup=checkup, why="not told", by=somebody())
    checkups.correct_checkup(checkup=checkup, advised_to_come=True, why="told", by=somebody())
    assert waiting() == [checkup]


# -- pages ---------------------------------------------------------------------------------------------------


def test_the_list_shows_days_phone_village_and_goes_on_by_key(mobile, monkeypatch):
    monkeypatch.setattr("mobile_team.views.advice.PAGE", 3)
    village = Village.objects.order_by("id")[0]
    for n in range(5):
        advised(a_patient(given_name=f"N{n}", village=village, phone="012345678"), on=LONG_AGO - timedelta(days=n))
    browser = client_of(mobile)
    with CaptureQueriesContext(connection) as seen:
        page = browser.get(url("advised"))
    assert len(seen) <= 8
    body = page.content.decode()
    assert "34 days" in body and "012 345 678" in body and village.name_en in body
    assert Read.objects.filter(what="advised to come").count() == 3
    rest = browser.get(url("advised") + page.context["more"])
    assert [row.encounter.patient.given_name for row in rest.context["rows"]] == ["N1", "N0"]
    assert rest.context["more"] == ""


def test_nonsense_in_the_address_is_the_whole_list(nurse):
    advised()
    for odd in ("x", "²", "9" * 30, "-1", "\x00"):
        page = client_of(nurse).get(url("advised"), {"village": odd, "after": odd})
        assert page.status_code == 200
        assert len(page.context["rows"]) == 1


def test_a_nurse_ends_advice_on_its_page_within_the_budget(nurse):
    checkup, browser = advised(), client_of(nurse)
    assert browser.get(url("advice_end", checkup.pk)).status_code == 200
    assert browser.post(url("advice_end", checkup.pk), {"reason": ""}).status_code == 422
    wrong = browser.post(url("advice_end", checkup.pk), {"reason": "x" * 10_000})
    assert wrong.status_code == 422 and "x" * 10_000 in wrong.content.decode()
    with CaptureQueriesContext(connection) as seen:
        done = browser.post(url("advice_end", checkup.pk), {"reason": "moved away", "next": "//evil.example/"})
    assert (done.status_code, done.url) == (302, url("advised"))
    assert len(seen) <= 12
    assert browser.post(url("advice_end", checkup.pk), {"reason": "again"}).status_code == 422
    assert browser.get(url("advice_end", uuid7())).status_code == 404


def test_who_may_not_end_advice_is_told_no(pharmacist):
    assert client_of(pharmacist).get(url("advice_end", advised().pk)).status_code == 403


def test_home_and_record_show_who_is_awaited(mobile, nurse):
    checkup = advised(a_patient(phone="012345678"))
    for user in (mobile, nurse):
        home = client_of(user).get("/").content.decode()
        assert "30 days" in home and "012 345 678" in home and url("advised") in home
    record = client_of(nurse).get(reverse("desk:record", args=[checkup.patient_id])).content.decode()
    assert url("checkup", checkup.pk) in record
