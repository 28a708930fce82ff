# ruff: noqa: S608 - the SQL is put together from our own names only
"""Hold tallies against the records themselves; a difference is an alarm for people, never mended in silence."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case, When

from core.periods import Month, Year
from reports.models import Recount, Tally
from reports.tallies import touched
from reports.tallies.counting import CELL, DIMENSIONS, MEASURES, Dialect, Stretch, as_day, counted

SAMPLE = 6  # months a night
SHOWN = 50  # differences kept with an alarm
_LINE = ("first", *CELL)


def sample(today: date) -> list[Month]:
    """Return the months to prove this night: this one, the one before, and others by the throw of the day's dice."""
    firsts = Tally.objects.filter(span=Tally.Span.MONTH, dimension="").order_by("first").values_list("first", flat=True)
    months = [Month.of(first) for first in firsts.distinct()]
    newest = [month for month in months if month in (Month.of(today), Month.of(today).previous())]
    others = [month for month in months if month not in newest]
    chosen = random.Random(today.toordinal()).sample(others, min(SAMPLE - len(newest), len(others)))  # noqa: S311
    return sorted([*newest, *chosen])


def prove(months: Iterable[Month], *, at: datetime) -> list[Recount]:
    """Compare each month and its days with the records, its year with its months, and write down what came of it.

    A month with a change in the log is not proven: it is about to be counted anyhow. Months that agree settle the
    alarms about them.
    """
    made, years = [], set()
    for month in months:
        if (found := _differences(month, with_year=month.year not in years)) is None:
            continue
        years.add(month.year)
        if not found:
            Recount.objects.filter(first=month.first, differences__gt=0, settled_at=None).update(settled_at=at)
        made.append(
            Recount(
                at=at, first=month.first, last=month.last, days=month.last.day, differences=len(found),
                detail=found[:SHOWN],
            )
        )  # fmt: skip
    return Recount.objects.bulk_create(made)


def alarm() -> Recount | None:
    """Return the newest difference that nobody has settled."""
    return Recount.objects.filter(differences__gt=0, settled_at=None).order_by("-at", "-id").first()


def newest(limit: int = 20) -> list[Recount]:
    """Return the last comparisons, those that nobody has settled first."""
    unsettled = Case(When(differences__gt=0, settled_at=None, then=0), default=1)
    return list(Recount.objects.order_by(unsettled, "-at", "-id")[:limit])


def _differences(month: Month, *, with_year: bool) -> list[dict[str, Any]] | None:
    """Return the lines in which tallies and records differ, or None while something waits to be counted."""
    log = touched.look()
    if log.days is None or any(day.year == month.year for day in log.days):
        return None
    found: list[dict[str, Any]] = []
    year = Year(str(month.year))
    for span, dimension in [(Tally.Span.DAY, ""), *((Tally.Span.MONTH, name) for name in DIMENSIONS)]:
        stretch = (month.first, month.last)
        records = counted(Dialect(connection.vendor), [stretch], span=span, dimension=dimension)
        lines, mark = _compared(span, dimension, stretch, *records)
        found += lines
        if mark != log.mark:
            return None
    for dimension in DIMENSIONS if with_year else ():
        lines, mark = _compared(Tally.Span.YEAR, dimension, (year.first, year.first), *_months_of(year, dimension))
        found += lines
    return found if mark == log.mark else None


def _months_of(year: Year, dimension: str) -> tuple[str, list[Any]]:
    """Return a SELECT that adds up the months of a year, which are held against the records themselves."""
    first = {"sqlite": "%s", "postgresql": "CAST(%s AS date)"}[connection.vendor]
    sums = ", ".join(f"SUM({measure}) AS {measure}" for measure in MEASURES)
    return (
        (
            f"SELECT {first} AS first, {', '.join(CELL)}, {sums} FROM reports_tally "
            f"WHERE span = %s AND dimension = %s AND first BETWEEN %s AND %s GROUP BY {', '.join(CELL)}"
        ),
        [year.first, Tally.Span.MONTH.value, dimension, year.first, year.last],
    )


def _compared(
    span: Tally.Span, dimension: str, stretch: Stretch, records: str, arguments: list[Any]
) -> tuple[list[dict[str, Any]], tuple[int, int]]:
    """Put both side by side in one statement, and so at one moment."""
    line, sums = ", ".join(_LINE), ", ".join(f"SUM(t_{m}) AS t_{m}, SUM(c_{m}) AS c_{m}" for m in MEASURES)
    tallied = ", ".join(f"{m} AS t_{m}, 0 AS c_{m}" for m in MEASURES)
    recounted = ", ".join(f"0 AS t_{m}, {m} AS c_{m}" for m in MEASURES)
    differ = " OR ".join(f"t_{m} <> c_{m}" for m in MEASURES)
    sql = (
        f"SELECT m.changes, m.ids, q.* FROM ({touched.MARK}) m LEFT JOIN (SELECT * FROM (SELECT {line}, {sums} FROM ("
        f"SELECT {line}, {tallied} FROM reports_tally WHERE span = %s AND dimension = %s AND first BETWEEN %s AND %s "
        f"UNION ALL SELECT {line}, {recounted} FROM ({records}) n) u GROUP BY {line}) s WHERE {differ}) q ON 1 = 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [span.value, dimension, *stretch, *arguments])
        rows = cursor.fetchall()
    at = 2 + len(_LINE)
    return [
        {
            "span": span.value, "dimension": dimension, "first": as_day(row[2]).isoformat(),
            **dict(zip(CELL, row[3:at], strict=True)),
            "tallied": {m: int(n) for m, n in zip(MEASURES, row[at::2], strict=True)},
            "counted": {m: int(n) for m, n in zip(MEASURES, row[at + 1 :: 2], strict=True)},
        }
        for row in rows if row[2] is not None
    ], (int(rows[0][0]), int(rows[0][1]))  # fmt: skip
