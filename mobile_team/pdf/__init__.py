"""The papers of a session, Khmer first with English beside: the day sheet for a day without power, and the tally."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from clinic.pdf import common


def said(text: str, sign: str = " · ") -> str:
    """Say a sentence of the interface in Khmer and in English; a line break as `sign` sets one below the other."""
    return common.both(lambda: gettext(text), sign)


def named(words: Any, sign: str = " · ") -> str:
    """Say what something is called (a label in the language of the moment) in Khmer and in English."""
    return common.both(lambda: words, sign)
