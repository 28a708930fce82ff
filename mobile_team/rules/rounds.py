"""Spans of days, weeks, and the moment of a check-up. Pure: no database, no clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from core.errors import RuleBroken
from core.periods import CLINIC_TZ, local_day

MOST_DAYS_PLANNED = 400
DAYS_A_WEEK = 3  # on so many days the van drives; another number is said on the page of the routes
TOO_LONG_AGO = timedelta(weeks=6)  # a village not reached for this long stands out


def moment_on(on: date, told: datetime) -> datetime:
    """Return the moment told when it lies on the session's day; else that day's noon, for no hour is known."""
    return told if local_day(told) == on else datetime.combine(on, time(12), CLINIC_TZ)


def days_between(first: date, last: date) -> list[date]:
    """List the days of a span, both ends included. Raises RuleBroken for a span backwards or longer than a year."""
    if last < first:
        raise RuleBroken("mobile_team.span_backwards", field="last")
    if (last - first).days >= MOST_DAYS_PLANNED:
        raise RuleBroken("mobile_team.span_too_long", field="last", days=MOST_DAYS_PLANNED)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def closed(first: int | None, last: int | None, month: int) -> bool:
    """Tell whether a road is closed in a month; 7 to 10 is July to October, 11 to 2 goes over the new year."""
    if first is None or last is None:
        return False
    return first <= month <= last if first <= last else month >= first or month <= last


def week_of(day: date) -> tuple[date, date]:
    """Give Monday and Sunday of the week a day lies in."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
