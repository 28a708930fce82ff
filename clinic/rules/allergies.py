"""Which allergies of a person a medicine touches.

The classes are data (`data/allergens.csv`, each row with its source): an allergy to one of a class is an allergy to
all of it, and may warn of a class that sometimes reacts alike.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from core.khmer import search_key

ALLERGENS = Path(__file__).parent.parent / "data" / "allergens.csv"
SHORTEST = 4  # letters of a word, and characters of an ATC code, that say anything by themselves

# Words of a medicine's name that name no substance.
GENERIC = frozenset({
    "tablet", "tablets", "capsule", "capsules", "syrup", "injection", "cream", "ointment", "drops", "solution",
    "powder", "oral", "medicine", "with", "vial", "ampoule", "suspension",
})  # fmt: skip

Level = Literal["block", "warn"]


class Allergen(NamedTuple):
    """A usual substance: how it is called, where its medicines stand in the ATC, which others react alike."""

    key: str
    kind: str
    english: str
    khmer: str
    atc: str
    blocks: tuple[str, ...]
    warns: tuple[str, ...]
    words: frozenset[str]


class Touch(NamedTuple):
    """One allergy that a medicine touches. `reason` is a code with words in `clinic.words` (`core.words.words_of`)."""

    substance: str
    level: Level
    reason: str


@cache
def allergens() -> dict[str, Allergen]:
    """Return the usual substances by key, in the order of the list."""
    with ALLERGENS.open(encoding="utf-8") as lines:
        return {row["key"]: _allergen(row) for row in csv.DictReader(lines)}


def touching(alerts: Iterable[Mapping[str, Any]], atc: str, name: str = "") -> list[Touch]:
    """Return which standing allergies a medicine touches, those that block first.

    `alerts` are rows with `substance` and `atc` (`people.alerts_of`). A medicine without a code, as written by hand,
    is recognised by the words of its `name`; an allergy without one by the words of its substance.
    """
    touched = [touch for row in alerts if (touch := _touch(row, atc.strip().upper(), _words(name)))]
    return sorted(touched, key=lambda touch: touch.level)


def named(text: str) -> Allergen | None:
    """Return the usual substance that a text names: its key, its name in either language, or one of its words."""
    plain = search_key(text)
    if found := allergens().get(text):
        return found
    for row in allergens().values():
        if same_name(text, row):
            return row
    return next((row for row in allergens().values() if plain and _fold(plain) in row.words), None)


def same_name(text: str, row: Allergen) -> bool:
    """Return whether a text is the name of a usual substance itself, with or without what stands in brackets."""
    names = {row.english, row.khmer, row.english.partition(" (")[0], row.khmer.partition(" (")[0]}
    return search_key(text) in {search_key(name) for name in names}


def _touch(alert: Mapping[str, Any], atc: str, words: frozenset[str]) -> Touch | None:
    substance, mine = str(alert["substance"]), str(alert.get("atc") or "")
    group = _group(mine) if mine else named(substance)
    shared = words & _words(substance) & (group.words if group else words)
    if shared or (mine and _under(atc, (mine,))):
        return Touch(substance, "block", "allergy.same")
    if group is None:
        return None
    if _under(atc, (group.atc, *group.blocks)) or words & group.words:
        return Touch(substance, "block", "allergy.class")
    alike = (row.words for row in allergens().values() if _under(row.atc, group.warns))
    if _under(atc, group.warns) or any(words & some for some in alike):
        return Touch(substance, "warn", "allergy.related")
    return None


def _group(atc: str) -> Allergen | None:
    """Return the narrowest class in which an ATC code lies."""
    around = [row for row in allergens().values() if _under(atc, (row.atc, *row.blocks))]
    return max(around, key=lambda row: len(row.atc) if atc.startswith(row.atc) else 0, default=None)


def _under(atc: str, prefixes: Iterable[str]) -> bool:
    return len(atc) >= SHORTEST - 1 and any(prefix and atc.startswith(prefix) for prefix in prefixes)


def _words(text: str) -> frozenset[str]:
    """Return the words of a name that are long enough to mean something; French and English endings alike."""
    found = {word for word in re.split(r"[^\w\u1780-\u17dd]+", text.casefold()) if len(word) >= SHORTEST}
    return frozenset(_fold(word) for word in found - GENERIC)


def _fold(word: str) -> str:
    return search_key(word).removesuffix("e")


def _allergen(row: dict[str, str]) -> Allergen:
    words = {_fold(word) for word in (*row["words"].split(), *_pieces(row["khmer"]))}
    return Allergen(
        row["key"], row["kind"], row["english"], row["khmer"], row["atc"],
        tuple(row["blocks"].split(";")) if row["blocks"] else (),
        tuple(row["warns"].split(";")) if row["warns"] else (), frozenset(words),
    )  # fmt: skip


def _pieces(khmer: str) -> list[str]:
    return [piece for piece in re.split(r"[\s()]+", khmer) if len(piece) >= SHORTEST]
