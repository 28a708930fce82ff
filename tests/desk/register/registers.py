"""Registers for tests: a header and rows as text, in any of the shapes a centre may send."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl

from desk.register.reading import COLUMNS
from desk.register.work import Summary, load_register
from tests.builders import TODAY, somebody

GOOD = {
    "patient_ref": "A-1", "family_name": "Sok", "given_name": "Dara", "family_name_km": "សុខ", "given_name_km": "ដារ៉ា",
    "sex": "M", "birth_date": "2019-03-05", "village_code": "09060603", "contact_date": "2026-03-04",
    "service": "outpatient", "conditions": "diarrhoea",
}  # fmt: skip


def a_row(**cells: Any) -> dict[str, str]:
    """Return a good row with some cells changed."""
    return GOOD | {name: str(value) for name, value in cells.items()}


def as_csv(
    *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, encoding: str = "utf-8", delimiter: str = ","
) -> bytes:
    """Return rows as the bytes of a CSV file."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


def as_excel(*rows: dict[str, Any], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return rows as the bytes of a workbook; values keep their types."""
    book = openpyxl.Workbook()
    book.active.append(list(columns))
    for row in rows:
        book.active.append([row.get(name) for name in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def load(content: bytes, *, dry: bool = False) -> Summary:
    """Load a register on the day of the tests."""
    return load_register(content, by=somebody(), today=TODAY, dry=dry)


def codes(summary: Summary) -> list[list[str]]:
    """Return the reasons of each bad row, as codes."""
    return [[reason.code for reason in reasons] for _row, reasons in summary.rejects]
