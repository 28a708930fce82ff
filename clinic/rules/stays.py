"""When two stays meet, how many bed-days they take, and whether something was seen during a stay.

Bed-days are counted at midnight: the day of admission counts, the day of discharge does not, and somebody who came and
left on one day counts one ("inpatient service days", the usual hospital statistics; the ministry's own HO2 manual was
not to be had, reference/cambodia.md 1.2).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

from core.errors import RuleBroken
from core.periods import local_day

DAY = dt.timedelta(days=1)
AHEAD = dt.timedelta(minutes=5)  # clocks differ a little; more is a slip
Place = TypeVar("Place", bound=Hashable)


class Span(NamedTuple):
    """From a day to a day; an open one has no end."""

    since: dt.date
    until: dt.date | None


def meet(one: Span, other: Span) -> bool:
    """Return whether two spans cannot stand in one bed: the day on which one leaves, the next may come."""
    return _before(one.since, other.until) and _before(other.since, one.until)


def _before(day: dt.date, end: dt.date | None) -> bool:
    return end is None or day < end


def bed_days(since: dt.date, until: dt.date | None, first: dt.date, last: dt.date) -> int:
    """Return the bed-days of a stay that fall on the days from `first` to `last`, both included."""
    if until == since:
        return int(first <= since <= last)
    end = last if until is None else min(last, until - DAY)
    return max(0, (end - max(first, since)).days + 1)


def by_place(
    lain: Sequence[tuple[Place, dt.date, dt.date | None]], first: dt.date, last: dt.date
) -> Counter[Place]:  # fmt: skip
    """Return the bed-days of one stay by the places (place, since, until) where it lay, in order; they add up to all.

    A place left on the day it was taken counts nothing, unless the whole stay is that day: then the last one counts.
    """
    counts: Counter[Place] = Counter()
    for number, (place, since, until) in enumerate(lain, start=1):
        whole_day = since == until and lain[0][1] == until and number == len(lain)
        if since != until or whole_day:
            counts[place] += bed_days(since, until, first, last)
    return +counts


def check_move(on: dt.date, *, since: dt.date, today: dt.date) -> None:
    """Refuse a change of bed in the future or before the patient came to the bed.

    Raises RuleBroken: clinic.date_in_future, clinic.move_before_bed.
    """
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="on")
    if on < since:
        raise RuleBroken("clinic.move_before_bed", field="on", since=since.isoformat())


def check_moment(at: dt.datetime, *, admitted_on: dt.date, discharged_on: dt.date | None, now: dt.datetime) -> None:
    """Refuse something seen in the future, before the stay or after it; the days are the clinic's own.

    Raises RuleBroken: clinic.moment_in_future, clinic.moment_before_stay, clinic.moment_after_stay.
    """
    if at > now + AHEAD:
        raise RuleBroken("clinic.moment_in_future", field="at")
    if local_day(at) < admitted_on:
        raise RuleBroken("clinic.moment_before_stay", field="at", admitted=admitted_on.isoformat())
    if discharged_on and local_day(at) > discharged_on:
        raise RuleBroken("clinic.moment_after_stay", field="at", discharged=discharged_on.isoformat())
