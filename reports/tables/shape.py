"""What a table is made of: numbers that know what they count, columns, rows, a row of totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language

from core.khmer import format_date

PLACES = {"": 0, "KHR": 0, "USD": 2, "tenths": 1, "hundredths": 2}
HIDDEN = "*"


@dataclass(frozen=True)
class Number:
    """A number with what it counts; without a figure it has no list behind it.

    `value` is a whole number of `unit`s: things, riel, cents, tenths or hundredths. A `hidden` one is not printed in
    what leaves the house (`reports.small`). One that is `passing` says how things stood at the moment of asking, so
    that a later one is no correction of it.
    """

    value: int
    figure: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    hidden: bool = False
    passing: bool = False

    @property
    def amount(self) -> int | Decimal:
        """Return the number as a reader takes it: 12.50 dollars, not 1250 cents."""
        places = PLACES[self.unit]
        return Decimal(self.value).scaleb(-places) if places else self.value

    @property
    def identity(self) -> str:
        """Return what number this is, in any language and on any paper: its figure and its keys."""
        return "|".join([self.figure, *(f"{name}={key}" for name, key in sorted(self.keys.items()))])

    def but(self, **changes: object) -> Number:
        """Return the same number with a few things changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


Value = str | Number | date
Row = Sequence[Value]


def in_words(cell: str | date) -> str:
    """Return a text or a day as it is printed in the language of the moment."""
    return format_date(cell, get_language() or "km") if isinstance(cell, date) else cell


@dataclass(frozen=True)
class Column:
    """A column's heading; columns beside each other with the same `group` share a heading above.

    What is `alike` in every language, such as a date, stands in Excel once.
    """

    words: str
    group: str = ""
    number: bool = True
    alike: bool = False


@dataclass(frozen=True)
class Table:
    """One table: its key, title, columns, rows, the row of totals if it has one, and what to know about it."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    note: str = ""
