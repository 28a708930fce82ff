"""Curves over a measured axis, such as a child's growth among reference lines; drawn into the marks of `core.charts`.

Reference lines carry the roles `ref-0` (the middle), `ref-2` and `ref-3` (ever further out) and are named at their end,
so that nobody needs the colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.charts import SMALL, Dot, Picture, number

RIGHT = 17.0  # room for the names of the lines
CLOSEST = 6.5  # between two names


@dataclass(frozen=True)
class Line:
    """One reference line, from left to right; `label` stands at its right end."""

    label: str
    role: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Point:
    """One measurement, and what it says when pointed at."""

    x: float
    y: float
    tip: str = ""


@dataclass(frozen=True)
class Curves:
    """Measurements, joined in order, over reference lines. `ticks` name places of the axis below.

    `others` are further rows of measurements in the same unit, such as the lower blood pressure below the upper.
    """

    title: str
    across: str
    up: str
    ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    points: Sequence[Point]
    others: Sequence[Sequence[Point]] = ()
    kind: str = "curves"

    @property
    def rows(self) -> list[Sequence[Point]]:
        """Return the rows of measurements, the first first."""
        return [self.points, *self.others]

    def lay_out(self, picture: Picture, top: float) -> None:
        """Draw axes, lines and points below `top`."""
        scale = _Scale.of(self, picture, top)
        for value in scale.levels:
            y = scale.y(value)
            picture.stroke("grid", (scale.left, y), (scale.right, y))
            picture.words(scale.left - 4, y + 2.6, number(value), SMALL, "end", "tick")
        for x, name in self.ticks:
            picture.stroke("grid", (scale.x(x), scale.top), (scale.x(x), scale.bottom))
            picture.words(scale.x(x), scale.bottom + 11, name, SMALL, "middle", "tick")
        picture.stroke("axis", (scale.left, scale.bottom), (scale.right, scale.bottom))
        picture.words(0, top + 2, self.up, SMALL, "start", "tick")
        picture.words(scale.right, picture.height - 2, self.across, SMALL, "end", "tick")
        for line in self.lines:
            if line.points:
                picture.stroke(line.role, *(scale.place(x, y) for x, y in line.points))
        _names(picture, scale, self.lines)
        for number_of, row in enumerate(self.rows, start=1):
            places = [scale.place(point.x, point.y) for point in row]
            if len(places) > 1:
                picture.stroke(f"stroke-{number_of}", *places)
            for point, (x, y) in zip(row, places, strict=True):
                picture.marks.append(Dot(x, y, f"series-{number_of}", point.tip))


def _names(picture: Picture, scale: _Scale, lines: Sequence[Line]) -> None:
    """Write the name of each line at its end, from above, none over another."""
    ends = sorted((scale.place(*line.points[-1])[1], line.label) for line in lines if line.points)
    free = 0.0
    for y, label in ends:
        free = max(y + 2.6, free + CLOSEST)
        picture.words(scale.right + 3, free, label, SMALL, "start", "tick")


@dataclass(frozen=True)
class _Scale:
    left: float
    right: float
    top: float
    bottom: float
    xs: tuple[float, float]
    levels: tuple[float, ...]

    @classmethod
    def of(cls, curves: Curves, picture: Picture, top: float) -> _Scale:
        places = [(x, y) for line in curves.lines for x, y in line.points]
        places += [(point.x, point.y) for row in curves.rows for point in row]
        xs = [x for x, _ in places] + [x for x, _ in curves.ticks] or [0, 1]
        levels = _levels([y for _, y in places] or [0, 1])
        left = max(picture.measure(number(level), SMALL) for level in levels) + 6
        return cls(left, picture.width - RIGHT, top + 8, picture.height - 24, (min(xs), max(xs)), levels)

    def x(self, value: float) -> float:
        low, high = self.xs
        return self.left + (self.right - self.left) * (value - low) / ((high - low) or 1)

    def y(self, value: float) -> float:
        low, high = self.levels[0], self.levels[-1]
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    def place(self, x: float, y: float) -> tuple[float, float]:
        return self.x(x), self.y(y)


def _levels(values: Sequence[float], wanted: int = 6) -> tuple[float, ...]:
    """Return round levels that reach from below the least to above the greatest value."""
    low, high = min(values), max(values)
    raw = (high - low) / wanted or 1
    power = 10 ** math.floor(math.log10(raw))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(n * step, 10) for n in range(first, max(last, first + 1) + 1))
