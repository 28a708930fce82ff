"""Tables as a page shows them: heading rows, and every number with the address of the records it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from core.ages import BandSet
from core.periods import Period
from reports.tables import Column, Number, Table, Value

SHORT = 22  # letters that stand on one line even on a telephone


@dataclass(frozen=True)
class Linker:
    """Give a number its address; nobody gets one who may not read records, and nothing counted opens nothing."""

    period: Period
    bands: BandSet
    open_records: bool

    def href(self, number: Number) -> str:
        """Return the address of the list behind a number, or nothing."""
        if not (self.open_records and number.figure and number.value):
            return ""
        query = {"from": self.period.first.text, "to": self.period.last.text, "bands": self.bands.key, **number.keys}
        return f"{reverse('reports:behind', args=[number.figure])}?{urlencode(query)}"

    def number(self, number: Number) -> dict[str, Any]:
        """Return one number for a page."""
        return {"number": number.value, "href": self.href(number), "is_number": True}

    def table(self, table: Table) -> dict[str, Any]:
        """Return one table for `reports/table.html`."""
        return {
            "key": table.key,
            "title": table.title,
            "groups": _groups(table.columns),
            "columns": table.columns,
            "rows": [self._row(row) for row in table.rows],
            "total": self._row(table.total) if table.total else None,
            "note": table.note,
        }

    def _row(self, row: Sequence[Value]) -> list[dict[str, Any]]:
        return [
            self.number(cell) if isinstance(cell, Number) else {"text": cell, "short": len(cell) <= SHORT}
            for cell in row
        ]


def _groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return the headings above the headings with how many columns each spans; none where no column has one."""
    if not any(column.group for column in columns):
        return []
    return [(group, len(list(below))) for group, below in groupby(columns, key=lambda column: column.group)]
