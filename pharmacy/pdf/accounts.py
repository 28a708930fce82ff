"""The accountant's papers: trial balance, statement of a fund, journal, and the facts for a donor abroad."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from core.money import Money
from core.pdf import styles
from core.pdf.blocks import Organisation
from core.pdf.page import Document, Size
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ
from pharmacy.sheets import Cell, Paper, Said, Sheet


def printed(
    paper: Paper, organisation: Organisation, *, by: str, at: datetime, wide: bool = False, sign: bool = True
) -> bytes:
    """Return a paper of the books as PDF, in Khmer with English beside it."""
    size: Size = "A4 landscape" if wide else "A4"
    document = Document(
        paper.title.km, organisation=organisation, subtitle=f"{paper.title.en}\n{paper.about.lines}", size=size,
        footer=f"{by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}", created=at,
    )  # fmt: skip
    for sheet in paper.sheets:
        _add(document, sheet)
    if not paper.sheets:
        document.paragraph("មិនមានអ្វីទេ · Nothing is written.")
    if sign:
        document.signatures(["រៀបចំដោយ · Prepared by", "ពិនិត្យដោយ · Checked by", "ប្រធានមណ្ឌល · Head of the centre"])
    return document.bytes()


def _add(document: Document, sheet: Sheet) -> None:
    columns = [Column(column.words.lines, column.width, "right" if column.number else None) for column in sheet.columns]
    rows = [_row(row, sheet) for row in sheet.rows]
    total = _row(sheet.total, sheet) if sheet.total else None
    document.add(KhmerText(sheet.title.both, styles.HEADING), Table(columns, rows, total_row=total))
    document.add(*(KhmerText(words.lines, styles.SMALL.but(before=3)) for words in sheet.notes))


def _row(cells: Sequence[Cell], sheet: Sheet) -> list[str | int | None]:
    return [_cell(cell, wide=column.width is None) for cell, column in zip(cells, sheet.columns, strict=True)]


def _cell(cell: Cell, *, wide: bool) -> str | int | None:
    """Return a cell as it is printed; where there is room both languages stand on one line."""
    if isinstance(cell, Money):
        return cell.format()
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, Said):
        return cell.both if wide else cell.lines
    return cell
