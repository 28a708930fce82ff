"""What is written for a record that was taken up lands on the survivor, whichever door it comes through."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Allergy, Encounter, Patient
from core.ages import BAND_SETS
from core.audit.models import Entry
from core.ids import uuid7
from core.periods import Month, Period
from desk.merging import services as merging
from desk.merging.columns import LOSER
from desk.merging.services import Choice
from mobile_team.models import DentalCheckup
from pharmacy.models import Dispensing
from pharmacy.services import dispensing
from referrals.models import Hospital, Referral, Trip, Vehicle
from referrals.services import trips
from reports import selectors as figures
from tests.builders import (
    TODAY,
    a_batch,
    a_checkup,
    a_patient,
    a_referral,
    a_session,
    a_stay,
    a_visit,
    noon,
    somebody,
)
from tests.desk.register import registers
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


@pytest.fixture
def kept(db: None) -> Patient:
    return a_patient(family_name="Keo", given_name="Bopha")


@pytest.fixture
def gone(kept: Patient) -> Patient:
    """Return a record merged into `kept`, as a service met it before it was merged."""
    gone = a_patient(family_name="Keov", given_name="Bopha")
    merging.merge(
        winner=kept.pk, loser=gone.pk, reason="", by=somebody(), at=noon(), today=TODAY, choice=Choice(sure=True)
    )
    gone.refresh_from_db()
    return gone


def test_services_write_for_the_survivor(kept, gone):
    visit, stay = a_visit(gone, close=True), a_stay(gone)
    checkup, referral = a_checkup(patient=gone), a_referral(patient=gone)
    batch = a_batch(5)
    given = dispensing.dispense(
        patient=gone, medicine=batch.medicine, quantity=1, on=TODAY, by=somebody(), today=TODAY, encounter=visit
    )
    vehicle = Vehicle.objects.all()[0]
    trip = trips.take_deceased_home(
        leaving=trips.Leaving(vehicle_id=vehicle.pk, driver="Rith", at=noon(), odometer=5), by=somebody(), now=noon(),
        patient=gone, destination="home",
    )  # fmt: skip
    for row in (visit, stay, stay.encounter, checkup.encounter, referral, given, trip):
        assert row.patient_id == kept.pk, row


def test_a_checkup_sent_again_for_the_merged_record_is_kept_once(kept, gone):
    session, made = a_session(), uuid7()
    first = a_checkup(session=session, patient=gone, id=made)
    assert a_checkup(session=session, patient=gone, id=made) == first
    assert DentalCheckup.objects.count() == 1


class TestPages:
    def test_every_page_about_the_merged_record_is_about_the_survivor(self, administrator, kept, gone):
        client, session = client_of(administrator), a_session()
        pages = [
            reverse("clinic:patient_edit", args=[gone.pk]), reverse("clinic:visit_new", args=[gone.pk]),
            reverse("clinic:admit", args=[gone.pk]), reverse("referrals:new", args=[gone.pk]),
            reverse("pharmacy:dispense", args=[gone.pk]),
            reverse("mobile_team:checkup_new", args=[session.pk, gone.pk]),
            reverse("referrals:deceased_home") + f"?patient={gone.pk}",
        ]  # fmt: skip
        assert client.get(reverse("desk:record", args=[gone.pk]), follow=True).context["patient"] == kept
        for url in pages:
            answer = client.get(url, follow=True)
            text = answer.content.decode()
            assert answer.status_code == 200 and kept.number in text and gone.number not in text, url

    def test_allergies_of_the_survivor_are_shown_on_every_one_of_them(self, administrator, kept, gone):
        Allergy.objects.create(patient=kept, substance="penicillin", told_on=TODAY)
        client, session = client_of(administrator), a_session()
        for url in (reverse("referrals:new", args=[gone.pk]), reverse("pharmacy:dispense", args=[gone.pk]),
                    reverse("mobile_team:checkup_new", args=[session.pk, gone.pk])):  # fmt: skip
            assert "Allergy:" in client.get(url).content.decode(), url

    def test_the_old_number_finds_the_survivor_in_every_form_that_takes_one(self, administrator, kept, gone):
        client = client_of(administrator)
        assert client.get(reverse("desk:search"), {"q": gone.number}).headers["Location"] == reverse(
            "desk:record", args=[kept.pk]
        )
        vehicle = Vehicle.objects.all()[0]
        client.post(reverse("referrals:deceased_home"), {
            "id": str(uuid7()), "vehicle": vehicle.pk, "driver": "Rith", "departed_at": "20/11/2026 11:00",
            "departed_at_0": "20/11/2026", "departed_at_1": "11:00", "odometer_out": "5", "person": gone.number,
            "destination": "home",
        })  # fmt: skip
        assert [trip.patient for trip in Trip.objects.all()] == [kept]

    def test_forms_that_were_open_during_the_merge_write_for_the_survivor(self, administrator, kept, gone):
        client = client_of(administrator)
        batch = a_batch(5)
        client.post(reverse("referrals:new", args=[gone.pk]), {
            "id": str(uuid7()), "hospital": Hospital.objects.all()[0].pk, "urgency": "2", "reason": "fever",
            "at": "20/11/2026 11:00", "at_0": "20/11/2026", "at_1": "11:00",
        })  # fmt: skip
        client.post(reverse("pharmacy:dispense", args=[gone.pk]), {
            "id": str(uuid7()), "medicine": batch.medicine_id, "medicine_text": str(batch.medicine), "quantity": "1",
            "on": "20/11/2026", "place": "dispensary", "directions": "",
        })  # fmt: skip
        for model in (Referral, Dispensing):
            assert [row.patient for row in model.objects.all()] == [kept], model

    def test_a_visit_moved_by_the_merge_is_found_from_the_old_address(self, administrator, kept):
        other = a_patient(family_name="Keov", given_name="Bopha")
        visit = a_visit(other)
        merging.merge(
            winner=kept.pk, loser=other.pk, reason="", by=somebody(), at=noon(), today=TODAY, choice=Choice(sure=True)
        )
        client = client_of(administrator)
        for name in ("referrals:new", "pharmacy:dispense"):
            url = reverse(name, args=[other.pk]) + f"?encounter={visit.pk}"
            assert client.get(url).context["encounter"] == visit, name

    def test_programs_that_know_the_old_id_read_and_write_the_survivor(self, administrator, kept, gone):
        client = client_of(administrator)
        assert client.get(reverse("clinic:api_patient", args=[gone.pk])).json()["id"] == str(kept.pk)
        sent = {"id": str(uuid7()), "patient": str(gone.pk), "complaint": "cough"}
        answer = client.post(reverse("clinic:api_encounters"), sent, content_type="application/json")
        assert answer.status_code == 201 and answer.json()["patient"] == str(kept.pk)

    def test_the_log_of_either_number_shows_what_happened_to_both(self, auditor, kept, gone):
        client = client_of(auditor)
        verbs = {}
        for asked in (kept.number, gone.number, str(kept.pk), str(gone.pk)):
            page = client.get(reverse("desk:audit"), {"record": asked})
            verbs[asked] = [(line["row"].verb, line["number"]) for line in page.context["rows"]]
        told = verbs[kept.number]
        assert {number for _, number in told} == {kept.number, gone.number}
        assert ("desk.patients.merged", kept.number) in told
        assert all(set(said) == set(told) for said in verbs.values())
        with CaptureQueriesContext(connection) as asked_of:
            client.get(reverse("desk:audit"), {"record": gone.number})
        assert len(asked_of) <= 8


def test_a_register_with_an_old_reference_loads_for_the_survivor(kept):
    registers.load(registers.as_csv(registers.a_row()))
    gone = Patient.objects.exclude(pk=kept.pk).get()
    merging.merge(
        winner=kept.pk, loser=gone.pk, reason="", by=somebody(), at=noon(), today=TODAY,
        choice=Choice({"sex": LOSER, "birth": LOSER}, sure=True),
    )  # fmt: skip
    assert registers.load(registers.as_csv(registers.a_row(contact_date="2026-05-01"))).added == 1
    assert [visit.patient for visit in Encounter.objects.all()] == [kept, kept]
    assert Patient.objects.count() == 2


def test_people_reached_count_the_survivor_once_and_contacts_stay(kept):
    other = a_patient(family_name="Keov", given_name="Bopha", told=(30, "y", TODAY))
    a_visit(kept, close=True), a_visit(other, close=True), a_checkup(patient=other), a_stay(other)

    def counted() -> dict[str, int]:
        cube = figures.count(Period(Month.of(TODAY), Month.of(TODAY)), BAND_SETS["published"])
        return {name: sum(cell.counts[name] for cell in cube.cells) for name in cube.cells[0].counts}

    before = counted()
    merging.merge(
        winner=kept.pk, loser=other.pk, reason="", by=somebody(), at=noon(), today=TODAY, choice=Choice(sure=True)
    )
    after = counted()
    people = {name for name in before if before[name] != after[name]}
    assert {name: after[name] - before[name] for name in people} == dict.fromkeys(people, -1), (before, after)
    assert "people_reached" in people and "contacts" not in people
    assert Entry.objects.filter(verb="desk.patients.merged").count() == 1
