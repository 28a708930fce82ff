"""What counts, when, once: the rules of the figures on small histories that can be counted by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.selectors import timeline
from clinic.services import admissions, encounters, patients
from core.ages import BAND_SETS, Birth
from core.errors import RuleBroken
from core.periods import Month, Period, Year, local_day
from reports import selectors
from reports.asked import Asked
from reports.asking import behind
from reports.counted import counting
from reports.cube import Cube
from reports.figures import FIGURES
from reports.spans import Span
from tests.builders import a_patient
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

PUBLISHED = BAND_SETS["published"]
YEAR = Year("2025").period
MARCH = Period(Month("2025-03"), Month("2025-03"))


def figures(period: Period = YEAR, bands: str = "published") -> Cube:
    return selectors.count(period, BAND_SETS[bands])


def test_a_contact_counts_in_the_month_of_its_day():
    for day in (dt.date(2025, 2, 28), dt.date(2025, 3, 1), dt.date(2025, 3, 31), dt.date(2025, 4, 1)):
        a_contact(day)
    assert figures(MARCH).sum("patients_assessed") == 2
    by_month = figures().by("patients_assessed", "month")
    assert (by_month["2025-02"], by_month["2025-03"], by_month["2025-04"]) == (1, 2, 1)
    assert len(by_month) == 12


def test_half_past_midnight_on_the_first_belongs_to_the_new_month(nurse):
    instant = dt.datetime(2025, 2, 28, 17, 30, tzinfo=dt.UTC)  # 00:30 on 1 March in Phnom Penh
    day = local_day(instant)
    encounters.open_visit(patient=a_patient(today=day), on=day, by=nurse, today=day, at=instant)
    assert figures(MARCH).sum("patients_assessed") == 1


def test_a_visit_that_ends_in_admission_is_counted_once_as_hospitalised(nurse):
    day, at = dt.date(2025, 3, 5), dt.datetime(2025, 3, 5, 3, tzinfo=dt.UTC)
    patient = a_patient(today=day)
    visit = encounters.open_visit(patient=patient, on=day, by=nurse, today=day, at=at)
    seen = timeline.contact(visit.id)
    stay = admissions.admit(patient=patient, bed=None, on=day, by=nurse, today=day, at=at, visit=seen)
    cube = figures()
    assert cube.by("patients_assessed", "service") == {"outpatient": 0, "inpatient": 1, "mobile": 0}
    assert cube.sum("people_reached") == cube.sum("new_patients_admitted") == 1

    encounters.void(encounter=stay.encounter, reason="wrong patient", by=nurse)
    cube = figures()
    assert cube.by("patients_assessed", "service") == {"outpatient": 1, "inpatient": 0, "mobile": 0}
    assert cube.sum("new_patients_admitted") == 0


def test_what_was_entered_in_error_counts_nowhere():
    a_contact(dt.date(2025, 3, 5), "mobile", void=True, gave="education brush paste", conditions=["diarrhoea"])
    a_contact(dt.date(2025, 3, 5), "inpatient", void=True)
    cube = figures()
    assert all(cube.sum(name) == 0 for name in FIGURES if name != "contacts_by_condition")
    assert cube.conditions == []


def test_a_person_is_reached_once_in_a_period_at_the_first_contact():
    child = a_person(born=dt.date(2020, 3, 10))
    a_contact(dt.date(2025, 3, 9), "mobile", patient=child)  # four years old
    a_contact(dt.date(2025, 3, 10), "outpatient", patient=child)  # five today
    a_contact(dt.date(2025, 3, 10), "outpatient", patient=child)  # twice on one day
    cube = figures()
    assert cube.sum("patients_assessed") == 3
    assert cube.by("people_reached", "band") == {key: int(key == "under_5") for key in PUBLISHED.lines}
    assert cube.by("patients_assessed", "band")["5"] == 2


def test_monthly_people_do_not_add_up_to_the_year():
    person = a_person()
    a_contact(dt.date(2025, 3, 9), patient=person)
    a_contact(dt.date(2025, 4, 9), patient=person)
    april = Period(Month("2025-04"), Month("2025-04"))
    assert [figures(period).sum("people_reached") for period in (MARCH, april, YEAR)] == [1, 1, 1]


def test_a_new_patient_is_one_whose_first_stay_ever_began_in_the_period():
    old, new, twice = a_person(name="Old"), a_person(name="New"), a_person(name="Twice")
    a_contact(dt.date(2024, 11, 2), "inpatient", patient=old)
    for patient in (old, new, twice, twice):
        a_contact(dt.date(2025, 3, 2), "inpatient", patient=patient)
    a_contact(dt.date(2025, 5, 2), "inpatient", patient=twice)
    cube = figures()
    assert cube.sum("patients_assessed", service="inpatient") == 5
    assert cube.sum("new_patients_admitted") == 2


def test_a_stay_entered_in_error_does_not_make_the_next_one_an_old_patients():
    person = a_person()
    a_contact(dt.date(2024, 11, 2), "inpatient", patient=person, void=True)
    a_contact(dt.date(2025, 3, 2), "inpatient", patient=person)
    assert figures().sum("new_patients_admitted") == 1


def test_the_dead_stay_in_the_months_in_which_they_came():
    person = a_person()
    a_contact(dt.date(2025, 3, 2), "inpatient", patient=person)
    person.deceased_on = dt.date(2025, 3, 4)
    person.save()
    cube = figures()
    assert cube.sum("patients_assessed") == cube.sum("people_reached") == cube.sum("new_patients_admitted") == 1


def test_hand_outs_are_three_separate_facts():
    for gave in ("education brush paste", "education", "brush", ""):
        a_contact(dt.date(2025, 3, 5), "mobile", gave=gave)
    cube = figures()
    given = {name: cube.sum(name) for name in ("dental_education", "toothbrushes_given", "toothpaste_given")}
    assert given == {"dental_education": 2, "toothbrushes_given": 2, "toothpaste_given": 1}


def test_five_year_olds_and_the_unknown_have_lines_of_their_own():
    day = dt.date(2025, 3, 5)
    for years in (0, 4, 5, 6, 12, 13, 17, 18, 59, 60, 99):
        a_contact(day, patient=a_person(born=dt.date(2025 - years, 3, 5)))
    a_contact(day, patient=a_person())
    cube = figures()
    assert cube.by("patients_assessed", "band") == {
        "under_5": 2, "5": 1, "6_12": 2, "13_17": 2, "18_59": 2, "60_plus": 2, "unknown": 1,
    }  # fmt: skip
    for key in BAND_SETS:
        other = cube.cut_by(BAND_SETS[key])
        assert sum(other.by("patients_assessed", "band").values()) == 12
        assert other.by("patients_assessed", "band")["unknown"] == 1


def test_a_contact_with_two_diagnoses_stands_under_both():
    a_contact(dt.date(2025, 3, 5), conditions=["diarrhoea", "worms"])
    a_contact(dt.date(2025, 3, 6), conditions=["worms"])
    assert [(row.key, row.count) for row in figures().conditions] == [("worms", 2), ("diarrhoea", 1)]


def test_all_figures_and_their_breakdowns_cost_three_statements():
    a_contact(dt.date(2025, 3, 5), conditions=["diarrhoea"])
    with CaptureQueriesContext(connection) as statements:
        figures()  # what changed and what follows from it, the numbers, the names of conditions
    assert len(statements) == 3


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
def test_a_month_is_found_by_its_days_and_not_by_reading_every_contact():
    """`admitted_as IS NULL` once lured the planner onto an index that holds every row: a minute for a year."""
    for figure in ("patients_assessed", "people_reached"):
        plan = counting(Asked.checked(figure, Span.of(MARCH))).rows().explain()
        assert "clinic_encounter_day" in plan, plan
        assert "admitted_as_id=?" not in plan, plan


def test_a_figure_or_a_line_that_is_none_is_refused():
    with pytest.raises(RuleBroken, match=r"reports\.figure_unknown"):
        behind("patients", Span.of(YEAR))
    with pytest.raises(RuleBroken, match=r"reports\.filter_unknown"):
        behind("patients_assessed", Span.of(YEAR), where={"band": "under_6"}, bands=PUBLISHED)
    with pytest.raises(RuleBroken, match=r"reports\.dimension_unknown"):
        behind("patients_assessed", Span.of(YEAR), where={"colour": "red"})


def test_a_corrected_birth_moves_a_contact_to_its_new_band(nurse):
    day = dt.date(2025, 3, 5)
    patient = a_patient(today=day, birth=Birth.on(dt.date(2021, 1, 1)))
    encounters.open_visit(patient=patient, on=day, by=nurse, today=day, at=dt.datetime(2025, 3, 5, 3, tzinfo=dt.UTC))
    assert figures().by("patients_assessed", "band")["under_5"] == 1
    patients.correct(patient=patient, by=nurse, today=day, birth=Birth.on(dt.date(2019, 1, 1)))
    assert figures().by("patients_assessed", "band")["6_12"] == 1
