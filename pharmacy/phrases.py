"""The words of what this room keeps as codes: why something speaks against a medicine."""

from __future__ import annotations

from django.utils.translation import get_language, gettext

from clinic.substances import called
from pharmacy import cautions


def caution(code: str) -> str:
    """Return what a warning says in the language of the page; the code itself when it is of an older list."""
    kind, _, about = code.partition(":")
    if kind in cautions.KINDS:
        row = cautions.cautions().get(about)
        return row.said.in_language(get_language()) if row else about
    words = {
        cautions.ALLERGY: gettext("Allergy: %(name)s"),
        cautions.SAME: gettext("%(name)s was given lately and is still being taken"),
        cautions.CLASS: gettext("%(name)s, of the same class, was given lately and is still being taken"),
        cautions.TWICE: gettext("given together with %(name)s of the same class"),
        cautions.GIVEN: gettext("%(name)s of this line have been given already"),
    }.get(kind, "%(name)s")
    return words % {"name": called(about) if kind == cautions.ALLERGY else about}


def cautions_in_words(codes: list[str]) -> list[str]:
    """Return what each warning says."""
    return [caution(code) for code in codes if isinstance(code, str)]
