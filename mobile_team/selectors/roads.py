"""Questions about routes: their stops, their roads, the days on which somebody drives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Prefetch, Subquery

from core.accounts.models import User
from core.accounts.roles import Role
from mobile_team import rules
from mobile_team.models import Route, Session, Stop

FACTS = ("name_km", "name_en", "weekday", "vehicle", "note", "active")
STOP = ("village_id", "kind", "place", "road", "closed_from", "closed_to")


@dataclass(frozen=True)
class Week:
    """On which weekdays the routes in use drive, and whether those are as many as the centre plans."""

    days: tuple[int, ...]
    planned: int

    @property
    def as_planned(self) -> bool:
        return len(self.days) == self.planned


def routes() -> list[Route]:
    """Return every route with its stops and their villages, and its team. Three statements."""
    return list(Route.objects.prefetch_related("stops__village", "team").order_by("-active", "weekday", "id"))


def routes_in_short() -> list[Route]:
    """Return the routes to choose from, those in use first. One statement."""
    return list(Route.objects.order_by("-active", "weekday", "id"))


def week_of(rows: Iterable[Route], planned: int) -> Week:
    """Return on which days the routes in use drive."""
    return Week(tuple(sorted({route.weekday for route in rows if route.active})), planned)


def route(id: int) -> Route | None:
    """Return a route with its team, its stops and the full names of their villages. Three statements."""
    stops = Prefetch("stops", Stop.objects.select_related("village__commune__district__province"))
    return Route.objects.prefetch_related(stops, "team").filter(id=id).first()


def locked(id: int) -> Any:
    """Return a route locked until the transaction ends. Raises Route.DoesNotExist."""
    return Route.objects.select_for_update().get(pk=id)


def document(route: Route) -> dict[str, Any]:
    """Return a route as one document for edits by two people; the stops are one list, in driving order."""
    new = route.pk is None
    return {name: getattr(route, name) for name in FACTS} | {
        "stops": [] if new else [[getattr(stop, name) for name in STOP] for stop in route.stops.all()],
        "team": [] if new else sorted(str(user.pk) for user in route.team.all()),
    }


def closed_stops() -> list[Stop]:
    """Return the stops of routes in use that cannot be reached in some months, in driving order. One statement."""
    rows = Stop.objects.filter(route__active=True, closed_from__isnull=False).select_related("route", "village")
    return list(rows.order_by("route__weekday", "route_id", "order"))


def colleagues() -> list[User]:
    """Return who may go along: those of the mobile team first, then the others who see patients."""
    order = {Role.MOBILE: 0, Role.NURSE: 1, Role.ADMIN: 2}
    found = User.objects.filter(is_active=True, role__in=list(order)).order_by("name", "id")
    return sorted(found, key=lambda user: order[Role(user.role)])


@dataclass(frozen=True)
class Reached:
    """A village of a route: its stop with the road, when the team was last there and when it comes next."""

    stop: Stop
    last: date | None
    next: date | None
    weeks: int | None
    overdue: bool
    closed: bool  # no way there in this month

    @property
    def village(self) -> Any:
        return self.stop.village

    @property
    def route(self) -> Route:
        return self.stop.route


def coverage(today: date, weeks: int = rules.TOO_LONG_AGO.days // 7) -> list[Reached]:
    """Return every village on a route in use: when the team was last there, and whether that is too many weeks ago.

    Never reached comes first, then longest ago. One statement.
    """
    held = Session.objects.filter(village=OuterRef("village"), state=Session.State.HELD, on__lte=today)
    coming = Session.objects.filter(village=OuterRef("village"), state=Session.State.PLANNED, on__gte=today)
    stops: Any = (
        Stop.objects.filter(route__active=True)
        .select_related("route", "village__commune__district")
        .annotate(
            last=Subquery(held.order_by("-on").values("on")[:1]), next=Subquery(coming.order_by("on").values("on")[:1])
        )
        .order_by("route__weekday", "route_id", "order")
    )
    long_ago = timedelta(weeks=weeks)
    rows = [
        Reached(
            stop, stop.last, stop.next, weeks=(today - stop.last).days // 7 if stop.last else None,
            overdue=stop.last is None or today - stop.last > long_ago,
            closed=rules.closed(stop.closed_from, stop.closed_to, today.month),
        )
        for stop in stops
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.last or date.min)
