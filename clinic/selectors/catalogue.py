"""What rarely changes and is asked on every page, kept for a minute: the conditions, the beds."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache
from rapidfuzz import fuzz

from clinic.models import Bed, Condition
from core.khmer import search_key

SECONDS = 60


def conditions() -> dict[str, Condition]:
    """Return the conditions in use by key, the common ones first."""
    return cache.get_or_set(  # type: ignore[return-value]
        "clinic.conditions", lambda: {row.key: row for row in Condition.objects.filter(active=True)}, SECONDS
    )


def beds() -> dict[int, Bed]:
    """Return the beds in use with their wards, in the order of the rooms."""
    return cache.get_or_set(  # type: ignore[return-value]
        "clinic.beds", lambda: {bed.pk: bed for bed in Bed.objects.filter(active=True).select_related("ward")}, SECONDS
    )


def forget_beds() -> None:
    """Let the next page ask for the beds again: one was added, renamed, taken out of use or back into it."""
    cache.delete("clinic.beds")


def find(text: str, limit: int = 12) -> list[Condition]:
    """Return the conditions that a text may mean, best first: by Khmer or English name, key or ICD-10 code.

    Nothing typed gives the common ones.
    """
    rows = list(conditions().values())
    wanted = search_key(text)
    if not wanted:
        return rows[:limit]
    ranked = sorted(
        ((_score(wanted, row), -place, row) for place, row in enumerate(rows)), key=lambda r: r[:2], reverse=True
    )
    return [row for score, _, row in ranked if score >= 70][:limit]


def exactly(text: str) -> list[Condition]:
    """Return the conditions whose key, name or ICD-10 code is exactly this."""
    wanted = search_key(text)
    return [row for row in conditions().values() if wanted in _names(row)]


def by_keys(keys: Iterable[str]) -> tuple[list[Condition], list[str]]:
    """Return the conditions for keys or ICD-10 codes, in order, and the words that name none."""
    found, unknown = [], []
    for key in keys:
        match = [conditions()[key]] if key in conditions() else exactly(key)
        if match:
            found.append(match[0])
        else:
            unknown.append(key)
    return found, unknown


def _names(row: Condition) -> tuple[str, ...]:
    return tuple(search_key(name) for name in (row.key, row.name_en, row.name_km, row.icd10) if name)


def _score(wanted: str, row: Condition) -> float:
    """Say how well a row answers, 0–100: exact, then a beginning, then anywhere, then nearly."""
    best = 0.0
    for name in _names(row):
        if name == wanted:
            return 100
        if name.startswith(wanted):
            best = max(best, 95)
        elif wanted in name and len(wanted) > 1:
            best = max(best, 85)
        elif len(wanted) > 3:
            best = max(best, fuzz.partial_ratio(wanted, name) * 0.84)
    return best
