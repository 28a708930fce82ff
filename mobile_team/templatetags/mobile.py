"""Small words of this room's templates: weekdays, months without a road, heads, and the age that a contact keeps."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.dates import MONTHS
from django.utils.translation import get_language

from core.ages import Age
from core.ages import slot_age as age_of_slot
from core.khmer import weekday_name
from mobile_team.models import Attendance, Stop, Weekday
from mobile_team.selectors.talks import heads_of

register = template.Library()


@register.filter
def weekday(value: dt.date) -> str:
    """Name the day of the week in the language of the page."""
    return weekday_name(value, get_language() or "km")


@register.filter
def weekday_of(number: int) -> Any:
    """Name a day of the week by its number, Monday 0."""
    return Weekday(number).label


@register.filter
def closed_months(stop: Stop) -> str:
    """Say from which month to which there is no way to a stop."""
    if stop.closed_from is None or stop.closed_to is None:
        return ""
    first, last = MONTHS[stop.closed_from], MONTHS[stop.closed_to]
    return str(first) if first == last else f"{first} – {last}"


@register.filter
def heads(talk: Any) -> int:
    """Return how many listened to a talk."""
    return heads_of(talk).all


@register.filter
def head_label(box: Any) -> Any:
    """Name whose heads a box counts; its row names the audience."""
    return Attendance._meta.get_field(box.name.rpartition("_")[2]).verbose_name  # type: ignore[union-attr]


@register.filter
def slot_age(slot: int | None) -> Age | None:
    """Return the age a contact was given on its day, None when it is unknown."""
    return None if slot is None else age_of_slot(slot)
