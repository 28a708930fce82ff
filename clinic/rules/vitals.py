"""What is unusual for an age: a warning to measure again and to look, never a refusal.

The ranges are data (`data/vitals.csv`), each with its source: PALS 2012 by age, PMRS v2 for adults.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from core.ages import Age, Bound

DATA = Path(__file__).parent.parent / "data" / "vitals.csv"


@dataclass(frozen=True)
class Usual:
    """The usual range of one measure from an age on."""

    measure: str
    since: Bound
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Unusual:
    """A value outside of what is usual at this age."""

    measure: str
    value: Any
    usual: Usual

    @property
    def is_high(self) -> bool:
        """Return whether the value lies above the range, not below."""
        return self.value > self.usual.high


@cache
def ranges() -> tuple[Usual, ...]:
    """Return every range, each measure's from the youngest on."""
    with DATA.open(encoding="utf-8") as lines:
        return tuple(
            Usual(row["measure"], Bound.parse(row["from"]), Decimal(row["low"]), Decimal(row["high"]))
            for row in csv.DictReader(lines)
        )


def unusual(age: Age | None, values: Mapping[str, Any]) -> list[Unusual]:
    """Return the values that are unusual at this age; of an unknown age only what holds at every age."""
    found = []
    for measure, value in values.items():
        usual_here = usual(measure, age)
        if value is not None and usual_here and not usual_here.low <= value <= usual_here.high:
            found.append(Unusual(measure, value, usual_here))
    return found


def usual(measure: str, age: Age | None) -> Usual | None:
    """Return what is usual for a measure at an age; of an unknown age only what holds at every age."""
    mine = [row for row in ranges() if row.measure == measure]
    if age is None:
        return mine[0] if len(mine) == 1 else None
    return next((row for row in reversed(mine) if row.since.n == 0 or row.since.reached(age)), None)
