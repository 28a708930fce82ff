"""Which figures the tallies know, and as which measure; what they do not know is counted (docs/adr/0019)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from core.ages import UNKNOWN, BandSet
from reports.asked import Asked, Keys
from reports.models.tally import UNKNOWN_AGE
from reports.sources.source import NONE
from reports.tallies import reading
from reports.tallies.counting import DIMENSIONS, EVERY_SLOT, Ages
from reports.tallies.touched import Log

MEASURES = {
    "patients_assessed": "contacts",
    "new_patients": "first_ever",
    "new_cases": "new_cases",
    "new_patients_admitted": "first_admissions",
    "dental_education": "dental_education",
    "toothbrushes_given": "toothbrushes",
    "toothpaste_given": "toothpaste",
}
CELL = ("service", "band", "sex")  # what every tally is told apart by, beside its month and its dimension
KEPT = frozenset(DIMENSIONS) - {EVERY_SLOT}


def measure(figure: str, first: date, last: date) -> str | None:
    """Return the measure that is this figure over these days, or None.

    People are added up from the first contacts of a month or a year, so the days must begin with it and stay in it.
    """
    if figure != "people_reached":
        return MEASURES.get(figure)
    if first.day == 1 and (first.year, first.month) == (last.year, last.month):
        return "first_in_month"
    return "first_in_year" if (first.month, first.day) == (1, 1) and first.year == last.year else None


def cells(asked: Sequence[Asked], log: Log | None = None) -> list[dict[Keys, int] | None]:
    """Return the number of each combination of keys of each question, None where the tallies cannot tell.

    One statement for all, and one to look at the log where `log` is not what `touched.look()` said.
    """
    kept = {n: found for n, one in enumerate(asked) if (found := question(one))}
    lines = dict(zip(kept, reading.read_together(list(kept.values()), log) if kept else (), strict=True))
    return [_added_up(one, lines[n]) if n in lines else None for n, one in enumerate(asked)]


def question(asked: Asked) -> reading.Asked | None:
    """Return what the tallies are asked, or None when they cannot tell."""
    figure, span, where = asked.figure.name, asked.span, asked.where
    named = {*asked.by, *where} - {"month", *CELL}
    wanted, dimension = measure(figure, span.first, span.last), next(iter(named), "")
    if (figure, dimension) == ("contacts_by_condition", "condition"):
        wanted = "contacts"
    if wanted is None or len(named) > 1 or dimension not in KEPT or "month" in where:
        return None
    if dimension == "condition" and where.get(dimension) == NONE:  # a tally by condition leaves these contacts out
        return None
    if "band" in {*asked.by, *where} and DIMENSIONS[dimension].ages is Ages.NONE:
        return None
    columns = ["key" if name == dimension else "slot" if name == "band" else name for name in asked.by]
    allowed = {
        "slot" if name == "band" else "key" if name == dimension else name: _allowed(asked, name) for name in where
    }
    return reading.question(
        span.first, span.last, dimension=dimension, measures=[wanted], by=columns, where=allowed, bands=asked.bands
    )


def _allowed(asked: Asked, name: str) -> list[Any]:
    """Return the values of a column that a filter lets through."""
    found = asked.value(name, asked.where[name])
    if name == "band":
        return [UNKNOWN_AGE] if found == UNKNOWN else list(asked.bands.slots_of(found))
    return [NONE if found is None else str(found)]


def _added_up(asked: Asked, lines: Iterable[tuple[Any, ...]]) -> dict[Keys, int]:
    found: Counter[Keys] = Counter()
    for *keys, number in lines:
        found[tuple(_key(name, key, asked.bands) for name, key in zip(asked.by, keys, strict=True))] += number
    return dict(found)


def _key(name: str, found: Any, bands: BandSet) -> str:
    if name == "month":
        return f"{found:%Y-%m}"
    return bands.band_of_slot(None if found == UNKNOWN_AGE else found) if name == "band" else str(found)
