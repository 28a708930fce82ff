"""The documents of routes and talks in words, for two people who changed one at the same time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import get_language, gettext

from core.accounts.models import User
from core.khmer import format_date
from core.places.models import Village
from mobile_team.forms import RouteForm, TalkForm
from mobile_team.models import Attendance, Education, KitLine, Weekday


def of_route(field: str, value: Any) -> tuple[str, str]:
    """Return the name of a route's field and its value in words."""
    if field == "stops":
        known = Village.objects.in_bulk([stop[0] for stop in value])
        named = [" ".join(filter(None, (str(known.get(stop[0], "")), stop[2]))) for stop in value]
        return gettext("Stops, in driving order"), " → ".join(named)
    if field == "team":
        return str(RouteForm.base_fields[field].label), ", ".join(u.name for u in User.objects.filter(pk__in=value))
    said = str(Weekday(value).label) if field == "weekday" else _plain(value)
    return str(RouteForm.base_fields[field].label), said


def of_talk(field: str, value: Any) -> tuple[str, str]:
    """Return the name of a talk's field and its value in words."""
    if field == "audiences":
        heads = {Attendance.Audience(name).label: sum(count.values()) for name, count in value.items()}
        return gettext("Who listened"), ", ".join(f"{name}: {n}" for name, n in heads.items())
    label = str(TalkForm.base_fields[field].label)
    if field == "village":
        village = Village.objects.with_path().filter(pk=value).first()
        return label, village.full_name if village else ""
    if field == "on":
        return label, format_date(dt.date.fromisoformat(value), get_language() or "km")
    return label, str(Education.Topic(value).label) if field == "topic" else _plain(value)


def of_kit(field: str, value: Any) -> tuple[str, str]:
    """Return the name of one number of a kit and its value."""
    item, _, name = field.partition(".")
    return f"{KitLine.Item(item).label}: {KitLine._meta.get_field(name).verbose_name}", _plain(value)  # type: ignore[union-attr]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "" if value is None else str(value)
