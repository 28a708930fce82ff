"""Months are made of the clinic's local days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from core.periods import CLINIC_TZ, Month, Period, Year, local_day

DAYS = st.dates(date(1901, 1, 1), date(2198, 12, 31))


def code_of(call, *args):
    with pytest.raises(RuleBroken) as refused:
        call(*args)
    return refused.value.code


def test_half_past_midnight_on_the_first_belongs_to_the_new_month():
    instant = datetime(2026, 10, 31, 17, 30, tzinfo=UTC)
    assert instant.astimezone(CLINIC_TZ).hour == 0
    assert Month.of(local_day(instant)) == Month("2026-11")
    assert local_day(instant - timedelta(minutes=31)) == date(2026, 10, 31)


def test_an_instant_without_a_time_zone_names_no_day():
    with pytest.raises(ValueError):
        local_day(datetime(2026, 11, 1, 0, 30))


@pytest.mark.parametrize("text", ["2026-11", "11/2026", "២០២៦-១១", " 11-2026 ", "2026/11"])
def test_a_month_is_read_as_people_write_it(text):
    assert Month.parse(text) == Month("2026-11")


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "26-11", "2026-11-01", "nov", "0000-01", "9999-12"]
)
def test_what_is_not_a_month_is_refused(text):
    assert code_of(Month.parse, text) == code_of(Month, text) == "core.month_unreadable"


@given(DAYS)
def test_a_day_lies_in_its_month_and_in_no_other(day):
    month = Month.of(day)
    assert month.first <= day <= month.last and day in month
    assert day not in month.next() and day not in month.previous()
    assert month.next().first - month.last == timedelta(days=1)
    assert month.next().previous() == month and month.previous() < month < month.next()
    assert Month.parse(str(month)) == month and (month.year, month.number) == (day.year, day.month)


def test_february_ends_when_the_year_says():
    assert Month("2024-02").last == date(2024, 2, 29)
    assert Month("2026-02").last == date(2026, 2, 28)


def test_december_is_followed_by_january():
    assert Month("2026-12").next() == Month("2027-01") and Month("2026-12").last == date(2026, 12, 31)


def test_a_year_has_twelve_months():
    year = Year.parse("២០២៦")
    assert year == Year.of(date(2026, 7, 1)) == Year("2025").next() == Year("2027").previous()
    assert [str(month) for month in year.months()] == [f"2026-{n:02d}" for n in range(1, 13)]
    assert (year.first, year.last, str(year)) == (date(2026, 1, 1), date(2026, 12, 31), "2026")
    assert date(2026, 5, 5) in year and date(2025, 5, 5) not in year
    assert code_of(Year, "26") == code_of(Year.parse, "20 26") == "core.year_unreadable"


def test_a_period_runs_over_the_turn_of_the_year():
    period = Period(Month("2026-11"), Month("2027-02"))
    assert [str(month) for month in period.months()] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert (period.first_day, period.last_day) == (date(2026, 11, 1), date(2027, 2, 28))
    assert date(2027, 2, 28) in period and date(2027, 3, 1) not in period
    assert str(period) == "2026-11/2027-02" and str(Period(Month("2026-11"), Month("2026-11"))) == "2026-11"


def test_a_period_does_not_run_backwards():
    assert code_of(Period, Month("2026-11"), Month("2026-10")) == "core.period_backwards"


def test_the_last_month_there_is_can_be_listed():
    assert len(Year("2199").months()) == 12
