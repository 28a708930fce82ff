"""Reviewable tables of clinical rules: read whole, and refused with the line number when a line is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TypeVar

from core.ages import Age, Bound
from core.errors import RuleBroken

FOLDER = Path(__file__).parent.parent / "data"
Found = TypeVar("Found")


class DataBroken(ValueError):
    """Say what is wrong in which line of which file; the house does not open with such a file."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}, line {line}: {problem}")


class Said(NamedTuple):
    """The same in both languages."""

    english: str
    khmer: str

    def in_language(self, code: str | None) -> str:
        """Return the words in this language; Khmer unless it is English."""
        return self.english if code and code.startswith("en") else self.khmer


def length(bound: Bound) -> float:
    """Return about how many days a bound is, to tell which of two comes first."""
    return bound.n * {"d": 1, "w": 7, "m": 30.44, "y": 365.25}[bound.unit]


@dataclass(frozen=True)
class Span:
    """Ages from a bound up to but without another."""

    since: Bound
    until: Bound | None = None

    def meets(self, other: Span) -> bool:
        """Tell whether some age lies within both."""
        ends = [length(span.until) for span in (self, other) if span.until]
        return max(length(self.since), length(other.since)) < min(ends, default=float("inf"))

    def holds(self, age: Age) -> bool:
        """Tell whether this age lies within."""
        return (self.since.n == 0 or self.since.reached(age)) and not (self.until and self.until.reached(age))


class Line:
    """One line of a file, which knows where it stands."""

    def __init__(self, file: str, number: int, cells: dict[str, str]) -> None:
        self.file, self.number, self.cells = file, number, cells

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def wrong(self, problem: str) -> DataBroken:
        """Return the error of this line."""
        return DataBroken(self.file, self.number, problem)

    def read(self, column: str, by: Callable[[str], Found]) -> Found:
        """Return what `by` reads out of a cell."""
        try:
            return by(self.cells[column])
        except (ValueError, InvalidOperation, RuleBroken) as error:
            raise self.wrong(f"{column} “{self.cells[column]}”: {error}") from error

    def one_of(self, column: str, known: Sequence[str]) -> str:
        """Return a cell that must be one of these."""
        if self.cells[column] not in known:
            raise self.wrong(f"{column} “{self.cells[column]}” is none of {', '.join(known)}")
        return self.cells[column]

    def number_or_none(self, column: str) -> Decimal | None:
        """Return a cell as a number; None when it is empty."""
        return self.read(column, Decimal) if self.cells[column] else None

    @property
    def said(self) -> Said:
        """Return the words of this line."""
        return Said(self.cells["english"], self.cells["khmer"])

    @property
    def span(self) -> Span:
        """Return the ages of this line, from `from` up to `to`."""
        since = self.read("from", Bound.parse)
        until = self.read("to", Bound.parse) if self.cells["to"] else None
        if until and length(until) <= length(since):
            raise self.wrong("the ages end before they begin")
        return Span(since, until)


def lines(path: Path, *, columns: Sequence[str], may_be_empty: Sequence[str] = ()) -> Iterator[Line]:
    """Return the lines of a file; every column is there, and every cell filled but those that may be empty.

    Raises DataBroken with the line number.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if next(reader, []) != list(columns):
            raise DataBroken(path.name, 1, f"the columns must be {', '.join(columns)}")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(columns):
                raise DataBroken(path.name, reader.line_num, f"{len(cells)} cells for {len(columns)} columns")
            line = Line(path.name, reader.line_num, dict(zip(columns, map(str.strip, cells), strict=True)))
            for column, cell in line.cells.items():
                if not cell and column not in may_be_empty:
                    raise line.wrong(f"{column} is empty")
            yield line
