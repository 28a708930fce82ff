"""How far figures can be trusted: late entries by the clinic's calendar, ages, and what tablets still keep."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from clinic.models import Encounter
from core.ages import Birth
from core.periods import CLINIC_TZ
from reports import quality
from tests.reports.rows import a_contact, a_person
from tests.sync.rows import a_device

pytestmark = pytest.mark.django_db

DAY = dt.date(2025, 3, 5)
NOW = dt.datetime(2025, 4, 1, 5, tzinfo=dt.UTC)


def measured(first: dt.date = DAY, last: dt.date = DAY) -> quality.Quality:
    return quality.of(first, last, now=NOW)


def written_at(day: dt.date, hour: int, minute: int = 0, second: int = 0, **given: int) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=CLINIC_TZ)


@pytest.mark.parametrize(
    ("days", "at", "late"),
    [
        (0, (0, 0, 0), 0), (7, (23, 59, 59), 0), (8, (0, 0, 0), 1), (8, (0, 0, 1), 1), (8, (6, 59, 59), 1),
        (8, (7, 0, 0), 1), (31, (12, 0, 0), 1),
    ],
)  # fmt: skip
def test_an_entry_is_late_by_the_days_of_the_clinics_calendar(days, at, late):
    written = written_at(DAY + dt.timedelta(days=days), *at)
    a_contact(DAY, recorded_at=written, patient=a_person(born=dt.date(2000, 1, 1)))
    found = measured()
    assert (found.contacts, found.late, found.longest) == (1, late, days)


def test_microseconds_before_midnight_are_the_day_before():
    written = written_at(DAY + dt.timedelta(days=7), 23, 59, 59) + dt.timedelta(microseconds=999_999)
    a_contact(DAY, recorded_at=written)
    assert measured().late == 0


def test_ages_are_exact_estimated_or_unknown_and_each_contact_is_one_of_them():
    a_contact(DAY, patient=a_person(born=dt.date(2000, 1, 1)))
    a_contact(DAY, patient=a_person())
    about_forty = a_person()
    about_forty.tell_birth(Birth.from_stated(40, "y", DAY))
    about_forty.save()
    a_contact(DAY, patient=about_forty)
    a_contact(DAY, patient=a_person(), told_age=3, told_unit="y", age_slot=66)  # told at the contact only
    found = measured()
    assert (found.contacts, found.unknown_ages, found.estimated_ages) == (4, 1, 2)


def test_only_what_is_counted_is_measured():
    stay = a_contact(DAY, "inpatient")
    a_contact(DAY, "outpatient", admitted_as=stay)
    a_contact(DAY, void=True)
    a_contact(DAY - dt.timedelta(days=1))
    assert measured().contacts == Encounter.objects.contacts().filter(on=DAY).count() == 1


def test_a_span_without_contacts_has_nothing_to_say():
    found = measured(dt.date(1999, 1, 1), dt.date(1999, 12, 31))
    assert (found.contacts, found.late, found.longest, found.is_whole) == (0, 0, 0, True)


def test_a_tablet_that_keeps_saves_is_told_also_when_it_was_revoked():
    a_device("T01", pending=3)
    a_device("T02", pending=2, state="revoked", reason="lost")
    a_device("T03", pending=0, seen_at=timezone.now())
    found = measured().tablets
    assert (found.unsent, found.records) == (2, 5)
    assert not measured().is_whole


def test_the_measure_costs_three_statements(django_assert_num_queries):
    with django_assert_num_queries(3):
        measured()
