"""Bed-days counted at midnight: worked examples, and whatever is cut into months or beds adds up to the whole."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.rules.stays import Span, bed_days, by_place, check_moment, meet
from clinic.selectors import wards
from clinic.services import admissions
from core.errors import RuleBroken
from core.periods import CLINIC_TZ, Month
from tests.builders import a_bed, a_discharge, a_stay, noon, somebody

DAY = timedelta(days=1)
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2026, 11, 3), date(2026, 11, 6), 3),  # three midnights
        (date(2026, 11, 3), date(2026, 11, 3), 1),  # came and left on one day
        (date(2026, 10, 30), date(2026, 11, 2), 1),  # only the night of the 1st is November's
        (date(2026, 11, 29), date(2026, 12, 4), 2),
        (date(2026, 10, 1), date(2026, 12, 31), 30),  # the whole month
        (date(2026, 11, 28), None, 3),  # still here
        (date(2026, 10, 20), date(2026, 11, 1), 0),  # left on the 1st: that day does not count
        (date(2026, 12, 1), None, 0),
        (date(2026, 10, 5), date(2026, 10, 5), 0),
    ],
)
def test_bed_days_of_november(since, until, days):
    assert bed_days(since, until, *NOVEMBER) == days


@given(DAYS, st.integers(0, 200))
def test_the_months_of_a_stay_add_up_to_the_whole(since, length):
    until = since + length * DAY
    months, month = 0, Month.of(since)
    while month.first <= until:
        months += bed_days(since, until, month.first, month.last)
        month = month.next()
    assert months == max(1, length)


@given(DAYS, st.lists(st.integers(0, 9), min_size=1, max_size=5), DAYS, st.integers(0, 60), st.booleans())
def test_the_beds_of_a_stay_add_up_to_the_stay(since, nights, first, span, still_here):
    lain, at = [], since
    for place, length in enumerate(nights):
        lain.append((place, at, at + length * DAY))
        at += length * DAY
    if still_here:
        lain[-1] = (*lain[-1][:2], None)
    last = first + span * DAY
    whole = bed_days(since, None if still_here else at, first, last)
    assert sum(by_place(lain, first, last).values()) == whole


@given(DAYS, st.integers(0, 9), DAYS, st.integers(0, 9))
def test_two_stays_meet_when_they_share_a_night_or_one_lies_inside(one, long, other, also):
    a, b = Span(one, one + long * DAY), Span(other, other + also * DAY)
    nights = {one + n * DAY for n in range(long)} & {other + n * DAY for n in range(also)}
    inside = (long == 0 and other < one < b.until) or (also == 0 and one < other < a.until)
    assert meet(a, b) == meet(b, a) == (bool(nights) or inside)


def test_moments_are_judged_by_the_clinics_own_day():
    stay = {"admitted_on": date(2026, 11, 20), "discharged_on": date(2026, 11, 21)}
    now = noon(date(2026, 11, 25))
    half_past_midnight = noon(date(2026, 11, 20)).replace(hour=0, minute=30)
    check_moment(half_past_midnight.astimezone(CLINIC_TZ), now=now, **stay)
    for at, code in (
        (half_past_midnight - timedelta(hours=1), "clinic.moment_before_stay"),
        (noon(date(2026, 11, 22)).replace(hour=0), "clinic.moment_after_stay"),
        (now + timedelta(hours=1), "clinic.moment_in_future"),
    ):
        with pytest.raises(RuleBroken, match=f"^{code}$"):
            check_moment(at, now=now, **stay)


@pytest.mark.django_db
def test_the_wards_of_a_month_add_up():
    today = date(2026, 11, 20)
    stay = a_stay(on=date(2026, 10, 30), today=today)
    admissions.transfer(id=stay.pk, bed=a_bed(4), on=date(2026, 11, 10), by=somebody(), today=today)
    a_discharge(stay, on=date(2026, 11, 15), today=today)
    a_stay(bed=a_bed(1), on=date(2026, 11, 18), today=today)
    admissions.void(id=a_stay(bed=a_bed(2), on=date(2026, 11, 2), today=today).pk, reason="Error", by=somebody())
    admissions.admit(patient=stay.patient, bed=None, on=date(2026, 11, 19), by=somebody(), today=today, at=noon())
    uses = wards.bed_days(Month("2026-11"), today)
    men, women, children, elsewhere = uses
    assert (men.days, women.days, children.days) == (9 + 3, 5, 0)  # 1–9 November and 18–20; 10–14 November
    assert (men.possible, men.percent) == (80, 15)  # four beds on twenty days
    assert (elsewhere.ward, elsewhere.days, elsewhere.percent) == (None, 2, None)
    assert sum(use.days for use in wards.bed_days(Month("2026-10"), today)) == 2
