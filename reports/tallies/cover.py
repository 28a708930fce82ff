"""Which lines of tallies, and which days of the records, together make up a span of days. Pure."""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cover:
    """A span cut into whole years, whole months and days that are tallied, and stretches to count from the records.

    Nothing overlaps and nothing is left out. Years, months and days are known by their first day.
    """

    years: list[date] = field(default_factory=list)
    months: list[date] = field(default_factory=list)
    days: list[tuple[date, date]] = field(default_factory=list)
    records: list[tuple[date, date]] = field(default_factory=list)


def cover(
    first: date, last: date, touched: Sequence[date], *, years: bool = True, months: bool = True, days: bool = True
) -> Cover:
    """Cut a span greedily; what holds a touched day is cut finer, and what is kept no finer is counted.

    `touched` is in order. `years`, `months` and `days` say which tallies there are to take from.
    """
    made, day = Cover(), first
    while day <= last:
        if day.day == 1 and day.month == 1 and years and _clean(day, end := _year_end(day), last, touched):
            made.years.append(day)
        elif day.day == 1 and months and _clean(day, end := _month_end(day), last, touched):
            made.months.append(day)
        else:
            end = min(last, _month_end(day))
            if days:
                _cut_into_days(day, end, touched, made)
            else:
                _add(made.records, day, end)
        day = end + DAY
    return made


def _clean(day: date, end: date, last: date, touched: Sequence[date]) -> bool:
    at = bisect_left(touched, day)
    return end <= last and (at == len(touched) or touched[at] > end)


def _cut_into_days(day: date, end: date, touched: Sequence[date], made: Cover) -> None:
    while day <= end:
        _add(made.days if _clean(day, day, end, touched) else made.records, day, day)
        day += DAY


def _add(stretches: list[tuple[date, date]], day: date, end: date) -> None:
    if stretches and stretches[-1][1] + DAY == day:
        stretches[-1] = (stretches[-1][0], end)
    else:
        stretches.append((day, end))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _year_end(day: date) -> date:
    return date(day.year, 12, 31)
