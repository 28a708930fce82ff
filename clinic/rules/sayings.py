"""What is usually said and looked for at the desk, as reviewable lists (`data/*.csv`)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from clinic.rules import tables
from clinic.rules.tables import Said, Span
from core.ages import Age

WORDS = ("key", "english", "khmer", "source")


class Saying(NamedTuple):
    """One sentence of a list, in both languages."""

    key: str
    said: Said


class DangerSign(NamedTuple):
    """A sign that makes a person an emergency at once, and at which ages it is asked for."""

    key: str
    said: Said
    ages: Span


@cache
def complaints() -> tuple[Saying, ...]:
    """Return the usual complaints in the order of the list."""
    return _sayings("complaints.csv")


@cache
def advice() -> tuple[Saying, ...]:
    """Return the usual sentences of advice in the order of the list."""
    return _sayings("advice.csv")


@cache
def danger_signs() -> tuple[DangerSign, ...]:
    """Return every danger sign of the quick look on arrival (IMCI general danger signs first)."""
    columns = ("key", "from", "to", "english", "khmer", "source")
    lines = tables.lines(tables.FOLDER / "danger_signs.csv", columns=columns, may_be_empty=("to",))
    return tuple(DangerSign(line["key"], line.said, line.span) for line in lines)


def danger_signs_at(age: Age | None) -> list[DangerSign]:
    """Return the signs to ask for at an age; of an unknown age all of them."""
    return [sign for sign in danger_signs() if age is None or sign.ages.holds(age)]


def _sayings(name: str) -> tuple[Saying, ...]:
    return tuple(Saying(line["key"], line.said) for line in tables.lines(tables.FOLDER / name, columns=WORDS))
