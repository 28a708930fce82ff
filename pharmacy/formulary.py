"""Read the formulary: one row may name several forms and strengths, and each is a medicine counted on its own."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "data" / "formulary.csv"

# How the file writes a form, longest first, so that "disp. tab" is not read as "tab".
_FORMS = {
    "disp. tab": "dispersible", "chew tab": "chewable", "tab": "tablet", "cap": "capsule", "syrup": "syrup",
    "susp": "suspension", "sachet": "sachet", "inj": "injection", "pdr": "powder", "vial": "vial",
    "cartridge": "cartridge", "cream": "cream", "oint": "ointment", "lotion": "lotion", "sol.": "solution",
    "sol": "solution", "inf": "infusion", "gas": "gas", "powder + liquid": "cement",
}  # fmt: skip
# Where the name says the form and the strength beside it does not.
_IN_NAME = {
    " MDI": "inhaler", " cream": "cream", " lotion": "lotion", " eye oint": "ointment", " eye drops": "drops",
    " ear drops": "drops", " toothpaste": "toothpaste", " varnish": "varnish", " mouthwash": "mouthwash",
    " vaginal": "tablet",
}  # fmt: skip
_SAID_TWICE = re.compile(" (?:MDI|oral|inj|cream|lotion|oint|drops|toothpaste|varnish|mouthwash)$")
_FORM = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(_FORMS, key=len, reverse=True)))


class Line(NamedTuple):
    """One medicine of the formulary."""

    name: str
    form: str
    strength: str
    atc: str
    group: str
    note: str


def lines() -> Iterator[Line]:
    """Yield each medicine of the file, in its order."""
    with FILE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            atc = row["atc"] if re.fullmatch(r"[A-Z][0-9A-Z]{2,6}", row["atc"]) else ""
            for form, strength in forms(row["name"], row["form_strength"]):
                yield Line(_SAID_TWICE.sub("", row["name"]), form, strength, atc, row["group"], row["note"])


def forms(name: str, text: str) -> list[tuple[str, str]]:
    """Return (form, strength) of everything one row names.

    ";" parts forms, and a form once said holds for what follows; "200/400 mg" are two strengths, but a slash is
    part of the strength where two medicines are combined ("400/80 mg") and in "mg/ml".
    """
    found: list[tuple[str, str]] = []
    form = next((form for ending, form in _IN_NAME.items() if name.endswith(ending)), "")
    unit = re.search(r"[a-zµ]+$", text)
    for part in (part.strip() for part in text.split(";")):
        said = [_FORMS[word] for word in _FORM.findall(part)]
        strength = re.sub(r"\s+", " ", _FORM.sub("", part)).strip(" /")
        if re.fullmatch(r"[\d/]+", strength) and unit:  # "400/80; 100/20 mg"
            strength = f"{strength} {unit[0]}"
        said = [form] if form and name.endswith(tuple(_IN_NAME)) else said or [form]
        form = said[-1]
        found += [(each, one) for each in said for one in _strengths(name, strength)]
    return found


def _strengths(name: str, text: str) -> list[str]:
    """Return the strengths named together: "250/500 mg" is two, unless it is one of a combination."""
    if " + " in name:
        return [text]
    if match := re.fullmatch(r"(\d+)/(\d+) (\w+)", text):
        return [f"{match[1]} {match[3]}", f"{match[2]} {match[3]}"]
    if match := re.fullmatch(r"(\d[\d ]*) ?/ ?(\d[\d ]*) (IU)", text):
        return [f"{match[1].strip()} {match[3]}", f"{match[2].strip()} {match[3]}"]
    if match := re.fullmatch(r"(\d+ (?:mg|%))/(\d+ (?:g|%))", text):
        return [match[1], match[2]]
    return [text]
