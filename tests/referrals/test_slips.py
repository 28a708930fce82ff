"""The slip, the calls about it and the answer that comes back."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
import time_machine
from django.urls import reverse

from clinic.models import Encounter, Identifier
from clinic.services import encounters
from clinic.services.encounters import Care
from core.audit.models import Entry
from core.errors import Conflict, NotAllowed, RuleBroken
from core.ids import uuid7
from core.periods import local_day
from referrals import rules, selectors
from referrals.models import Call, Hospital, Referral, Step
from referrals.services import calls, referrals
from referrals.services.referrals import Answer
from tests.builders import (
    TODAY,
    a_checkup,
    a_condition,
    a_patient,
    a_referral,
    a_stay,
    a_village,
    somebody,
)
from tests.people import client_of
from tests.referrals.road import LATER, NOW, statements, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


def value_of(response, name):
    page = response.content.decode()
    if box := re.search(rf'<input[^>]*name="{name}"[^>]*>', page):
        return (re.search(r'value="([^"]*)"', box[0]) or [None, ""])[1]
    return re.search(rf'<textarea[^>]*name="{name}"[^>]*>([^<]*)', page)[1].strip()


def a_call(referral, result="accepted", *, minutes=5, **given):
    at = NOW + timedelta(minutes=minutes)
    return calls.write(referral=referral, at=at, result=result, **({"by": somebody(), "now": LATER} | given))


def answered(referral, *, by=None, **given):
    answer = Answer(**({"on": TODAY, "diagnosis": "Dengue", "channel": "phone"} | given))
    return referrals.record_answer(referral=referral, answer=answer, by=by or somebody(), now=LATER)


def arrived(**given):
    """Return a referral whose patient went by own transport."""
    referral = a_referral(**given)
    return referrals.own_transport(referral=referral, at=referral.moved_at, now=LATER, by=somebody())


# -- what the slip takes over ---------------------------------------------------------------------------------


def test_a_slip_takes_over_what_the_visit_found_measured_and_gave(nurse):
    visit = encounters.open_visit(
        patient=a_patient(), on=TODAY, today=TODAY, at=NOW, by=nurse,
        care=Care(
            complaint="Fever for five days", findings="Bleeding gums", diagnoses=[a_condition("pneumonia")],
            vitals={"temperature": Decimal("39.5"), "systolic": 90, "diastolic": 60, "heart_rate": 120},
            treatments=[("Ringer lactate", "1 l in 2 hours")],
        ),
    )  # fmt: skip
    browser = client_of(nurse)
    response, count = statements(lambda: browser.get(f"{url('new', visit.patient_id)}?encounter={visit.pk}"))
    assert count <= 8
    assert value_of(response, "reason") == "Fever for five days"
    assert value_of(response, "findings") == "Bleeding gums"
    assert value_of(response, "diagnosis") == str(a_condition("pneumonia"))
    assert value_of(response, "vitals") == "20/11 12:00 · T 39.5 °C · P 120/min · BP 90/60 mmHg"
    assert value_of(response, "treatment_given") == "Ringer lactate – 1 l in 2 hours"
    assert value_of(response, "referrer_role") == "Nurse"


def test_a_slip_begins_from_a_bed_and_from_a_village_too(nurse):
    stay = a_stay(reason="Cough with blood")
    browser = client_of(nurse)
    page = f"{url('new', stay.patient_id)}?encounter={stay.encounter_id}"
    assert value_of(browser.get(page), "reason") == "Cough with blood"
    seen = a_checkup()
    response = browser.get(f"{url('new', seen.encounter.patient_id)}?encounter={seen.encounter_id}")
    assert str(seen.encounter.village_id) in re.findall(r'name="village"[^>]*value="(\d+)"', response.content.decode())


def test_what_was_measured_is_one_line_that_says_only_what_is_known():
    assert rules.vitals_line({}, None) == ""
    assert rules.vitals_line({"weight": None}, NOW) == ""
    assert rules.vitals_line({"systolic": 120, "diastolic": None, "weight": Decimal("12.50")}, NOW) == (
        "20/11 12:00 · BP 120/– mmHg · 12.5 kg"
    )


def test_the_slip_prints_every_field_of_the_ministry(referral_desk):
    patient = a_patient(payer="PATY-0000N09", village=a_village(), phone="012345678")
    Identifier.objects.create(patient=patient, kind="equity", value="EQ 123456", level="1")
    referral = a_referral(
        patient=patient, diagnosis="Eclampsia", danger_signs="Convulsions", vitals="12:00 BP 170/110",
        pregnancy="34 weeks, G2 P1", referrer_role="Midwife", companion="Husband", village=a_village(),
    )  # fmt: skip
    a_call(referral, spoke_to="Dr Chan")
    browser = client_of(referral_desk)
    response, count = statements(lambda: browser.get(url("slip", referral.pk)))
    assert count <= 8
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(response.content)]
    for words in (
        "Eclampsia", "Convulsions", "BP 170/110", "34 weeks", "Midwife", "Husband", "EQ 123456", "Dr Chan",
        "Health Equity Fund", a_village().name_en,
    ):  # fmt: skip
        assert words in pages[0], words


def test_an_answer_slip_is_printed_empty_or_with_what_was_answered(referral_desk):
    browser, referral = client_of(referral_desk), arrived()

    def read():
        document = pypdfium2.PdfDocument(browser.get(url("answer_slip", referral.pk)).content)
        assert len(document) == 1
        return document[0].get_textpage().get_text_range()

    assert "Signature" in read()
    answered(referral, treatment="Fluids for four days", advice="Back in a week", outcome="VIOU-0000V09")
    page = read()
    for words in ("Dengue", "Fluids for four days", "Back in a week", "Recovered", "By telephone"):
        assert words in page
    assert "Signature" not in page


# -- calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "state"),
    [("accepted", "called"), ("news", "called"), ("refused", "drafted"), ("no_reply", "drafted")],
)
def test_a_draft_is_called_once_somebody_at_the_hospital_has_taken_it(result, state):
    referral = a_referral()
    a_call(referral, result, spoke_to="Dr Chan")
    referral.refresh_from_db()
    assert referral.state == state
    assert [call.spoke_to for call in selectors.calls_of(referral)] == ["Dr Chan"]
    assert Entry.objects.filter(verb="referrals.call.written", patient_id=referral.patient_id).count() == 1


def test_a_call_written_late_moves_nothing_that_has_gone_on(nurse):
    referral = arrived()
    a_call(referral, minutes=0)
    referral.refresh_from_db()
    assert referral.state == "own_transport"
    assert not Step.objects.filter(referral=referral, state="called").exists()


def test_a_call_that_cannot_be_is_refused(pharmacist):
    referral = a_referral()
    for wrong, code in (
        ({"minutes": 24 * 60}, "time_in_future"),
        ({"minutes": -24 * 60}, "call_before_referral"),
        ({"result": "maybe"}, "call_result_missing"),
    ):
        with pytest.raises(RuleBroken, match=code):
            a_call(referral, **wrong)
    with pytest.raises(NotAllowed):
        a_call(referral, by=pharmacist)
    referrals.cancel(referral=referral, at=NOW, now=LATER, by=somebody(), reason="better")
    with pytest.raises(RuleBroken, match="call_after_the_end"):
        a_call(referral)
    assert not Call.objects.exists()


def test_a_call_sent_twice_is_kept_once():
    referral, key = a_referral(), uuid7()
    a_call(referral, id=key)
    with pytest.raises(Conflict, match="same_id"):
        a_call(referral, id=key)
    assert Call.objects.count() == 1


def test_a_call_is_written_in_the_browser_within_the_budget(nurse):
    browser, referral = client_of(nurse), a_referral()
    response, count = statements(lambda: browser.get(url("call", referral.pk)))
    assert (response.status_code, count <= 8) == (200, True)
    data = {"id": uuid7(), "at": "20/11/2026 12:05", "spoke_to": "Dr Chan", "result": "accepted", "note": "ជួបគ្នា"}
    response, count = statements(lambda: browser.post(url("call", referral.pk), data))
    assert (response.status_code, response.url) == (302, url("referral", referral.pk))
    assert count <= 12
    assert browser.post(url("call", referral.pk), data).status_code == 302
    page = text(browser.get(url("referral", referral.pk)))
    assert page.count("They take the patient") == 1
    for wrong, said in (({"result": ""}, "required"), ({"at": "21/11/2026 10:00"}, "in the future")):
        response = browser.post(url("call", referral.pk), data | {"id": uuid7()} | wrong)
        assert (response.status_code, said in text(response)) == (422, True)


def test_news_on_the_telephone_leads_to_the_answer(nurse):
    referral = arrived()
    data = {"id": uuid7(), "at": "20/11/2026 12:05", "result": "news"}
    assert client_of(nurse).post(url("call", referral.pk), data).url == url("answer", referral.pk)


# -- the answer -----------------------------------------------------------------------------------------------


def test_an_answer_is_written_in_two_minutes_within_the_budget(nurse):
    browser, referral = client_of(nurse), arrived()
    response, count = statements(lambda: browser.get(url("answer", referral.pk)))
    assert (response.status_code, count <= 8) == (200, True)
    data = {"answer_by": "family", "answered_on": "20/11/2026", "answer_outcome": "VIOU-000G00A"}
    response, count = statements(lambda: browser.post(url("answer", referral.pk), data))
    assert response.status_code == 302
    assert count <= 12
    response, count = statements(lambda: browser.get(url("referral", referral.pk)))
    assert count <= 8
    assert "Told by the family" in text(response)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"answer_by": ""}, "required"),
        ({"answer_outcome": ""}, "Write what the hospital answered"),
        ({"received_at": "19/11/2026 10:00"}, "before the referral"),
        ({"received_at": "21/11/2026 10:00"}, "in the future"),
        ({"answered_on": "19/11/2026"}, "before the referral"),
        ({"answer_diagnosis": "x" * 201}, "at most 200"),
    ],
)
def test_a_wrong_answer_is_refused_beside_the_field(nurse, wrong, said):
    referral = arrived()
    data = {"answer_by": "phone", "answered_on": "20/11/2026", "answer_outcome": "VIOU-000G00A", "answer_from": "kept"}
    response = client_of(nurse).post(url("answer", referral.pk), data | wrong)
    assert response.status_code == 422
    assert said in text(response)
    assert 'value="kept"' in response.content.decode()


def test_who_referred_finds_the_answer_at_home_until_they_open_it(nurse, referral_desk):
    referral = arrived(by=nurse)
    answered(referral, by=referral_desk)
    browser = client_of(nurse)
    assert "News of those you referred" in text(browser.get("/"))
    client_of(referral_desk).get(url("referral", referral.pk))
    assert "News of those you referred" in text(browser.get("/"))  # somebody else's look is not theirs
    response, count = statements(lambda: browser.get(url("referral", referral.pk)))
    assert count <= 8
    assert "Dengue" in text(response)
    assert "News of those you referred" not in text(browser.get("/"))


def test_who_writes_down_the_answer_to_their_own_referral_has_seen_it(nurse):
    referral = arrived(by=nurse)
    answered(referral, by=nurse)
    assert not selectors.news_for(nurse, TODAY)


def test_a_referral_long_without_answer_is_called_to_the_attention_of_who_referred(nurse):
    old = NOW - timedelta(days=31)
    referral = arrived(by=nurse, at=old, now=NOW)
    assert list(selectors.news_for(nurse, TODAY)) == [referral]
    assert not selectors.news_for(nurse, local_day(old + timedelta(days=30)))
    assert "no answer since" in text(client_of(nurse).get("/"))


def test_a_referral_given_up_may_still_be_answered():
    referral = arrived()
    given = {"referral": referral, "at": NOW, "now": LATER, "by": somebody()}
    with pytest.raises(RuleBroken, match="say_why"):
        referrals.advance(to="no_answer", **given)
    referrals.advance(to="no_answer", note="nobody there knows him", **given)
    assert answered(referral).state == "answered"
    with pytest.raises(RuleBroken, match="step_not_allowed"):
        answered(referral)


def test_an_answer_comes_also_when_nobody_wrote_the_arrival_down():
    referral = a_referral()
    referrals.advance(referral=referral, to="departed", at=NOW, now=LATER, by=somebody())
    assert answered(referral).state == "answered"


def test_an_answer_that_tells_of_a_death_asks_to_record_it(nurse):
    referral = arrived()
    answered(referral, outcome="VIOU-00C000B")
    page = client_of(nurse).get(url("referral", referral.pk)).content.decode()
    assert reverse("clinic:death", args=[referral.patient_id]) in page


def test_the_page_of_a_referral_names_card_payer_and_where_the_patient_waits(nurse):
    patient = a_patient(payer="PATY-0000N09")
    Identifier.objects.create(patient=patient, kind="equity", value="EQ 123456", level="1")
    referral = a_referral(patient=patient, village=a_village())
    page = text(client_of(nurse).get(url("referral", referral.pk)))
    assert "EQ 123456" in page
    assert "Waits in" in page
    assert Hospital.objects.count() == 3
    assert Referral.objects.get().encounter is None
    assert Encounter.objects.count() == 0
