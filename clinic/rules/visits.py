"""How long people may wait, and when a visit goes on with an illness already known: reviewable numbers in `data/`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from clinic.rules import tables

ANY = "*"


@cache
def longest_waits() -> dict[int, int]:
    """Return after how many minutes a wait is too long, by urgency (`data/waiting.csv`); others may wait."""
    lines = tables.lines(tables.FOLDER / "waiting.csv", columns=("urgency", "minutes", "source"))
    return {line.read("urgency", int): line.read("minutes", int) for line in lines}


def waits_too_long(urgency: int, minutes: int | None) -> bool:
    """Tell whether somebody of this urgency has waited longer than they may."""
    return minutes is not None and minutes >= longest_waits().get(urgency, minutes + 1)


@cache
def episode_days() -> dict[str, int]:
    """Return for how many days after a visit the same condition is the same illness (`data/episodes.csv`)."""
    lines = tables.lines(tables.FOLDER / "episodes.csv", columns=("condition", "days", "source"))
    return {line["condition"]: line.read("days", int) for line in lines}


def same_illness(condition: str, earlier: dt.date, on: dt.date) -> bool:
    """Tell whether a condition seen on an earlier day and again `on` is proposed as one illness."""
    days = episode_days()
    return 0 <= (on - earlier).days <= days.get(condition, days[ANY])


def continuing(seen: Iterable[tuple[str, dt.date]], on: dt.date) -> dict[str, dt.date]:
    """Return the conditions for which a visit `on` is proposed as follow-up, each with the last day it was seen."""
    found: dict[str, dt.date] = {}
    for condition, day in seen:
        if same_illness(condition, day, on) and day > found.get(condition, dt.date.min):
            found[condition] = day
    return found
