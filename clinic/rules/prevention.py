"""Doses against worms and of vitamin A: how much at which age, how long to wait, when the next is due.

All of it is data (`data/preventive.csv`), each line with its source (reference/cambodia.md 1.6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from clinic.rules.antenatal import Gestation
from clinic.rules.tables import FOLDER, Said, Span, lines
from core.ages import Age, Bound, add_months, months_before
from core.errors import RuleBroken


@dataclass(frozen=True)
class Dose:
    """What is given at some ages: `months` until the next is due, `least` months before it may be given.

    `against` joins medicines that do the same; `weeks` of a pregnancy must be over first.
    """

    what: str
    against: str
    ages: Span
    routine: Span
    amount: str
    months: int
    least: int
    weeks: int | None
    said: Said
    source: str


@dataclass(frozen=True)
class Due:
    """A dose that is due now, and the last one of its kind."""

    dose: Dose
    last: dt.date | None


@cache
def doses() -> tuple[Dose, ...]:
    """Return every dose of the table. Raises DataBroken."""
    columns = ("what", "against", "from", "to", "routine_to", "dose", "months", "least", "weeks", "english", "khmer",
               "source")  # fmt: skip
    rows: list[Dose] = []
    for line in lines(FOLDER / "preventive.csv", columns=columns, may_be_empty=("to", "routine_to", "weeks")):
        ages = line.span
        routine = Span(ages.since, line.read("routine_to", Bound.parse)) if line["routine_to"] else ages
        dose = Dose(
            line["what"], line["against"], ages, routine, line["dose"], line.read("months", int),
            line.read("least", int), line.read("weeks", int) if line["weeks"] else None, line.said, line["source"],
        )  # fmt: skip
        if any(row.what == dose.what and row.ages.meets(ages) for row in rows):
            raise line.wrong(f"another line says what {dose.what} is given at this age")
        if dose.least > dose.months:
            raise line.wrong("the next dose would be due before it may be given")
        rows.append(dose)
    return tuple(rows)


def against(what: str) -> str:
    """Return what a medicine is given against. Raises KeyError."""
    return _by_what()[what][0].against


def alike(what: str) -> tuple[str, ...]:
    """Return the medicines that count for the same interval, with this one."""
    return tuple(key for key, rows in _by_what().items() if rows[0].against == against(what))


@cache
def _by_what() -> dict[str, tuple[Dose, ...]]:
    return {key: tuple(row for row in doses() if row.what == key) for key in dict.fromkeys(r.what for r in doses())}


def proposed(what: str, age: Age) -> Dose | None:
    """Return the dose at an age, None where it is not given."""
    return next((row for row in _by_what().get(what, ()) if row.ages.holds(age)), None)


def check(
    what: str, *, age: Age | None, on: dt.date, given: Sequence[dt.date], pregnant: Gestation | None, despite: str = ""
) -> Dose:
    """Return the dose to give. `given` are the days of all doses that count for the same interval.

    Raises RuleBroken: clinic.dose_age_unknown, clinic.dose_too_young, clinic.dose_too_old,
    clinic.dose_in_early_pregnancy, and clinic.dose_too_soon unless a reason says why all the same.
    """
    if age is None:
        raise RuleBroken("clinic.dose_age_unknown", field="what")
    dose = proposed(what, age)
    if dose is None:
        first = _by_what()[what][0].ages.since
        young = first.n > 0 and not first.reached(age)
        raise RuleBroken("clinic.dose_too_young" if young else "clinic.dose_too_old", field="what")
    if pregnant and dose.weeks is not None and pregnant.weeks < dose.weeks:
        raise RuleBroken("clinic.dose_in_early_pregnancy", field="what", weeks=str(pregnant), after=dose.weeks)
    near = too_near(dose, on, given)
    if near and not despite:
        raise RuleBroken("clinic.dose_too_soon", field="despite", last=f"{near:%d/%m/%Y}", months=dose.least,
                         again=f"{add_months(near, dose.least):%d/%m/%Y}")  # fmt: skip
    return dose


def too_near(dose: Dose, on: dt.date, given: Sequence[dt.date]) -> dt.date | None:
    """Return the nearest dose less than the least interval away, before or (a late entry) after this day."""
    near = [day for day in given if add_months(min(day, on), dose.least) > max(day, on)]
    return min(near, key=lambda day: abs((day - on).days)) if near else None


def due(age: Age | None, *, on: dt.date, last: Mapping[str, dt.date], pregnant: Gestation | None = None) -> list[Due]:
    """Return what is due on a day, one medicine against each thing. `last` is the last dose by what it is against.

    Children as the table says; a pregnant woman against worms once the first weeks are over.
    """
    found: dict[str, Due] = {}
    for dose in doses() if age else ():
        if dose.against in found or not dose.ages.holds(age):  # type: ignore[arg-type]
            continue
        before = last.get(dose.against)
        if before and before > months_before(on, dose.months):
            continue
        ready = pregnant is not None and dose.weeks is not None and pregnant.weeks >= dose.weeks
        if ready or (pregnant is None and dose.routine.holds(age)):  # type: ignore[arg-type]
            found[dose.against] = Due(dose, before)
    return list(found.values())
