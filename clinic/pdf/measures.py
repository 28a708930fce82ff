"""Measurements on paper: one line, or a table of some of them beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from clinic.models import Vitals
from core.pdf.page import Document
from core.pdf.table import Column


class Measure(NamedTuple):
    """One measure: its label in both languages, its unit, and how to read it off a row."""

    label: str
    unit: str
    fields: tuple[str, ...]

    def of(self, row: Vitals) -> str:
        """Return what was measured, nothing when it was not; a pressure of which one half is missing shows a dash."""
        values = [getattr(row, field) for field in self.fields]
        return "/".join(_plain(value) for value in values) if any(v is not None for v in values) else ""


MEASURES = (
    Measure("កម្តៅ · Temperature", "°C", ("temperature",)),
    Measure("ជីពចរ · Pulse", "/min", ("heart_rate",)),
    Measure("ដង្ហើម · Breaths", "/min", ("respiratory_rate",)),
    Measure("សម្ពាធឈាម · Blood pressure", "mmHg", ("systolic", "diastolic")),
    Measure("អុកស៊ីសែន · Oxygen", "%", ("oxygen",)),
    Measure("ទម្ងន់ · Weight", "kg", ("weight",)),
    Measure("កម្ពស់ · Height", "cm", ("height",)),
    Measure("បរិមាត្រដើមដៃ · Upper arm", "mm", ("muac",)),
    Measure("ជាតិស្ករក្នុងឈាម · Blood sugar", "mg/dl", ("glucose",)),
)


def line(row: Vitals | None) -> str:
    """Name all that was measured at one time; nothing for none."""
    said = [(measure, measure.of(row)) for measure in MEASURES] if row else []
    return " · ".join(f"{measure.label.split(' · ')[0]} {value} {measure.unit}" for measure, value in said if value)


def table(document: Document, rows: Sequence[tuple[str, Vitals]]) -> None:
    """Set what was measured at some moments beside each other, each under its head; measures nobody took are left."""
    columns = [Column("វាស់បាន · Measured", 62), *(Column(head, align="centre") for head, _ in rows)]
    taken = [(measure, [measure.of(row) for _, row in rows]) for measure in MEASURES]
    document.table(columns, [[f"{m.label} ({m.unit})", *values] for m, values in taken if any(values)])


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
