"""Routes and their stops, in driving order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from core.accounts.models import User
from core.audit import journal
from core.db import broken_constraints, clean, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.khmer import normalise
from core.places.models import Village
from mobile_team.models import Route, Stop
from mobile_team.selectors import roads
from mobile_team.services import teams

FACTS = ("name_km", "name_en", "weekday", "vehicle", "note", "active")
WORDS = ("name_km", "name_en", "vehicle", "note")
COLUMNS = ("order", "kind", "place", "road", "closed_from", "closed_to")


class StopSaid(NamedTuple):
    """One stop as somebody means it: where, what it is, how the road is and in which months there is none."""

    village: Village
    place: str = ""
    kind: str = Stop.Kind.VILLAGE
    road: str = ""
    closed_from: int | None = None
    closed_to: int | None = None


@transaction.atomic
def save(
    *, route: Route | None = None, stops: Iterable[StopSaid | tuple[Any, ...]], by: User,
    team: Collection[User] | None = None, edit: Edit | None = None, **said: Any,
) -> Route:  # fmt: skip
    """Add a route, or change one: its names, weekday, vehicle, team, and its stops in driving order.

    `said` are name_km, name_en, weekday, vehicle, note, active; what is left out stays. A stop is one village: it is
    changed in place, also when it moves up or down. With an `edit` what others changed meanwhile stands, the stops as
    one field. Sessions planned before stay as they are. Raises Route.DoesNotExist, `core.editing.Clashed`, RuleBroken:
    mobile_team.route_needs_a_name, mobile_team.route_needs_a_stop, mobile_team.village_twice, and what rows refuse.
    """
    found: Any = roads.locked(route.pk) if route else Route()
    now = roads.document(found)
    mine = _meant(said, [StopSaid(*stop) for stop in stops], team)
    together = now | bring_together(edit, now=now, mine=mine)
    _check(together)
    together["name_km"] = together["name_km"] or together["name_en"]
    together["name_en"] = together["name_en"] or together["name_km"]
    changes = {name: [now[name], value] for name, value in together.items() if value != now[name]}
    if not changes:
        return found
    if found.pk is None or changes.keys() & set(FACTS):
        for name in FACTS:
            setattr(found, name, together[name])
        save_checked(found)
    if "stops" in changes:
        _write_stops(found, now["stops"], together["stops"])
    if "team" in changes:
        teams.put(found.team, was=now["team"], now=together["team"])
    journal.note(
        "mobile_team.route.changed" if route else "mobile_team.route.added", found, by=by, route=found.pk,
        changes=changes,
    )  # fmt: skip
    return found


def _meant(said: dict[str, Any], stops: list[StopSaid], team: Collection[User] | None) -> dict[str, Any]:
    """Return what somebody means a route to be, as `selectors.roads.document` gives it."""
    mine: dict[str, Any] = {name: normalise(value) if name in WORDS else value for name, value in said.items()}
    mine["stops"] = [
        [stop.village.pk, str(stop.kind), normalise(stop.place), normalise(stop.road), stop.closed_from, stop.closed_to]
        for stop in stops
    ]
    return mine if team is None else mine | {"team": sorted(str(user.pk) for user in team)}


def _check(document: dict[str, Any]) -> None:
    if not (document["name_km"] or document["name_en"]):
        raise RuleBroken("mobile_team.route_needs_a_name", field="name_km")
    villages = [stop[0] for stop in document["stops"]]
    if not villages:
        raise RuleBroken("mobile_team.route_needs_a_stop", field="stops")
    if len(set(villages)) < len(villages):
        raise RuleBroken("mobile_team.village_twice", field="stops")


def _write_stops(route: Route, was: list[list[Any]], stops: list[list[Any]]) -> None:
    """Write the stops in their order: those that stay are changed in place, those not named any more go."""
    kept = [stop[0] for stop in stops]
    if gone := [stop[0] for stop in was if stop[0] not in kept]:
        _of(route).filter(village__in=gone).delete()
    rows = [
        Stop(route=route, village_id=village, **dict(zip(COLUMNS, (order, *facts), strict=True)))
        for order, (village, *facts) in enumerate(stops)
    ]
    for row in rows:
        clean(row)
    with broken_constraints():
        Stop.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["route", "village"], update_fields=list(COLUMNS)
        )


def _of(route: Route) -> QuerySet[Stop]:
    return Stop.objects.filter(route=route)
