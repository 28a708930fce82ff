"""Invite a tablet, let it in, lend it the people of some villages, stop it and let it go on again."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F

from clinic.models import NumberBlock, Patient
from clinic.services import numbers
from core.accounts.models import User
from core.audit import journal
from core.db import keep
from core.errors import Conflict, RuleBroken
from core.khmer import normalise
from core.periods import local_day
from core.places.models import Village
from core.syncing import Clock
from pharmacy.models import ReceiptBook
from sync.auth import check_device, hash_of
from sync.models import Access, Checkout, Device, Enrolment, Held, History

CODE_LIVES = dt.timedelta(minutes=15)
CODE_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when it is read out and typed
CODE_LENGTH = 26  # 128 bits
LONGEST_GRANT = dt.timedelta(hours=72)
MOST_VILLAGES = 60
MOST_PEOPLE = 6_000  # three times the roster that a tablet is measured with
LEAST_NUMBERS = 200  # patient numbers that a tablet has left when it drives off
BLOCK = 1_000
BLIND = 10  # codes left out after a restore: tablets that were let in since may hold them


@transaction.atomic
def invite(*, name: str, by: User, now: dt.datetime, device: Device | None = None) -> tuple[Enrolment, str]:
    """Return an invitation, and its code for the QR picture, which is kept nowhere else.

    With a `device` it is let in anew, with a fresh store of saves. Raises RuleBroken("sync.name_missing"),
    ("sync.device_revoked").
    """
    name = normalise(name) or (device.name if device else "")
    if not name:
        raise RuleBroken("sync.name_missing", field="name")
    if device and device.state == Device.State.REVOKED:
        raise RuleBroken("sync.device_revoked")
    code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    made = Enrolment(code=hash_of(code), name=name, device=device, made_by=by, made_at=now, until=now + CODE_LIVES)
    keep(made)
    journal.note("sync.device.invited", device, by=by, name=name)
    return made, code


def typed(code: str) -> str:
    """Return a code as it was made, however it was typed: in groups, in capitals."""
    return "".join(code.split()).lower()


@transaction.atomic
def enrol(
    *, code: str, db_id: UUID, public_key: str = "", model: str = "", app_version: str = "", now: dt.datetime
) -> Device:
    """Let in the tablet that read the code; asked again by the same store of saves, answer the same.

    Raises RuleBroken("sync.code_unknown"), Conflict("sync.store_known") when the store belongs to another tablet.
    """
    invitation = Enrolment.objects.select_for_update().filter(code=hash_of(typed(code))).first()
    if invitation is None or invitation.until <= now or invitation.used_db_id not in (None, db_id):
        raise RuleBroken("sync.code_unknown", field="code")
    if invitation.used_at and invitation.device:
        check_device(invitation.device)
        return invitation.device
    Clock.objects.select_for_update().get(id=1)  # two tablets let in at once get two codes
    device = invitation.device or Device(code=_next_code())
    if Device.objects.filter(db_id=db_id).exclude(pk=device.pk).exists():
        raise Conflict("sync.store_known")
    if device.db_id != db_id:
        _forget_store(device)
    device.name, device.db_id, device.public_key, device.model = invitation.name, db_id, public_key, normalise(model)
    device.app_version, device.enrolled_at, device.enrolled_by = normalise(app_version), now, invitation.made_by
    device.seen_at, device.state, device.reason = now, Device.State.ACTIVE, ""
    device.token_number += 1
    keep(device)
    invitation.device, invitation.used_at, invitation.used_db_id = device, now, db_id
    keep(invitation)
    journal.note("sync.device.enrolled", device, by=invitation.made_by, code=device.code, db_id=db_id)
    return device


@transaction.atomic
def revoke(*, device: Device, reason: str, by: User | None, at: dt.datetime) -> Device:
    """Let a tablet in no more, from this moment on; what it still holds it may hand in.

    Raises RuleBroken("sync.reason_missing").
    """
    return _stop(device, Device.State.REVOKED, reason, by=by, at=at)


@transaction.atomic
def suspend(*, device: Device, reason: str, at: dt.datetime) -> Device:
    """Stop a tablet of which a copy was seen, until somebody looked at it."""
    return _stop(device, Device.State.SUSPENDED, reason, by=None, at=at)


@transaction.atomic
def restore(*, device: Device, by: User, at: dt.datetime) -> Device:
    """Let a stopped tablet go on with the store of saves it has; its people log in again."""
    device = _held(device)
    was, device.state, device.reason = device.state, Device.State.ACTIVE, ""
    keep(device)
    journal.note("sync.device.restored", device, by=by, was=was)
    return device


@transaction.atomic
def grant(
    *, device: Device, villages: Iterable[Village], until: dt.datetime, by: User, now: dt.datetime, chosen: bool = True
) -> Checkout:
    """Lend a tablet the people of these villages until then, with numbers and a receipt book of its own.

    `chosen` says that somebody chose the villages, so that a tablet which only asks for its coming sessions keeps
    them. The same villages on the same days are the same grant: a lost answer costs nothing. Raises RuleBroken:
    sync.no_villages, sync.too_many_villages, sync.too_many_people, sync.grant_too_long.
    """
    device = _held(device)
    check_device(device)
    wanted = {village.pk for village in villages}
    _is_fair(wanted, until, now)
    given = Checkout.objects.filter(device=device).first() or Checkout(device=device, at=now)
    new = given._state.adding
    same = not new and given.until > now and _days(given.at, given.until) == _days(now, until)
    if same and set(given.villages.values_list("pk", flat=True)) == wanted:
        given.until, given.chosen = until, chosen
        keep(given)
        return given
    device.scope_version += 1
    keep(device)
    given.version, given.at, given.until, given.by, given.chosen = device.scope_version, now, until, by, chosen
    keep(given)
    given.villages.set(wanted)
    journal.note("sync.people.lent", device, by=by, villages=sorted(wanted), until=until)
    return given


@transaction.atomic
def provide(*, device: Device, by: User) -> tuple[list[NumberBlock], ReceiptBook]:
    """Return the open number blocks of a tablet, with enough left for some days, and its receipt book."""
    book, _ = ReceiptBook.objects.get_or_create(prefix=device.code, defaults={"holder": device.name[:40]})
    blocks = _open_blocks(device)
    if sum(block.last + 1 - block.next for block in blocks) < LEAST_NUMBERS:
        _held(device)  # of two requests at once, the second finds the block of the first
        blocks = _open_blocks(device)
        if sum(block.last + 1 - block.next for block in blocks) < LEAST_NUMBERS:
            blocks.append(numbers.reserve(holder=device.code, size=BLOCK, by=by))
    return blocks, book


def _open_blocks(device: Device) -> list[NumberBlock]:
    return list(NumberBlock.objects.filter(holder=device.code, next__lte=F("last")).order_by("first"))


def _is_fair(villages: set[int], until: dt.datetime, now: dt.datetime) -> None:
    """Hold what may be lent: not more than one tablet needs, not longer than it needs it."""
    if not villages:
        raise RuleBroken("sync.no_villages", field="villages")
    if len(villages) > MOST_VILLAGES:
        raise RuleBroken("sync.too_many_villages", field="villages", most=MOST_VILLAGES)
    if not now < until <= now + LONGEST_GRANT:
        raise RuleBroken("sync.grant_too_long", field="until", hours=int(LONGEST_GRANT.total_seconds() // 3600))
    if people_in(villages) > MOST_PEOPLE:
        raise RuleBroken("sync.too_many_people", field="villages", most=MOST_PEOPLE)


def people_in(villages: Iterable[int]) -> int:
    """Return how many people of these villages a tablet would carry."""
    return Patient.objects.filter(village__in=list(villages), merged_into=None).count()


def _days(first: dt.datetime, last: dt.datetime) -> tuple[dt.date, dt.date]:
    return local_day(first), local_day(last)


def _stop(device: Device, state: str, reason: str, *, by: User | None, at: dt.datetime) -> Device:
    """End every log-in and write why. The keys stay as rows: who comes with one is told that the tablet is stopped."""
    if not (reason := normalise(reason)):
        raise RuleBroken("sync.reason_missing", field="reason")
    device = _held(device)
    device.state, device.reason = state, reason[:200]
    keep(device)
    Access.objects.filter(device=device).update(until=at, renew_until=at)
    Checkout.objects.filter(device=device, until__gt=at).update(until=at)
    journal.note(f"sync.device.{state}", device, by=by, reason=reason)
    return device


def _forget_store(device: Device) -> None:
    """Begin anew with an empty store of saves: nothing was given to it, nobody is logged in on it."""
    if not device._state.adding:
        Held.objects.filter(device=device).delete()
        Access.objects.filter(device=device).delete()
        device.asked, device.pending, device.oldest_at = [], 0, None


def _held(device: Device) -> Device:
    """Return the device as it stands now, locked until the transaction ends."""
    return Device.objects.select_for_update().get(pk=device.pk)


def _next_code() -> str:
    """Return the next free code; after a restore some are left out, for tablets let in since may hold them."""
    taken = Device.objects.values_list("code", flat=True)
    highest = max((int(match[1]) for code in taken if (match := re.fullmatch(r"T([0-9]+)", code))), default=0)
    histories = list(History.objects.values_list("began_at", flat=True))  # the newest first
    blind = len(histories) > 1 and not Device.objects.filter(enrolled_at__gte=histories[0]).exists()
    return f"T{highest + (BLIND if blind else 1):02d}"
