"""Sessions: planned from the routes, added by hand, held or cancelled with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.places.models import Village
from mobile_team import rules
from mobile_team.models import DentalCheckup, Route, Session, Stop


@transaction.atomic
def plan(*, first: date, last: date, by: User) -> list[Session]:
    """Plan a session for every stop of every route in use, on its weekday, from `first` to `last`; return the new ones.

    Planned twice is planned once: a village that has a session on a day keeps it, also a cancelled one.
    Raises RuleBroken("mobile_team.span_backwards") or ("mobile_team.span_too_long").
    """
    days = rules.days_between(first, last)
    stops = list(Stop.objects.filter(route__active=True).select_related("route").order_by("route_id", "order"))
    taken = set(Session.objects.filter(on__range=(first, last)).values_list("village_id", "on"))
    planned = []
    for day in days:
        for stop in stops:
            if stop.route.weekday == day.weekday() and (stop.village_id, day) not in taken:
                taken.add((stop.village_id, day))
                planned.append(
                    Session(route=stop.route, village_id=stop.village_id, on=day, place=stop.place, recorded_by=by)
                )
    create_many(Session, planned)
    if planned:
        journal.note("mobile_team.sessions.planned", None, *planned, by=by, first=first, last=last, count=len(planned))
    return planned


def add(*, village: Village, on: date, by: User, id: UUID | None = None, **given: Any) -> Session:
    """Add a session that no route foresaw; sent twice with the same `id`, it is kept once.

    `given` is `route`, `place`, `note`. Raises Conflict("constraint.mobile_session_once") when the village has one on
    that day already.
    """
    try:
        return _add(village=village, on=on, by=by, id=id, **given)
    except Conflict:
        if id and (kept := Session.objects.filter(pk=id, village=village, on=on).first()):
            return kept
        raise


@transaction.atomic
def _add(
    *, village: Village, on: date, by: User, id: UUID | None, route: Route | None = None, place: str = "",
    note: str = "",
) -> Session:  # fmt: skip
    session = Session(
        id=id or uuid7(), route=route, village=village, on=on, place=normalise(place), note=normalise(note),
        recorded_by=by,
    )  # fmt: skip
    save_checked(session)
    journal.note("mobile_team.session.added", session, by=by)
    return session


@transaction.atomic
def hold(*, session: Session, by: User, today: date) -> Session:
    """Say that the team was there, also where nobody came. Raises RuleBroken("mobile_team.session_in_future")."""
    if session.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    session.state, session.reason = Session.State.HELD, ""
    save_checked(session)
    journal.note("mobile_team.session.held", session, by=by)
    return session


@transaction.atomic
def cancel(*, session: Session, reason: str, by: User, note: str = "") -> Session:
    """Say that the team did not come, and why.

    Raises RuleBroken("mobile_team.reason_missing"), or ("mobile_team.session_has_checkups") when people were seen.
    """
    if reason not in Session.Reason.values:
        raise RuleBroken("mobile_team.reason_missing", field="reason")
    locked = Session.objects.select_for_update().get(pk=session.pk)
    if DentalCheckup.objects.standing().filter(session=locked).exists():
        raise RuleBroken("mobile_team.session_has_checkups")
    locked.state, locked.reason, locked.note = Session.State.CANCELLED, reason, normalise(note)
    save_checked(locked)
    journal.note("mobile_team.session.cancelled", locked, by=by, reason=reason)
    return locked


@transaction.atomic
def restore(*, session: Session, by: User) -> Session:
    """Take a cancellation back: the session is planned again."""
    session.state, session.reason = Session.State.PLANNED, ""
    save_checked(session)
    journal.note("mobile_team.session.restored", session, by=by)
    return session
