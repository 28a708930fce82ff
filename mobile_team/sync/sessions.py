"""Sessions on tablets: a stop no route foresaw is added, a planned one is held or cancelled; all of them are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.documents import Document
from core.editing import Clash
from core.errors import Conflict, RuleBroken
from core.khmer import normalise
from core.ops import AMEND, CREATE, MissingParent, Op, Verdict
from mobile_team.models import KitLine, Session, SessionAlias, Stop
from mobile_team.selectors import kits, talks
from mobile_team.services import sessions
from mobile_team.sync import amended, differences, village_of

STATE = ("state", "reason")  # one without the other says nothing: both are written, or neither
WORDS = ("note", "place")


def apply(op: Op) -> Verdict:
    """Add a session, or change the state and the words of one."""
    return {CREATE: _create, AMEND: _amend}[op.kind](op)


def docs(ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the documents of sessions for tablets, with kit and talks; an id another session took over says so.

    Nine statements, however many.
    """
    rows: list[Any] = list(_rows(ids))
    given, taught = kits.counted([row.pk for row in rows]), talks.of_sessions([row.pk for row in rows])
    found = {row.pk: _doc(row, given.get(row.pk, {}), taught.get(row.pk, [])) for row in rows}
    if missing := set(ids) - found.keys():
        for alias in SessionAlias.objects.filter(pk__in=missing):
            found[alias.pk] = {"id": str(alias.pk), "merged_into": str(alias.session_id)}
    return found


def coming(villages: Iterable[Any], first: date, last: date) -> QuerySet[Any]:
    """Return the ids of the sessions of some villages (rows or keys) in some days, in no order."""
    return Session.objects.filter(village__in=villages, on__range=(first, last)).order_by().values_list("pk", flat=True)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    on, words = doc.day("on"), {name: doc.text(name) for name in WORDS}
    if on is None:
        raise RuleBroken("core.not_a_day", field="on")
    village = village_of(doc)
    if SessionAlias.objects.filter(pk=op.record).exists():
        return Verdict("merged")
    try:
        sessions.add(id=op.record, village=village, on=on, by=op.by, **words)
    except Conflict as conflict:
        if conflict.code != sessions.TAKEN:
            raise
        sessions.join(id=op.record, village=village, on=on, by=op.by, **words)
        return Verdict("merged")
    return Verdict("applied")


def _amend(op: Op) -> Verdict:
    session = Session.objects.called(op.record).select_for_update().first()
    if session is None:
        raise MissingParent("session", op.record)
    now = {name: getattr(session, name) for name in (*STATE, *WORDS)}
    write, clashes = _as_one(*differences(op, now, _read), now)
    if "state" in write or "reason" in write:
        _turn(session, op, **{name: write.get(name, now[name]) for name in STATE})
    if words := {name: write[name] for name in WORDS if name in write}:
        sessions.describe(session=session, by=op.by, **words)
    return amended(clashes)


def _turn(session: Session, op: Op, state: str, reason: str) -> None:
    if state == Session.State.HELD:
        sessions.hold(session=session, by=op.by, today=op.today)
    elif state == Session.State.CANCELLED:
        sessions.cancel(session=session, reason=reason, by=op.by)
    else:
        sessions.restore(session=session, by=op.by)


def _read(doc: Document) -> dict[str, Any]:
    """Return what is said of a session, and nothing that is not."""
    said: dict[str, Any] = {}
    if "state" in doc:
        said["state"] = doc.one_of("state", Session.State.values)
    if "reason" in doc:
        said["reason"] = doc.one_of("reason", Session.Reason.values, otherwise="")
    if "state" in said and said["state"] != Session.State.CANCELLED:
        said["reason"] = ""
    return said | {name: normalise(doc.text(name)) for name in WORDS if name in doc}


def _as_one(
    write: dict[str, Any], clashes: tuple[Clash, ...], now: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Clash, ...]]:
    """Leave both of state and reason when one of them was changed by another."""
    if not any(clash.field in STATE for clash in clashes):
        return write, clashes
    left = tuple(Clash(name, now[name], write[name]) for name in STATE if name in write)
    return {name: value for name, value in write.items() if name not in STATE}, clashes + left


def _rows(ids: Collection[UUID]) -> QuerySet[Session]:
    return Session.objects.filter(pk__in=ids).select_related("route").prefetch_related("team", "kit", "route__stops")


def _doc(session: Any, given: dict[str, int], taught: list[Any]) -> dict[str, Any]:
    route = session.route
    stop = next((s for s in route.stops.all() if s.village_id == session.village_id), None) if route else None
    return {
        "id": str(session.pk), "village": session.village_id, "on": session.on.isoformat(), "state": session.state,
        "reason": session.reason, "place": session.place, "note": session.note, "vehicle": session.vehicle,
        "moved_from": session.moved_from.isoformat() if session.moved_from else None,
        "team": [user.name for user in session.team.all()], "road": stop.road if stop else "",
        "route": {"km": route.name_km, "en": route.name_en} if route else None,
        "stop": stop.kind if stop else Stop.Kind.VILLAGE.value,
        "kit": [_line(row, given) for row in session.kit.all()],
        "talks": [
            talks.document(talk) | {"id": str(talk.pk), "void_reason": talk.void_reason} for talk in taught
        ],
    }  # fmt: skip


def _line(row: KitLine, given: dict[str, int]) -> dict[str, Any]:
    counted = given.get(row.item, 0) if row.item in KitLine.COUNTED else None
    return {"id": str(row.pk), "item": row.item, "counted": counted} | kits.document(row)
