"""Questions about routes, sessions, their tallies, and how long each village has waited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Prefetch, Q, QuerySet, Subquery

from mobile_team import rules
from mobile_team.models import DentalCheckup, Route, Session, Stop

TALLY = {
    "seen": Count("id"),
    "education": Count("id", filter=Q(dental_education=True)),
    "brushes": Count("id", filter=Q(toothbrush=True)),
    "pastes": Count("id", filter=Q(toothpaste=True)),
    "decayed": Count("id", filter=Q(decayed_primary__gt=0) | Q(decayed_permanent__gt=0)),
}
NOTHING = dict.fromkeys(TALLY, 0)


@dataclass(frozen=True)
class Day:
    """One day of the round with its sessions, each carrying its `tally`."""

    on: date
    sessions: list[Session] = field(default_factory=list)

    @property
    def routes(self) -> list[Route]:
        """Return the routes driven on this day, each once."""
        return list(dict.fromkeys(session.route for session in self.sessions if session.route))

    @property
    def reached(self) -> int:
        """Return how many sessions are over: held or cancelled."""
        return sum(session.state != Session.State.PLANNED for session in self.sessions)


def week(day: date) -> list[Day]:
    """Return the days with sessions in the week of `day`, each session with its tally. Two statements."""
    first, last = rules.week_of(day)
    sessions = list(
        Session.objects.filter(on__range=(first, last))
        .select_related("route", "village__commune")
        .order_by("on", "route__weekday", "route_id", "id")
    )
    counted = tallies(session.pk for session in sessions)
    days: dict[date, Day] = {}
    for session in sessions:
        session.tally = counted.get(session.pk, NOTHING)  # type: ignore[attr-defined]
        days.setdefault(session.on, Day(session.on)).sessions.append(session)
    return list(days.values())


def tallies(session_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Return the tally of each session in which somebody was seen."""
    rows = _standing().filter(session__in=list(session_ids)).order_by().values("session").annotate(**TALLY)
    return {row.pop("session"): row for row in cast("list[dict[Any, Any]]", list(rows))}


def tally(session: Session) -> dict[str, int]:
    """Return how many were seen in a session, how many got each thing, and how many have a decayed tooth."""
    return _standing().filter(session=session).aggregate(**TALLY)


def hand_outs(first: date, last: date) -> dict[str, int]:
    """Return the same counts over all check-ups with a service date in a span, also those outside a session."""
    return _standing().filter(encounter__on__range=(first, last)).aggregate(**TALLY)


def _standing() -> QuerySet[DentalCheckup]:
    return DentalCheckup.objects.standing()


def coverage(today: date) -> list[dict[str, Any]]:
    """Return every village on a route in use: when the team was last there, people seen, whether it is overdue.

    Never reached comes first, then longest ago. One statement.
    """
    held = Session.objects.filter(village=OuterRef("village"), state=Session.State.HELD, on__lte=today)
    last = held.order_by("-on").values("on")[:1]
    coming = Session.objects.filter(village=OuterRef("village"), state=Session.State.PLANNED, on__gte=today)
    stops = (
        Stop.objects.filter(route__active=True)
        .select_related("route", "village__commune")
        .annotate(last=Subquery(last), next=Subquery(coming.order_by("on").values("on")[:1]))
        .order_by("route__weekday", "route_id", "order")
    )
    rows = [
        {
            "village": stop.village, "route": stop.route, "last": stop.last, "next": stop.next,
            "weeks": (today - stop.last).days // 7 if stop.last else None,
            "overdue": stop.last is None or today - stop.last > rules.TOO_LONG_AGO,
        }
        for stop in stops
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["last"] or date.min)


def routes() -> list[Route]:
    """Return every route with its stops and their villages. Two statements."""
    return list(Route.objects.prefetch_related("stops__village").order_by("-active", "weekday", "id"))


def route(id: int) -> Route | None:
    """Return a route with its stops and the full names of their villages. Two statements."""
    stops = Prefetch("stops", Stop.objects.select_related("village__commune__district__province"))
    return Route.objects.prefetch_related(stops).filter(id=id).first()


def planned_until(today: date) -> date | None:
    """Return the last day for which anything is planned, to show how far ahead the plan reaches."""
    return Session.objects.filter(on__gte=today - timedelta(days=1)).aggregate(last=Max("on"))["last"]
