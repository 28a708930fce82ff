"""Measurements over time of a grown-up, drawn as lines with a table behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.models import Vitals
from core.charts import Chart, Number, Series
from core.periods import local_day
from core.svg import svg
from desk.timeline.events import plain

MOST = 12  # points on a line
LEAST = 2  # measurements before a line says more than words


class Drawn(NamedTuple):
    """A chart with its title, the picture, and the same figures as a table, newest first."""

    title: str
    picture: SafeString
    heads: list[str]
    rows: list[tuple[Any, list[str]]]


def drawn(rows: Sequence[Vitals]) -> list[Drawn]:
    """Return the charts for which there is enough; `rows` in the order of time."""
    return [_drawn(*subject) for subject in _subjects(rows)]


def charts(rows: Sequence[Vitals]) -> list[Chart]:
    """Return the same charts for paper."""
    return [_chart(*subject) for subject in _subjects(rows)]


def _subjects(rows: Sequence[Vitals]) -> Iterator[tuple[str, list[Vitals], str, dict[str, str]]]:
    """Yield each thing measured often enough: its title, the newest rows that hold it, its unit, its series."""
    subjects = (
        (_("Blood pressure"), "mmHg", {"systolic": _("systolic"), "diastolic": _("diastolic")}),
        (_("Weight"), "kg", {"weight": _("weight")}),
        (_("Blood sugar"), "mg/dl", {"glucose": _("blood sugar")}),
    )
    for title, unit, names in subjects:
        measured = [row for row in rows if any(getattr(row, name) is not None for name in names)]
        if len(measured) >= LEAST:
            yield title, measured[-MOST:], unit, names


def _chart(title: str, rows: Sequence[Vitals], unit: str, names: dict[str, str]) -> Chart:
    days = [f"{local_day(row.measured_at):%d/%m/%y}" for row in rows]
    series = [Series(words, [_number(getattr(row, name)) for row in rows]) for name, words in names.items()]
    return Chart("line", f"{title} ({unit})", days, series, unit)


def _drawn(title: str, rows: Sequence[Vitals], unit: str, names: dict[str, str]) -> Drawn:
    picture = svg(_chart(title, rows, unit, names), width=520, height=230, language=get_language() or "km")
    table = [(row.measured_at, [_words(getattr(row, name)) for name in names]) for row in reversed(rows)]
    return Drawn(title, mark_safe(picture), [f"{words} ({unit})" for words in names.values()], table)


def _number(value: Any) -> Number:
    return None if value is None else float(value)


def _words(value: Any) -> str:
    return "–" if value is None else plain(value)
