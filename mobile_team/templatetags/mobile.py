"""Small words of this room's templates: weekdays, and the age that a contact keeps."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.translation import get_language

from core.ages import Age
from core.ages import slot_age as age_of_slot
from core.khmer import weekday_name

register = template.Library()


@register.filter
def weekday(value: dt.date) -> str:
    """Name the day of the week in the language of the page."""
    return weekday_name(value, get_language() or "km")


@register.filter
def slot_age(slot: int | None) -> Age | None:
    """Return the age a contact was given on its day, None when it is unknown."""
    return None if slot is None else age_of_slot(slot)
