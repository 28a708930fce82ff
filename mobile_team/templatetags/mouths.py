"""Words of the templates that show check-ups: how long somebody has been awaited."""

from __future__ import annotations

import datetime as dt

from django import template

register = template.Library()


@register.filter
def days_until(on: dt.date, today: dt.date) -> int:
    """Return how many days lie between two days."""
    return (today - on).days
