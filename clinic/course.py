"""The course of a stay in pictures and in a table: every set of measurements, those entered in error marked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext

from clinic import phrases
from clinic.models import Vitals
from clinic.rules.vitals import Unusual, unusual, usual
from clinic.selectors.stays import Stay
from clinic.services.care import figure
from core.ages import Age, slot_age
from core.curves import Curves, Line, Point
from core.periods import CLINIC_TZ
from core.svg import svg

PICTURES = (("temperature",), ("heart_rate",), ("respiratory_rate",), ("oxygen",), ("systolic", "diastolic"))
DAY = dt.timedelta(days=1)
MOST_TICKS = 8
WIDTH, HEIGHT = 400, 210  # as wide as a telephone shows it, so that its labels can be read there


class Cell(NamedTuple):
    """One value of the table, and whether it is unusual for the age."""

    text: str
    unusual: Unusual | None


class Measured(NamedTuple):
    """One set of measurements as a row of the table."""

    vitals: Vitals
    cells: list[Cell]


def age_of(stay: Stay) -> Age | None:
    """Return the age at admission, by which measurements are judged."""
    slot = stay.admission.encounter.age_slot
    return None if slot is None else slot_age(slot)


def charts(stay: Stay) -> list[str]:
    """Return the pictures of what was measured at least twice, each an SVG."""
    rows, age = stay.standing_vitals, age_of(stay)
    drawn = (_curves(names, rows, age) for names in PICTURES)
    return [svg(curves, width=WIDTH, height=HEIGHT, language=get_language() or "km") for curves in drawn if curves]


def table(stay: Stay) -> dict[str, Any]:
    """Return the columns that hold something, and every set of measurements, the newest first."""
    names = [name for name in Vitals.MEASURES if any(getattr(row, name) is not None for row in stay.vitals)]
    age = age_of(stay)
    rows = [Measured(row, _cells(row, names, age)) for row in reversed(stay.vitals)]
    return {"labels": [phrases.label(name) for name in names], "rows": rows}


def newest(stay: Stay) -> tuple[Vitals, list[tuple[str, str, Unusual]]] | None:
    """Return the newest measurements that stand, with what is unusual in them."""
    if not stay.standing_vitals:
        return None
    row = stay.standing_vitals[-1]
    return row, [(phrases.label(one.measure), figure(one.value), one) for one in _unusual(row, age_of(stay)).values()]


def _unusual(row: Vitals, age: Age | None) -> dict[str, Unusual]:
    return {one.measure: one for one in unusual(age, {name: getattr(row, name) for name in Vitals.MEASURES})}


def _cells(row: Vitals, names: Sequence[str], age: Age | None) -> list[Cell]:
    odd = _unusual(row, age)
    values = [(name, getattr(row, name)) for name in names]
    return [Cell("" if value is None else figure(value), odd.get(name)) for name, value in values]


def _curves(names: Sequence[str], rows: Sequence[Vitals], age: Age | None) -> Curves | None:
    """Draw one measure over the days, or the two blood pressures, between the lines of what is usual."""
    taken = [row for row in rows if getattr(row, names[0]) is not None]
    if len(taken) < 2:
        return None
    begin = dt.datetime.combine(taken[0].measured_at.astimezone(CLINIC_TZ).date(), dt.time(), CLINIC_TZ)
    width = _hours(taken[-1], begin)
    points = [[_point(name, row, begin) for row in taken if getattr(row, name) is not None] for name in names]
    both = gettext("Blood pressure (mmHg): upper and lower line")
    return Curves(
        title=both if len(names) > 1 else phrases.label(names[0]), across="", up="", ticks=_days(begin, width),
        lines=_usual_lines(names[0], age, points[0][0].x, width) if len(names) == 1 else (), points=points[0],
        others=points[1:],
    )  # fmt: skip


def _usual_lines(name: str, age: Age | None, left: float, right: float) -> list[Line]:
    here = usual(name, age)
    if here is None:
        return []
    return [
        Line(figure(level), "ref-0", [(left, float(level)), (right, float(level))]) for level in (here.low, here.high)
    ]


def _point(name: str, row: Vitals, begin: dt.datetime) -> Point:
    local, value = row.measured_at.astimezone(CLINIC_TZ), getattr(row, name)
    return Point(_hours(row, begin), float(value), f"{local:%d/%m %H:%M}: {figure(value)}")


def _hours(row: Vitals, begin: dt.datetime) -> float:
    return (row.measured_at - begin) / dt.timedelta(hours=1)


def _days(begin: dt.datetime, hours: float) -> list[tuple[float, str]]:
    """Name the midnights below the picture, as many as have room."""
    days = int(hours // 24) + 1
    step = -(-days // MOST_TICKS)
    return [(day * 24.0, f"{begin + day * DAY:%d/%m}") for day in range(0, days, step)]
