"""A year of the road as an Excel file: a sheet for its months, its vehicles, its waits and its referrals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from core.periods import Month, Year
from referrals.naming import NUMBERS, PARTS, SENT
from referrals.rules import Waits
from referrals.selectors import Sent, Travelled

FONT = {"font_name": "Noto Sans Khmer", "font_size": 10, "valign": "top"}


def year(
    year: Year, *, total: Travelled, months: Mapping[Month, Travelled], waits: Waits, sent: Sent, days: int
) -> bytes:
    """Return the file; what is text is written as text and never run."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    write = _Sheets(book, f"រថយន្តសង្គ្រោះ {year} · The ambulance in {year}")
    heads = [f"{khmer}\n{english}" for _, khmer, english in NUMBERS]
    rows: list[list[Any]] = [[f"{month}", *_numbers(row)] for month, row in months.items()]
    write.sheet("Months", ["ខែ\nMonth", *heads], [*rows, ["សរុប · Total", *_numbers(total)]])
    vehicles = [[str(one.vehicle), *_numbers(one)] for one in total.vehicles]
    write.sheet("Vehicles", ["រថយន្ត\nVehicle", *heads], vehicles)
    parts = [(f"{khmer} · {english}", getattr(waits, name)) for name, khmer, english in PARTS]
    write.sheet(
        "Emergency trips",
        ["ដំណាក់កាល\nPart", "មធ្យមកណ្តាល (នាទី)\nMedian (minutes)", "៩០% (នាទី)\n90th percentile (minutes)", "n"],
        [[words, *wait] if wait else [words, None, None, 0] for words, wait in parts],
    )  # fmt: skip
    referrals = [[f"{khmer} · {english}".format(days=days), getattr(sent, name)] for name, khmer, english in SENT]
    write.sheet("Referrals", ["ការបញ្ជូន\nReferrals", "ចំនួន\nNumber"], referrals)
    book.close()
    return out.getvalue()


def _numbers(row: Travelled) -> list[Any]:
    return [getattr(row, name) for name, _, _ in NUMBERS]


class _Sheets:
    """Write tables, one on a sheet, with the same heading over each."""

    def __init__(self, book: Any, title: str) -> None:
        self.book, self.title = book, title
        self.bold = book.add_format(FONT | {"bold": True, "font_size": 13})
        self.head = book.add_format(FONT | {"bold": True, "text_wrap": True, "bottom": 1})
        self.text = book.add_format(FONT | {"text_wrap": True})
        self.number = book.add_format(FONT | {"num_format": "#,##0"})
        self.tenth = book.add_format(FONT | {"num_format": "#,##0.0"})

    def sheet(self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write one table; an empty cell is what nobody knows."""
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, self.title, self.bold)
        for column, words in enumerate(headings):
            sheet.write_string(2, column, words, self.head)
        for place, row in enumerate(rows, start=3):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, cell, self.text)
                elif cell is not None:
                    sheet.write_number(place, column, cell, self.tenth if isinstance(cell, Decimal) else self.number)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, len(headings) - 1, 15)
        sheet.freeze_panes(3, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
