"""One session: added by hand, held, moved or cancelled with a reason, planned again. Planning is a file of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.audit import journal
from core.db import save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.places.models import Village
from mobile_team.models import DentalCheckup, Education, Route, Session, SessionAlias
from mobile_team.services import teams

TAKEN = "constraint.mobile_session_once"


def add(*, village: Village, on: date, by: User, id: UUID | None = None, **given: Any) -> Session:
    """Add a session that no route foresaw; sent twice with the same `id`, it is kept once.

    `given` is `route`, `place`, `note`, `vehicle`. Raises Conflict("constraint.mobile_session_once") when the village
    has one on that day already.
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
    note: str = "", vehicle: str = "",
) -> Session:  # fmt: skip
    session = Session(
        id=id or uuid7(), route=route, village=village, on=on, place=normalise(place), note=normalise(note),
        vehicle=normalise(vehicle), recorded_by=by,
    )  # fmt: skip
    save_checked(session)
    journal.note("mobile_team.session.added", session, by=by)
    return session


@transaction.atomic
def join(*, id: UUID, village: Village, on: date, by: User, **said: Any) -> Session:
    """Let the session of this village and day be known under `id` as well: a tablet made it without knowing of it.

    What was written under `id` then belongs to the session that is there. Raises Session.DoesNotExist.
    """
    there = Session.objects.select_for_update().get(village=village, on=on)
    alias, new = SessionAlias.objects.get_or_create(id=id, defaults={"session": there, "recorded_by": by})
    if new:
        journal.note("mobile_team.session.joined", there, Session(pk=alias.pk), by=by, alias=str(id), **said)
    return there


@transaction.atomic
def hold(*, session: Session, by: User, today: date) -> Session:
    """Say that the team was there, also where nobody came. Raises RuleBroken("mobile_team.session_in_future")."""
    locked = _locked(session)
    if locked.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    locked.state, locked.reason = Session.State.HELD, ""
    save_checked(locked, create=False)
    journal.note("mobile_team.session.held", locked, by=by)
    return locked


@transaction.atomic
def cancel(*, session: Session, reason: str, by: User, note: str | None = None) -> Session:
    """Say that the team did not come, and why; `note` takes the place of the session's note.

    Raises RuleBroken("mobile_team.reason_missing"), or ("mobile_team.session_has_checkups") when people were seen.
    """
    known(reason)
    locked = _locked(session)
    untouched([locked.pk])
    locked.state, locked.reason = Session.State.CANCELLED, reason
    locked.note = locked.note if note is None else normalise(note)
    save_checked(locked, create=False)
    journal.note("mobile_team.session.cancelled", locked, by=by, reason=reason)
    return locked


@transaction.atomic
def restore(*, session: Session, by: User, why: str = "") -> Session:
    """Take back that a session was cancelled or held: it is planned again.

    Raises RuleBroken("mobile_team.session_has_checkups") when people were seen.
    """
    locked = _locked(session)
    untouched([locked.pk])
    locked.state, locked.reason = Session.State.PLANNED, ""
    save_checked(locked, create=False)
    journal.note("mobile_team.session.restored", locked, by=by, why=normalise(why))
    return locked


@transaction.atomic
def move(*, session: Session, on: date, reason: str, by: User, note: str | None = None) -> Session:
    """Move a session to another day, and remember for which day it was planned first; a cancelled one is planned again.

    Raises RuleBroken: mobile_team.reason_missing, mobile_team.session_held, mobile_team.same_day;
    Conflict("constraint.mobile_session_once") when the village has a session on that day.
    """
    known(reason)
    locked = _locked(session)
    shift(locked, on, reason)
    locked.note = locked.note if note is None else normalise(note)
    if Session.objects.filter(village=locked.village_id, on=on).exists():
        raise Conflict(TAKEN, field="on")  # the constraint holds it as well; this names the field
    save_checked(locked, create=False)
    journal.note("mobile_team.session.moved", locked, by=by, to=on, reason=reason, first=locked.moved_from)
    return locked


@transaction.atomic
def describe(*, session: Session, by: User, team: Iterable[User] | None = None, **said: str) -> Session:
    """Write a session's place, note or vehicle anew, and who goes; what is not given stays."""
    locked = _locked(session)
    words = {name: normalise(said[name]) for name in ("place", "note", "vehicle") if name in said}
    changes: dict[str, Any] = {
        name: [getattr(locked, name), value] for name, value in words.items() if value != getattr(locked, name)
    }
    for name, (_, value) in changes.items():
        setattr(locked, name, value)
    if team is not None:
        was, now = set(locked.team.values_list("pk", flat=True)), {user.pk for user in team}
        if was != now:
            teams.put(locked.team, was=was, now=now)
            changes["team"] = [sorted(map(str, was)), sorted(map(str, now))]
    if changes:
        save_checked(locked, create=False)
        journal.note("mobile_team.session.described", locked, by=by, changes=changes)
    return locked


def known(reason: str) -> None:
    """Refuse a reason nobody knows. Raises RuleBroken("mobile_team.reason_missing")."""
    if reason not in Session.Reason.values:
        raise RuleBroken("mobile_team.reason_missing", field="reason")


def untouched(ids: list[UUID]) -> None:
    """Refuse sessions in which people were seen or taught: those were held. One statement.

    Raises RuleBroken("mobile_team.session_has_checkups").
    """
    seen = DentalCheckup.objects.standing().filter(session__in=ids).order_by().values("session")
    taught = Education.objects.filter(session__in=ids, void_reason="").order_by().values("session")
    if seen.union(taught).exists():
        raise RuleBroken("mobile_team.session_has_checkups")


def shift(session: Session, on: date, reason: str) -> None:
    """Give an unsaved session its new day, and the day it was first planned for as long as that is another one.

    Raises RuleBroken("mobile_team.session_held") or ("mobile_team.same_day").
    """
    if session.state == Session.State.HELD:
        raise RuleBroken("mobile_team.session_held")
    if on == session.on:
        raise RuleBroken("mobile_team.same_day", field="on")
    first = session.moved_from or session.on
    session.moved_from, session.moved_why = (None, "") if on == first else (first, reason)
    session.on, session.state, session.reason = on, Session.State.PLANNED, ""


def _locked(session: Session) -> Session:
    found = Session.objects.called(session.pk).select_for_update().first()
    if found is None:
        raise RuleBroken("mobile_team.no_such_session")
    return found
