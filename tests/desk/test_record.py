"""The record page: everything of one person, each look written down, in eight statements whatever the history."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.services import encounters, patients
from core.accounts.models import User
from core.audit.models import Read
from core.ids import uuid7
from core.money import Currency, Money
from desk import timeline
from pharmacy.models import Move
from pharmacy.services import stock
from tests.builders import TODAY, a_donation, a_patient, noon
from tests.desk.lives import a_full_life, days_ago, many_visits
from tests.people import client_of

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def page(client: Client, patient: Any, query: str = "") -> Any:
    return client.get(reverse("desk:record", args=[patient.pk]) + query)


def statements(client: Client, patient: Any, query: str = "") -> list[str]:
    client.get("/about/")
    with CaptureQueriesContext(connection) as asked:
        assert page(client, patient, query).status_code == 200
    return [row["sql"] for row in asked]


def test_everything_from_every_team_stands_in_one_list_newest_first(administrator: User) -> None:
    life = a_full_life()
    events = timeline.page(life.patient.pk).events
    assert [event.kind for event in events] == [
        "trip",
        "referral",
        "medicine",
        "inpatient",
        "outpatient",
        "mobile",
    ] or [event.kind for event in events] == ["referral", "trip", "medicine", "inpatient", "outpatient", "mobile"]
    text = page(client_of(administrator), life.patient).content.decode()
    for said in ("Pneumonia", "38.4 °C", "12.5 kg", "upper arm 131 mm", "Amoxicillin 250 mg, 5 days", "Needs oxygen",
                 "Paracetamol", "× 6", "51: B", "toothbrush, toothpaste", "Emergency to hospital", "about 4 years",
                 "012 345 678", "AMB-1"):  # fmt: skip
        assert said in text, said


def test_the_main_diagnosis_is_named_first(nurse: User) -> None:
    life = a_full_life()
    (visit,) = [event for event in timeline.page(life.patient.pk).events if event.kind == "outpatient"]
    names = dict(visit.lines)["Diagnosis"]
    assert names.index("Pneumonia") < names.index("iarrhoea")


def test_a_full_record_takes_eight_statements_also_after_three_hundred_visits(administrator: User) -> None:
    life = a_full_life()
    client = client_of(administrator)
    few = statements(client, life.patient)
    many_visits(life.patient, 300)
    many = statements(client, life.patient)
    assert len(many) == len(few) <= 8, "\n".join(many)
    older = timeline.page(life.patient.pk).older
    assert len(statements(client, life.patient, f"?before={older}")) <= 8


@pytest.mark.parametrize("kind", timeline.KINDS)
def test_each_filter_shows_only_its_kind(administrator: User, kind: str) -> None:
    life = a_full_life()
    events = timeline.page(life.patient.pk, kind=kind).events
    assert {event.kind for event in events} == ({"outpatient"} if kind == "vitals" else {kind})
    assert len(statements(client_of(administrator), life.patient, f"?kind={kind}")) <= 8


def test_a_long_history_comes_in_pages_that_miss_and_repeat_nothing() -> None:
    life = a_full_life()
    many_visits(life.patient, 120)
    found, before = [], None
    while True:
        part = timeline.page(life.patient.pk, before=before)
        assert len(part.events) <= 50
        found += part.events
        if not part.older:
            break
        before = timeline.cursor(part.older)
    assert len(found) == len({event.id for event in found}) == 126
    assert [e.on for e in found] == sorted((e.on for e in found), reverse=True)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "2026-11-20", "2026-11-20.zz", "2026-99-99.00", "\x00.\x00", "." * 500]
)
def test_a_cursor_nobody_wrote_begins_at_the_newest(nurse: User, text: str) -> None:
    assert timeline.cursor(text) is None
    assert page(client_of(nurse), a_patient(), f"?before={text}&kind={text}").status_code == 200


def test_each_look_is_written_down_once(nurse: User) -> None:
    patient = a_patient()
    client = client_of(nurse)
    page(client, patient)
    page(client, patient, "?kind=vitals")
    assert (
        list(Read.objects.values_list("by__username", "patient_id", "what"))
        == [(nurse.username, patient.pk, "record")] * 2
    )


def test_a_person_nobody_knows_is_not_found_and_no_look_is_written(nurse: User) -> None:
    assert client_of(nurse).get(reverse("desk:record", args=[uuid7()])).status_code == 404
    assert not Read.objects.exists()


def test_whoever_may_not_read_records_is_told_so(auditor: User, donor: User) -> None:
    patient = a_patient()
    for user in (auditor, donor):
        assert page(client_of(user), patient).status_code == 403
    assert Client().get(reverse("desk:record", args=[patient.pk])).status_code == 302
    assert not Read.objects.exists()


def test_what_is_open_stands_above_the_history(administrator: User) -> None:
    life = a_full_life()
    text = page(client_of(administrator), life.patient).content.decode()
    assert "In hospital here since 10 November 2026" in text
    assert "Referred to" in text
    assert "On the way" in text
    assert "Admit to a bed" not in text


def test_advice_to_come_is_open_until_the_person_is_seen_at_the_centre(nurse: User) -> None:
    from mobile_team.services import checkups, sessions
    from tests.builders import a_village, somebody

    patient = a_patient(village=a_village())
    session = sessions.add(village=a_village(), on=days_ago(3), by=somebody())
    checkups.record_checkup(
        session=session,
        patient=patient,
        observed_at=noon(days_ago(3)),
        by=somebody(),
        today=TODAY,
        advised_to_come=True,
    )
    advised = "The mobile team advised on 17 November 2026 to come"
    assert advised in page(client_of(nurse), patient).content.decode()
    encounters.open_visit(patient=patient, on=days_ago(1), by=somebody(), today=TODAY, at=noon(days_ago(1)))
    assert advised not in page(client_of(nurse), patient).content.decode()


def test_what_was_entered_in_error_stays_readable_and_is_struck_through(nurse: User) -> None:
    life = a_full_life()
    encounters.void(encounter=life.visit, reason="wrong child", by=nurse)
    text = page(client_of(nurse), life.patient).content.decode()
    assert "<s>Out-patient</s>" in text
    assert "Entered in error: wrong child" in text


def test_medicine_taken_back_stays_on_the_record_and_is_struck_through(nurse: User) -> None:
    life = a_full_life()
    move = Move.objects.get(dispensing=life.medicine)
    stock.reverse(move=move, on=TODAY, reason="not taken", by=nurse, today=TODAY)
    (event,) = timeline.page(life.patient.pk, kind="medicine").events
    assert event.void == "Taken back"
    assert "<s>Medicine given</s>" in page(client_of(nurse), life.patient).content.decode()


def test_nothing_on_the_record_tells_who_gave_money(administrator: User) -> None:
    life = a_full_life()
    a_donation(Money(20000, Currency.KHR), donor_name=life.patient.name)
    text = page(client_of(administrator), life.patient).content.decode()
    assert "20,000" not in text
    assert "donation" not in text.split('id="main"')[1].lower()


def test_nothing_is_begun_for_the_deceased_and_nobody_is_asked_back(administrator: User) -> None:
    patient = a_patient()
    care = encounters.Care(follow_up_on=days_ago(1), result="follow_up")
    encounters.open_visit(
        patient=patient, on=days_ago(5), by=administrator, today=TODAY, at=noon(days_ago(5)), care=care, close=True
    )
    before = page(client_of(administrator), patient).content.decode()
    assert "Should have come back on 19 November 2026" in before
    assert "New visit" in before
    patients.record_death(patient=patient, on=TODAY, source="family", by=administrator, today=TODAY)
    after = page(client_of(administrator), patient).content.decode()
    assert "Died on 20 November 2026" in after
    assert "New visit" not in after
    assert "Should have come back" not in after


def test_the_record_speaks_the_readers_language(nurse: User) -> None:
    life = a_full_life()
    text = page(client_of(nurse, language="km"), life.patient).content.decode()
    assert '<html lang="km">' in text
    assert "រលាកសួត" in text  # pneumonia, from the catalogue


def test_actions_and_links_follow_the_role(pharmacist: User) -> None:
    life = a_full_life()
    text = page(client_of(pharmacist), life.patient).content.decode()
    assert "Give medicine" in text
    assert "New visit" not in text
    assert reverse("desk:record", args=[life.patient.pk]) not in text.split('id="history"')[1]


def test_the_deceased_can_be_taken_home_from_their_record(referral_desk: User, nurse: User) -> None:
    patient = a_patient()
    patients.record_death(patient=patient, on=TODAY, source="family", by=nurse, today=TODAY)
    wanted = f"{reverse('referrals:deceased_home')}?patient={patient.pk}"
    assert wanted in page(client_of(referral_desk), patient).content.decode()
    assert client_of(referral_desk).get(wanted).status_code == 200
    assert wanted not in page(client_of(nurse), patient).content.decode()


def test_a_check_up_is_offered_where_the_team_is_today(mobile: User) -> None:
    from mobile_team.services import sessions
    from tests.builders import a_village

    patient = a_patient(village=a_village())
    assert "Dental check-up" not in page(client_of(mobile), patient).content.decode()
    session = sessions.add(village=a_village(), on=TODAY, by=mobile)
    wanted = reverse("mobile_team:checkup_new", args=[session.pk, patient.pk])
    assert wanted in page(client_of(mobile), patient).content.decode()
