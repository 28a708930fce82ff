"""A tablet calls, and a person logs in on it: with the password, or for some days without (docs/adr/0016)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare

from core.accounts.models import User
from core.audit import journal
from core.db import keep
from sync import tokens
from sync.auth import Refused, check_device, check_person, hash_of, password_of
from sync.models import Access, Device, DeviceUser
from sync.services import devices

ACCESS_LIVES = dt.timedelta(minutes=15)
RENEWED_FOR = dt.timedelta(hours=72)
REMEMBERED = 60  # requests whose late copies are known
KEPT = 60  # log-ins of one person on one device: answers may be lost, and the one before must still do


@dataclass(frozen=True)
class Call:
    """What a tablet says of itself when it calls."""

    device: UUID
    db_id: UUID
    token: str
    request: str
    app_version: str = ""
    pending: int | None = None
    oldest_at: dt.datetime | None = None
    free_bytes: int | None = None


@dataclass(frozen=True)
class Keys:
    """What a log-in opens: the row, and the two keys that are kept only as hashes."""

    row: Access
    access: str
    renewal: str


def meet(call: Call, *, now: dt.datetime) -> Device:
    """Return the device that calls, its token moved on and the request remembered.

    A token older than the one in use, in a request that was never seen, comes from a copy: the device is stopped.
    Raises Refused: 409 db_id_conflict (unknown here, or with another store of saves: it must be let in anew), 403
    device_revoked, device_suspended, 401 log_in_again (a late copy of an old request).
    """
    with transaction.atomic():
        device = known(call.device, call.db_id, call.token)
        check_device(device)
        number = tokens.number_of(device, call.token) or 0
        late = number < device.token_number
        if not late:
            _remember(device, call, number, now)
        copied = late and call.request not in device.asked
        if copied:
            devices.suspend(device=device, reason=f"token {number} after {device.token_number}", at=now)
    if copied:
        raise Refused(403, "device_suspended")
    if late:
        raise Refused(401, "log_in_again")
    return device


def known(id: UUID, db_id: UUID | None, token: str) -> Device:
    """Return the device whose token this is or was, locked; in whatever state it is.

    Raises Refused(409, "db_id_conflict"). Must run inside a transaction.
    """
    device = Device.objects.select_for_update().filter(pk=id).first()
    if device is None or db_id not in (None, device.db_id) or tokens.number_of(device, token) is None:
        raise Refused(409, "db_id_conflict")
    return device


@transaction.atomic
def log_in(*, device: Device, user: User, now: dt.datetime) -> Keys:
    """Open a log-in for a person whose password was right just now. Raises Refused(403)."""
    check_person(user)
    keys = _open(device, user, now=now, renew_until=now + RENEWED_FOR)
    if not DeviceUser.objects.filter(device=device, user=user).exists():
        keep(DeviceUser(device=device, user=user, first_at=now))
    journal.note("sync.device.logged_in", device, by=user)
    return keys


@transaction.atomic
def renew(*, device: Device, renewal: str, now: dt.datetime) -> Keys:
    """Open a log-in from an earlier one, no longer than its password is good for. Raises Refused: 401, 403."""
    before = Access.objects.select_related("user").filter(renewal=hash_of(renewal), device=device).first()
    if before is None or before.renew_until <= now:
        raise Refused(401, "log_in_again")
    check_person(before.user)
    if not constant_time_compare(before.password, password_of(before.user)):
        raise Refused(401, "log_in_again")
    return _open(device, before.user, now=now, renew_until=before.renew_until)


def _open(device: Device, user: User, *, now: dt.datetime, renew_until: dt.datetime) -> Keys:
    access, renewal = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = Access(
        device=device, user=user, key=hash_of(access), until=min(now + ACCESS_LIVES, renew_until),
        renewal=hash_of(renewal), renew_until=renew_until, made_at=now, password=password_of(user),
    )  # fmt: skip
    older = Access.objects.filter(device=device, user=user).order_by("-pk").values("pk")[KEPT - 1 : KEPT]
    Access.objects.filter(device=device, user=user, pk__lte=older).delete()
    keep(row)
    return Keys(row, access, renewal)


def _remember(device: Device, call: Call, number: int, now: dt.datetime) -> None:
    """Write down that the device was here, what it said, and which of its tokens is in use."""
    device.token_number = number
    device.asked = [*(one for one in device.asked if one != call.request), call.request][-REMEMBERED:]
    device.seen_at, device.app_version = now, call.app_version or device.app_version
    if call.pending is not None:
        device.pending, device.oldest_at = call.pending, call.oldest_at
    device.free_bytes = call.free_bytes
    keep(device)
