"""Let one op, or a group of them, land: open it, see who made it and when, and hand it to the room that owns it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from core.accounts.models import User
from core.audit import journal
from core.documents import as_uuid
from core.editing import Clash
from core.errors import NotAllowed, RuleBroken
from core.ops import AMEND, CREATE, MissingParent, Op
from core.periods import local_day
from sync.envelope import instant, storable
from sync.models import Device, DeviceUser, PushedOp
from sync.resources import RESOURCES, Resource
from sync.sealing import open_sealed

log = logging.getLogger("clinic.sync")

Status = PushedOp.Status
LANDED = frozenset({Status.APPLIED, Status.MERGED, Status.CONFLICT})
PASSED = LANDED | {Status.REJECTED}  # what no longer holds back those that come after it
STEADY = dt.timedelta(minutes=2)  # a clock this near is right
AHEAD = dt.timedelta(hours=24)
BY_OP = "op"  # what an op waits for, when it waits for another op and not for a record


@dataclass
class Landing:
    """What became of one op, not yet written on its row."""

    status: str
    broken: RuleBroken | None = None
    clashes: tuple[Clash, ...] = ()
    waits: tuple[str, UUID] | None = None
    patient: UUID | None = None
    also: tuple[UUID, ...] = ()
    actor: User | None = None
    picture: str = ""


@dataclass
class Around:
    """What landing an op needs to know besides the op: the device, its people, the hour, and how other ops fared.

    `statuses` are those of ops that others come after. `vouched_by` is the person who releases an op from the inbox:
    what its author may do is then no longer asked. `notes` gathers what is noted, when it is kept together.
    """

    device: Device | None
    now: dt.datetime
    people: dict[UUID, User] = field(default_factory=dict)
    statuses: dict[UUID, str] = field(default_factory=dict)
    vouched_by: User | None = None
    notes: list[Any] | None = None


def people_of(device: Device | None) -> dict[UUID, User]:
    """Return who has logged in on a device, by id; one statement."""
    if device is None:
        return {}
    return {row.user_id: row.user for row in DeviceUser.objects.filter(device=device).select_related("user")}


def alone(rows: Sequence[PushedOp]) -> bool:
    """Return whether these need a transaction to themselves, in which each note is written at once."""
    return any(row.type in RESOURCES and row.kind in RESOURCES[row.type].alone for row in rows)


def land(
    rows: Sequence[PushedOp], around: Around, *, after: Mapping[UUID, Sequence[UUID]], docs: Mapping[UUID, Any]
) -> list[Landing]:
    """Apply ops that stand or fall together, under one savepoint; return what became of each.

    `docs` are their envelopes as sent, or as a person put them right. What a rule refuses, and what nobody foresaw,
    is told as quarantined; only trouble of the database itself is raised.
    """
    noted = len(around.notes) if around.notes is not None else 0
    done: list[Landing] = []
    try:
        with transaction.atomic():
            for row in rows:
                others = {one for one in after.get(row.id, ()) if one not in {r.id for r in rows}}
                done.append(_apply(row, docs[row.id], around, others))
    except (OperationalError, InterfaceError):
        raise
    except MissingParent as missing:
        if _set_aside(missing):
            found = _refused(rows, len(done), RuleBroken("sync.parent_rejected"))
        else:
            found = [Landing(Status.PARKED, waits=(missing.type[:40], missing.id)) for _ in rows]
    except RuleBroken as broken:
        found = _refused(rows, len(done), broken)
    except NotAllowed:
        found = _refused(rows, len(done), RuleBroken("sync.not_allowed"))
    except Exception:
        log.exception("op %s (%s %s) could not be applied", *_name(rows, len(done)))
        found = _refused(rows, len(done), RuleBroken("sync.unforeseen"))
    else:
        return done
    if around.notes is not None:
        del around.notes[noted:]
    return [with_names(one, row, docs[row.id], around) for one, row in zip(found, rows, strict=True)]


def with_names(landing: Landing, row: PushedOp, sent: Mapping[str, Any], around: Around) -> Landing:
    """Say of what did not land who made it and whom it speaks of, as far as it opens: the inbox shows it by that."""
    with suppress(RuleBroken):
        doc, actor = unsealed(sent)
        whom = row.record_id if row.type == "patient" else as_uuid(doc.get("patient"))
        return replace(landing, actor=around.people.get(as_uuid(actor) or UUID(int=0)), patient=whom)
    return landing


def _apply(row: PushedOp, sent: Mapping[str, Any], around: Around, after: set[UUID]) -> Landing:
    resource = RESOURCES.get(row.type)
    if resource is None or row.kind not in resource.kinds:
        raise RuleBroken("sync.unknown_type", field="type")
    op = opened(row, sent, around, resource)
    for other in after:
        if around.statuses.get(other) not in PASSED:
            raise MissingParent(BY_OP, other)
    with journal.via(op=str(row.id), device=op.device):
        verdict = resource.apply(op)
    picture = op.doc.get(resource.picture) if resource.picture and row.kind == CREATE else None
    return Landing(
        verdict.status, clashes=verdict.clashes, patient=verdict.patient, also=verdict.also, actor=op.by,
        picture=_hash(picture),
    )  # fmt: skip


def opened(row: PushedOp, sent: Mapping[str, Any], around: Around, resource: Resource) -> Op:
    """Return an op unsealed, with its author and its moment. Raises RuleBroken, MissingParent."""
    doc, actor = unsealed(sent)
    by = _author(actor, around, resource)
    at, _ = moment(row)
    today = local_day(around.now)
    op = Op(
        id=row.id, type=row.type, record=row.record_id or row.id, kind=row.kind, doc=doc, at=at,
        day=min(local_day(at), today), today=today, by=by, device=around.device.code if around.device else "",
    )  # fmt: skip
    if row.kind == AMEND and "seen" in doc and "was" not in doc:
        return _with_was(op, row, around, resource)
    return op


def unsealed(sent: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return document and author of an op as sent.

    Raises RuleBroken("sync.op_unreadable"), and what `open_sealed` raises.
    """
    plain = open_sealed(sent) if isinstance(sent.get("sealed"), str) else {n: sent.get(n) for n in ("doc", "actor")}
    doc = plain["doc"]
    if not isinstance(doc, dict) or not storable(doc):
        raise RuleBroken("sync.op_unreadable", field="doc")
    return doc, plain["actor"]


def moment(row: PushedOp) -> tuple[dt.datetime, bool]:
    """Return when an op was made, by the tablet's clock set right, and whether that clock must be doubted.

    A moment that cannot be is taken as that of arrival: one that cannot be read, or before the device was enrolled.
    One in the future is brought back to it. Nothing is refused for a clock.
    """
    arrived = row.received_at
    at = instant(row.at)
    if at is None:
        return arrived, True
    try:
        skew = dt.timedelta(milliseconds=row.skew_ms)
        at = at + skew if abs(skew) > STEADY else at
    except OverflowError:
        return arrived, True
    enrolled = row.device.enrolled_at if row.device else None
    if enrolled and at < enrolled - AHEAD:
        return arrived, True
    return min(at, arrived), at > arrived + AHEAD


def _author(actor: Any, around: Around, resource: Resource) -> User:
    """Return who made an op, known on its device and allowed to; when somebody vouches, they stand for a stranger."""
    by = around.people.get(as_uuid(actor) or UUID(int=0))
    if around.vouched_by is not None:
        return by or around.vouched_by
    if by is None or not by.is_active:
        raise RuleBroken("sync.unknown_actor", field="actor")
    if not by.may(resource.action):
        raise RuleBroken("sync.not_allowed", field="actor")
    return by


def _with_was(op: Op, row: PushedOp, around: Around, resource: Resource) -> Op:
    """Say what the author of an amendment had before their eyes, when they only named the op that wrote it.

    That is the record as this device's own ops made it, up to that one.
    """
    seen = as_uuid(op.doc["seen"])
    if seen is None:
        raise RuleBroken("sync.op_unreadable", field="seen")
    mine = Q(device=row.device, record_id=row.record_id, type=row.type)
    ops = list(PushedOp.objects.filter(mine).select_related("device", "ticket").order_by("seq", "received_at"))
    if (last := next((one for one in ops if one.id == seen), None)) is None:
        raise MissingParent(BY_OP, seen)
    was: dict[str, Any] = {}
    for one in ops:
        if one.seq > last.seq or one.kind not in (CREATE, AMEND):
            continue
        doc, _ = unsealed(as_sent(one))
        if one.kind == AMEND:
            doc = dict(doc["set"]) if isinstance(doc.get("set"), dict) else {}
        at, _ = moment(one)
        told = min(local_day(at), local_day(one.received_at))
        read = resource.read(Op(one.id, one.type, op.record, one.kind, doc, at, told, told, op.by, op.device))
        was |= {name: value for name, value in read.items() if one.kind == CREATE or name in doc}
    return replace(op, doc={**op.doc, "was": was})


def as_sent(row: PushedOp) -> dict[str, Any]:
    """Return the envelope of a stored op; its document as a person put it right, when somebody did."""
    sent = row.sent
    amended = row.ticket.amended if hasattr(row, "ticket") else None
    if amended is None:
        return sent
    actor = None
    with suppress(RuleBroken):  # what cannot be unsealed says nothing of its author; who released it stands for them
        actor = unsealed(sent)[1]
    return {**sent, "sealed": None, "doc": amended, "actor": actor}


def _set_aside(missing: MissingParent) -> bool:
    """Return whether a person rejected the save that would have made what is missing: it never comes."""
    made = PushedOp.objects.filter(record_id=missing.id, type=missing.type, kind=CREATE)
    return made.filter(status=Status.REJECTED).exists()


def _refused(rows: Sequence[PushedOp], at: int, broken: RuleBroken) -> list[Landing]:
    """Quarantine the op that broke a rule, and with it the others of its group."""
    rest = RuleBroken("sync.group_refused")
    return [Landing(Status.QUARANTINED, broken=broken if place == at else rest) for place, _ in enumerate(rows)]


def _hash(value: Any) -> str:
    good = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return value if good else ""


def _name(rows: Sequence[PushedOp], at: int) -> tuple[Any, str, str]:
    row = rows[min(at, len(rows) - 1)]
    return row.id, row.kind, row.type
