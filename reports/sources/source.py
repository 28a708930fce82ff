"""How rows are said to be countable. A figure is a set of such rows, or a sum over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from django.db.models import F

from core.ages import UNKNOWN, BandSet
from core.errors import RuleBroken

NONE = "none"  # the key of rows that say nothing in a dimension: no village, no route
MOST_ID = 2**63 - 1


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
        """Return what the database compares with. Raises RuleBroken("reports.filter_unknown")."""
        fits = not self.keys or key in self.keys
        if key != NONE and self.numbered:
            fits = key.isascii() and key.isdigit() and int(key) <= MOST_ID
        if not fits or "\0" in key:
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
class Source:
    """Rows to be counted: those of some days, on which day each stands, by what it can be narrowed and told apart.

    `slot` is the path to the age slot, where rows have an age. `related` is joined for the list.
    """

    name: str
    rows: Callable[[Days], Any]
    shown: Callable[[Any], Shown]
    on: Any = "on"
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    slot: str = ""
    related: tuple[str, ...] = ()

    @property
    def by(self) -> tuple[str, ...]:
        """Return the names of the dimensions."""
        return ("month", *(["band"] if self.slot else []), *self.dimensions)

    @property
    def day(self) -> Any:
        return F(self.on) if isinstance(self.on, str) else self.on


def key_of_slot(bands: BandSet, slot: int | None) -> str:
    """Return the band of a stored slot."""
    return UNKNOWN if slot is None else bands.band_of_slot(slot)
