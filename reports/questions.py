"""What a built report asks: which figures, told apart by what, of which days, by which bands, narrowed to what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.periods import Month, Period, Year
from reports import bands as band_sets
from reports.asking import Span
from reports.figures import FIGURES
from reports.keys import DIMENSIONS

MOST = 6  # figures of one report: more are several reports
EARLIEST, LATEST = date(1950, 1, 1), date(2199, 12, 31)
# These have few keys, so that they fit beside each other.
ACROSS = ("month", "service", "band", "sex", "case", "visit", "equity", "currency", "grown")
NARROWED = ("service", "sex", "case", "visit", "equity", "condition", "village")
BETWEEN = "between"


def _last_week(today: date) -> Span:
    monday = today - timedelta(days=today.weekday())
    return Span(monday - timedelta(days=7), monday - timedelta(days=1))


def _quarter(day: date) -> Span:
    first = Month(f"{day.year:04d}-{(day.month - 1) // 3 * 3 + 1:02d}")
    return Span.of(Period(first, first.next().next()))


def _months_before(today: date, number: int) -> Span:
    last = first = Month.of(today).previous()
    for _step in range(number - 1):
        first = first.previous()
    return Span.of(Period(first, last))


# Days that move with the calendar. "Last" is over: a report made by the clock asks for what has come to its end.
MOVING: dict[str, tuple[str | Promise, Callable[[date], Span]]] = {
    "last_month": (_("Last month"), lambda today: Span.of(Month.of(today).previous(), today)),
    "this_month": (_("This month"), lambda today: Span.of(Month.of(today), today)),
    "last_week": (_("Last week, from Monday to Sunday"), _last_week),
    "last_quarter": (_("Last quarter"), lambda today: _quarter(_quarter(today).first - timedelta(days=1))),
    "this_quarter": (_("This quarter"), _quarter),
    "last_12_months": (_("The last 12 whole months"), lambda today: _months_before(today, 12)),
    "last_year": (_("Last year"), lambda today: Span.of(Year.of(today).previous(), today)),
    "this_year": (_("This year"), lambda today: Span.of(Year.of(today), today)),
}
PERIODS: dict[str, str | Promise] = {
    **{key: words for key, (words, _days) in MOVING.items()}, BETWEEN: _("From one day to another"),
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One question. `rows` and `columns` are dimensions or empty; `first` and `last` are the days of BETWEEN.

    Raises RuleBroken with the field of the form that is wrong.
    """

    figures: tuple[str, ...]
    rows: str = ""
    columns: str = ""
    period: str = "last_month"
    first: date | None = None
    last: date | None = None
    bands: str = band_sets.DEFAULT
    where: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_figures()
        if self.columns and not self.rows:
            raise RuleBroken("reports.rows_missing", field="rows")
        if self.columns and self.columns == self.rows:
            raise RuleBroken("reports.rows_are_columns", field="columns")
        for name, allowed in (("rows", DIMENSIONS), ("columns", ACROSS)):
            if (chosen := getattr(self, name)) and chosen not in allowed:
                raise RuleBroken("reports.filter_unknown", field=name, value=chosen[:60])
        for each in self.figures:
            self._check_dimensions(each)
        self._check_days()

    def _check_figures(self) -> None:
        if not self.figures:
            raise RuleBroken("reports.figures_none", field="figures")
        if len(self.figures) > MOST:
            raise RuleBroken("reports.figures_too_many", field="figures", most=MOST)
        for name in self.figures:
            if name not in FIGURES:
                raise RuleBroken("reports.figure_unknown", field="figures", value=name[:60])

    def _check_dimensions(self, name: str) -> None:
        figure = FIGURES[name]
        asked = {"rows": self.rows, "columns": self.columns} | {key: key for key in self.where}
        for place, dimension in asked.items():
            if dimension and dimension not in figure.dimensions:
                words = DIMENSIONS.get(dimension, dimension[:60])
                raise RuleBroken("reports.not_by", field=place, value=figure.words, dimension=words)
        if figure.apart and figure.apart != "currency" and figure.apart not in (self.rows, self.columns, *self.where):
            words = DIMENSIONS.get(figure.apart, figure.apart)
            raise RuleBroken("reports.figure_apart", field="rows", value=figure.words, dimension=words)

    def _check_days(self) -> None:
        if self.period != BETWEEN:
            if self.period not in MOVING:
                raise RuleBroken("reports.filter_unknown", field="period", value=self.period[:60])
            return
        for name, day in (("from", self.first), ("to", self.last)):
            if day is None:
                raise RuleBroken("reports.days_missing", field=name)
            if not EARLIEST <= day <= LATEST:
                raise RuleBroken("reports.days_out_of_reach", field=name)
        if self.last < self.first:  # type: ignore[operator]
            raise RuleBroken("reports.days_backwards", field="to")

    def span(self, today: date) -> Span:
        """Return the days asked for, as they are on a day."""
        if self.period == BETWEEN:
            assert self.first and self.last
            return Span(self.first, self.last)
        return MOVING[self.period][1](today)

    def only(self, figures: tuple[str, ...]) -> Question:
        """Return the same question about some of its figures."""
        document = self.document() | {"figures": list(figures)}
        return read(document)

    def document(self) -> dict[str, Any]:
        """Return the question as it is kept."""
        return {
            "figures": list(self.figures), "rows": self.rows, "columns": self.columns, "period": self.period,
            "from": self.first.isoformat() if self.first else "", "to": self.last.isoformat() if self.last else "",
            "bands": self.bands, "where": dict(self.where),
        }  # fmt: skip

    def address(self) -> dict[str, Any]:
        """Return the question as the builder's address carries it, for urlencode(…, doseq=True)."""
        document = self.document()
        where = document.pop("where")
        return {name: value for name, value in (document | where).items() if value}


def read(document: Mapping[str, Any]) -> Question:
    """Return the question a document holds. Raises RuleBroken: what its figures no longer allow is said in words."""
    try:
        return Question(
            tuple(map(str, document["figures"])), str(document.get("rows", "")), str(document.get("columns", "")),
            str(document.get("period", "")), _day(document.get("from")), _day(document.get("to")),
            str(document.get("bands") or band_sets.DEFAULT),
            {str(name): str(key) for name, key in document.get("where", {}).items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RuleBroken("reports.question_unreadable") from None


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
