"""The log of what changed, and which days must be counted again because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from reports.models import Touched
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
    WITH t AS (SELECT patient, "on" FROM reports_touched WHERE patient <> %s {only}),
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


@dataclass(frozen=True)
class Log:
    """What the log said at one moment; `days` are to be counted from the records, all of them when it is None.

    `mark` tells whether anything was written since.
    """

    days: list[date] | None
    mark: tuple[int, int] = (0, 0)


MARK = "SELECT COUNT(*), COALESCE(SUM(id), 0) FROM reports_touched"


def look() -> Log:
    """Read the log: one statement when it is empty or long, three when there is something to follow."""
    rows = list(Touched.objects.order_by("id").values_list("id", "on", "patient")[: BUSY + 1])
    if len(rows) > BUSY:
        return Log(None)
    days = {on for _, on, _ in rows}
    if any(patient != NOBODY for _, _, patient in rows):
        days |= following()
    return Log(sorted(days), (len(rows), sum(key for key, _, _ in rows)))


def following(first: date | None = None, last: date | None = None) -> set[date]:
    """Return the other days to be counted because of changes in the log, or in a part of it."""
    vendor = connection.vendor
    month, year = (tuple(part.format('"on"') for part in _TURN[vendor][unit]) for unit in ("month", "year"))
    ever = ("'0001-01-01'", "'9999-12-31'") if vendor == "sqlite" else ("DATE '0001-01-01'", "DATE '9999-12-31'")
    only = 'AND "on" BETWEEN %s AND %s' if first else ""
    sql = _FOLLOWING.format(
        only=only, month=month, year=year, ever=ever, counts=COUNTS.format("c"), false=FALSE[vendor]
    )
    nobody: Any = NOBODY.hex if vendor == "sqlite" else NOBODY
    with connection.cursor() as cursor:
        cursor.execute(sql, [nobody, first, last] if first else [nobody])
        return {as_day(day) for (day,) in cursor.fetchall()}
