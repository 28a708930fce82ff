"""Write a built report as CSV: a line a number, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re

from reports.building import Built
from reports.tables import HIDDEN, Number

BOM = "\ufeff"  # without it Excel reads Khmer as something else
# What Excel, LibreOffice or Google Sheets take for a formula, also after spaces (OWASP, CSV injection).
_RUN = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def safe(text: str) -> str:
    """Return a text that stays a text in any spreadsheet: what would be run gets an apostrophe before it."""
    return f"'{text}" if _RUN.match(text) else text


def as_csv(built: Built) -> bytes:
    """Return one line for each number: its table, its line, its column, the number; in the language of the moment.

    The first lines of a spreadsheet are for people, these for programs: no titles, no totals, no notes.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["report", "days_from", "days_to", "table", "line", "column", "figure", "keys", "value"])
    days = [built.span.first.isoformat(), built.span.last.isoformat()]
    for table in built.results():
        for line, *cells in table.rows:
            for column, cell in zip(table.columns[1:], cells, strict=True):
                if isinstance(cell, Number):
                    keys = " ".join(f"{name}={key}" for name, key in cell.keys.items())
                    texts = [built.title, *days, table.title, str(line), column.words, cell.figure, keys]
                    writer.writerow([*map(safe, texts), HIDDEN if cell.hidden else cell.amount])
    return (BOM + out.getvalue()).encode()
