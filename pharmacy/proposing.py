"""From a line of a prescription to medicine in hand: which of the formulary, and how much of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from typing import Any, Protocol, TypeVar

from clinic.rules import dosage
from clinic.rules.dosage import Dose
from core.khmer import search_key

# Forms that are counted one by one, and the units of a dose that mean one of them.
PIECES = {
    "tablet": ("tablet",), "dispersible": ("tablet",), "chewable": ("tablet",), "capsule": ("capsule", "tablet"),
    "sachet": ("sachet",), "injection": ("ampoule",), "powder": ("ampoule",), "vial": ("ampoule",),
    "cartridge": ("ampoule",),
}  # fmt: skip
_STRENGTH = re.compile(r"(?<![/\d.])(\d+(?:\.\d+)?) ?(mg|g|µg)(?![/\w])")
_MILLIGRAMS = {"mg": Fraction(1), "g": Fraction(1000), "µg": Fraction(1, 1000)}


class Offered(Protocol):
    """What this module asks of a medicine of the formulary."""

    name: Any
    name_km: Any
    form: Any
    strength: Any
    atc: Any


M = TypeVar("M", bound=Offered)


def fitting(what: str, atc: str, medicines: Iterable[M]) -> list[M]:
    """Return the medicines that a line may mean, the likeliest first; none when it is no medicine of the formulary.

    All of its ATC code; else, as when it was written by hand, all of its first word. Of these the one whose form and
    strength stand in the words comes first.
    """
    every, first = list(medicines), _first(what)
    found = [m for m in every if atc and m.atc == atc] or [m for m in every if first and first in _names(m)]
    said = search_key(what)
    return sorted(found, key=lambda m: -_closeness(m, said))


def quantity(dose: str | Dose | None, form: str, strength: str = "") -> int | None:
    """Return how many units of a form a dose comes to: times × days, rounded up; None when that cannot be said.

    Milligrams are turned into pieces by the strength, each dose rounded up to a half. What is measured out of a
    bottle, a tube or an inhaler is one of them.
    """
    said = dosage.parse(dose) if isinstance(dose, str) else dose
    if said is None or (said.days is None and not said.once):
        return None
    days = said.days or 1
    if form not in PIECES:
        return 1 if said.unit in ("", "ml", "spoon", "drop", "puff") else None
    if said.unit in ("", *PIECES[form]):
        return ceil(said.a_day * days)
    per_piece = milligrams(strength) if said.unit == "mg" else None
    if per_piece is None:
        return None
    return ceil(sum((Fraction(ceil(2 * amount / per_piece), 2) for amount in said.amounts), Fraction(0)) * days)


def milligrams(strength: str) -> Fraction | None:
    """Return how many milligrams one piece holds; None for a mixture, or what is given in a volume."""
    found = _STRENGTH.findall(strength)
    return Fraction(found[0][0]) * _MILLIGRAMS[found[0][1]] if len(found) == 1 and "+" not in strength else None


def _closeness(medicine: Offered, said: str) -> int:
    if said == search_key(str(medicine)):
        return 4
    strength, form = search_key(medicine.strength), search_key(medicine.form)
    return 2 * (bool(strength) and strength in said) + (form in said)


def _names(medicine: Offered) -> set[str]:
    return {_first(name) for name in (medicine.name, medicine.name_km) if name}


def _first(text: str) -> str:
    return search_key(text.split(" ", 1)[0]) if text.strip() else ""
