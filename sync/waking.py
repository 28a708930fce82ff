"""Wake the ops that waited for another one: applied when it has come, in transactions of their own.

Whoever lets an op land looks afterwards for those that wait for it; whoever parks one looks once more at it after its
own commit. Of two that commit at the same instant at least one so sees the other, and none is left asleep.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import nullcontext
from uuid import UUID

from django.db import IntegrityError

from core.audit import journal
from core.db import constraint_code
from core.documents import as_uuid
from core.errors import RuleBroken
from sync import keeping
from sync.landing import LANDED, Around, Landing, alone, as_sent, land, people_of
from sync.models import PushedOp, Ticket
from sync.trying import Busy, in_transaction

Status = PushedOp.Status
MOST = 10_000  # ops woken by one; a longer chain goes on with the next that comes


def wake(came: Iterable[UUID], *, now: dt.datetime) -> None:
    """Apply what waits for these ops or records, and what waits for that in turn."""
    tried: set[UUID] = set()
    new = set(came)
    while new and len(tried) < MOST:
        waiting = PushedOp.objects.filter(status=Status.PARKED, waits_id__in=new).order_by("received_at", "seq")
        units = _together(row for row in waiting.values_list("id", "group") if row[0] not in tried)
        new = set()
        for ids in units:
            tried |= set(ids)
            new |= rouse(ids, now=now)


def wake_all(*, now: dt.datetime) -> int:
    """Look once at every op that sleeps; return how many sleep on. A server that died may have left some asleep."""
    asleep = PushedOp.objects.filter(status=Status.PARKED).order_by("received_at", "seq")
    for ids in _together(asleep.values_list("id", "group")[:MOST]):
        if came := rouse(ids, now=now):
            wake(came, now=now)
    return asleep.count()


def rouse(ids: Iterable[UUID], *, now: dt.datetime) -> set[UUID]:
    """Try parked ops again that stand or fall together; they sleep on when it is too soon.

    Returns what others may have waited for: the ops that landed and the records they brought.
    """
    ids = list(ids)
    try:
        try:
            return in_transaction(lambda: _rouse(ids, now, None))
        except IntegrityError as error:
            broken = RuleBroken(constraint_code(error))
            return in_transaction(lambda: _rouse(ids, now, broken))
    except (Busy, IntegrityError):
        return set()  # the next op for the same record, the same op sent again, or the nightly look wakes them


def brought(row: PushedOp, landing: Landing | None) -> set[UUID]:
    """Return what others may wait for when this op has landed: the op, its record, and what came along with it."""
    if row.status not in LANDED:
        return set()
    return {pk for pk in (row.id, row.record_id, *(landing.also if landing else ())) if pk}


def held(ids: Iterable[UUID], status: str) -> list[PushedOp]:
    """Return stored ops of a status, locked to the commit, with device and ticket; by the number they were saved."""
    rows = PushedOp.objects.select_for_update(of=("self",)).filter(pk__in=list(ids), status=status)
    found = list(rows.select_related("device", "actor").order_by("seq"))
    tickets = {ticket.op_id: ticket for ticket in Ticket.objects.filter(op__in=found)}
    for row in found:
        if row.id in tickets:
            row.ticket = tickets[row.id]
    return found


def around(rows: list[PushedOp], *, now: dt.datetime) -> Around:
    """Return what landing stored ops needs to know."""
    before = {other for row in rows for other in after_of(row)}
    statuses = dict(PushedOp.objects.filter(pk__in=before).values_list("id", "status")) if before else {}
    released = [row.ticket.decided_by for row in rows if hasattr(row, "ticket") and row.ticket.decided_by]
    device = rows[0].device
    return Around(device, now, people_of(device), statuses, vouched_by=released[0] if released else None)


def after_of(row: PushedOp) -> list[UUID]:
    """Return the ops that a stored op must not go before."""
    after = row.sent.get("after")
    return [one for one in map(as_uuid, after) if one] if isinstance(after, list) else []


def again(rows: list[PushedOp], near: Around) -> list[Landing]:
    """Let stored ops land again; their notes are written together. Saves nothing on the rows."""
    docs = {row.id: as_sent(row) for row in rows}
    after = {row.id: after_of(row) for row in rows}
    with nullcontext() if alone(rows) else journal.together() as near.notes:
        return land(rows, near, after=after, docs=docs)


def save(rows: list[PushedOp], landings: list[Landing]) -> None:
    """Write what became of stored ops."""
    for row, landing in zip(rows, landings, strict=True):
        keeping.conclude(row, landing)
    keeping.number(rows)
    for row in rows:
        row.save(update_fields=keeping.OUTCOME)
    keeping.for_people(zip(rows, landings, strict=True))


def _rouse(ids: list[UUID], now: dt.datetime, broken: RuleBroken | None) -> set[UUID]:
    rows = held(ids, Status.PARKED)
    if not rows:  # somebody else woke them
        return set()
    near = around(rows, now=now)
    landings = [Landing(Status.QUARANTINED, broken=broken) for _ in rows] if broken else again(rows, near)
    save(rows, landings)
    return {pk for pair in zip(rows, landings, strict=True) for pk in brought(*pair)}


def _together(rows: Iterable[tuple[UUID, UUID | None]]) -> list[list[UUID]]:
    units: dict[UUID, list[UUID]] = {}
    for pk, group in rows:
        units.setdefault(group or pk, []).append(pk)
    return list(units.values())
