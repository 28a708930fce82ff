"""Count the figures of a period as the records are now, and list the records behind any number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Min, Prefetch, Q, QuerySet
from django.db.models.functions import Cast, Substr

from clinic.models import Condition, Encounter
from core.ages import BAND_SETS, UNKNOWN, BandSet
from core.errors import RuleBroken
from core.jobs.models import Job, JobFile
from core.periods import Month, Period
from reports import tallied
from reports.cube import SERVICES, SEXES, Cell, ConditionCount, Cube
from reports.figures import COUNTED, FIGURES, Figure, contacts
from reports.models.tally import UNKNOWN_AGE
from reports.tallies import reading, touched
from reports.tallies.touched import Log

PAGE = 50
PAPER = "paper"
# The first seven letters of a date: TruncMonth would call Python for every row on SQLite.
MONTH = Substr(Cast("on", CharField()), 1, 7)


def count(period: Period, bands: BandSet, log: Log | None = None) -> Cube:
    """Return the figures of a period, out of tallies and, where something changed since, out of the records.

    `log` is what `touched.look()` said, for a page that asks several times.
    """
    log, first, last = log or touched.look(), period.first_day, period.last_day
    known = {f.name: name for f in COUNTED if (name := tallied.measure(f.name, first, last))}
    by = ("month", "service", "sex", "slot")
    lines = reading.read(first, last, measures=list(known.values()), by=by, bands=bands, log=log)
    cells = [
        Cell(
            f"{month:%Y-%m}", service, sex, None if slot == UNKNOWN_AGE else slot, dict(zip(known, counts, strict=True))
        )
        for month, service, sex, slot, *counts in lines
    ]
    if others := [figure for figure in COUNTED if figure.name not in known]:
        cells += _counted(period, others)
    return Cube(period, bands, cells, conditions(period, log))


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


def conditions(period: Period, log: Log | None = None) -> list[ConditionCount]:
    """Return the contacts of a period by condition, the most frequent first; conditions nobody had are left out."""
    first, last = period.first_day, period.last_day
    found = dict(reading.read(first, last, dimension="condition", measures=["contacts"], by=("key",), log=log))
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


# --- The list behind a number ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """Which part of a figure: empty means all. `band` is a key of `bands`.

    Raises RuleBroken("reports.filter_unknown") for a key that no table has.
    """

    bands: BandSet = BAND_SETS["published"]
    month: str = ""
    service: str = ""
    band: str = ""
    sex: str = ""
    condition: str = ""

    def __post_init__(self) -> None:
        known = {"service": SERVICES, "sex": SEXES, "band": self.bands.lines}
        for name, keys in known.items():
            value = getattr(self, name)
            if value and value not in keys:
                raise RuleBroken("reports.filter_unknown", field=name, value=value)

    def applied(self, period: Period) -> Q:
        """Return the condition that a record behind the number meets."""
        wanted = Q()
        if self.month:
            month = Month.parse(self.month)
            wanted &= Q(on__range=(month.first, month.last))
        if self.service:
            wanted &= Q(kind=self.service)
        if self.sex:
            wanted &= Q(patient__sex=self.sex)
        if self.condition:
            wanted &= Q(diagnoses__condition__key=self.condition)
        if self.band == UNKNOWN:
            wanted &= Q(age_slot=None)
        elif self.band:
            wanted &= Q(age_slot__in=self.bands.slots_of(self.band))  # slot 30 is younger than 29 days: not one run
        return wanted


def behind(figure: str, period: Period, filters: Filters) -> QuerySet[Encounter]:
    """Return the contacts that a number counts, one for each unit of it.

    Raises RuleBroken("reports.figure_unknown"), and ("reports.filter_unknown") for a list without its key.
    """
    if figure not in FIGURES:
        raise RuleBroken("reports.figure_unknown", value=figure)
    if (by := FIGURES[figure].by) and not getattr(filters, by):
        raise RuleBroken("reports.filter_unknown", field=by, value="")
    counted = Q() if by else FIGURES[figure].counted(period)
    return contacts(period).filter(counted & filters.applied(period))


def records_behind(
    figure: str, period: Period, filters: Filters, *, before: tuple[date, UUID] | None = None, limit: int = PAGE
) -> list[Encounter]:
    """Return one page of the contacts behind a number, newest first; `before` is the last one already shown."""
    rows: Any = behind(figure, period, filters).select_related("patient", "village")
    if before:
        on, last = before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=last))
    return list(rows.order_by(F("on").desc(), F("id").desc())[:limit])
