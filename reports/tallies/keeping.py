"""Bring the tallies up to what the log says, a month at a time; harmless at any time, by any number of workers.

A step is one transaction: the touched days of one month are counted again whole, the month is put together anew, and
exactly those changes are taken out of the log that were seen before counting. Cut off anywhere, nothing has happened.
"""

# ruff: noqa: S608 - the SQL is put together from our own names only
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from clinic.models import Encounter
from core.periods import Month
from reports.models import Tally, Touched
from reports.tallies import touched
from reports.tallies.counting import CELL, DIMENSIONS, MEASURES, Dialect, Stretch, counted
from reports.tallies.watch import NOBODY

LOCKS = 60_019  # the class of our advisory locks; within it 12 × year + month, and the year for its own lines
CHUNK = 5_000  # keys in one statement
WALKS = 2
DAY = timedelta(days=1)
_DAY = {"sqlite": "%s", "postgresql": "CAST(%s AS date)"}


def keep_up() -> int:
    """Bring every month up that the log holds, a transaction each; return how many changes were taken out of it.

    The oldest first, for what follows from a change lies mostly after it; a second walk takes the rest.
    """
    return sum(_walk() for _ in range(WALKS))


def _walk() -> int:
    seen, month = 0, _waiting(date.min)
    while month:
        seen += bring_up(month)
        month = _waiting(month.last + DAY)
    return seen


def _waiting(since: date) -> Month | None:
    day = Touched.objects.filter(on__gte=since).aggregate(first=Min("on"))["first"]
    return Month.of(day) if day else None


@transaction.atomic
def bring_up(month: Month) -> int:
    """Count again the days of a month that the log holds; return how many changes were taken out of the log.

    A change that comes meanwhile stays in the log. What follows in other months goes into the log for their own turn.
    The year is put together when nothing of it waits any more, by whoever sees that last.
    """
    _lock(12 * month.year + month.number)
    seen = list(Touched.objects.filter(on__range=(month.first, month.last)).values_list("id", "on"))
    if not seen:
        return 0
    following = touched.following(month.first, month.last)
    Touched.objects.bulk_create(Touched(on=day, patient=NOBODY) for day in sorted(following) if day not in month)
    _count_days(sorted({on for _, on in seen} | {day for day in following if day in month}))
    _put_month_together(month)
    for at in range(0, len(seen), CHUNK):
        Touched.objects.filter(id__in=[key for key, _ in seen[at : at + CHUNK]]).delete()
    _lock(month.year)
    if not Touched.objects.filter(on__year=month.year).exists():
        _put_year_together(month.year)
    return len(seen)


def touch(first: date, last: date) -> int:
    """Have every day of a stretch counted again that has contacts or tallies; return how many."""
    days = set(Encounter.objects.filter(on__range=(first, last)).order_by().values_list("on", flat=True).distinct())
    tallied = Tally.objects.filter(span=Tally.Span.DAY, dimension="", first__range=(first, last)).order_by()
    days |= set(tallied.values_list("first", flat=True).distinct())
    Touched.objects.bulk_create(Touched(on=day, patient=NOBODY) for day in sorted(days))
    return len(days)


def _lock(number: int) -> None:
    """Hold one month, or one year, until the transaction ends; SQLite has one writer anyhow."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, number])


def _count_days(days: list[date]) -> None:
    Tally.objects.filter(span=Tally.Span.DAY, first__in=days).delete()
    _insert(Tally.Span.DAY, "", *_counted(Tally.Span.DAY, "", _runs(days)))


def _runs(days: list[date]) -> list[Stretch]:
    """Put days in order together into stretches without a gap."""
    made: list[Stretch] = []
    for day in days:
        if made and made[-1][1] + DAY == day:
            made[-1] = (made[-1][0], day)
        else:
            made.append((day, day))
    return made


def _put_month_together(month: Month) -> None:
    """Add up the days; what is not kept by days is counted from the records."""
    Tally.objects.filter(span=Tally.Span.MONTH, first=month.first).delete()
    _add_up(Tally.Span.MONTH, Tally.Span.DAY, month.first, month.last)
    for dimension in filter(None, DIMENSIONS):
        _insert(Tally.Span.MONTH, dimension, *_counted(Tally.Span.MONTH, dimension, [(month.first, month.last)]))


def _put_year_together(year: int) -> None:
    Tally.objects.filter(span=Tally.Span.YEAR, first=date(year, 1, 1)).delete()
    _add_up(Tally.Span.YEAR, Tally.Span.MONTH, date(year, 1, 1), date(year, 12, 31))


def _counted(span: Tally.Span, dimension: str, stretches: list[Stretch]) -> tuple[str, list[Any]]:
    return counted(Dialect(connection.vendor), stretches, span=span, dimension=dimension)


def _add_up(span: Tally.Span, parts: Tally.Span, first: date, last: date) -> None:
    """Write the lines of one span out of those of its parts: every measure is a number of contacts and adds up."""
    cell, sums = ", ".join(CELL), ", ".join(f"SUM({measure})" for measure in MEASURES)
    _execute(
        f"INSERT INTO reports_tally (span, first, dimension, {cell}, {', '.join(MEASURES)}) "
        f"SELECT %s, {_DAY[connection.vendor]}, dimension, {cell}, {sums} FROM reports_tally "
        f"WHERE span = %s AND first BETWEEN %s AND %s GROUP BY dimension, {cell}",
        [span.value, first, parts.value, first, last],
    )


def _insert(span: Tally.Span, dimension: str, sql: str, arguments: list[Any]) -> None:
    columns = ", ".join(("first", *CELL, *MEASURES))
    _execute(
        f"INSERT INTO reports_tally (span, dimension, {columns}) SELECT %s, %s, {columns} FROM ({sql}) n",
        [span.value, dimension, *arguments],
    )


def _execute(sql: str, arguments: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
