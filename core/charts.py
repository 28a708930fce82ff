"""Say what a chart shows and where its lines stand, once, for the screen (`core.svg`) and for paper
(`core.pdf.chart`).

A chart is drawn into marks (bars, lines, words) that carry a role instead of a colour. Lengths are in
points or CSS pixels, y grows downwards.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core import khmer

Measure = Callable[[str, float], float]
Anchor = Literal["start", "middle", "end"]
Number = int | float | None
SIZE, SMALL = 8.5, 7.5
ROW, FOOT = 16.0, 11.5


@dataclass(frozen=True)
class Series:
    """A named row of values, one per category; None where nothing is known."""

    label: str
    values: Sequence[Number]


@dataclass(frozen=True)
class Chart:
    """A chart of one or more series over the same categories.

    `kind`: "bar" (beside each other), "stacked", "line", "rows" (horizontal bars, for long names) or
    "pyramid" (two series, the first to the left). Raises ValueError if a series has not one value per
    category.
    """

    kind: Literal["bar", "stacked", "line", "rows", "pyramid"]
    title: str
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    values: bool = True  # numbers on the bars; without them where they are too long to be read

    def __post_init__(self) -> None:
        for series in self.series:
            if len(series.values) != len(self.categories):
                raise ValueError(
                    f"{series.label}: {len(series.values)} values for {len(self.categories)} categories"
                )
            if any(value is not None and value < 0 for value in series.values):
                raise ValueError(f"{series.label}: a bar below zero cannot be drawn")
        if self.kind == "pyramid" and len(self.series) != 2:
            raise ValueError("a pyramid has two series")

    @property
    def largest(self) -> float:
        """Return the value the scale must reach."""
        rows = [[value or 0 for value in series.values] for series in self.series]
        if not rows or not self.categories:
            return 0
        if self.kind == "stacked":
            return max(sum(column) for column in zip(*rows, strict=True))
        return max(max(row) for row in rows)


@dataclass(frozen=True)
class Bar:
    """A filled rectangle; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    role: str
    tip: str = ""


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: Sequence[tuple[float, float]]
    role: str


@dataclass(frozen=True)
class Dot:
    """A point of a line; its shape tells the series apart without colour."""

    x: float
    y: float
    role: str
    tip: str = ""


@dataclass(frozen=True)
class Words:
    """A piece of text; x, y is on its baseline, at its start, middle or end."""

    x: float
    y: float
    text: str
    size: float
    anchor: Anchor
    role: str


Mark = Bar | Stroke | Dot | Words


@dataclass
class Picture:
    """Marks on a ground of a width and height."""

    width: float
    height: float
    measure: Measure
    marks: list[Mark] = field(default_factory=list)

    def words(
        self,
        x: float,
        y: float,
        text: str,
        size: float = SIZE,
        anchor: Anchor = "middle",
        role: str = "label",
    ) -> None:
        """Add a text."""
        if text:
            self.marks.append(Words(x, y, text, size, anchor, role))

    def bar(self, x: float, y: float, width: float, height: float, lane: int, tip: str = "") -> None:
        """Add a bar of the series number `lane`, counted from 1."""
        self.marks.append(Bar(x, y, width, height, f"series-{lane}", tip))

    def stroke(self, role: str, *points: tuple[float, float]) -> None:
        """Add a line through points."""
        self.marks.append(Stroke(points, role))


class Drawable(Protocol):
    """Another kind of picture, with its own way to lay itself out (`core.curves`)."""

    @property
    def title(self) -> str:
        """Return what stands above it."""
        ...

    @property
    def kind(self) -> str:
        """Return its kind, for the class on the page."""
        ...

    def lay_out(self, picture: Picture, top: float) -> None:
        """Add its marks below `top`."""
        ...


def nice_ticks(largest: float, wanted: int = 4) -> list[float]:
    """Return round values from 0 to at least `largest`: 0, 20, 40, 60."""
    if largest <= 0:
        return [0, 1]
    raw = largest / wanted
    power = 10 ** math.floor(math.log10(raw))
    whole = float(largest).is_integer()  # people and boxes do not come in halves
    steps = [n * power for n in (1, 2, 2.5, 5, 10, 20) if not whole or float(n * power).is_integer()]
    step = next((step for step in steps if step >= raw * 0.999), 1)
    count = math.ceil(largest / step - 1e-9)
    return [round(i * step, 10) for i in range(count + 1)]


def number(value: Number) -> str:
    """Write a value: 1,234 or 12.5; nothing for None."""
    if value is None:
        return ""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.1f}"


def guess_width(text: str, size: float) -> float:
    """Guess the width of a text where no font is at hand: marks are as wide as nothing."""
    wide = sum(
        0 if unicodedata.category(c).startswith("M") else 0.72 if c >= "\u1780" else 0.56 for c in text
    )
    return wide * size


def draw(chart: Chart | Drawable, width: float, height: float, measure: Measure = guess_width) -> Picture:
    """Lay a chart out on a ground of the given size."""
    picture = Picture(width, height, measure=measure)
    top = 4.0
    if chart.title:
        picture.words(0, top + 9, chart.title, 10, "start", "title")
        top += 18
    if not isinstance(chart, Chart):
        chart.lay_out(picture, top)
        return picture
    if len(chart.series) > 1 and chart.kind != "pyramid":
        top = _legend(picture, chart, top)
    layout = {"rows": _rows, "pyramid": _pyramid, "line": _line, "stacked": _stacked, "bar": _bars}[
        chart.kind
    ]
    if chart.categories and chart.series:
        layout(picture, chart, top + 12)
    return picture


def tip(chart: Chart, series: Series, index: int) -> str:
    """Return what a mark says when pointed at: "Sar Roka · Girls: 12"."""
    value = number(series.values[index])
    name = f" · {series.label}" if series.label else ""
    return f"{chart.categories[index]}{name}: {value}{' ' + chart.unit if chart.unit else ''}"


def _name_lines(picture: Picture, text: str, room: float) -> list[str]:
    """Break the name of a category into lines that fit its place, between words."""
    if picture.measure(text, SIZE) <= room:
        return [text]
    lines = [""]
    for word in khmer.break_words(text):
        if lines[-1] and picture.measure(lines[-1] + word.rstrip(), SMALL) > room:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines]


def _names(picture: Picture, chart: Chart, left: float, names: list[list[str]]) -> None:
    """Write the names of the categories under their places; one too wide even so is made smaller."""
    step = (picture.width - left) / len(names)
    longest = max(map(len, names))
    for index, lines in enumerate(names):
        size = SIZE if len(lines) == 1 else SMALL
        size *= min(1, *(step * 0.96 / max(picture.measure(line, size), 1) for line in lines))
        for i, line in enumerate(lines):
            y = picture.height - FOOT * longest + 5.5 + i * FOOT
            picture.words(left + step * (index + 0.5), y, line, size)


def _legend(picture: Picture, chart: Chart, top: float) -> float:
    x = 0.0
    for i, series in enumerate(chart.series, start=1):
        wide = 14 + picture.measure(series.label, SIZE) + 14
        if x and x + wide > picture.width:
            x, top = 0.0, top + ROW
        if chart.kind == "line":
            picture.stroke(f"stroke-{i}", (x, top + 5), (x + 10, top + 5))
            picture.marks.append(Dot(x + 5, top + 5, f"series-{i}"))
        else:
            picture.bar(x, top, 9, 9, i)
        picture.words(x + 14, top + 8, series.label, SIZE, "start")
        x += wide
    return top + ROW


def _scale(picture: Picture, chart: Chart, top: float) -> tuple[float, float, Callable[[float], float]]:
    """Draw ticks, grid and names; return the left edge, the bottom, and the height of a value."""
    ticks = nice_ticks(chart.largest)
    left = max(picture.measure(number(tick), SMALL) for tick in ticks) + 6
    room = (picture.width - left) / len(chart.categories) * 0.96
    names = [_name_lines(picture, category, room) for category in chart.categories]
    bottom = picture.height - FOOT * max(map(len, names)) - 6
    for tick in ticks:
        y = bottom - (bottom - top) * tick / ticks[-1]
        picture.stroke("grid" if tick else "axis", (left, y), (picture.width, y))
        picture.words(left - 4, y + 2.6, number(tick), SMALL, "end", "tick")
    _names(picture, chart, left, names)
    return left, bottom, lambda value: (bottom - top) * value / ticks[-1]


def _bars(picture: Picture, chart: Chart, top: float) -> None:
    left, bottom, high = _scale(picture, chart, top)
    step = (picture.width - left) / len(chart.categories)
    thick = min(step * 0.74 / len(chart.series), 34)
    for index in range(len(chart.categories)):
        x = left + step * (index + 0.5) - thick * len(chart.series) / 2
        for lane, series in enumerate(chart.series, start=1):
            value = series.values[index]
            if value:
                tall = high(value)
                picture.bar(x, bottom - tall, thick * 0.94, tall, lane, tip(chart, series, index))
            if chart.values:
                _value(picture, x + thick * 0.47, bottom - high(value or 0) - 3, number(value), thick * 1.15)
            x += thick


def _stacked(picture: Picture, chart: Chart, top: float) -> None:
    left, bottom, high = _scale(picture, chart, top)
    step = (picture.width - left) / len(chart.categories)
    thick = min(step * 0.74, 34)
    for index in range(len(chart.categories)):
        middle, y = left + step * (index + 0.5), bottom
        for lane, series in enumerate(chart.series, start=1):
            value = series.values[index]
            if not value:
                continue
            tall = high(value)
            y -= tall
            picture.bar(middle - thick / 2, y, thick, tall, lane, tip(chart, series, index))
            if tall > 10:
                picture.words(middle, y + tall / 2 + 2.5, number(value), SMALL, "middle", f"on-{lane}")
        _value(picture, middle, y - 3, number(sum(s.values[index] or 0 for s in chart.series)), step)


def _value(picture: Picture, x: float, y: float, text: str, room: float) -> None:
    """Print a value, smaller where bars are thin; not below what can be read."""
    wide = picture.measure(text, SMALL)
    picture.words(x, y, text, max(min(SMALL, SMALL * room / wide), 4.5) if wide else SMALL, "middle", "value")


def _line(picture: Picture, chart: Chart, top: float) -> None:
    left, bottom, high = _scale(picture, chart, top)
    step = (picture.width - left) / len(chart.categories)
    for number_of, series in enumerate(chart.series, start=1):
        run: list[tuple[float, float]] = []
        for index, value in enumerate([*series.values, None]):
            if value is None:  # a gap in what is known is a gap in the line
                if len(run) > 1:
                    picture.stroke(f"stroke-{number_of}", *run)
                run = []
            else:
                run.append((left + step * (index + 0.5), bottom - high(value)))
        for index, value in enumerate(series.values):
            if value is not None:
                x, y = left + step * (index + 0.5), bottom - high(value)
                picture.marks.append(Dot(x, y, f"series-{number_of}", tip(chart, series, index)))
                if len(chart.series) <= 2:
                    others = [other.values[index] or 0 for other in chart.series if other is not series]
                    above = not others or value > others[0] or (value == others[0] and number_of == 1)
                    if above or y + 11 < bottom:
                        _value(picture, x, y - 6 if above else y + 11, number(value), step)
                    else:  # no room between the point and the axis
                        picture.words(x + 6, y + 2.5, number(value), SMALL, "start", "value")


def _rows(picture: Picture, chart: Chart, top: float) -> None:
    top -= 8
    step = (picture.height - top - 2) / len(chart.categories)
    longest = max(picture.measure(category, SIZE) for category in chart.categories) + 8
    left = min(longest, picture.width * 0.45)
    room = picture.width - left - _widest_value(picture, chart)
    thick = min(step * 0.78 / len(chart.series), 16)
    for index, category in enumerate(chart.categories):
        middle = top + step * (index + 0.5)
        fit = min(1, (left - 8) / max(picture.measure(category, SIZE), 1))
        picture.words(left - 6, middle + 3, category, SIZE * fit, "end")
        y = middle - thick * len(chart.series) / 2
        for lane, series in enumerate(chart.series, start=1):
            value = series.values[index]
            long = room * (value or 0) / (chart.largest or 1)
            picture.bar(left, y, long, thick * 0.92, lane, tip(chart, series, index))
            picture.words(left + long + 4, y + thick * 0.46 + 2.6, number(value), SMALL, "start", "value")
            y += thick
    picture.stroke("axis", (left, top), (left, picture.height - 2))


def _pyramid(picture: Picture, chart: Chart, top: float) -> None:
    """Draw bands from the bottom (youngest) up, the first series to the left of the band names."""
    names = max(picture.measure(category, SIZE) for category in chart.categories) + 14
    half, middle = (picture.width - names) / 2, picture.width / 2
    room = half - _widest_value(picture, chart)
    step = (picture.height - top - 8) / len(chart.categories)
    for row, category in enumerate(reversed(chart.categories)):
        picture.words(middle, top + 6 + step * (row + 0.5) + 3, category, min(SIZE, step * 0.8))
    for lane, (side, series) in enumerate(zip((-1, 1), chart.series, strict=True), start=1):
        total = number(sum(value or 0 for value in series.values))
        picture.words(middle + side * (names + half) / 2, top, f"{series.label} ({total})", role="title")
        edge, anchor = middle + side * names / 2, _ANCHORS[side]
        for index, value in enumerate(series.values):
            y = top + 6 + step * (len(chart.categories) - 1 - index)
            long = room * (value or 0) / (chart.largest or 1)
            x = edge if side > 0 else edge - long
            picture.bar(x, y + step * 0.08, long, step * 0.84, lane, tip(chart, series, index))
            size, x = min(SMALL, step * 0.75), edge + side * (long + 3)
            picture.words(x, y + step / 2 + 2.6, number(value), size, anchor, "value")


_ANCHORS: dict[int, Anchor] = {-1: "end", 1: "start"}


def _widest_value(picture: Picture, chart: Chart) -> float:
    return (
        max(picture.measure(number(value), SMALL) for series in chart.series for value in series.values) + 6
    )
