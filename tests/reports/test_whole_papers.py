"""All that a paper says, read back from the PDF's text and the Excel file's cells: care, money, medicine, villages."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pypdfium2
import pytest
from django.utils import translation

from clinic.models import Encounter
from core.ages import BAND_SETS
from core.money import Currency, Money
from core.periods import CLINIC_TZ, Month, Period, Year
from core.places.models import Village
from mobile_team.models import Attendance, Education, Session, ToothFinding
from referrals.models import Trip, Vehicle
from reports import issuing, tables, xlsx
from reports.paper import Paper, Seal, paper_of
from reports.pdf.paper import render
from tests.builders import a_batch, a_donation, a_medicine, somebody
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

MARCH = Period(Month("2025-03"), Month("2025-03"))
DAY = dt.date(2025, 3, 12)
AT = dt.datetime(2025, 4, 1, 5, tzinfo=CLINIC_TZ)


def made(period: Period = MARCH) -> Paper:
    return paper_of(period, BAND_SETS["published"], at=AT, by="Prak Sovann")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", " ").replace("\n", " ")


def cells(paper: Paper, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook(paper)))
    return [tuple(cell for cell in row if cell is not None) for row in book[sheet].values]


def villages(count: int) -> list[Village]:
    return list(Village.objects.order_by("id")[:count])


def checked(village: Village, number: int, on: dt.date = DAY) -> None:
    """Let the team see so many people of a village in a session."""
    Session.objects.get_or_create(village=village, on=on, defaults={"state": "held", "recorded_by": somebody()})
    for _ in range(number):
        a_contact(on, "mobile", patient=a_person(born=dt.date(2019, 1, 1)), village=village)


@pytest.fixture
def a_month(db: None) -> None:
    """One of everything in March 2025."""
    sb, (first, second, *_) = somebody(), villages(3)
    checked(first, 7)
    Session.objects.create(village=second, on=DAY, state="cancelled", reason="flood", recorded_by=sb)
    mouth = Encounter.objects.filter(kind="mobile")[0].checkup
    mouth.pain, mouth.decayed_primary = True, 2
    mouth.save()
    for tooth in (54, 55):
        ToothFinding.objects.create(checkup=mouth, tooth=tooth, code="B", recorded_by=sb)
    talk = Education.objects.create(village=first, on=DAY, topic="teeth", with_department=True, recorded_by=sb)
    Attendance.objects.create(education=talk, audience="villagers", women=11, men=5, girls=8, boys=13, recorded_by=sb)
    car = Vehicle.objects.create(name_km="ឡាន", name_en="Van", plate="2A-1111")
    leaves = dt.datetime(2025, 3, 10, 8, tzinfo=CLINIC_TZ)
    Trip.objects.create(
        vehicle=car, purpose="deceased_home", departed_at=leaves, returned_at=leaves + dt.timedelta(hours=3),
        odometer_out=100, odometer_in=146, driver="Chan", destination="home",
        person_name="Sok Mealea", recorded_by=sb,
    )  # fmt: skip
    a_donation(Money(48_000, Currency.KHR), on=DAY, today=DAY)
    a_donation(Money(1_250, Currency.USD), on=DAY, today=DAY)
    a_batch(40, on=DAY, today=DAY, expires_on=dt.date(2025, 5, 20), medicine=a_medicine())


def test_the_paper_says_all_of_it_in_the_pdf_and_in_excel(a_month):
    paper = made()
    english = text_of(render(paper, "en"))
    for said in (
        "Care of the teeth 1 1 11 5 8 13 37",  # talks, with the department, women, men, girls, boys, all
        "Taking the deceased home to the family 1 46",
        "All villages 2 1 1 7",  # planned, held, cancelled, contacts
        "1 of 2 villages in the plan were reached.",
        "A villager or patient 2 48,000 12.50",
        "Batches that expire within three months 1",
        "20 May 2025 40",
        "at: /reports/month/2025-03/?bands=published",  # from the paper to the records and back
    ):
        assert said in english, said
    assert cells(paper, "Talks")[-1][2:] == (1, 1, 11, 5, 8, 13, 37, 0, 0)
    gifts = next(row for row in cells(paper, "Gifts") if "A villager or patient" in row)
    assert gifts[2:] == (2, 48_000, 12.5)
    mouths = cells(paper, "Teeth")[-1]
    assert mouths[2:] == (7, 1, 1, 2, 0)  # checked, with decay, charted, mean dmft, mean DMFT
    fund = next(row for row in cells(paper, "Funds") if "dollars" in str(row))
    assert fund[2:] == (0, 12.5, 0, 0, 0, 0, 12.5)
    assert cells(paper, "Expiring")[-1][-2:] == (dt.datetime(2025, 5, 20), 40)


def test_both_languages_carry_the_same_numbers(a_month):
    paper, numbers = made(), []
    for language in ("km", "en"):
        with translation.override(language):
            found = [*paper.tables(), *paper.besides()]
            numbers.append([[c for c in row if isinstance(c, tables.Number)] for t in found for row in t.rows])
        assert render(paper, language).startswith(b"%PDF")
    assert numbers[0] == numbers[1]


def test_no_number_stands_on_the_paper_twice_with_two_values(a_month):
    lines = issuing.document(made())["lines"]
    assert len({line["id"] for line in lines}) == len(lines)
    assert all(isinstance(line["value"], int) for line in lines)


def test_a_month_with_nothing_in_it_prints_too(db):
    paper = made()
    assert "None in this period." in text_of(render(paper, "en"))
    assert render(paper, "km").startswith(b"%PDF")
    assert xlsx.workbook(paper)


def test_small_numbers_of_a_village_are_hidden_and_cannot_be_subtracted(db):
    few, some, many = villages(3)
    checked(few, 3)
    checked(some, 9)
    checked(many, 23)
    paper = made()
    english = text_of(render(paper, "en"))
    assert f"{few.name_en} ({few.commune.name_en}) 1 1 0 *" in english
    assert f"{some.name_en} ({some.commune.name_en}) 1 1 0 *" in english
    assert f"{many.name_en} ({many.commune.name_en}) 1 1 0 23" in english
    assert "All villages 3 3 0 35" in english
    rows = [row[-1] for row in cells(paper, "Villages") if len(row) == 6 and "(" in row[0]]
    assert sorted(map(str, rows[1:])) == ["*", "*", "23"]


def test_the_year_hides_what_a_month_hid(db):
    few, some, many = villages(3)
    for village, number in ((few, 3), (some, 9), (many, 23)):
        checked(village, number)
        checked(village, 6, dt.date(2025, 7, 2))
    shown = text_of(render(made(Year("2025").period), "en"))
    assert f"{few.name_en} ({few.commune.name_en}) 2 2 0 *" in shown
    assert f"{many.name_en} ({many.commune.name_en}) 2 2 0 29" in shown


def test_a_hidden_number_is_not_printed_as_a_restatement_either(db):
    few, some, _ = villages(3)
    checked(few, 3)
    checked(some, 9)
    before = issuing.document(made())
    checked(few, 1)
    after = made()
    found = issuing.differences(before, issuing.document(after))
    village = [one for one in found if f"village={few.pk}" in one.id and one.id.startswith("patients_assessed")]
    assert [(one.was, one.now, one.hidden) for one in village] == [(3, 4, True)]
    sealed = Paper(**{**vars(after), "seal": Seal(2, "0" * 64, "late", found)})
    english = text_of(render(sealed, "en"))
    assert "1 more differ that are not shown" in english
    assert f"Villages reached · {few.name_en}" not in english
