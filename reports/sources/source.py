"""How rows are said to be countable. A figure is a set of such rows, or a sum over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Count, F, Sum

from core.ages import UNKNOWN, BandSet
from core.errors import RuleBroken

NONE = "none"  # the key of rows that say nothing in a dimension: no village, no route


class Days(Protocol):
    """Days from a first to a last one, both included: a Span, or months."""

    @property
    def first_day(self) -> date: ...

    @property
    def last_day(self) -> date: ...


@dataclass(frozen=True)
class Dimension:
    """Where a row says its key: a path or an expression.

    `keys` are all there can be, where they are few and fixed; `numbered` keys are ids of whole numbers. `several` says
    that one row may stand under more than one key, so that the keys do not add up to the whole.
    """

    at: Any
    keys: tuple[str, ...] = ()
    numbered: bool = False
    several: bool = False

    @property
    def expression(self) -> Any:
        return F(self.at) if isinstance(self.at, str) else self.at

    def value(self, name: str, key: str) -> Any:
        """Return what the database compares with, None for nothing. Raises RuleBroken("reports.filter_unknown")."""
        fits = not self.keys or key in self.keys or key == NONE
        if key != NONE and self.numbered:
            fits = fits and key.isascii() and key.isdigit() and len(key) < 19
        if not fits or "\0" in key or len(key) > 60:
            raise RuleBroken("reports.filter_unknown", field=name, value=key[:60])
        if key == NONE and NONE not in self.keys:
            return None
        return int(key) if self.numbered else key

    def key(self, found: Any) -> str:
        """Return the key of what the database found."""
        return NONE if found is None or found == "" else str(found)


@dataclass(frozen=True)
class Shown:
    """One row in words: whose or what, what else tells it apart, where it stands."""

    words: str
    more: str = ""
    href: str = ""
    patient_id: UUID | None = None


@dataclass(frozen=True)
class Line:
    """One thing that was reckoned and is no row: its keys and what it adds. `id` keeps lists in order."""

    on: date
    id: str
    shown: Shown
    amount: int
    keys: Mapping[str, str] = field(default_factory=dict)
    slot: int | None = None


@dataclass(frozen=True)
class Part:
    """What a row counts for: 1, an expression, or an aggregate over rows that belong to it.

    A row of several parts stands in the dimensions of `keys` once for each: women, men, girls, boys of a talk.
    """

    each: Any = None
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def sum(self) -> Any:
        """Return the aggregate over all rows."""
        if self.each is None:
            return Count("pk")
        return self.each if getattr(self.each, "contains_aggregate", False) else Sum(self.each)


ONE = (Part(),)


@dataclass(frozen=True)
class Source:
    """Rows to be counted: those of some days, on which day each stands, by what it can be narrowed and told apart.

    `slot` is the path to the age slot, where rows have an age. `related` is joined for the list. A source that reckons
    gives `lines` instead of rows. `level` says that it tells how things stand at the end of the last day, so that
    there are no months in it.
    """

    rows: Callable[[Any], Any] = lambda _: None
    shown: Callable[[Any], Shown] = lambda _: Shown("")
    on: Any = "on"
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    slot: str = ""
    related: tuple[str, ...] = ()
    lines: Callable[[Any], Iterable[Line]] | None = None
    level: bool = False

    @property
    def by(self) -> tuple[str, ...]:
        """Return the names of the dimensions."""
        return (*([] if self.level else ["month"]), *(["band"] if self.slot else []), *self.dimensions)

    @property
    def day(self) -> Any:
        return F(self.on) if isinstance(self.on, str) else self.on


def key_of_slot(bands: BandSet, slot: int | None) -> str:
    """Return the band of a stored slot."""
    return UNKNOWN if slot is None else bands.band_of_slot(slot)
