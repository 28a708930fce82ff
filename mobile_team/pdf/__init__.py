"""The papers of a session, Khmer first with English beside: the day sheet for a day without power, and the tally."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext

from clinic.pdf import common


def said(text: str) -> str:
    """Say a sentence of the interface in Khmer and in English."""
    return common.both(lambda: gettext(text))


def stacked(text: Callable[[], Any] | str) -> str:
    """Say something in both languages, one below the other, for the head of a narrow column."""
    return common.both((lambda: gettext(text)) if isinstance(text, str) else text, "\n")
