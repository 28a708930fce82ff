"""Routes and their stops, in driving order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.khmer import normalise
from core.places.models import Village
from mobile_team.models import Route, Stop


@transaction.atomic
def save(
    *, route: Route | None = None, name_km: str, name_en: str, weekday: int, stops: Sequence[tuple[Village, str]],
    active: bool = True, by: User,
) -> Route:  # fmt: skip
    """Add a route, or change one: its names, its weekday, and its stops as (village, meeting place) in order.

    Sessions planned before stay as they are. Raises RuleBroken("mobile_team.route_needs_a_name"),
    ("mobile_team.route_needs_a_stop") or ("mobile_team.village_twice").
    """
    name_km, name_en = normalise(name_km), normalise(name_en)
    if not (name_km or name_en):
        raise RuleBroken("mobile_team.route_needs_a_name", field="name_km")
    if not stops:
        raise RuleBroken("mobile_team.route_needs_a_stop", field="stops")
    if len({village.pk for village, _ in stops}) < len(stops):
        raise RuleBroken("mobile_team.village_twice", field="stops")
    found: Any = route or Route()
    verb = "mobile_team.route.changed" if route else "mobile_team.route.added"
    found.name_km, found.name_en = name_km or name_en, name_en or name_km
    found.weekday, found.active = weekday, active
    save_checked(found)
    found.stops.all().delete()
    create_many(Stop, [
        Stop(route=found, village=village, order=order, place=normalise(place))
        for order, (village, place) in enumerate(stops)
    ])  # fmt: skip
    journal.note(verb, found, by=by, route=found.pk, weekday=weekday, villages=[v.code for v, _ in stops])
    return found
