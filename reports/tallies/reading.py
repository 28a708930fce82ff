"""Read numbers of contacts: from tallies where nothing was touched since, from the records where something was.

Exact at any moment, with the log as long as it may be, and never a write.
"""

# ruff: noqa: S608 - the SQL is put together from our own names only
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from core.ages import BandSet
from reports.models import Tally
from reports.tallies import ages, touched
from reports.tallies.counting import DIMENSIONS, EVERY_SLOT, MEASURES, Ages, Dialect, Stretch, as_day, counted, within
from reports.tallies.cover import Cover, cover
from reports.tallies.touched import Log

TRIES = 3
BY = {"month": "DATE", "key": "VARCHAR(64)", "service": "VARCHAR(20)", "sex": "VARCHAR(1)", "slot": "INTEGER"}


@dataclass(frozen=True)
class Asked:
    """What is wanted: measures over a stretch of days, put together `by` some of BY, where `where` holds.

    `where` gives the values allowed of key, service, sex or slot. `slots` are how ages are told apart.
    """

    first: date
    last: date
    dimension: str
    measures: Sequence[str]
    by: Sequence[str]
    where: Mapping[str, Sequence[Any]]
    slots: Ages


def read(
    first: date, last: date, *, dimension: str = "", measures: Sequence[str] = MEASURES, by: Sequence[str] = (),
    where: Mapping[str, Sequence[Any]] | None = None, bands: BandSet | None = None, log: Log | None = None,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Return lines of (value of each `by`, number of each measure); lines with nothing in them are left out.

    A month is its first day, a slot that of core.ages or UNKNOWN_AGE or ALL_AGES; with `bands` it stands for others of
    the same band, which spares reading the records where ages are kept put together. `log` is what `touched.look()`
    said, for a page that asks several times. Sums of `first_in_month` are people only over one month, those of
    `first_in_year` only from a new year's day on.
    """
    asked = question(first, last, dimension=dimension, measures=measures, by=by, where=where, bands=bands)
    return read_together([asked], log)[0]


def question(
    first: date, last: date, *, dimension: str = "", measures: Sequence[str] = MEASURES, by: Sequence[str] = (),
    where: Mapping[str, Sequence[Any]] | None = None, bands: BandSet | None = None,
) -> Asked:  # fmt: skip
    """Return what `read` asks with the same arguments, to be asked together with others."""
    where = where or {}
    if "slot" not in {*by, *where} or DIMENSIONS[dimension].ages is Ages.NONE:
        slots = Ages.NONE
    else:
        slots = Ages.TOGETHER if bands and ages.fits(bands) else Ages.SLOTS
    if not dimension and slots is Ages.SLOTS:
        dimension = EVERY_SLOT
    return Asked(first, last, dimension, measures, by, where, slots)


def read_together(asked: Sequence[Asked], log: Log | None = None) -> list[list[tuple[Any, ...]]]:
    """Return the lines of each, as `read` does, in one statement and so of one moment; a look at the log before."""
    for _ in range(TRIES):
        log = log or touched.look()
        lines, mark = _ask(asked, log)
        if log.days is None or mark == log.mark:
            return lines
        log = None  # something was written between the two statements
    return _ask(asked, Log(None))[0]


def _ask(asked: Sequence[Asked], log: Log) -> tuple[list[list[tuple[Any, ...]]], tuple[int, int]]:
    """Ask in one statement; the mark of the log at that moment comes with it."""
    most = max(len(one.measures) for one in asked)
    statements, arguments = [], []
    for n, one in enumerate(asked):
        sql, given = _statement(n, one, log, most)
        statements.append(sql)
        arguments += given
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.*, q.* FROM ({touched.MARK}) m LEFT JOIN ({' UNION ALL '.join(statements)}) q ON 1 = 1",
            arguments,
        )
        rows = cursor.fetchall()
    lines: list[list[tuple[Any, ...]]] = [[] for _ in asked]
    for _, _, n, *row in rows:
        numbers = row[len(BY) :] if n is not None else ()
        if any(numbers):
            told = dict(zip(BY, row, strict=False))
            keys = [as_day(told[name]) if name == "month" else told[name] for name in asked[n].by]
            lines[n].append((*keys, *numbers[: len(asked[n].measures)]))
    return lines, (int(rows[0][0]), int(rows[0][1]))


def _statement(n: int, asked: Asked, log: Log, most: int) -> tuple[str, list[Any]]:
    """Return a SELECT of (n, each of BY or nothing, so many sums)."""
    parts, arguments = [], []
    for sql, given in _parts(asked, log):
        parts.append(sql)
        arguments += given
    told = [name if name in asked.by else f"CAST(NULL AS {kind})" for name, kind in BY.items()]
    sums = [f"CAST(SUM({measure}) AS BIGINT)" for measure in asked.measures]
    sums += ["CAST(NULL AS BIGINT)"] * (most - len(sums))
    where = [f"{name} IN ({', '.join(['%s'] * len(values))})" for name, values in asked.where.items()]
    group = f"GROUP BY {', '.join(asked.by)}" if asked.by else ""
    sql = (
        f"SELECT {n} AS question, {', '.join([*told, *sums])} FROM ({' UNION ALL '.join(parts)}) u "
        f"WHERE {' AND '.join(where) or '1 = 1'} {group}"
    )
    return sql, [*arguments, *(value for values in asked.where.values() for value in values)]


def _parts(asked: Asked, log: Log) -> Iterator[tuple[str, list[Any]]]:
    """Yield what is added up: a SELECT for each span of tallies there is, and one of the records."""
    if log.days is None:
        made = Cover(records=[(asked.first, asked.last)])
    else:
        kept = asked.slots is not Ages.SLOTS or DIMENSIONS[asked.dimension].ages is Ages.SLOTS
        made = cover(
            asked.first, asked.last, log.days, years=kept and "month" not in asked.by, months=kept,
            days=not asked.dimension,
        )  # fmt: skip
    if made.years:
        yield _tallied(asked, Tally.Span.YEAR, [(day, day) for day in made.years])
    if made.months:
        yield _tallied(asked, Tally.Span.MONTH, [(day, day) for day in made.months])
    if made.days:
        yield _tallied(asked, Tally.Span.DAY, made.days)
    if made.records:
        yield _counted(asked, made.records)


def _tallied(asked: Asked, span: Tally.Span, stretches: Sequence[Stretch]) -> tuple[str, list[Any]]:
    where, days = within("first", stretches)
    month = Dialect(connection.vendor).beginning(Tally.Span.MONTH, "first")
    return (
        (
            f"SELECT {month} AS month, key, service, sex, {asked.slots.of('slot')} AS slot, "
            f"{', '.join(asked.measures)} FROM reports_tally "
            f"WHERE span = %s AND dimension = %s AND {where}"
        ),
        [span.value, asked.dimension, *days],
    )


def _counted(asked: Asked, stretches: Sequence[Stretch]) -> tuple[str, list[Any]]:
    sql, arguments = counted(
        Dialect(connection.vendor), stretches, span=Tally.Span.MONTH, dimension=asked.dimension,
        measures=asked.measures, ages=asked.slots,
    )  # fmt: skip
    return f"SELECT first AS month, key, service, sex, slot, {', '.join(asked.measures)} FROM ({sql}) n", arguments
