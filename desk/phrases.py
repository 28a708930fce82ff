"""Small words that the record and the day's work share."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import get_language

from core.khmer import format_date


def either(khmer: str | None, latin: str | None) -> str:
    """Return the name in the language of the page, else the one there is."""
    first, second = (latin, khmer) if get_language() == "en" else (khmer, latin)
    return first or second or ""


def day_words(value: dt.date | str | None) -> str:
    """Write a date, or its ISO text as gathered rows bring it, in words; nothing for none."""
    if isinstance(value, str):
        value = dt.date.fromisoformat(value[:10])
    return format_date(value, get_language() or "km") if value else ""
