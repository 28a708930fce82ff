"""The reasons for and against two records meaning one person, as sentences a nurse can check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from clinic.models import Identifier

FOR = {
    "same_number": _("Both have the same number: %(about)s."),
    "same_name": _("The names are the same."),
    "like_name": _("The names sound alike."),
    "same_sex": _("The sex is the same."),
    "same_birth": _("The birth date is the same."),
    "same_age": _("The ages agree."),
    "like_age": _("They are less than two years apart."),
    "same_village": _("They live in the same village."),
    "same_phone": _("They share a phone number."),
    "same_guardian": _("They have the same parent or guardian."),
    "same_card": _("They share an equity card or a family book."),
}
AGAINST = {
    "other_name": _("The names differ."),
    "other_sex": _("One is written as female, the other as male."),
    "years_apart": _("They are at least %(about)s years apart."),
    "other_village": _("They live in different villages."),
    "same_household": _("They are written as two people of one household."),
    "other_number": _("They have different numbers: %(about)s."),
}


class Reason(NamedTuple):
    """One reason in words, and whether it speaks against."""

    words: str
    against: bool


def in_words(reasons: Iterable[str]) -> list[Reason]:
    """Return each reason as a sentence, those that speak against last; a code nobody knows any more is left out."""
    said = []
    for reason in reasons:
        code, _colon, about = reason.partition(":")
        sentence = FOR.get(code) or AGAINST.get(code)
        if sentence:
            said.append(Reason(gettext(sentence) % {"about": _about(about)}, code in AGAINST))
    return sorted(said, key=lambda reason: reason.against)


def _about(text: str) -> str:
    return str(Identifier.Kind(text).label) if text in Identifier.Kind.values else text
