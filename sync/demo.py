"""Tablets of the demonstration: two are let in, one was not heard of for days; what they sent, and what needs a person.

Everything goes the way it goes in the village: invited, let in, logged in on, pushed through the engine.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol
from uuid import UUID

from clinic.models import Patient
from clinic.services import patients
from core.accounts.models import User
from core.accounts.roles import Role
from core.ids import derived_id
from mobile_team.models import DentalCheckup, Session
from sync import engine
from sync.models import Device
from sync.services import devices, history, logins

DAY = dt.timedelta(days=1)
GIGABYTE = 10**9
SEEN = {
    "teeth": {"16": "0", "26": "0", "36": "1", "46": "0", "55": "B", "75": "B"}, "pufa": {"75": "P"}, "pain": True,
    "gums_bleed": True, "urgency": 3, "dental_education": True, "toothbrush": True, "toothpaste": True,
    "treatments": [{"what": "varnish", "tooth": None}], "weight": "22.5", "advised_to_come": True,
}  # fmt: skip


class Stage(Protocol):
    """What the demonstration knows when the tablets come on."""

    now: dt.datetime
    today: dt.date
    mobile: User


def tell(stage: Stage) -> None:
    """Let two tablets in and let them send what they saved; once."""
    if Device.objects.exists():
        return
    blue = _tablet("ថេប្លេតខៀវ", "Lenovo Tab M9", stage, days=41)  # the blue one
    yellow = _tablet("ថេប្លេតលឿង", "Samsung Galaxy Tab A9", stage, days=33)  # the yellow one
    _lend(blue, stage)
    session = Session.objects.filter(on__lte=stage.today - 3 * DAY, on__year=stage.today.year, state="held")
    _checkups(blue, yellow, session.order_by("-on", "-id").first(), stage)
    _disagreements(blue, stage)
    # What a tablet tells of itself when it calls; the yellow one has had no signal since.
    Device.objects.filter(pk=blue.pk).update(
        seen_at=stage.now - dt.timedelta(hours=2), free_bytes=11 * GIGABYTE, skew_ms=-900
    )
    Device.objects.filter(pk=yellow.pk).update(seen_at=stage.now - 3 * DAY, free_bytes=2 * GIGABYTE, skew_ms=4100)


def _tablet(name: str, model: str, stage: Stage, *, days: int) -> Device:
    at, by = stage.now - days * DAY, User.objects.filter(role=Role.ADMIN).order_by("pk")[0]
    _, code = devices.invite(name=name, by=by, now=at)
    store = derived_id("demo-tablet", model)
    device = devices.enrol(code=code, db_id=store, model=model, app_version="0.3.0", now=at)
    logins.log_in(device=device, user=stage.mobile, now=stage.now - 3 * DAY)
    devices.provide(device=device, by=stage.mobile)
    return device


def _lend(device: Device, stage: Stage) -> None:
    """Lend the people of the coming sessions' villages."""
    soon = Session.objects.filter(on__range=(stage.today, stage.today + 7 * DAY)).exclude(state="cancelled")
    villages = {session.village for session in soon.select_related("village").order_by("on", "id")[:6]}
    if villages:
        until = stage.now + dt.timedelta(hours=48)
        devices.grant(device=device, villages=villages, until=until, by=stage.mobile, now=stage.now)


def _checkups(blue: Device, yellow: Device, session: Session | None, stage: Stage) -> None:
    """Let both tablets look at mouths of one session: one child was seen by both, which a person must sort out."""
    if session is None:
        return
    seen = DentalCheckup.objects.filter(encounter__on=session.on).values("encounter__patient")
    free = Patient.objects.filter(village=session.village, merged_into=None, deceased_on=None).exclude(pk__in=seen)
    young = free.filter(birth_date__year__range=(session.on.year - 10, session.on.year - 6)).order_by("number")[:3]
    ids = [patient.pk for patient in young]
    sent = stage.now - 3 * DAY
    _push(yellow, [_checkup(one, session, stage) for one in ids[:2]], stage, now=sent, pending=7)
    _push(blue, [_checkup(one, session, stage) for one in ids[1:]], stage, now=stage.now - dt.timedelta(hours=14))


def _disagreements(device: Device, stage: Stage) -> None:
    """Let the desk and the tablet write another phone number of one person, and another guardian of a second."""
    people = Patient.objects.filter(merged_into=None, deceased_on=None).exclude(phone="").order_by("number")
    ops: list[Saved] = []
    said = (("phone", "+85512555101", "+85592555202"), ("guardian", "សុខ ម៉ាលី", "សុខ សុភាព"))
    for person, (name, theirs, mine) in zip(people[:2], said, strict=False):
        was = getattr(person, name)
        changes: dict[str, Any] = {name: theirs}
        patients.correct(patient=person, by=stage.mobile, today=stage.today, **changes)
        ops.append(("patient", "amend", person.pk, {"set": {name: mine}, "was": {name: was}}))
    _push(device, ops, stage, now=stage.now - dt.timedelta(hours=2))


Saved = tuple[str, str, UUID, dict[str, Any]]


def _checkup(patient: UUID, session: Session, stage: Stage) -> Saved:
    at = dt.datetime.combine(session.on, dt.time(9, 20), tzinfo=stage.now.tzinfo)
    doc = SEEN | {"patient": str(patient), "session": str(session.pk), "observed_at": at.isoformat()}
    return "checkup", "create", UUID(int=0), doc


def _push(device: Device, saved: list[Saved], stage: Stage, *, now: dt.datetime, pending: int = 0) -> None:
    """Send saves as a tablet does; what is created gets its id here."""
    first = device.ops.count() + 1
    ops = []
    for seq, (resource, kind, record, doc) in enumerate(saved, start=first):
        key = derived_id("demo-op", device.db_id or "", seq)
        ops.append({
            "op_id": str(key), "seq": seq, "type": resource, "kind": kind, "base": 0, "after": [], "schema": 1,
            "id": str(record if record.int else derived_id("demo-record", key)), "skew_ms": 0, "clock_suspect": False,
            "at": (now - dt.timedelta(hours=3)).isoformat(), "doc": doc, "actor": str(stage.mobile.pk),
        })  # fmt: skip
    oldest = (now - dt.timedelta(hours=1)).isoformat() if pending else None
    envelope = {
        "device_id": str(device.pk), "db_id": str(device.db_id), "server_epoch": str(history.current().pk),
        "schema": 1, "batch_id": str(derived_id("demo-batch", device.pk, first)), "sent_at": now.isoformat(),
        "pending": pending, "oldest_at": oldest, "ops": ops,
    }  # fmt: skip
    engine.take(device=device, envelope=envelope, now=now)
