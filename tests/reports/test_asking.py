"""One way to ask: numbers told apart and narrowed, and lists whose amounts add up to them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.ages import BAND_SETS
from core.errors import RuleBroken
from core.periods import Month, Year
from reports.asking import Span, ask, behind
from reports.tallies import touched
from tests.builders import a_patient, a_visit
from tests.desk.merges import merge
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

YEAR = Span.of(Year("2025"))


@pytest.fixture
def few(db: None) -> None:
    child = a_person(born=dt.date(2020, 3, 10))
    a_contact(dt.date(2025, 2, 28), "mobile", patient=child, gave="brush", conditions=["worms"])
    a_contact(dt.date(2025, 3, 10), patient=child, conditions=["worms", "diarrhoea"], new_case=False)
    a_contact(dt.date(2025, 3, 31), "inpatient", patient=a_person(sex="M"))
    a_contact(dt.date(2025, 3, 5), void=True, conditions=["worms"])


def listed(figure: str, span: Span = YEAR, **where: str) -> int:
    return sum(row.amount for row in behind(figure, span, where=where))


def test_a_number_is_told_apart_by_any_of_its_dimensions(few):
    answer = ask("patients_assessed", YEAR, by=("month", "band", "sex"))
    assert answer.total == 3
    assert answer.value(month="2025-03") == 2
    assert answer.value(month="2025-03", sex="M", band="unknown") == 1
    assert answer.along("band") == {
        **dict.fromkeys(BAND_SETS["published"].lines, 0),
        "under_5": 1,
        "5": 1,
        "unknown": 1,
    }
    assert list(answer.along("month")) == [f"2025-{n:02}" for n in range(1, 13)]


@pytest.mark.parametrize(
    "dimension", ["month", "service", "band", "sex", "village", "case", "visit", "equity", "route"]
)
def test_along_a_dimension_the_numbers_add_up_and_open(few, dimension):
    answer = ask("patients_assessed", YEAR, by=[dimension])
    assert sum(answer.along(dimension).values()) == answer.total == listed("patients_assessed") == 3
    for key, number in answer.along(dimension).items():
        assert listed("patients_assessed", **{dimension: key}) == number


def test_two_diagnoses_stand_under_both_and_count_once_in_the_whole(few):
    answer = ask("contacts_by_condition", YEAR, by=["condition"])
    assert answer.along("condition") == {"worms": 2, "diarrhoea": 1}
    assert answer.total == listed("contacts_by_condition") == 2
    assert listed("contacts_by_condition", condition="worms") == 2
    with pytest.raises(AssertionError, match="several keys"):
        ask("patients_assessed", YEAR, by=["condition", "sex"]).value(sex="F")
    only = ask("patients_assessed", YEAR, by=["condition"], where={"condition": "worms"})
    assert (only.along("condition"), only.total) == ({"worms": 2}, 2)


def test_new_and_known_are_told_by_the_first_contact_ever(few):
    assert ask("patients_assessed", YEAR, by=["visit"]).along("visit") == {"new": 2, "known": 1}
    march = Span.of(Month("2025-03"))
    assert ask("people_reached", march, by=["visit"]).along("visit") == {"new": 1, "known": 1}
    assert ask("new_patients", march).total == listed("new_patients", march) == 1
    assert ask("new_cases", YEAR).total == 2


def test_days_that_are_no_months_are_counted_too(few):
    assert ask("patients_assessed", Span(dt.date(2025, 2, 28), dt.date(2025, 3, 10))).total == 2
    with pytest.raises(RuleBroken, match="backwards"):
        Span(dt.date(2025, 3, 2), dt.date(2025, 3, 1))


def test_a_list_goes_on_page_by_page(few):
    first = behind("patients_assessed", YEAR, limit=2)
    rest = behind("patients_assessed", YEAR, limit=2, before=first[-1].cursor)
    assert [row.on for row in (*first, *rest)] == [dt.date(2025, 3, 31), dt.date(2025, 3, 10), dt.date(2025, 2, 28)]


def test_what_makes_no_question_is_refused_in_words(few):
    for wrong in (
        {"by": ["hospital"]}, {"where": {"band": "6"}}, {"where": {"village": "x"}}, {"where": {"village": "9" * 30}},
        {"where": {"service": "dental"}}, {"where": {"month": "2025-13"}}, {"where": {"condition": "\0"}},
    ):  # fmt: skip
        with pytest.raises(RuleBroken):
            ask("patients_assessed", YEAR, **wrong)
    with pytest.raises(RuleBroken, match="figure_unknown"):
        ask("patients", YEAR)
    with pytest.raises(RuleBroken, match="filter_unknown"):
        behind("patients_assessed", YEAR, before="2025-01-01,x")


def test_a_question_costs_one_statement_and_one_more_a_look_at_what_changed(few):
    with CaptureQueriesContext(connection) as statements:
        ask("people_reached", YEAR, by=("month", "service", "band", "sex"))
    assert len(statements) == 2
    with CaptureQueriesContext(connection) as statements:
        ask("people_reached", YEAR, by=("month", "service", "band", "sex"), log=touched.look())
    assert len(statements) == 2
    with CaptureQueriesContext(connection) as statements:
        ask("mouths_charted", YEAR, by=("month", "band", "sex"))
        behind("people_reached", YEAR)
    assert len(statements) == 2


def test_the_first_contact_ever_is_found_among_what_counts():
    person = a_person()
    a_contact(dt.date(2024, 12, 31), patient=person, void=True)
    stay = a_contact(dt.date(2025, 2, 28), "inpatient", patient=person)
    a_contact(dt.date(2025, 2, 28), patient=person, admitted_as=stay)  # the visit that ended in this admission
    a_contact(dt.date(2025, 3, 1), patient=person)
    by = ask("patients_assessed", YEAR, by=["service", "visit"])
    assert dict(by.cells) == {("inpatient", "new"): 1, ("outpatient", "known"): 1}
    assert ask("new_patients", YEAR, by=["service"]).along("service") == {"outpatient": 0, "inpatient": 1, "mobile": 0}
    assert ask("new_patients", Span.of(Month("2025-03"))).total == 0


def test_people_whose_records_were_merged_are_one_person(nurse):
    one, other = a_patient(), a_patient(given_name="Sreymom")
    first = a_visit(one)
    a_visit(other)
    span = Span.of(Month.of(first.on))
    assert ask("people_reached", span).total == ask("new_patients", span).total == 2
    merge(one, other)
    assert ask("patients_assessed", span).total == 2
    assert ask("people_reached", span).total == ask("new_patients", span).total == listed("new_patients", span) == 1


def test_a_band_of_days_and_one_of_months_share_no_child(few):
    """Slot 30, 28 days and a month, is younger than slot 29: a band need not be one run of slots."""
    for slot in (28, 29, 30, 31):
        a_contact(dt.date(2025, 5, 5), age_slot=slot)
    may, ministry = Span.of(Month("2025-05")), BAND_SETS["ministry"]
    told = ask("patients_assessed", may, by=["band"], bands=ministry).along("band")
    assert (told["0_28d"], told["29d_11m"]) == (2, 2)
    for key, number in told.items():
        assert ask("patients_assessed", may, where={"band": key}, bands=ministry).total == number
        assert len(behind("patients_assessed", may, where={"band": key}, bands=ministry)) == number
