"""Which figures the tallies know, and as which measure; what they do not know is counted (docs/adr/0019)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from core.ages import UNKNOWN, BandSet
from reports.models.tally import UNKNOWN_AGE
from reports.tallies import reading
from reports.tallies.counting import DIMENSIONS, Ages
from reports.tallies.touched import Log

Keys = tuple[str, ...]

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


def measure(figure: str, first: date, last: date) -> str | None:
    """Return the measure that is this figure over these days, or None.

    People are added up from the first contacts of a month or a year, so the days must begin with it and stay in it.
    """
    if figure != "people_reached":
        return MEASURES.get(figure)
    if first.day == 1 and (first.year, first.month) == (last.year, last.month):
        return "first_in_month"
    return "first_in_year" if (first.month, first.day) == (1, 1) and first.year == last.year else None


def cells(
    figure: str, first: date, last: date, by: Sequence[str], where: Mapping[str, str], bands: BandSet,
    log: Log | None = None,
) -> dict[Keys, int] | None:  # fmt: skip
    """Return a figure's number for each combination of keys, or None when the tallies cannot tell.

    `where` holds keys that have been checked.
    """
    named = {*by, *where} - {"month", *CELL}
    wanted, dimension = measure(figure, first, last), next(iter(named), "")
    if (figure, dimension) == ("contacts_by_condition", "condition"):
        wanted = "contacts"
    if wanted is None or len(named) > 1 or dimension not in DIMENSIONS or "month" in where:
        return None
    if "band" in {*by, *where} and DIMENSIONS[dimension].ages is Ages.NONE:
        return None
    columns = [{"band": "slot", dimension: "key"}.get(name, name) if name else name for name in by]
    allowed: dict[str, list[object]] = {
        ("key" if name == dimension else name): [key] for name, key in where.items() if name != "band"
    }
    if "band" in where:
        allowed["slot"] = [UNKNOWN_AGE] if where["band"] == UNKNOWN else list(bands.slots_of(where["band"]))
    found: Counter[Keys] = Counter()
    for *keys, number in reading.read(
        first, last, dimension=dimension, measures=[wanted], by=columns, where=allowed, bands=bands, log=log
    ):
        found[tuple(_key(name, key, bands) for name, key in zip(by, keys, strict=True))] += number
    return dict(found)


def _key(name: str, found: object, bands: BandSet) -> str:
    if isinstance(found, date):
        return f"{found:%Y-%m}"
    if name == "band":
        assert isinstance(found, int)
        return bands.band_of_slot(None if found == UNKNOWN_AGE else found)
    return str(found)
