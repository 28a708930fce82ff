"""The animal year in which somebody was born, for people who know only that.

An animal year begins at Khmer New Year, about 14 April (reference/cambodia.md, section 2);
`animal = (year - 4) mod 12`.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from core.ages import OLDEST

ANIMALS = ("rat", "ox", "tiger", "rabbit", "dragon", "snake", "horse", "goat", "monkey", "rooster", "dog", "pig")
NEW_YEAR = (4, 14)  # the 13th in some years: one day in a year that is known to the year is no matter
SHOWN = 4


class AnimalYear(NamedTuple):
    """A year of birth that an animal may mean, and the ages that it makes today."""

    year: int
    youngest: int
    oldest: int


def animal_of(day: dt.date) -> str:
    """Return the animal of the year in which a day lies."""
    return ANIMALS[(_animal_year(day) - 4) % 12]


def likely_years(animal: str, *, today: dt.date, told: int | None = None) -> list[AnimalYear]:
    """Return the years of an animal, newest first; with an age as told, only those nearest to it, nearest first."""
    newest = _animal_year(today)
    newest -= (newest - 4 - ANIMALS.index(animal)) % 12
    years = [_ages(year, today) for year in range(newest, today.year - OLDEST, -12)]
    if told is None:
        return years[:8]
    return sorted(years, key=lambda row: _distance(row, told))[:SHOWN]


def _animal_year(day: dt.date) -> int:
    return day.year if (day.month, day.day) >= NEW_YEAR else day.year - 1


def _ages(year: int, today: dt.date) -> AnimalYear:
    """Return the ages today of people born between two new years, the second one excluded."""
    passed = today.year - year - ((today.month, today.day) < NEW_YEAR)
    oldest = max(0, passed)
    return AnimalYear(year, max(0, oldest - 1), oldest)


def _distance(row: AnimalYear, told: int) -> tuple[int, int]:
    return max(row.youngest - told, told - row.oldest, 0), row.oldest
