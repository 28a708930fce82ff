"""Papers of a person: cards and their prints, the slip of a visit, the summary of a stay. Nothing is ever cut off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reportlab.graphics.barcode.qr import QrCodeWidget

from clinic.models import (
    Allergy,
    CardPrint,
    Encounter,
    Household,
    MedicineGiven,
    Patient,
    StayNote,
    Treatment,
    Vitals,
)
from clinic.pdf import doses
from clinic.pdf.card import card
from clinic.rules import dosage
from clinic.selectors import cards
from clinic.services import patients
from clinic.services.encounters import Care
from core.accounts.models import User
from core.ages import Birth
from core.audit.models import Entry, Read
from core.ids import parse_patient_number, uuid7
from core.pdf.card import HEIGHT, WIDTH
from core.pdf.qr import QUIET
from tests.builders import (
    TODAY,
    a_checkup,
    a_condition,
    a_patient,
    a_session,
    a_stay,
    a_village,
    a_visit,
    noon,
    somebody,
)
from tests.core.pdf.pdf_reading import ink, words
from tests.people import client_of

pytestmark = pytest.mark.django_db
LONG_KM, LONG = "កែវសុវណ្ណារ៉ា" * 4, "Bopharathanavuth" * 3


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def send(client: Client, patient: Patient, **data: Any) -> Any:
    return client.post(reverse("clinic:card", args=[patient.pk]), {"id": uuid7(), "paper": "card"} | data)


def many(client: Client, people: list[Patient], **data: Any) -> Any:
    said = {"id": uuid7(), "paper": "sheet", "who": [str(person.pk) for person in people]}
    return client.post(reverse("clinic:cards"), said | data)


# --- The card ---------------------------------------------------------------------------------------------------------


def test_a_card_says_who_it_is_and_fits_its_size(nurse: User) -> None:
    patient = a_patient(
        family_name_km="សុខ", given_name_km="ស្រីមុំ", birth=Birth.on(TODAY - timedelta(days=9000)), village=a_village()
    )
    Allergy.objects.create(patient=patient, substance="Shrimp", told_on=TODAY)
    client = client_of(nurse)
    answer = client.get(send(client, patient).url)
    assert answer["Content-Type"] == "application/pdf"
    assert f'filename="card-{patient.number}.pdf"' in answer["Content-Disposition"]
    (page,) = words(answer.content)
    for said in ("សុខ ស្រីមុំ", "Sok Sreymom", "Female", "born 31/03/2002", "Ou Thum", "ALLERGY", "Shrimp", patient.number):
        assert said in page, said
    picture = ink(answer.content)
    assert picture.width / picture.height == pytest.approx(WIDTH / HEIGHT, rel=0.01)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"birth": Birth.in_year(1960, TODAY)}, "born 1960"), ({"birth": Birth.in_month(2025, 3, TODAY)}, "born 03/2025"),
     ({"told": (34, "y", TODAY)}, "born about 1992"), ({"told": (7, "m", TODAY)}, "born about 04/2026"),
     ({}, "birth not known")],
)  # fmt: skip
def test_a_card_says_no_more_of_the_birth_than_was_told(given: dict[str, Any], said: str) -> None:
    from clinic.pdf import card as paper

    patient = a_patient(**given)
    (page,) = words(paper.cards(cards.chosen([patient.pk]), at=noon(), sheet=False))
    assert said in page.replace("/\n", "/")


def test_the_code_of_a_card_is_the_number_and_never_a_name() -> None:
    patient = a_patient(village=a_village())
    code = card(cards.chosen([patient.pk])[0]).qr
    again = QrCodeWidget(patient.number, barLevel="M")
    again.qr.make()
    size = again.qr.getModuleCount()
    assert code.modules == [[bool(again.qr.isDark(row, column)) for column in range(size)] for row in range(size)]
    assert parse_patient_number(patient.number)


def test_the_printed_code_reads_back_module_by_module(nurse: User) -> None:
    """Look at the ink of the page where each module of the code stands: dark is dark and light is light."""
    patient = a_patient(village=a_village())
    client, scale = client_of(nurse), 8
    picture = ink(client.get(send(client, patient).url).content, scale=scale)
    code = card(cards.chosen([patient.pk])[0]).qr
    from core.pdf.card import BAND, PAD
    from core.pdf.styles import MM

    left, top = WIDTH - PAD - code.side, BAND + 2.5 * MM
    step = code.side / (len(code.modules) + 2 * QUIET)
    for row, line in enumerate(code.modules):
        for column, dark in enumerate(line):
            x, y = left + (QUIET + column + 0.5) * step, top + (QUIET + row + 0.5) * step
            assert (picture.getpixel((int(x * scale), int(y * scale))) < 128) is dark


@pytest.mark.parametrize(
    "names",
    [
        {"family_name": "", "given_name": "", "family_name_km": "កែវ", "given_name_km": "បូរ៉ា"},
        {"family_name": "Keo", "given_name": ""},
        {"family_name": LONG, "given_name": LONG, "family_name_km": LONG_KM, "given_name_km": LONG_KM},
    ],
)
def test_long_and_missing_names_leave_nothing_off_the_card(names: dict[str, str]) -> None:
    from clinic.pdf import card as paper

    patient = a_patient(village=a_village(), **names)
    for n in range(6):
        Allergy.objects.create(patient=patient, substance=f"Substance {n}", reaction="ហើមមុខ", told_on=TODAY)
    (page,) = words(paper.cards(cards.chosen([patient.pk]), at=noon(), sheet=False))
    said = "".join(page.split())
    for name in filter(None, names.values()):
        assert name in said
    assert all(f"Substance{n}" in said for n in range(6))


def test_every_print_is_remembered_with_its_reason(nurse: User) -> None:
    patient, client = a_patient(), client_of(nurse)
    assert send(client, patient).status_code == 302
    refused = send(client, patient)
    assert refused.status_code == 422
    assert "has a card already" in refused.content.decode()
    assert send(client, patient, again="lost").status_code == 302
    assert sorted(CardPrint.objects.values_list("reason", flat=True)) == ["first", "lost"]
    page = client.get(reverse("clinic:card", args=[patient.pk])).content.decode()
    assert "The card was lost" in page
    assert "First card" in page
    assert Entry.objects.filter(verb="clinic.card.printed", patient_id=patient.pk).count() == 2


def test_a_double_click_prints_one_card(nurse: User) -> None:
    patient, client, key = a_patient(), client_of(nurse), uuid7()
    first, second = send(client, patient, id=key), send(client, patient, id=key, again="lost")
    assert first.url == second.url
    assert CardPrint.objects.count() == 1


def test_opening_a_printed_sheet_again_prints_no_card_more(nurse: User) -> None:
    patient, client = a_patient(), client_of(nurse)
    url = send(client, patient).url
    assert client.get(url).content[:5] == client.get(url).content[:5] == b"%PDF-"
    assert CardPrint.objects.count() == 1
    assert Read.objects.filter(what="card").count() == 2
    assert client.get(reverse("clinic:cards_pdf", args=[uuid7()])).status_code == 404


def test_no_card_for_the_dead(nurse: User) -> None:
    patient, client = a_patient(), client_of(nurse)
    patients.record_death(patient=patient, on=TODAY, source="family", by=nurse, today=TODAY)
    assert "No card is printed" in client.get(reverse("clinic:card", args=[patient.pk])).content.decode()
    assert send(client, patient).status_code == 422
    assert not CardPrint.objects.exists()


def test_a_household_is_printed_on_one_sheet_ten_to_a_page(nurse: User) -> None:
    home = Household.objects.create()
    family = [a_patient(given_name=f"Child {n}", family_name_km=f"សុខ{n}") for n in range(12)]
    Patient.objects.update(household=home)
    client = client_of(nurse)
    page = client.get(reverse("clinic:cards") + f"?household={home.pk}").content.decode()
    assert page.count('name="who"') == 12
    sheet = client.get(many(client, family).url)
    assert [text.count("SA-") for text in words(sheet.content)] == [10, 2]
    assert CardPrint.objects.values("sheet").distinct().count() == 1


def test_those_who_have_a_card_get_another_only_for_a_reason(nurse: User) -> None:
    one, other, client = a_patient(), a_patient(given_name="Dara"), client_of(nurse)
    send(client, one)
    refused = many(client, [one, other])
    assert refused.status_code == 422
    assert CardPrint.objects.count() == 1
    assert many(client, [one, other], again="damaged").status_code == 302
    assert sorted(CardPrint.objects.values_list("patient__given_name", "reason")) == [
        ("Dara", "first"), ("Sreymom", "damaged"), ("Sreymom", "first"),
    ]  # fmt: skip


def test_people_without_a_card_are_found_by_day_and_village(nurse: User) -> None:
    client = client_of(nurse)
    seen = a_patient(given_name="Seen", village=a_village())
    a_checkup(session=a_session(on=TODAY), patient=seen)
    visited = a_visit(a_patient(given_name="Visited")).patient
    has_one = a_patient(given_name="Hasone")
    send(client, has_one)

    def found(**asked: Any) -> set[str]:
        day = f"{TODAY:%d/%m/%Y}"
        text = client.get(
            reverse("clinic:cards"), {"first": day, "last": day, "how": "registered"} | asked
        ).content.decode()
        return {name for name in ("Seen", "Visited", "Hasone") if f"Sok {name}" in text}

    assert found() == {"Seen", "Visited"}
    assert found(how="outside") == {"Seen"}
    assert found(how="seen") == {"Visited"}
    assert found(village=seen.village_id) == {"Seen"}
    assert found(first="01/01/2020", last="02/01/2020") == set()
    assert found(how="outside", first="១៩/១១/២០២៦") == {"Seen"}
    assert visited


@pytest.mark.parametrize(
    "asked",
    [{"first": "x"}, {"first": "20/11/2026", "last": "19/11/2026"},
     {"first": "\x00", "last": "9" * 10_000, "how": "all"},
     {"first": "1/1/1", "last": "31/12/9999", "village": "' OR 1=1"}],
)  # fmt: skip
def test_a_wrong_search_for_cards_is_answered_in_words(nurse: User, asked: dict[str, str]) -> None:
    answer = client_of(nurse).get(reverse("clinic:cards"), asked)
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize(
    "sent",
    [{}, {"who": "x"}, {"who": [str(UUID(int=1))] * 500},
     {"who": "\x00", "id": "\x00", "paper": "\x00", "again": "first"},
     {"paper": "A3"}],
)  # fmt: skip
def test_a_wrong_choice_of_cards_prints_none(nurse: User, sent: dict[str, Any]) -> None:
    answer = client_of(nurse).post(reverse("clinic:cards"), sent)
    assert answer.status_code == 422
    assert not CardPrint.objects.exists()


def test_cards_keep_to_their_statements(nurse: User) -> None:
    family, client = [a_patient(given_name=f"Child {n}") for n in range(20)], client_of(nurse)
    with CaptureQueriesContext(connection) as asked:
        url = many(client, family).url
    assert len(asked) <= 12
    for address in (url, reverse("clinic:cards"), reverse("clinic:card", args=[family[0].pk])):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        assert len(asked) <= 8, address


def test_only_who_registers_people_prints_cards(pharmacist: User, donor: User) -> None:
    patient = a_patient()
    for user in (pharmacist, donor):
        assert client_of(user).get(reverse("clinic:card", args=[patient.pk])).status_code == 403


# --- The slip ---------------------------------------------------------------------------------------------------------


def a_full_visit(**care: Any) -> Encounter:
    given = {
        "complaint": "ក្អក", "vitals": {"systolic": 120, "diastolic": 80, "weight": "50.5"},
        "diagnoses": [a_condition("pneumonia")], "treatments": [("Amoxicillin 250 mg", "1 tab x3x5")],
        "advice": "ផឹកទឹក", "result": "follow_up", "follow_up_on": TODAY + timedelta(days=3),
    }  # fmt: skip
    return a_visit(a_patient(family_name_km="សុខ", village=a_village()), care=Care(**(given | care)), close=True)


def test_a_slip_says_what_was_found_and_how_to_take_the_medicine(nurse: User) -> None:
    visit, client = a_full_visit(), client_of(nurse)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("clinic:slip", args=[visit.pk]))
    assert len(asked) <= 8
    assert f'filename="visit-{visit.patient.number}-2026-11-20.pdf"' in answer["Content-Disposition"]
    text = "\n".join(words(answer.content))
    for said in (visit.patient.number, "ក្អក", "120/80 mmHg", "50.5 kg", "Pneumonia", "J18.9",
                 "1 tablet 3 times a day for 5 days", "15", "ផឹកទឹក", "23 November 2026",
                 "not asked about allergies"):  # fmt: skip
        assert said in text, said
    assert Read.objects.get().what == "visit slip"


def test_forty_medicines_print_forty_medicines(nurse: User) -> None:
    visit = a_full_visit()
    for n in range(40):
        Treatment.objects.create(encounter=visit, what=f"Medicine no. {n:02}", dose="after each meal")
    pages = words(client_of(nurse).get(reverse("clinic:slip", args=[visit.pk])).content)
    text = "\n".join(pages)
    assert all(f"Medicine no. {n:02}" in text for n in range(40))
    assert len(pages) > 2
    assert all("Medicine and how" in page for page in pages[:-1])


def test_a_visit_entered_in_error_prints_as_such_and_others_have_no_slip(nurse: User) -> None:
    visit = a_full_visit()
    Encounter.objects.filter(pk=visit.pk).update(status="void", void_reason="other child")
    client = client_of(nurse)
    assert "VOID" in words(client.get(reverse("clinic:slip", args=[visit.pk])).content)[0]
    stay = a_stay()
    assert client.get(reverse("clinic:slip", args=[stay.encounter_id])).status_code == 404
    assert client.get(reverse("clinic:slip", args=[uuid7()])).status_code == 404


@pytest.mark.parametrize(
    ("text", "grid", "words_en"),
    [("1 tab x3x5", ["1", "1", "1", ""], "1 tablet 3 times a day for 5 days"),
     ("1/2-0-1 3d", ["1/2", "", "1", ""], "morning 1/2, evening 1 for 3 days"),
     ("5 ml 2/d 5d", ["5", "", "5", ""], "5 ml 2 times a day for 5 days"),
     ("1 capsule stat", ["", "", "", ""], "1 capsule once"),
     ("2 puffs every 4h", ["", "", "", ""], "2 puffs 6 times a day"),
     ("1-1-1-1 1d", ["1", "1", "1", "1"], "morning 1, noon 1, evening 1, night 1 for 1 day")],
)  # fmt: skip
def test_a_dose_is_said_in_words_and_laid_over_the_day(text: str, grid: list[str], words_en: str) -> None:
    dose = dosage.parse(text)
    assert dose is not None
    assert doses.grid(dose) == grid
    assert doses.words(dose).split("\n")[1] == words_en
    assert doses.words(dose).split("\n")[0]


# --- The summary of a stay --------------------------------------------------------------------------------------------


def test_a_discharge_summary_tells_the_whole_stay(nurse: User) -> None:
    stay = a_stay(a_patient(village=a_village()), on=TODAY - timedelta(days=4), reason="រលាកសួត")
    row = stay.encounter
    for n in range(60):
        at = noon(TODAY - timedelta(days=4)) + timedelta(hours=n)
        StayNote.objects.create(encounter=row, at=at, text=f"note number {n:02}", recorded_by=somebody())
        MedicineGiven.objects.create(
            encounter=row, what="Ampicillin", dose="250 mg", at=at, state="given" if n else "refused"
        )
    for n, celsius in ((4, "39.4"), (0, "37.1")):
        Vitals.objects.create(encounter=row, measured_at=noon(TODAY - timedelta(days=n)), temperature=celsius)
    Treatment.objects.create(encounter=row, what="Amoxicillin", dose="1x3x5", take_home=True)
    client = client_of(nurse)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("clinic:discharge_summary", args=[stay.pk]))
    assert len(asked) <= 8
    pages = words(answer.content)
    text = "\n".join(pages)
    assert all(f"note number {n:02}" in text for n in range(60))
    for said in ("still here", "39.4", "37.1", "Amoxicillin", "Ampicillin", "59", "រលាកសួត", stay.patient.number):
        assert said in text, said
    assert len(pages) > 1


def test_a_stay_of_which_nothing_is_known_prints_all_the_same(nurse: User) -> None:
    stay = a_stay(a_patient(family_name="", given_name="", family_name_km=LONG_KM, given_name_km=LONG_KM))
    client = client_of(nurse)
    assert words(client.get(reverse("clinic:discharge_summary", args=[stay.pk])).content)
    assert client.get(reverse("clinic:discharge_summary", args=[uuid7()])).status_code == 404
