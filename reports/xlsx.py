"""Write the figures as an Excel file: a sheet for each table, words in Khmer and English, numbers as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from itertools import product
from typing import Any

import xlsxwriter
from django.utils import timezone, translation

from core.periods import CLINIC_TZ
from reports.building import Built
from reports.paper import Paper
from reports.tables import HIDDEN, Column, Number, Row, Table
from reports.tables.shape import PLACES

LANGUAGES = ("km", "en")
WIDEST, DAY_WIDTH = 60, 10
_CODES = {0: "#,##0", 1: "#,##0.0", 2: "#,##0.00"}  # by decimal places


def workbook(paper: Paper | Built) -> bytes:
    """Return the Excel file of a paper or of a built report.

    Every text is written as a text: what begins with = + - or @ is shown and never run.
    """
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    made = timezone.localtime(paper.made_at, CLINIC_TZ).replace(tzinfo=None)
    book.set_properties({"title": f"{paper.title} {paper.subtitle}", "author": paper.by, "created": made})
    writer = _Writer(book)
    heading = [_said(language, lambda: f"{paper.title} · {paper.subtitle}") for language in LANGUAGES]
    counted = [_said(language, lambda: paper.counted) for language in LANGUAGES]
    for km, en in zip(*(_said(language, paper.tables) for language in LANGUAGES), strict=True):
        writer.sheet(km, en, [*heading, *counted])
    if isinstance(paper, Paper):
        writer.raw(paper)
    book.close()
    return out.getvalue()


def _said(language: str, what: Any) -> Any:
    with translation.override(language):
        return what()


class _Writer:
    """Write tables onto sheets, each text column twice: in Khmer and in English."""

    def __init__(self, book: Any) -> None:
        self.book = book
        font = {"font_name": "Noto Sans Khmer", "font_size": 10, "valign": "top"}
        self.title = book.add_format(font | {"bold": True, "font_size": 13, "font_color": "#0b5d5e"})
        self.quiet = book.add_format(font | {"font_color": "#586868"})
        self.head = book.add_format(
            font | {"bold": True, "bg_color": "#0b5d5e", "font_color": "#ffffff", "text_wrap": True, "border": 1}
        )
        self.text = book.add_format(font | {"text_wrap": True})
        self.total_text = book.add_format(font | {"bold": True, "top": 1})
        total = font | {"bold": True, "top": 1}
        self.numbers = {places: book.add_format(font | {"num_format": code}) for places, code in _CODES.items()}
        self.totals = {places: book.add_format(total | {"num_format": code}) for places, code in _CODES.items()}
        self.number = self.numbers[0]
        self.day = book.add_format(font | {"num_format": "yyyy-mm-dd", "align": "left"})

    def sheet(self, km: Table, en: Table, said: Sequence[str]) -> None:
        """Write one table; `said` stands above it."""
        sheet = self.book.add_worksheet(sheet_name(en))
        titles = [km.title, en.title] if km.title != en.title else [en.title]
        lines = [*titles, *dict.fromkeys([*said, *filter(None, (km.note, en.note))])]
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line, self.title if row < len(titles) else self.quiet)
        top = len(lines) + 1
        headings, widths = self._headings(km, en)
        for column, words in enumerate(headings):
            sheet.write_string(top, column, words, self.head)
        for offset, (khmer, english) in enumerate(zip(km.rows, en.rows, strict=True), start=1):
            self._row(sheet, top + offset, en.columns, (khmer, english), widths)
        bottom = top + len(en.rows)
        if km.total and en.total:
            self._row(sheet, bottom + 1, en.columns, (km.total, en.total), widths, total=True)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WIDEST))
        sheet.freeze_panes(top + 1, 0)
        sheet.autofilter(top, 0, max(bottom, top), len(headings) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)

    def _headings(self, km: Table, en: Table) -> tuple[list[str], list[int]]:
        headings: list[str] = []
        for khmer, english in zip(km.columns, en.columns, strict=True):
            words = [" · ".join(filter(None, (column.group, column.words))) for column in (khmer, english)]
            one_for_both = ["\n".join(dict.fromkeys(words))]
            once = english.number or english.alike
            headings += one_for_both if once else [f"{words[0]} (ខ្មែរ)", f"{words[1]} (English)"]
        widths = [max(len(line) for line in re.split("[\n·]", words)) for words in headings]
        return headings, widths

    def _row(
        self, sheet: Any, row: int, columns: Sequence[Column], said: tuple[Row, Row], widths: list[int], *,
        total: bool = False,
    ) -> None:  # fmt: skip
        """Write one row: a number or a day once, a text in both languages, what is not known as a dash."""
        text, numbers, place = *((self.total_text, self.totals) if total else (self.text, self.numbers)), 0
        for column, khmer, english in zip(columns, *said, strict=True):
            if isinstance(english, Number) and not english.hidden:
                sheet.write_number(row, place, english.amount, numbers[PLACES[english.unit]])
                place += 1
                continue
            if isinstance(english, date):
                sheet.write_datetime(row, place, datetime.combine(english, time()), self.day)
                widths[place], place = max(widths[place], DAY_WIDTH), place + 1
                continue
            mark = HIDDEN if isinstance(english, Number) else english
            for words in [mark] if column.number or column.alike else [str(khmer), mark]:
                sheet.write_string(row, place, words, text)
                widths[place] = max(widths[place], len(words))
                place += 1

    def raw(self, paper: Paper) -> None:
        """Write the contacts by month, service, band and sex as lines for a pivot table."""
        sheet, cube = self.book.add_worksheet("Data"), paper.cube
        columns = ("month", "service", "band", "sex", "patients_assessed")
        for column, key in enumerate(columns):
            sheet.write_string(0, column, key, self.head)
        row = 0
        for keys in product(*map(cube.keys, columns[:4])):
            if number := cube.sum("patients_assessed", **dict(zip(columns, keys, strict=False))):
                row += 1
                for column, key in enumerate(keys):
                    sheet.write_string(row, column, key, self.text)
                sheet.write_number(row, 4, number, self.number)
        sheet.set_column(0, 4, 16)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(row, 1), 4)


def sheet_name(table: Table) -> str:
    """Return the name on a sheet's tab: short, for Excel takes 31 letters."""
    return table.key.replace("_", " ").capitalize()
