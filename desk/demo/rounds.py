"""The van's routes and sessions: planned for both years, some cancelled, the villages marked as the centre's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core.accounts.models import User
from core.periods import Year
from core.places.models import Village
from desk.demo.calendar import DAY, Stand, stands
from desk.demo.villages import HOUSEHOLDS, ROUNDS
from mobile_team.models import Route, Session
from mobile_team.services import planning, routes, sessions

AHEAD = 28 * DAY


def mark_catchment() -> dict[str, Village]:
    """Mark every village the people of the demonstration live in; return them by code."""
    villages = Village.objects.filter(code__in=HOUSEHOLDS)
    villages.update(catchment=True)
    return {village.code: village for village in villages}


def plan(years: Iterable[Year], today: dt.date, villages: dict[str, Village], *, by: User) -> None:
    """Save the routes, plan a session for every stop until four weeks from today, cancel what did not take place."""
    if not Route.objects.exists():
        for tour in ROUNDS:
            stops = [(villages[stop.code], stop.place) for stop in tour.stops]
            routes.save(name_km=tour.name_km, name_en=tour.name_en, weekday=tour.weekday, stops=stops, by=by)
    last = today + AHEAD
    for year in years:
        planning.plan(first=year.first, last=min(year.last, last), by=by)
        _cancel(stands(year), today, last, by=by)
    if last not in year:
        planning.plan(first=year.next().first, last=last, by=by)


def _cancel(all_stands: list[Stand], today: dt.date, last: dt.date, *, by: User) -> None:
    """Cancel what is known by today: floods and bad roads when they come, holidays as soon as they are planned."""
    off = {(s.stop.code, s.on): s.cancelled for s in all_stands if s.cancelled and s.on <= last}
    planned = Session.objects.filter(state=Session.State.PLANNED, on__in={on for _, on in off})
    for session in planned.select_related("village").order_by("on", "id"):
        reason = off.get((session.village.code, session.on), "")
        if reason and (session.on <= today or reason == Session.Reason.HOLIDAY):
            sessions.cancel(session=session, reason=reason, by=by)
