"""Two medicines of one prescription that are the same, or of one class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from core.khmer import search_key

CLASS = 5  # characters of an ATC code that name a chemical group, such as J01CA: penicillins of one kind
WHOLE = 7


class Double(NamedTuple):
    """A line that repeats an earlier one: the `same` medicine, or one `alike`, of the same class."""

    place: int
    earlier: int
    level: Literal["same", "alike"]


def doubles(lines: Sequence[tuple[str, str]]) -> list[Double]:
    """Return the lines, as (name, ATC code), that repeat an earlier one; each once, the nearest likeness first."""
    found = []
    for place, line in enumerate(lines):
        levels = [(_level(line, other), earlier) for earlier, other in enumerate(lines[:place])]
        likest = sorted((level, earlier) for level, earlier in levels if level)
        if likest:
            level, earlier = likest[-1]  # "same" sorts after "alike"
            found.append(Double(place, earlier, level))  # type: ignore[arg-type]
    return found


def _level(one: tuple[str, str], other: tuple[str, str]) -> str:
    (name, atc), (other_name, other_atc) = one, other
    if _word(name) and _word(name) == _word(other_name):
        return "same"
    if len(atc) == len(other_atc) == WHOLE:
        return "same" if atc == other_atc else "alike" if atc[:CLASS] == other_atc[:CLASS] else ""
    return ""


def _word(name: str) -> str:
    """Return the first word of a name: Paracetamol tablet 500 mg and paracetamol syrup are one medicine."""
    return search_key(name.split(" ", 1)[0])
