"""Count the figures of a period as the records are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import CharField, Count, Min, Prefetch, QuerySet
from django.db.models.functions import Cast, Substr

from clinic.models import Condition, Encounter
from core.ages import BandSet
from core.jobs.models import Job, JobFile
from core.periods import Month, Period
from reports import tallied
from reports.cube import SERVICES, Cell, ConditionCount, Cube
from reports.figures import COUNTED, Figure, contacts
from reports.models.tally import UNKNOWN_AGE
from reports.tallies import reading
from reports.tallies.touched import Log

PAPER = "paper"
# The first seven letters of a date: TruncMonth would call Python for every row on SQLite.
MONTH = Substr(Cast("on", CharField()), 1, 7)


def count(period: Period, bands: BandSet, log: Log | None = None) -> Cube:
    """Return the figures of a period, out of tallies and, where something changed since, out of the records.

    `log` is what `touched.look()` said, for a page that asks several times.
    """
    first, last = period.first_day, period.last_day
    known = {f.name: name for f in COUNTED if (name := tallied.measure(f.name, first, last))}
    by = ("month", "service", "sex", "slot")
    lines, by_condition = reading.read_together([
        reading.question(first, last, measures=list(known.values()), by=by, bands=bands),
        reading.question(first, last, dimension="condition", measures=["contacts"], by=("key",)),
    ], log)  # fmt: skip
    cells = [
        Cell(
            f"{month:%Y-%m}", service, sex, None if slot == UNKNOWN_AGE else slot, dict(zip(known, counts, strict=True))
        )
        for month, service, sex, slot, *counts in lines
    ]
    if others := [figure for figure in COUNTED if figure.name not in known]:
        cells += _counted(period, others)
    return Cube(period, bands, cells, _conditions(dict(by_condition)))


def _counted(period: Period, figures: Sequence[Figure]) -> list[Cell]:
    """Count from the records what the tallies of this period do not know, in one statement."""
    rows: Any = (
        contacts(period)
        .order_by()
        .values_list(MONTH, "kind", "patient__sex", "age_slot")
        .annotate(**{f.name: Count("id", filter=f.counted(period)) for f in figures})
    )
    names = [f.name for f in figures]
    return [
        Cell(month, service, sex, slot, dict(zip(names, counts, strict=True)))
        for month, service, sex, slot, *counts in rows
    ]


def _conditions(found: Mapping[str, int]) -> list[ConditionCount]:
    """Return the contacts by condition, the most frequent first; conditions nobody had are left out."""
    names = Condition.objects.filter(key__in=found).values_list("key", "name_en", "name_km") if found else ()
    return sorted((ConditionCount(*row, found[row[0]]) for row in names), key=lambda row: (-row.count, row.key))


def trend(last: Month, months: int = 12, log: Log | None = None) -> dict[str, dict[str, int]]:
    """Return the contacts of each month by service, for the months up to and with `last`."""
    first = last
    for _ in range(months - 1):
        first = first.previous()
    found = {month.text: dict.fromkeys(SERVICES, 0) for month in Period(first, last)}
    for month, service, number in reading.read(
        first.first, last.last, measures=["contacts"], by=("month", "service"), log=log
    ):
        found[f"{month:%Y-%m}"][service] = number
    return found


def condition_words(key: str) -> str:
    """Return the name of a condition in the language of the moment, or its key when the catalogue has none."""
    condition = Condition.objects.filter(key=key).first()
    return str(condition) if condition else key


def first_day() -> date | None:
    """Return the service date of the oldest contact."""
    return Encounter.objects.aggregate(first=Min("on"))["first"]


def papers(limit: int = 12) -> QuerySet[Job]:
    """Return the newest papers with the names of their files, not the files themselves."""
    files = JobFile.objects.filter(given=False).defer("content").order_by("name")
    return Job.objects.filter(kind=PAPER).prefetch_related(Prefetch("files", files)).order_by("-created_at")[:limit]
