"""The record page: everything of one person, each look written down, in twelve statements whatever the history."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import (
    Allergy,
    CardPrint,
    Consent,
    ContactPoint,
    Encounter,
    EncounterVersion,
    Household,
    Identifier,
    Merge,
    Patient,
    Pregnancy,
    PreventiveDose,
    Relation,
    StayNote,
    Vitals,
)
from clinic.services import encounters, patients
from core.accounts.models import User
from core.ages import Birth
from core.audit.models import Read
from core.ids import uuid7
from core.money import Currency, Money
from desk import timeline
from pharmacy.models import Move
from pharmacy.services import stock
from tests.builders import TODAY, a_donation, a_patient, a_village, a_visit, an_aid_case, noon, somebody
from tests.core.pdf import pdf_reading
from tests.desk.lives import a_full_life, days_ago, many_visits
from tests.people import client_of

pytestmark = [pytest.mark.django_db]
MOST = 12  # statements


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def page(client: Client, patient: Any, query: str = "") -> Any:
    return client.get(reverse("desk:record", args=[patient.pk]) + query)


def kept_of(patient: Any) -> None:
    """Write down what is kept of a person outside contacts: one row a table."""
    Allergy.objects.create(patient=patient, substance="Penicillin", reaction="rash", severe=True, told_on=days_ago(50))
    PreventiveDose.objects.create(patient=patient, what="vitamin_a", dose="200,000 IU", on=days_ago(200))
    Pregnancy.objects.create(patient=patient, edd=TODAY + timedelta(days=100), reckoned="lmp", recorded_by=somebody())
    CardPrint.objects.create(patient=patient, reason="first", recorded_by=somebody())
    Consent.objects.create(patient=patient, purpose="photo", given=False, on=days_ago(50), said_by="mother")
    ContactPoint.objects.create(patient=patient, phone="+85592345678", whose="chief")
    an_aid_case(patient, illness="A broken leg")


def statements(client: Client, patient: Any, query: str = "") -> list[str]:
    client.get("/about/")
    with CaptureQueriesContext(connection) as asked:
        assert page(client, patient, query).status_code == 200
    return [row["sql"] for row in asked]


def test_everything_from_every_team_stands_in_one_list_newest_first(administrator: User) -> None:
    life = a_full_life()
    events = timeline.page(life.patient).events
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
    (visit,) = [event for event in timeline.page(life.patient).events if event.kind == "outpatient"]
    names = {line.label: line.words for line in visit.lines}["Diagnosis"]
    assert names.index("Pneumonia") < names.index("iarrhoea")


def test_a_full_record_takes_twelve_statements_also_after_three_hundred_visits(administrator: User) -> None:
    life = a_full_life()
    client = client_of(administrator)
    kept_of(life.patient)
    few = statements(client, life.patient)
    many_visits(life.patient, 300)
    many = statements(client, life.patient)
    assert len(many) == len(few) <= MOST, "\n".join(many)
    older = timeline.page(life.patient).older
    assert len(statements(client, life.patient, f"?before={older}")) <= MOST


@pytest.mark.parametrize("kind", timeline.KINDS)
def test_each_filter_shows_only_its_kind(administrator: User, kind: str) -> None:
    life = a_full_life()
    kept_of(life.patient)
    events = timeline.page(life.patient, kind=kind).events
    assert {event.kind for event in events} == ({"outpatient"} if kind == "vitals" else {kind})
    assert len(statements(client_of(administrator), life.patient, f"?kind={kind}")) <= MOST


def test_a_long_history_comes_in_pages_that_miss_and_repeat_nothing() -> None:
    life = a_full_life()
    many_visits(life.patient, 120)
    found, before = [], None
    while True:
        part = timeline.page(life.patient, before=before)
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
    (event,) = timeline.page(life.patient, kind="medicine").events
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


# --- Who this is ------------------------------------------------------------------------------------------------------


def text_of(client: Client, patient: Any, query: str = "") -> str:
    return page(client, patient, query).content.decode()


def test_what_is_known_of_a_person_stands_at_the_top(nurse: User) -> None:
    home = Household.objects.create(village=a_village())
    mother = a_patient(family_name="Keo", given_name="Mom", birth=Birth.on(TODAY - timedelta(days=9000)))
    child = a_patient(family_name="Sok", given_name="Dara", told=(3, "y", TODAY))
    Patient.objects.filter(pk__in=[mother.pk, child.pk]).update(household=home)
    Relation.objects.create(patient=child, guardian=mother, kind="mother")
    Identifier.objects.create(patient=mother, kind="equity", value="EQ-77", level="1", valid_until=days_ago(3))
    kept_of(child)
    text = text_of(client_of(nurse), child)
    for said in ("Penicillin (rash)", "EQ-77", "Very poor (level 1)", "ended on 17 November 2026", "of the household",
                 "Keo Mom", "Mother", "Village chief", "092 345 678", "refused", "First card"):  # fmt: skip
        assert said in text, said
    assert reverse("desk:record", args=[mother.pk]) in text
    other = text_of(client_of(nurse), mother)
    assert "Answers for" in other
    assert reverse("desk:record", args=[child.pk]) in other


def test_nobody_is_silent_about_allergies_that_were_not_asked_for(nurse: User) -> None:
    patient = a_patient()
    assert "Not asked about allergies yet" in text_of(client_of(nurse), patient)
    Patient.objects.filter(pk=patient.pk).update(no_allergy_on=TODAY)
    assert "No allergy known" in text_of(client_of(nurse), patient)


def test_pregnancy_weeks_and_doses_due_are_open(nurse: User) -> None:
    woman = a_patient(birth=Birth.on(TODAY - timedelta(days=9000)))
    Pregnancy.objects.create(patient=woman, edd=TODAY + timedelta(days=280 - 143), reckoned="lmp")
    assert "Pregnant, 20 weeks" in text_of(client_of(nurse), woman)
    child = a_patient(given_name="Dara", birth=Birth.on(TODAY - timedelta(days=700)))
    PreventiveDose.objects.create(patient=child, what="vitamin_a", dose="200,000 IU", on=days_ago(30))
    text = text_of(client_of(nurse), child)
    assert "Due: Mebendazole 500 mg" in text
    assert "Due: Vitamin A" not in text


def test_a_record_that_was_merged_leads_to_the_one_that_stands(nurse: User) -> None:
    stands, gone = a_patient(), a_patient(given_name="Mom")
    Patient.objects.filter(pk=gone.pk).update(merged_into=stands)
    Merge.objects.create(winner=stands, loser=gone, reason="same child", recorded_by=nurse)
    answer = page(client_of(nurse), gone)
    assert (answer.status_code, answer.url) == (302, reverse("desk:record", args=[stands.pk]))
    text = text_of(client_of(nurse), stands)
    assert text.count(gone.number) >= 2
    assert "was taken up into this one" in text


# --- Finding in the record --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kinds"),
    [("pneumonia", {"outpatient", "inpatient"}), ("រលាកសួត", {"outpatient"}), ("amoxicillin", {"outpatient"}),
     ("paracetamol", {"medicine"}), ("oxygen", {"referral"}), ("penicillin", {"person"}), ("nothing at all", set()),
     ("%", set()), ("\x00", None)],
)  # fmt: skip
def test_words_find_what_speaks_of_them(nurse: User, words: str, kinds: set[str] | None) -> None:
    life = a_full_life()
    kept_of(life.patient)
    found = {event.kind for event in timeline.page(life.patient, words=words).events}
    assert kinds is None or found == kinds
    assert len(statements(client_of(nurse), life.patient, f"?q={words}")) <= MOST


def test_a_year_shows_only_its_own_page_by_page(nurse: User) -> None:
    life = a_full_life()
    many_visits(life.patient, 700)
    found, before = [], None
    while True:
        part = timeline.page(life.patient, year=2025, before=before)
        found += part.events
        if not part.older:
            break
        before = timeline.cursor(part.older)
    assert {event.on.year for event in found} == {2025}
    assert len({event.id for event in found}) == len(found) == 365
    assert "<option selected>2025</option>" in text_of(client_of(nurse), life.patient, "?year=2025")


@pytest.mark.parametrize("year", ["0000", "9999", "abcd", "២០២៥", "-1", "99999", "\x00"])
def test_a_year_nobody_offered_shows_every_year(nurse: User, year: str) -> None:
    assert page(client_of(nurse), a_patient(), f"?year={year}").status_code == 200


# --- What hangs on contacts -------------------------------------------------------------------------------------------


def test_what_was_written_at_the_bedside_is_folded_into_the_stay() -> None:
    life = a_full_life()
    stay = life.stay.encounter
    first = StayNote.objects.create(encounter=stay, at=noon(days_ago(9)), text="coughs", recorded_by=somebody())
    StayNote.objects.create(
        encounter=stay, at=noon(days_ago(9)), text="coughs less", supersedes=first, why="typing", recorded_by=somebody()
    )
    Vitals.objects.create(encounter=stay, measured_at=noon(days_ago(8)), temperature=Decimal("37.9"))
    (event,) = timeline.page(life.patient, kind="inpatient").events
    assert [line.words for line in event.below] == ["Measured: 37.9 °C", "How it goes: coughs less"]


def test_who_corrected_a_visit_and_why_is_said_with_it(nurse: User) -> None:
    visit = a_visit()
    EncounterVersion.objects.create(
        encounter=visit, number=1, why="wrong child's weight", document={}, recorded_by=nurse, recorded_at=noon()
    )
    text = text_of(client_of(nurse), visit.patient)
    assert "by Sok Chanthy on 20 November 2026, 12:00: wrong child" in text


# --- Drawn ------------------------------------------------------------------------------------------------------------


def test_pressure_weight_and_sugar_of_a_grown_up_are_drawn_with_a_table_behind(nurse: User) -> None:
    patient = a_patient(birth=Birth.on(TODAY - timedelta(days=20_000)))
    for n, systolic in ((9, 150), (5, 142), (1, 131)):
        visit = Encounter.objects.create(patient=patient, kind="outpatient", on=days_ago(n), status="closed")
        Vitals.objects.create(encounter=visit, measured_at=noon(days_ago(n)), systolic=systolic, diastolic=90)
    Vitals.objects.create(encounter=visit, measured_at=noon(days_ago(1)), glucose=210)
    text = text_of(client_of(nurse), patient)
    assert text.count("chart-line") == 1  # one blood sugar is no line
    assert "Blood pressure as a table" in text
    assert '<td class="num">142</td>' in text


def test_the_newest_tooth_chart_says_what_changed(nurse: User) -> None:
    from mobile_team.services import checkups, sessions

    patient = a_patient(village=a_village(), told=(8, "y", TODAY))
    for n, findings in ((300, {55: "A", 36: "0"}), (30, {55: "B", 36: "0"})):
        session = sessions.add(village=a_village(), on=days_ago(n), by=somebody())
        said: dict[str, Any] = {"by": somebody(), "today": TODAY, "findings": findings}
        checkups.record_checkup(session=session, patient=patient, observed_at=noon(days_ago(n)), **said)
    text = text_of(client_of(nurse), patient)
    assert "1 change since 24 January 2026" in text
    assert "55: A → B" in text


# --- On paper ---------------------------------------------------------------------------------------------------------


def test_the_summary_prints_who_what_and_when(nurse: User) -> None:
    life = a_full_life()
    kept_of(life.patient)
    many_visits(life.patient, 90)
    client = client_of(nurse)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("desk:summary", args=[life.patient.pk]))
    assert len(asked) <= MOST
    assert answer["Content-Type"] == "application/pdf"
    assert f'filename="summary-{life.patient.number}.pdf"' in answer["Content-Disposition"]
    pages = pdf_reading.words(answer.content)
    for said in (life.patient.number, "Penicillin", "Pneumonia", "Paracetamol", "Vitamin A", "Needs oxygen"):
        assert any(said in text for text in pages), said
    assert f"{len(pages)}" in pages[-1]
    assert Read.objects.filter(what="summary").count() == 1


def test_a_summary_of_nothing_is_still_a_page(nurse: User) -> None:
    answer = client_of(nurse).get(reverse("desk:summary", args=[a_patient().pk]))
    assert len(pdf_reading.words(answer.content)) == 1
    assert client_of(nurse).get(reverse("desk:summary", args=[uuid7()])).status_code == 404
