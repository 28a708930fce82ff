"""Words of the day's work: a weekday, somebody's age today, how long they wait."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.translation import get_language, ngettext

from core.khmer import weekday_name
from core.templatetags.house import age

register = template.Library()


@register.filter
def weekday(value: dt.date) -> str:
    """Name the day of the week."""
    return weekday_name(value, get_language() or "km")


@register.filter
def age_today(patient: Any, today: dt.date) -> str:
    """Say a person's age today, with "about" when it is estimated."""
    return age(patient.age_on(today), patient.age_is_estimated)


@register.filter
def waited(minutes: int | None) -> str:
    """Say how long somebody has waited: minutes, from two hours on hours."""
    if minutes is None:
        return ""
    if minutes < 120:
        return ngettext("%(n)s min", "%(n)s min", minutes) % {"n": minutes}
    return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}


@register.filter
def at_the_bedside(count: int) -> str:
    """Say how much of a stay is folded away."""
    return ngettext("%(n)s entry at the bedside", "%(n)s entries at the bedside", count) % {"n": count}
