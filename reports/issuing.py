"""The document of a paper: every number it says, written down so that it can be proven and compared.

A paper is frozen as this document and as files. Two documents of one period differ in the numbers that records changed
in between; a reissue prints them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.utils import translation

from core.periods import Month, Period, Year
from reports.differences import Difference, differences
from reports.models import Issue
from reports.naming import bands_named
from reports.paper import Paper, paper_of
from reports.tables import Number, Row, Table

LANGUAGES = ("km", "en")
FORM = 1  # of the document; raised when a reader must read it in another way
Made = TypeVar("Made")


def period_of(kind: str, first: date) -> Period:
    """Return the months of a paper from the first day of them."""
    return Year.of(first).period if kind == Issue.Kind.YEAR else Period(Month.of(first), Month.of(first))


def in_both(made: Callable[[], Made]) -> list[Made]:
    """Return the same thing made in Khmer and in English."""
    found = []
    for language in LANGUAGES:
        with translation.override(language):
            found.append(made())
    return found


def document(paper: Paper) -> dict[str, Any]:
    """Return the document of a paper: whole numbers and text only, so that its text is the same everywhere.

    Each number stands in it once, with the words of the first table that says it. Raises AssertionError when two
    tables of the paper say different things of one number.
    """
    lines: dict[str, dict[str, Any]] = {}
    for km, en in zip(*in_both(paper.tables), strict=True):
        for number, words in _numbers(km, en):
            line = {"value": number.value, "unit": number.unit, **words}
            line |= {name: True for name in ("hidden", "passing") if getattr(number, name)}
            known = lines.setdefault(number.identity, line)
            if known["value"] != number.value:
                raise AssertionError(f"{number.identity} is {known['value']} and {number.value} on one paper")
    period = paper.cube.period
    return {
        "form": FORM, "first": period.first.text, "last": period.last.text, "bands": paper.cube.bands.key,
        "lines": [{"id": identity, **line} for identity, line in lines.items()],
    }  # fmt: skip


def _numbers(km: Table, en: Table) -> Iterator[tuple[Number, dict[str, str]]]:
    """Yield the numbers of a table that are somebody's count, with what each is called in both languages."""
    for khmer, english in zip([*km.rows, *_total(km)], [*en.rows, *_total(en)], strict=True):
        for place, cell in enumerate(english):
            if isinstance(cell, Number) and cell.figure:
                yield cell, {"km": _called(km, khmer, place), "en": _called(en, english, place)}


def _total(table: Table) -> Sequence[Row]:
    return [table.total] if table.total else []


def _called(table: Table, row: Row, place: int) -> str:
    column, several = table.columns[place], sum(column.number for column in table.columns) > 1
    which = (column.group, column.words) if several else ()
    return " · ".join(filter(None, (table.title, str(row[0]), *which)))


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one text of a document: keys in order, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document's text."""
    return hashlib.sha256(canonical(document)).hexdigest()


def since(issue: Issue, *, at: datetime) -> list[Difference]:
    """Return what differs between an issued paper and the records as they are now."""
    period = period_of(issue.kind, issue.first)
    return differences(issue.figures, document(paper_of(period, bands_named(issue.figures["bands"]), at=at)))
