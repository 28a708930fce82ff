"""The other numbers of a person: what each kind may look like, brought to the one form in which it is kept.

The shapes are data (`data/identifiers.csv`, each row with its source); a kind without a row takes any text.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

SHAPES = Path(__file__).parent.parent / "data" / "identifiers.csv"
_NO_SEPARATORS = {"national", "nssf"}
_MRZ = re.compile(r"IDKHM([0-9]{9})([0-9<])")


class Number(NamedTuple):
    """One number as it was told; `level` and the dates are said of an equity card."""

    kind: str
    value: str
    level: str = ""
    issued_on: dt.date | None = None
    valid_until: dt.date | None = None


def tidy(kind: str, text: str) -> str:
    """Return a number as it is kept, "" for an empty one.

    Raises RuleBroken: clinic.number_national, clinic.number_check, clinic.number_shape.
    """
    value = latin_digits(normalise(text))
    shape = _shapes().get(kind)
    if not value or shape is None:
        return value
    value = value.upper()
    if kind in _NO_SEPARATORS:
        value = re.sub(r"[\s.\-]", "", value)
    if kind == "national":
        value = _from_mrz(value)
    pattern, example = shape
    if pattern.fullmatch(value) and any(char.isdigit() for char in value):
        return value
    if kind == "national":
        raise RuleBroken("clinic.number_national", field=kind)
    raise RuleBroken("clinic.number_shape", field=kind, example=example)


def check_digit(text: str) -> int:
    """Return the check digit of a machine-readable field (ICAO 9303 part 3, 4.9): weights 7, 3, 1."""
    return sum((7, 3, 1)[at % 3] * _value(char) for at, char in enumerate(text)) % 10


def _value(char: str) -> int:
    return 0 if char == "<" else int(char, 36)


def _from_mrz(value: str) -> str:
    """Return the nine digits out of the first machine-readable line of a card; anything else as it is."""
    found = _MRZ.match(value)
    if not found:
        return value
    if found[2] != str(check_digit(found[1])):
        raise RuleBroken("clinic.number_check", field="national")
    return found[1]


@cache
def _shapes() -> dict[str, tuple[re.Pattern[str], str]]:
    with SHAPES.open(encoding="utf-8") as lines:
        return {row["kind"]: (re.compile(row["pattern"]), row["example"]) for row in csv.DictReader(lines)}
