"""Write papers of the books as Excel files: amounts as numbers, words in Khmer and English, nothing that is run."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter

from core.money import Currency, Money
from pharmacy.sheets import Cell, Paper, Said, Sheet

WIDEST = 60
FORMATS = {Currency.KHR: '#,##0" ៛";-#,##0" ៛"', Currency.USD: '"$"#,##0.00;-"$"#,##0.00'}


def workbook(paper: Paper, made: str) -> bytes:
    """Return a paper as an Excel file; `made` says by whom and when.

    Every text is written as a text: what begins with = + - or @ is shown and never run.
    """
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": paper.title.en, "comments": made})
    writer = _Writer(book)
    for sheet in paper.sheets:
        writer.sheet(sheet, [paper.title.both, paper.about.both, made])
    if not paper.sheets:
        book.add_worksheet("Empty")
    book.close()
    return out.getvalue()


class _Writer:
    def __init__(self, book: Any) -> None:
        self.book = book
        self.font = {"font_name": "Noto Sans Khmer", "font_size": 10, "valign": "top"}
        self.title = book.add_format(self.font | {"bold": True, "font_size": 13, "font_color": "#0b5d5e"})
        self.quiet = book.add_format(self.font | {"font_color": "#586868"})
        head = {"bold": True, "bg_color": "#0b5d5e", "font_color": "#ffffff", "text_wrap": True, "border": 1}
        self.head = book.add_format(self.font | head)
        self.kinds = {bold: self._kinds({"bold": True, "top": 1} if bold else {}) for bold in (False, True)}

    def _kinds(self, more: dict[str, Any]) -> dict[Any, Any]:
        add = self.book.add_format
        kinds: dict[Any, Any] = {
            currency: add(self.font | more | {"num_format": FORMATS[currency]}) for currency in Currency
        }
        kinds["number"] = add(self.font | more | {"num_format": "#,##0"})
        kinds["day"] = add(self.font | more | {"num_format": "dd/mm/yyyy", "align": "left"})
        kinds["text"] = add(self.font | more | {"text_wrap": True})
        return kinds

    def sheet(self, sheet: Sheet, said: list[str]) -> None:
        page = self.book.add_worksheet(sheet.key.capitalize()[:31])
        for row, line in enumerate([*said, sheet.title.both]):
            page.write_string(row, 0, line, self.title if row == 0 else self.quiet)
        top = len(said) + 2
        widths = []
        for n, column in enumerate(sheet.columns):
            page.write_string(top, n, column.words.lines, self.head)
            widths.append(max(map(len, column.words.lines.split("\n"))))
        for row, cells in enumerate(sheet.rows, start=top + 1):
            self._row(page, row, cells, self.kinds[False], widths)
        bottom = top + len(sheet.rows)
        if sheet.total:
            self._row(page, bottom + 1, sheet.total, self.kinds[True], widths)
        for row, words in enumerate(sheet.notes, start=bottom + 3):
            page.write_string(row, 0, words.both, self.quiet)
        for n, width in enumerate(widths):
            page.set_column(n, n, min(width + 3, WIDEST))
        page.freeze_panes(top + 1, 0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(top)

    def _row(self, page: Any, row: int, cells: Any, kinds: dict[Any, Any], widths: list[int]) -> None:
        for n, cell in enumerate(cells):
            widths[n] = max(widths[n], min(len(self._cell(page, row, n, cell, kinds)), WIDEST))

    def _cell(self, page: Any, row: int, n: int, cell: Cell, kinds: dict[Any, Any]) -> str:
        """Write a cell as what it is; return roughly what it looks like."""
        if cell is None:
            page.write_blank(row, n, None, kinds["text"])
            return ""
        if isinstance(cell, Money):
            number = cell.minor if cell.currency is Currency.KHR else cell.minor / 100
            page.write_number(row, n, number, kinds[cell.currency])
            return cell.format()
        if isinstance(cell, date):
            page.write_datetime(row, n, cell, kinds["day"])
            return "00/00/0000"
        if isinstance(cell, int):
            page.write_number(row, n, cell, kinds["number"])
            return f"{cell:,}"
        words = cell.both if isinstance(cell, Said) else cell
        page.write_string(row, n, words, kinds["text"])
        return words
