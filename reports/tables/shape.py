"""What a table is made of: numbers that know what they count, columns, rows, a row of totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Number:
    """A number with what it counts; without a figure it has no list behind it."""

    value: int
    figure: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


Value = str | Number
Row = Sequence[Value]


@dataclass(frozen=True)
class Column:
    """A column's heading; columns beside each other with the same `group` share a heading above."""

    words: str
    group: str = ""
    number: bool = True


@dataclass(frozen=True)
class Table:
    """One table: its key, title, columns, rows, the row of totals if it has one, and what to know about it."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    note: str = ""
