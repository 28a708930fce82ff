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
from reports.tallies.counting import CELL, MEASURES, Dialect, Stretch, all_counted
from reports.tallies.watch import NOBODY

LOCKS = 60_019  # the class of our advisory locks; within it 12 × year + month, the year for its own lines, 0 for all
ALL = 0
CHUNK = 5_000  # keys in one statement
MANY = 36  # months; with more of them waiting, one pass over all contacts is quicker
MEMORY = "256MB"  # for that pass
WALKS = 2
DAY = timedelta(days=1)


def keep_up() -> int:
    """Bring every month up that the log holds, a transaction each; return how many changes were taken out of it.

    The oldest first, for what follows from a change lies mostly after it; a second walk takes the rest. Many months
    are counted in one pass, but not on SQLite, where nobody else could write meanwhile.
    """
    return (count_all() if in_one_pass(_months_waiting()) else 0) + sum(_walk() for _ in range(WALKS))


def in_one_pass(months: int) -> bool:
    """Return whether so many months are counted sooner together with all others."""
    return connection.vendor == "postgresql" and months > MANY


def _months_waiting() -> int:
    return Touched.objects.order_by().values("on__year", "on__month").distinct().count()


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
    _lock(ALL, shared=True)
    _lock(12 * month.year + month.number)
    seen = list(Touched.objects.filter(on__range=(month.first, month.last)).values_list("id", "on"))
    if not seen:
        return 0
    following = touched.following(month.first, month.last)
    Touched.objects.bulk_create(Touched(on=day, patient=NOBODY) for day in sorted(following) if day not in month)
    _count(month, sorted({on for _, on in seen} | {day for day in following if day in month}))
    for at in range(0, len(seen), CHUNK):
        Touched.objects.filter(id__in=[key for key, _ in seen[at : at + CHUNK]]).delete()
    _lock(month.year)
    if not Touched.objects.filter(on__year=month.year).exists():
        _put_year_together(month.year)
    return len(seen)


@transaction.atomic
def count_all() -> int:
    """Count everything again in one pass; return how many changes were taken out of the log.

    Readers have the old lines, exact as ever, until the new ones stand there. What changes meanwhile stays in the log.
    """
    _lock(ALL)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        cursor.execute("DELETE FROM reports_touched")  # first: what was written by now is counted below
        seen = cursor.rowcount
        cursor.execute("DELETE FROM reports_tally")
    everything = (date.min, date.max)
    _insert(*all_counted(Dialect(connection.vendor), everything, [everything], whole=True))
    _add_up_years(*everything)
    return seen


def touch(first: date, last: date) -> int:
    """Have every day of a stretch counted again that has contacts or tallies; return how many."""
    days = set(Encounter.objects.filter(on__range=(first, last)).order_by().values_list("on", flat=True).distinct())
    tallied = Tally.objects.filter(span=Tally.Span.DAY, dimension="", first__range=(first, last)).order_by()
    days |= set(tallied.values_list("first", flat=True).distinct())
    Touched.objects.bulk_create(Touched(on=day, patient=NOBODY) for day in sorted(days))
    return len(days)


def _lock(number: int, *, shared: bool = False) -> None:
    """Hold one month, one year, or all until the transaction ends; SQLite has one writer anyhow."""
    if connection.vendor == "postgresql":
        how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {how}(%s, %s)", [LOCKS, number])


def _count(month: Month, days: list[date]) -> None:
    """Count some days of a month, and the month with all its dimensions, from the records read once."""
    Tally.objects.filter(span=Tally.Span.DAY, first__in=days).delete()
    Tally.objects.filter(span=Tally.Span.MONTH, first=month.first).delete()
    _insert(*all_counted(Dialect(connection.vendor), (month.first, month.last), _runs(days)))


def _runs(days: list[date]) -> list[Stretch]:
    """Put days in order together into stretches without a gap."""
    made: list[Stretch] = []
    for day in days:
        if made and made[-1][1] + DAY == day:
            made[-1] = (made[-1][0], day)
        else:
            made.append((day, day))
    return made


def _put_year_together(year: int) -> None:
    Tally.objects.filter(span=Tally.Span.YEAR, first=date(year, 1, 1)).delete()
    _add_up_years(date(year, 1, 1), date(year, 12, 31))


def _add_up_years(first: date, last: date) -> None:
    """Write the lines of years out of those of their months: every measure is a number of contacts and adds up."""
    year = Dialect(connection.vendor).beginning(Tally.Span.YEAR, "first")
    sums = ", ".join(f"SUM({measure}) AS {measure}" for measure in MEASURES)
    lines = (
        f"SELECT '{Tally.Span.YEAR}' AS span, dimension, {year} AS first, {', '.join(CELL)}, {sums} FROM reports_tally "
        f"WHERE span = %s AND first BETWEEN %s AND %s GROUP BY 2, 3, {', '.join(CELL)}"
    )
    _insert(lines, [Tally.Span.MONTH.value, first, last])


def _insert(sql: str, arguments: list[Any]) -> None:
    """Write lines in the order in which they are read: what is asked for together then stands together on the disk."""
    line = ", ".join(("span", "dimension", "first", *CELL))
    columns = f"{line}, {', '.join(MEASURES)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reports_tally ({columns}) SELECT {columns} FROM ({sql}) n ORDER BY {line}", arguments
        )
