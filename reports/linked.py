"""Tables as a page shows them: heading rows, and every number with the address of the records it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from core.ages import BandSet
from core.periods import Month, Period
from reports.asking import Span
from reports.naming import is_year
from reports.tables import Column, Number, Table, Value, in_words

LONGEST = 2000  # letters of an address
SHORT = 22  # letters that stand on one line even on a telephone


def behind_address(figure: str, days: Span, bands: BandSet, keys: Mapping[str, str], back: str = "") -> str:
    """Return the address of the list behind a number of some days; `back` is the table it stands in."""
    first, last = Month.of(days.first), Month.of(days.last)
    whole = (days.first, days.last) == (first.first, last.last)
    query = {"from": first.text, "to": last.text} if whole else {"from": str(days.first), "to": str(days.last)}
    query |= {"bands": bands.key, **keys, **({"back": back} if back else {})}
    return f"{reverse('reports:behind', args=[figure])}?{urlencode(query)}"


def page_of(period: Period) -> str:
    """Return the address of the page of a month or a year."""
    if is_year(period):
        return reverse("reports:year", args=[period.first.text[:4]])
    return reverse("reports:month", args=[period.first.text])


def back_to(address: str) -> str:
    """Return the address of a page of this room that a list was opened from, or nothing for any other."""
    fits = address.startswith(reverse("reports:home")) and "\\" not in address and address.isprintable()
    return address if fits and len(address) <= LONGEST else ""


@dataclass(frozen=True)
class Linker:
    """Give a number its address; nobody gets one who may not read records, and nothing counted opens nothing."""

    period: Period
    bands: BandSet
    open_records: bool
    page: str = ""  # the address of the page, so that a list leads back to the table it was opened from

    def href(self, number: Number, at: str = "") -> str:
        """Return the address of the list behind a number of the table `at`, or nothing."""
        if not (self.open_records and number.figure and number.value):
            return ""
        back = f"{self.page}#{at}-table" if self.page and at else self.page
        return behind_address(number.figure, Span.of(self.period), self.bands, number.keys, back)

    def number(self, number: Number, at: str = "") -> dict[str, Any]:
        """Return one number for a page."""
        return {"number": number.amount, "href": self.href(number, at), "is_number": True}

    def table(self, table: Table) -> dict[str, Any]:
        """Return one table for `reports/table.html`."""
        return {
            "key": table.key,
            "title": table.title,
            "groups": _groups(table.columns),
            "columns": table.columns,
            "rows": [self._row(row, table.key) for row in table.rows],
            "total": self._row(table.total, table.key) if table.total else None,
            "note": table.note,
        }

    def _row(self, row: Sequence[Value], at: str) -> list[dict[str, Any]]:
        return [self.number(cell, at) if isinstance(cell, Number) else _said(in_words(cell)) for cell in row]


def _said(words: str) -> dict[str, Any]:
    return {"text": words, "short": len(words) <= SHORT}


def _groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return the headings above the headings with how many columns each spans; none where no column has one."""
    if not any(column.group for column in columns):
        return []
    return [(group, len(list(below))) for group, below in groupby(columns, key=lambda column: column.group)]
