"""How a child grew, over all contacts: a table, and curves among WHO's reference lines for screen and paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Encounter, Patient, Vitals
from clinic.rules import growth
from clinic.rules.growth import Growth
from core.ages import Age, age_at
from core.curves import Curves, Line, Point

MOST = 300  # measurements of one child: one a month for 19 years, and more
_ROLES = {0: "ref-0", 2: "ref-2", 3: "ref-3"}
_NAMES = {-3: "−3", -2: "−2", 0: "0", 2: "+2", 3: "+3"}
# Windows of the curves in months: the first that holds the child's age now.
_WINDOWS = ((0, 24), (24, 60), (61, 228))


@dataclass(frozen=True)
class Measured:
    """What was measured on one day, and what it says."""

    on: dt.date
    age: Age
    weight: Decimal | None
    height: Decimal | None
    muac: int | None
    growth: Growth


@dataclass(frozen=True)
class Growing:
    """A child's measurements, newest first, and the curves drawn from them."""

    rows: list[Measured]
    curves: list[Curves]
    inexact: bool


def series(patient: Patient) -> Growing | None:
    """Return how a child grew, in one statement; None without a birth, without measurements, or beyond 19 years."""
    birth = patient.birth
    if birth is None:
        return None
    taken = Vitals.objects.filter(encounter__patient=patient, void_reason="").exclude(
        encounter__status=Encounter.Status.VOID
    )
    until = birth.date + dt.timedelta(days=growth.LAST)
    values = taken.filter(encounter__on__range=(birth.date, until)).order_by("-encounter__on", "-measured_at")
    rows = []
    for on, weight, height, muac in values.values_list("encounter__on", "weight", "height", "muac")[:MOST]:
        if weight is None and height is None and muac is None:
            continue
        grown = growth.assess(sex=patient.sex, birth=birth, on=on, weight=weight, height=height, muac=muac)
        rows.append(Measured(on, age_at(birth.date, on), weight, height, muac, grown))
    if not rows:
        return None
    return Growing(rows, _curves(patient.sex, rows, exact=birth.precision in growth.EXACT), rows[0].growth.inexact)


def _curves(sex: str, rows: Sequence[Measured], *, exact: bool) -> list[Curves]:
    """Return the curves that say something at the age of the newest measurement."""
    now = rows[0].age
    window = next((w for w in _WINDOWS if now.months < w[1] or w is _WINDOWS[-1]), _WINDOWS[-1])
    if window[1] == 60 and any(row.age.months < 24 for row in rows):
        window = (0, 60)
    made: list[Curves | None] = []
    if exact and now.months < 60:
        made.append(_by_age("weight_for_age", sex, rows, window, lambda row: row.weight))
        made.append(_by_age("height_for_age", sex, rows, window, lambda row: row.height))
    if now.months < 60:
        made.append(_by_height(sex, rows, lying=now.days < growth.STANDING_FROM))
    elif exact:
        made.append(_by_age("bmi_for_age", sex, rows, window, lambda row: row.growth.bmi))
        made.append(_by_age("height_for_age", sex, rows, window, lambda row: row.height))
    return [one for one in made if one]


def _by_age(
    indicator: str, sex: str, rows: Sequence[Measured], window: tuple[int, int],
    value: Callable[[Measured], Any],
) -> Curves | None:  # fmt: skip
    since, until = window
    points = [
        Point(months, float(there), f"{row.on:%d/%m/%Y}: {there}")
        for row in reversed(rows)
        if (there := value(row)) is not None and since <= (months := row.age.days / 30.4375) <= until
    ]
    if not points:
        return None
    return Curves(
        title(indicator), _("Age in years") if until > 60 else _("Age in months"), _unit(indicator),
        [(at, str(at // 12 if until > 60 else at)) for at in _ticks(since, until)],
        [_line(z, growth.line_for_age(indicator, sex, z, since=since, until=until)) for z in growth.LINES], points,
    )  # fmt: skip


def _by_height(sex: str, rows: Sequence[Measured], *, lying: bool) -> Curves | None:
    points = [
        Point(float(row.height), float(row.weight), f"{row.on:%d/%m/%Y}: {row.height} cm, {row.weight} kg")
        for row in reversed(rows)
        if row.height and row.weight and 45 <= row.height <= 120 and (row.age.days < growth.STANDING_FROM) == lying
    ]
    if not points:
        return None
    low = max(int(min(point.x for point in points)) // 5 * 5 - 10, 45 if lying else 65)
    high = min(int(max(point.x for point in points)) // 5 * 5 + 15, 110 if lying else 120)
    lines = [_line(z, growth.line_for_height(sex, z, since=low, until=high, lying=lying)) for z in growth.LINES]
    ticks = [(at, str(at)) for at in range(low, high + 1, 5)]
    return Curves(
        title("weight_for_height"), _("Length in cm") if lying else _("Height in cm"), "kg", ticks, lines, points
    )


def _line(z: int, points: Iterator[tuple[float, float]]) -> Line:
    return Line(_NAMES[z], _ROLES[abs(z)], list(points))


def _ticks(since: int, until: int) -> range:
    if until > 60:
        return range(72, until + 1, 24)
    return range(since, until + 1, 3 if until - since <= 36 else 6)


def _unit(indicator: str) -> str:
    return {"weight_for_age": "kg", "height_for_age": "cm", "bmi_for_age": "kg/m²"}[indicator]


def title(indicator: str) -> str:
    """Return what an indicator is called, in the language of the moment."""
    return {
        "weight_for_age": _("Weight for age"), "height_for_age": _("Height for age"),
        "weight_for_height": _("Weight for height"), "bmi_for_age": _("Body mass for age"),
    }[indicator]  # fmt: skip
