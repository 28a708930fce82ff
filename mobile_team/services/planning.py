"""The plan: sessions made from the routes for months ahead, and many of them changed at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import broken_constraints, create_many
from core.errors import Conflict, RuleBroken
from core.khmer import normalise
from mobile_team import rules
from mobile_team.models import Route, Session, Stop
from mobile_team.services import sessions

MOST = 200  # sessions changed at once: more than a month of three rounds a week
CANCEL, MOVE, RESTORE = "cancel", "move", "restore"
VERBS = {CANCEL: "mobile_team.sessions.cancelled", MOVE: "mobile_team.sessions.moved",
         RESTORE: "mobile_team.sessions.restored"}  # fmt: skip


@dataclass
class Planned:
    """What was planned, and the stops left out because there is no way to them in that month, with their days."""

    made: list[Session] = field(default_factory=list)
    left_out: dict[Stop, list[date]] = field(default_factory=dict)


@transaction.atomic
def plan(*, first: date, last: date, by: User, closed_too: bool = False) -> Planned:
    """Plan a session for every stop of every route in use, on its weekday, from `first` to `last`.

    Planned twice is planned once: a village that has a session on a day keeps it, also a cancelled one, and a day
    from which a session was moved away stays empty. A stop is left out in the months in which its road is closed,
    unless `closed_too`: a session that cannot be reached would only hide that nobody comes.
    Raises RuleBroken("mobile_team.span_backwards") or ("mobile_team.span_too_long").
    """
    found = Planned()
    days = rules.days_between(first, last)
    stops = list(Stop.objects.filter(route__active=True).select_related("route", "village").order_by("route", "order"))
    taken = _taken(first, last)
    for day in days:
        for stop in stops:
            if stop.route.weekday != day.weekday() or (stop.village_id, day) in taken:
                continue
            if not closed_too and rules.closed(stop.closed_from, stop.closed_to, day.month):
                found.left_out.setdefault(stop, []).append(day)
                continue
            taken.add((stop.village_id, day))
            found.made.append(
                Session(route=stop.route, village_id=stop.village_id, on=day, place=stop.place,
                        vehicle=stop.route.vehicle, recorded_by=by)
            )  # fmt: skip
    create_many(Session, found.made)
    if found.made:
        _send_teams(found.made)
        journal.note("mobile_team.sessions.planned", None, *found.made, by=by, first=first, last=last,
                     count=len(found.made))  # fmt: skip
    return found


@transaction.atomic
def change_many(
    *, ids: Collection[UUID], deed: str, by: User, reason: str = "", days: int = 0, why: str = ""
) -> list[Session]:
    """Cancel many sessions, move them by some days, or plan them again: all of them or none.

    `reason` is one of Session.Reason, for all but a restoration, which takes words (`why`). Raises RuleBroken:
    mobile_team.nothing_chosen, mobile_team.too_many_chosen, mobile_team.reason_missing, mobile_team.same_day,
    mobile_team.session_held, mobile_team.session_has_checkups; Conflict("mobile_team.days_taken") naming the first.
    """
    if not ids:
        raise RuleBroken("mobile_team.nothing_chosen", field="sessions")
    if len(ids) > MOST:
        raise RuleBroken("mobile_team.too_many_chosen", field="sessions", most=MOST)
    if deed != RESTORE:
        sessions.known(reason)
    rows = list(Session.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    if not rows:
        raise RuleBroken("mobile_team.nothing_chosen", field="sessions")
    sessions.untouched([row.pk for row in rows])
    for row in rows:
        if deed == MOVE:
            sessions.shift(row, row.on + timedelta(days=days), reason)
        elif deed == CANCEL:
            row.state, row.reason = Session.State.CANCELLED, reason
        else:
            row.state, row.reason = Session.State.PLANNED, ""
    if deed == MOVE:
        _days_free(rows)
    for batch in _in_order(rows, days if deed == MOVE else 0):
        with broken_constraints():
            Session.objects.bulk_update(batch, ["on", "state", "reason", "moved_from", "moved_why"], batch_size=500)
    journal.note(VERBS[deed], None, *rows, by=by, count=len(rows), reason=reason, days=days, why=normalise(why))
    return rows


def _taken(first: date, last: date) -> set[tuple[int, date]]:
    """Return the (village, day) that have a session, or had one that was moved away."""
    there = Session.objects.filter(on__range=(first, last)) | Session.objects.filter(moved_from__range=(first, last))
    taken: set[tuple[int, date]] = set()
    for village, on, moved_from in there.values_list("village_id", "on", "moved_from"):
        taken |= {(village, day) for day in (on, moved_from) if day}
    return taken


def _send_teams(made: list[Session]) -> None:
    """Let the people of each route go to its sessions."""
    teams: dict[int, list[int]] = {}
    pairs: Any = Route.team.through._default_manager.filter(route__in={session.route_id for session in made})
    for route, user in pairs.values_list("route_id", "user_id"):
        teams.setdefault(route, []).append(user)
    through: Any = Session.team.through
    through._default_manager.bulk_create(
        [through(session_id=s.pk, user_id=user) for s in made for user in teams.get(s.route_id or 0, [])],
        batch_size=500,
    )


def _days_free(rows: list[Session]) -> None:
    """Refuse to move onto days on which a village has a session that is not moved itself.

    Moving a whole round by its own week must not stumble over itself, so the rows are taken out of the comparison.
    """
    wanted = {(row.village_id, row.on) for row in rows}
    others = (
        Session.objects.filter(village__in={v for v, _ in wanted}, on__in={on for _, on in wanted})
        .exclude(pk__in=[row.pk for row in rows]).select_related("village").order_by("on", "pk")
    )  # fmt: skip
    clashes = [other for other in others if (other.village_id, other.on) in wanted]
    if clashes or len(wanted) < len(rows):
        first = clashes[0] if clashes else rows[0]
        raise Conflict("mobile_team.days_taken", field="days", village=str(first.village), day=f"{first.on:%d/%m/%Y}")


def _in_order(rows: list[Session], days: int) -> list[list[Session]]:
    """Return the rows in batches to be written one after the other, so that none lands on a day not yet left.

    One batch, unless two of the moved sessions follow each other in one village.
    """
    step = timedelta(days=days)
    left = {(row.village_id, row.on - step) for row in rows} if days else set()
    if not any((row.village_id, row.on) in left for row in rows):
        return [rows]
    by_day: dict[date, list[Session]] = {}
    for row in rows:
        by_day.setdefault(row.on, []).append(row)
    return [by_day[on] for on in sorted(by_day, reverse=days > 0)]
