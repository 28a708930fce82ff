"""The log of what changed, and which days must be counted again because of it."""

# ruff: noqa: S608 - the SQL is put together from our own names only
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from reports.tallies.counting import COUNTS, FALSE, as_day
from reports.tallies.watch import NOBODY

BUSY = 500  # changes; with more in the log, to follow each costs more than to count the records
_TURN = {
    "sqlite": {
        "month": ("date({0}, 'start of month')", "date({0}, 'start of month', '+1 month')"),
        "year": ("date({0}, 'start of year')", "date({0}, 'start of year', '+1 year')"),
    },
    "postgresql": {
        unit: (
            f"CAST(date_trunc('{unit}', CAST({{0}} AS timestamp)) AS date)",
            f"CAST(date_trunc('{unit}', CAST({{0}} AS timestamp)) + interval '1 {unit}' AS date)",
        )
        for unit in ("month", "year")
    },
}

# For each person in the log, those other days whose contact may have become the first of a month, of a year or of all,
# or the first stay, or may be it no longer: the earliest day the log does not hold, if it comes after one that the log
# holds. On every other day the contacts are as they were, and so is what marks them.
_FOLLOWING = """
    WITH t AS (SELECT patient, "on" FROM reports_touched WHERE patient <> %s AND {only}),
    w AS (
        SELECT patient, MIN("on") AS since, {month[0]} AS begins, {month[1]} AS ends FROM t GROUP BY 1, 3, 4
        UNION ALL
        SELECT patient, MIN("on"), {year[0]}, {year[1]} FROM t GROUP BY 1, 3, 4
        UNION ALL
        SELECT patient, MIN("on"), {ever[0]}, {ever[1]} FROM t GROUP BY 1
    )
    SELECT f.day FROM (
        SELECT w.since, (
            SELECT MIN(c."on") FROM clinic_encounter c
            WHERE c.patient_id = w.patient AND {counts} AND c."on" >= w.begins AND c."on" < w.ends AND NOT EXISTS
            (SELECT 1 FROM reports_touched o WHERE o.patient = w.patient AND o."on" = c."on")
        ) AS day FROM w
    ) f WHERE f.day > f.since
    UNION
    SELECT s.day FROM (
        SELECT (
            SELECT c."on" FROM clinic_admission a
            JOIN clinic_encounter c ON c.id = a.encounter_id AND c.status <> 'void'
            WHERE a.patient_id = p.patient AND a.void = {false} AND a.admitted_on >= p.since AND NOT EXISTS
            (SELECT 1 FROM reports_touched o WHERE o.patient = p.patient AND o."on" = c."on")
            ORDER BY a.admitted_on, a.id LIMIT 1
        ) AS day FROM (SELECT patient, MIN("on") AS since FROM t GROUP BY 1) p
    ) s WHERE s.day IS NOT NULL
"""
MARK = "SELECT COUNT(*) AS changes, COALESCE(SUM(id), 0) AS ids FROM reports_touched"
_SHORT = f"(SELECT COUNT(*) FROM (SELECT 1 FROM reports_touched LIMIT {BUSY + 1}) few) <= {BUSY}"
_LOOK = f"""
    SELECT m.changes, m.ids, d.day FROM ({MARK}) m LEFT JOIN (
        SELECT "on" AS day FROM reports_touched WHERE {_SHORT} UNION SELECT day FROM ({{following}}) f
    ) d ON 1 = 1
"""


@dataclass(frozen=True)
class Log:
    """What the log said at one moment: the days to be counted from the records, all days when it is None.

    `mark` tells whether anything was written since.
    """

    days: list[date] | None
    mark: tuple[int, int] = (0, 0)


def look() -> Log:
    """Read the log and what follows from it, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK.format(following=_following(_SHORT)), [_nobody()])
        rows = cursor.fetchall()
    changes, ids = int(rows[0][0]), int(rows[0][1])
    days = {as_day(day) for _, _, day in rows if day is not None}
    return Log(None if changes > BUSY else sorted(days), (changes, ids))


def following(first: date, last: date) -> set[date]:
    """Return the other days to be counted again because of what changed on these."""
    with connection.cursor() as cursor:
        cursor.execute(_following('"on" BETWEEN %s AND %s'), [_nobody(), first, last])
        return {as_day(day) for (day,) in cursor.fetchall()}


def _following(only: str) -> str:
    vendor = connection.vendor
    month, year = (tuple(part.format('"on"') for part in _TURN[vendor][unit]) for unit in ("month", "year"))
    ever = ("'0001-01-01'", "'9999-12-31'") if vendor == "sqlite" else ("DATE '0001-01-01'", "DATE '9999-12-31'")
    counts, false = COUNTS.format("c"), FALSE[vendor]
    return _FOLLOWING.format(only=only, month=month, year=year, ever=ever, counts=counts, false=false)


def _nobody() -> Any:
    return NOBODY.hex if connection.vendor == "sqlite" else NOBODY
