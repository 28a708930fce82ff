"""What stands on the dashboard: figures of some days beside those before, trends, and how the centre stands today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.ages import BandSet
from reports import ranges
from reports.asking import Answer, Span, ask
from reports.figures import FIGURES
from reports.ranges import Compared

ASSESSED, CONDITIONS = "patients_assessed", "contacts_by_condition"


@dataclass(frozen=True)
class Asked:
    """The days, age bands, and by what the figures are narrowed."""

    days: Compared
    bands: BandSet
    where: Mapping[str, str] = field(default_factory=dict)

    def fits(self, figure: str) -> bool:
        """Return whether a figure can be narrowed as asked."""
        return set(self.where) <= set(FIGURES[figure].dimensions)

    def answer(self, figure: str, span: Span | None = None, *by: str) -> Answer:
        """Ask for a figure of the chosen days, or of others, narrowed as asked."""
        return ask(figure, span or self.days.now, by=by, where=self.where, bands=self.bands)


@dataclass(frozen=True)
class Line:
    """One line of the comparison: a figure, and by what it is narrowed on this line."""

    figure: str
    keys: Mapping[str, str] = field(default_factory=dict)


def _lines(figure: str, dimension: str, *keys: str) -> Iterator[Line]:
    yield from (Line(figure, {dimension: key}) for key in keys)


LINES = (
    Line(ASSESSED),
    *_lines(ASSESSED, "service", "outpatient", "inpatient", "mobile"),
    Line("people_reached"),
    Line("new_patients"),
    Line("new_cases"),
    Line("new_patients_admitted"),
    Line("dental_education"),
    Line("toothbrushes_given"),
    Line("toothpaste_given"),
)


@dataclass(frozen=True)
class Row:
    """A line with its number in the chosen days, in those before, and a year earlier."""

    line: Line
    now: int
    before: int
    year_ago: int


def rows(asked: Asked) -> list[Row]:
    """Return the comparison; lines that cannot be narrowed as asked are left out."""
    days = asked.days
    kept = [line for line in LINES if asked.fits(line.figure)]
    told_apart: dict[str, tuple[str, ...]] = {}
    for line in kept:
        told_apart[line.figure] = tuple(dict.fromkeys((*told_apart.get(line.figure, ()), *line.keys)))
    answers = {
        (figure, span): asked.answer(figure, span, *by) for figure, by in told_apart.items() for span in days.spans
    }

    def number(line: Line, span: Span) -> int:
        answer = answers[line.figure, span]
        return answer.value(**line.keys) if line.keys else answer.total

    return [Row(line, number(line, days.now), number(line, days.before), number(line, days.year_ago)) for line in kept]


def left_out(asked: Asked) -> list[str]:
    """Return the words of the figures that cannot be narrowed as asked."""
    return list(dict.fromkeys(str(FIGURES[line.figure].words) for line in LINES if not asked.fits(line.figure)))


def trend(asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the contacts of twelve months by service, and of the twelve before: (month: {service: number}) twice."""
    now = ranges.twelve_months(asked.days.now.last)
    both = asked.answer(ASSESSED, Span(ranges.back(now, 12).first, now.last), "month", "service")
    services = both.along("service")
    months = {
        month: {service: both.value(month=month, service=service) for service in services}
        for month in both.along("month")
    }
    texts = list(months)
    return {text: months[text] for text in texts[12:]}, {text: months[text] for text in texts[:12]}
