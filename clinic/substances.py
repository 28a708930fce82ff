"""What the usual substances of allergies are called, in the language of the page."""

from __future__ import annotations

from django.utils.translation import get_language

from clinic.rules.allergies import Allergen, allergens


def both_names(row: Allergen) -> tuple[str, str]:
    """Return the name in the language of the page, and in the other one."""
    return (row.english, row.khmer) if get_language() == "en" else (row.khmer, row.english)


def called(substance: str) -> str:
    """Return what is written as an allergy in the language of the page: usual substances by name, others as written."""
    row = next((row for row in allergens().values() if row.english == substance), None)
    return both_names(row)[0] if row else substance
