"""Questions about sessions: day by day, with their tallies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from mobile_team import rules
from mobile_team.models import DentalCheckup, Route, Session
from mobile_team.selectors import talks as education

TALLY = {
    "seen": Count("id"),
    "education": Count("id", filter=Q(dental_education=True)),
    "brushes": Count("id", filter=Q(toothbrush=True)),
    "pastes": Count("id", filter=Q(toothpaste=True)),
    "decayed": Count("id", filter=Q(decayed_primary__gt=0) | Q(decayed_permanent__gt=0)),
}
MOST = 200
NOTHING = dict.fromkeys(TALLY, 0)


@dataclass(frozen=True)
class Day:
    """One day of the round with its sessions, each carrying its `tally`, and its talks."""

    on: date
    sessions: list[Session] = field(default_factory=list)
    talks: list[Any] = field(default_factory=list)

    @property
    def routes(self) -> list[Route]:
        """Return the routes driven on this day, each once."""
        return list(dict.fromkeys(session.route for session in self.sessions if session.route))

    @property
    def reached(self) -> int:
        """Return how many sessions are over: held or cancelled."""
        return sum(session.state != Session.State.PLANNED for session in self.sessions)

    @property
    def heads(self) -> education.Heads:
        """Return how many listened to the talks of this day: heads, not contacts."""
        return sum((education.heads_of(talk) for talk in self.talks), education.Heads())


def week(day: date) -> list[Day]:
    """Return the days with sessions or talks in the week of `day`, each session with its tally. Three statements."""
    return days(*rules.week_of(day))


def days(first: date, last: date) -> list[Day]:
    """Return the days of a span on which there is a session or a talk, in order. Three statements.

    Each session carries its `tally`; the talks of a day are those in its sessions and those held alone.
    """
    sessions = list(
        Session.objects.filter(on__range=(first, last))
        .select_related("route", "village__commune")
        .order_by("on", "route__weekday", "route_id", "id")
    )
    counted = tallies(session.pk for session in sessions)
    found: dict[date, Day] = {}
    for session in sessions:
        session.tally = counted.get(session.pk, NOTHING)  # type: ignore[attr-defined]
        found.setdefault(session.on, Day(session.on)).sessions.append(session)
    for talk in education.between(first, last):
        found.setdefault(talk.on, Day(talk.on)).talks.append(talk)
    return [found[on] for on in sorted(found)]


def sessions_between(*, first: date, last: date, route: int | None = None) -> list[Session]:
    """Return the sessions of some days, of one route or of all, that are not held; `MOST` of them. One statement."""
    rows = Session.objects.filter(on__range=(first, last)).exclude(state=Session.State.HELD)
    if route is not None:
        rows = rows.filter(route=route)
    return list(rows.select_related("route", "village").order_by("on", "route_id", "id")[:MOST])


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


def planned_until(today: date) -> date | None:
    """Return the last day for which anything is planned, to show how far ahead the plan reaches."""
    return Session.objects.filter(on__gte=today - timedelta(days=1)).aggregate(last=Max("on"))["last"]
