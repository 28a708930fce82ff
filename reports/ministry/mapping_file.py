"""The mapping of a form as a CSV file that a spreadsheet can fill in: written with words, read by keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from core.errors import RuleBroken
from core.khmer import latin_digits
from reports.ministry import layout
from reports.models import Dhis2Mapping, FormLine, MinistryForm
from reports.models.ministry import is_dhis2_id

KEYS = ("block", "line", "column")
TYPED = ("data_element", "category_option_combo", "left_out")
COLUMNS = (*KEYS, "words", *TYPED)
MOST_BYTES = 2 * 1024 * 1024
YES, NO = {"y", "yes", "1", "x", "true"}, {"", "n", "no", "0", "false"}


def write(form: MinistryForm) -> str:
    """Return every number of a form with its place, a line each; what nobody has said yet is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    places = {(row.line_id, row.column): row for row in Dhis2Mapping.objects.filter(line__block__form=form)}
    for line, column in numbers(form):
        place = places.get((line.id, column.key))
        typed = (place.data_element, place.category_option_combo, "y" if place.left_out else "") if place else ("",) * 3
        words = " · ".join(filter(None, (str(line), column.group, column.words)))
        writer.writerow(map(_safe, (line.block.key, line.key, column.key, words, *typed)))
    return out.getvalue()


def _safe(text: str) -> str:
    """Keep a spreadsheet from taking words for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def numbers(form: MinistryForm) -> Iterator[tuple[FormLine, layout.Column]]:
    """Yield every number of a form that is counted, lines by pen left out."""
    for block, lines in layout.standing(form.blocks.prefetch_related("lines")):
        columns = layout.columns(block)
        for line in lines:
            line.block = block
            yield from ((line, column) for column in columns if line.figure)


@dataclass(frozen=True)
class Read:
    """What a file says: for each number its place, and in words what is wrong in which row."""

    rows: list[tuple[FormLine, str, tuple[str, str, bool]]]
    wrong: list[str]


def read(form: MinistryForm, content: bytes) -> Read:
    """Read a filled file whole. Raises RuleBroken("reports.mapping_file") for what is no such file at all."""
    if len(content) > MOST_BYTES:
        raise RuleBroken("reports.mapping_file", field="file")
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise RuleBroken("reports.mapping_file", field="file") from None
    head = [name.strip().lower() for name in lines[0]] if lines else []
    if not {*KEYS, *TYPED} <= set(head):
        raise RuleBroken("reports.mapping_file", field="file")
    known: dict[tuple[str, ...], FormLine] = {
        (line.block.key, line.key, column.key): line for line, column in numbers(form)
    }
    found = Read([], [])
    seen: set[tuple[str, ...]] = set()
    for number, cells in enumerate(lines[1:], start=2):
        if any(map(str.strip, cells)):
            _read_row(dict(zip(head, cells, strict=False)), number, known, seen, found)
    return found


def _read_row(
    cells: dict[str, str],
    number: int,
    known: Mapping[tuple[str, ...], FormLine],
    seen: set[tuple[str, ...]],
    found: Read,
) -> None:
    said = {name: latin_digits(cells.get(name, "")).strip().removeprefix("'") for name in (*KEYS, *TYPED)}
    key = tuple(said[name] for name in KEYS)
    left_out = said["left_out"].lower()
    problem = ""
    if key not in known:
        problem = gettext("there is no such number in this form")
    elif key in seen:
        problem = gettext("this number stands in the file twice")
    elif left_out not in YES | NO:
        problem = gettext("“left_out” is y or empty")
    elif any(said[name] and not is_dhis2_id(said[name]) for name in TYPED[:2]):
        problem = gettext("this is no identifier of DHIS2")
    elif left_out in YES and (said["data_element"] or said["category_option_combo"]):
        problem = gettext("it is left out and has a place at once")
    elif said["category_option_combo"] and not said["data_element"]:
        problem = gettext("the data element is missing")
    seen.add(key)
    if problem:
        found.wrong.append(gettext("Row %(row)s: %(problem)s.") % {"row": number, "problem": problem})
        return
    found.rows.append((
        known[key], said["column"], (said["data_element"], said["category_option_combo"], left_out in YES)
    ))  # fmt: skip
