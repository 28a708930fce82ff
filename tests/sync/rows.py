"""Rows of the tablets' room, written straight into their tables: what pages show, without a tablet that sends it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.accounts.models import User
from core.ids import uuid7
from sync.models import Access, Checkout, Device, DeviceUser, Disagreement, PushedOp, Ticket
from tests.builders import a_village, noon, somebody

GIGABYTE = 10**9


def a_device(code: str = "T07", **given: Any) -> Device:
    """Return an enrolled tablet that was seen an hour ago and has nothing left to send."""
    defaults: dict[str, Any] = {
        "name": "Blue cover", "model": "Lenovo Tab M9", "app_version": "0.3.0", "db_id": uuid7(),
        "enrolled_at": noon() - timedelta(days=30), "enrolled_by": given.pop("by", None) or somebody(),
        "seen_at": noon() - timedelta(hours=1), "sent_at": noon() - timedelta(hours=1), "skew_ms": 400,
        "free_bytes": 12 * GIGABYTE,
    }  # fmt: skip
    return Device.objects.create(code=code, **(defaults | given))


def a_login(device: Device, user: User, *, at: datetime | None = None) -> Access:
    """Return the log-in of a person on a tablet."""
    at = at or noon() - timedelta(hours=6)
    DeviceUser.objects.get_or_create(device=device, user=user, defaults={"first_at": at})
    mark = uuid7().hex
    return Access.objects.create(
        device=device, user=user, key=f"k{mark}", until=at + timedelta(minutes=15), renewal=f"r{mark}",
        renew_until=at + timedelta(hours=72), made_at=at, password="",
    )  # fmt: skip


def a_checkout(device: Device, *, at: datetime | None = None, **given: Any) -> Checkout:
    """Return the grant of a village to a tablet for two days from this morning."""
    at = at or noon() - timedelta(hours=4)
    villages = given.pop("villages", None) or [a_village()]
    lent = Checkout.objects.create(
        device=device,
        version=1,
        at=at,
        until=given.pop("until", at + timedelta(hours=48)),
        by=given.pop("by", somebody()),
    )
    lent.villages.set(villages)
    return lent


def an_op(
    device: Device, *, type: str = "patient", kind: str = "create", doc: Any = None, record: UUID | None = None,
    status: str = "applied", at: datetime | None = None, **given: Any,
) -> PushedOp:  # fmt: skip
    """Return a save that a tablet sent, as it is kept."""
    at, key, record = at or noon() - timedelta(hours=1), uuid7(), record or uuid7()
    actor = given.pop("actor", None) or somebody()
    seq = PushedOp.objects.filter(db_id=device.db_id).count() + 1
    sent = {
        "op_id": str(key), "seq": seq, "type": type, "id": str(record), "kind": kind, "base": 0, "after": [],
        "at": at.isoformat(), "skew_ms": 0, "clock_suspect": False, "schema": 1, "doc": doc or {},
        "actor": str(actor.pk),
    }  # fmt: skip
    raw = given.pop("raw", None) or json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return PushedOp.objects.create(
        id=key, device=device, db_id=device.db_id, seq=seq, type=type, record_id=record, kind=kind, raw=raw,
        sha256=hashlib.sha256(raw.encode()).hexdigest(), at=at.isoformat(), received_at=at, actor=actor, status=status,
        **given,
    )  # fmt: skip


def a_disagreement(
    device: Device, patient: Any, *, field: str = "phone", theirs: Any = "+85512345678", mine: Any = "+85598765432",
    op: PushedOp | None = None, **given: Any,
) -> Disagreement:  # fmt: skip
    """Return a field of a person that the tablet's user and somebody else wrote differently."""
    doc = {"set": {field: mine}, "was": {field: ""}}
    op = op or an_op(
        device, kind="amend", doc=doc, record=patient.pk, status="conflict", fields=[field], patient_id=patient.pk,
        **{name: given.pop(name) for name in ("at", "actor") if name in given},
    )  # fmt: skip
    return Disagreement.objects.create(
        op=op,
        type="patient",
        record_id=patient.pk,
        patient_id=patient.pk,
        field=field,
        theirs=theirs,
        mine=mine,
        **given,
    )


def a_ticket(device: Device, *, type: str = "checkup", doc: Any = None, patient: Any = None, **given: Any) -> Ticket:
    """Return a save that could not be taken over: a check-up with a tooth that nobody has."""
    if doc is None:
        doc = {"patient": str(patient.pk if patient else uuid7()), "teeth": {"99": "B"}, "pain": True}
    wrong = {"code": "mobile_team.no_such_tooth", "params": {"tooth": 99}}
    defaults: dict[str, Any] = {
        "code": wrong["code"], "fields": {"teeth": wrong}, "patient_id": patient.pk if patient else None,
        "status": "quarantined",
    }  # fmt: skip
    state = {
        name: given.pop(name) for name in ("state", "reason", "decided_at", "decided_by", "amended") if name in given
    }
    return Ticket.objects.create(op=an_op(device, type=type, doc=doc, **(defaults | given)), **state)


def a_parked_op(device: Device, **given: Any) -> PushedOp:
    """Return a save that has waited for two days for a person who has not come."""
    defaults: dict[str, Any] = {
        "type": "checkup", "status": "parked", "waits_type": "patient", "waits_id": uuid7(),
        "at": noon() - timedelta(days=2),
    }  # fmt: skip
    return an_op(device, **(defaults | given))
