"""What is usually said at the desk, by those who come and to them, as reviewable lists (`data/*.csv`)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from clinic.rules import tables
from clinic.rules.tables import Said

WORDS = ("key", "english", "khmer", "source")


class Saying(NamedTuple):
    """One sentence of a list, in both languages."""

    key: str
    said: Said


@cache
def complaints() -> tuple[Saying, ...]:
    """Return the usual complaints in the order of the list."""
    return _sayings("complaints.csv")


@cache
def advice() -> tuple[Saying, ...]:
    """Return the usual sentences of advice in the order of the list."""
    return _sayings("advice.csv")


def _sayings(name: str) -> tuple[Saying, ...]:
    return tuple(Saying(line["key"], line.said) for line in tables.lines(tables.FOLDER / name, columns=WORDS))
