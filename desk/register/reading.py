"""Open a register, whatever wrote it: CSV in UTF-8 or UTF-16, or an Excel workbook; yield its rows as text."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl

from core.errors import RuleBroken

COLUMNS = (
    "patient_ref", "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth_date", "age",
    "village_code", "phone", "contact_date", "service", "conditions", "discharge_date", "outcome",
    "dental_education", "toothbrush", "toothpaste",
)  # fmt: skip
REQUIRED = ("patient_ref", "sex", "contact_date", "service")
NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
UNPACKED_MOST = 400 * 1024 * 1024
CELL_MOST = 2000
_NOISE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")


@dataclass
class Row:
    """One line of the file: its number, its cells by column name, and what is wrong with the line itself."""

    line: int
    cells: dict[str, str]
    raw: list[str]
    problem: str = ""


@dataclass
class Register:
    """An opened register: the header as written, and its rows."""

    header: list[str]
    rows: Iterator[Row]


def open_register(content: bytes) -> Register:
    """Open a register's bytes.

    Raises RuleBroken: `desk.file_empty`, `desk.file_unreadable`, `desk.file_no_header` (with the missing columns),
    `desk.file_column_twice`.
    """
    if not content.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise RuleBroken("desk.file_empty")
    if content.startswith(b"PK\x03\x04"):
        lines = _excel_lines(content)
    elif content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise RuleBroken("desk.file_unreadable")
    else:
        lines = _csv_lines(_text(content))
    return _register(lines)


def _register(lines: Iterator[tuple[int, list[Any], bool]]) -> Register:
    first = next(((cells, number) for number, cells, _ in lines if any(_cell(c) for c in cells)), None)
    if first is None:
        raise RuleBroken("desk.file_empty")
    header = [_cell(cell) for cell in first[0]]
    while header and not header[-1]:
        header.pop()
    names = [re.sub(r"[\s\-]+", "_", name.strip().lower()) for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if not any(name in names for name in NAMES):
        missing.append(" / ".join(NAMES))
    if missing:
        raise RuleBroken("desk.file_no_header", columns=", ".join(missing))
    if twice := sorted({name for name in names if name in COLUMNS and names.count(name) > 1}):
        raise RuleBroken("desk.file_column_twice", columns=", ".join(twice))
    return Register(header, _rows(names, lines))


def _rows(names: list[str], lines: Iterator[tuple[int, list[Any], bool]]) -> Iterator[Row]:
    for number, cells, cut in lines:
        raw = [_cell(cell) for cell in cells]
        if not any(raw):
            continue
        row = Row(number, {name: text for name, text in zip(names, raw, strict=False) if name in COLUMNS}, raw)
        if any(raw[len(names) :]):
            row.problem = "desk.row_too_long"
        elif len(raw) < len(names) or cut:
            row.problem = "desk.row_cut_off"
        elif any(_is_formula(cell) for cell in cells):
            row.problem = "desk.row_formula"
        elif any(len(text) > CELL_MOST or _NOISE.search(text) for text in raw):
            row.problem = "desk.row_noise"
        yield row


# --- CSV -------------------------------------------------------------------------------------------------------------


def _text(content: bytes) -> str:
    """Decode CSV bytes: UTF-8 with or without a BOM, UTF-16 with or without one."""
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return _decode(content, encoding)
    head = content[:400]
    if head.count(0) > len(head) // 4:
        return _decode(content, "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be")
    return _decode(content, "utf-8")


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        # A file cut off in the middle may end inside a character; anything else is no text of this encoding.
        if error.start < len(content) - 4:
            raise RuleBroken("desk.file_unreadable") from None
        return content[: error.start].decode(encoding)


def _csv_lines(text: str) -> Iterator[tuple[int, list[Any], bool]]:
    head = text.lstrip("\ufeff\r\n ").split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    ended = text.endswith(("\n", "\r"))
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    held: tuple[int, list[str]] | None = None
    before = 0
    try:
        for cells in reader:
            if held:
                yield *held, False
            held, before = (before + 1, cells), reader.line_num
    except csv.Error:
        raise RuleBroken("desk.file_unreadable") from None
    if held:
        # The last line of a file that was cut off ends early: no line end, and nothing in its last cell.
        yield *held, not ended and not held[1][-1].strip()


# --- Excel -----------------------------------------------------------------------------------------------------------


def _excel_lines(content: bytes) -> Iterator[tuple[int, list[Any], bool]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED_MOST:
                raise RuleBroken("desk.file_too_large")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        width = 0
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [_excel_value(cell) for cell in row]
            width = width or len(cells)
            yield number, cells + [""] * (width - len(cells)), False
    except RuleBroken:
        raise
    except Exception as error:  # openpyxl raises whatever the broken part of a workbook leads it to
        raise RuleBroken("desk.file_unreadable") from error


class Formula(str):
    """The text of a formula cell."""

    __slots__ = ()


def _excel_value(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Formula(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _cell(value: Any) -> str:
    text = str(value).replace("\u00a0", " ").strip()
    # An apostrophe before = + - @ is how a spreadsheet (and our own rejects file) keeps text from being a formula.
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def _is_formula(cell: Any) -> bool:
    text = str(cell).strip()
    return isinstance(cell, Formula) or text.startswith(("=", "@")) or (text.startswith("+") and not _is_phone(text))


def _is_phone(text: str) -> bool:
    return re.fullmatch(r"\+[\d\u17e0-\u17e9 ().\-]+", text) is not None
