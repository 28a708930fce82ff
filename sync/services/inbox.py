"""Decide what a tablet could not decide alone: which of two values stands, and what becomes of a save that was refused.

Two people may decide at the same instant: the row is locked, the second is told. The op itself never changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.accounts.models import User
from core.audit import journal
from core.audit.journal import Note
from core.db import constraint_code
from core.editing import Clash
from core.errors import Conflict, RuleBroken
from core.khmer import normalise
from core.ops import AMEND
from sync import pictures, waking
from sync.envelope import storable
from sync.landing import Around, Landing, alone, as_sent, land, opened, people_of
from sync.models import Disagreement, PushedOp, Ticket
from sync.resources import RESOURCES

Status = PushedOp.Status


def settle(*, id: int, take: bool, by: User, at: dt.datetime) -> Disagreement:
    """Decide which of two values stands: take the tablet's, or keep what stood.

    What is taken is written by the record's own service. Raises Disagreement.DoesNotExist, what that service raises,
    and Conflict: sync.decided_already, or core.changed_meanwhile when what stands is no longer what was seen; the
    disagreement then shows what stands now.
    """
    found, clash = _settle(id=id, take=take, by=by, at=at)
    if clash:
        Disagreement.objects.filter(pk=id, state=Disagreement.State.OPEN).update(theirs=clash.theirs)
        raise Conflict("core.changed_meanwhile")
    return found


@transaction.atomic
def _settle(*, id: int, take: bool, by: User, at: dt.datetime) -> tuple[Disagreement, Clash | None]:
    rows = Disagreement.objects.select_for_update(of=("self",)).select_related("op__device", "op__actor", "op__ticket")
    found = rows.get(pk=id)
    state = Disagreement.State.TAKEN if take else Disagreement.State.KEPT
    if found.state != Disagreement.State.OPEN:
        if found.state == state:
            return found, None
        raise Conflict("sync.decided_already")
    with journal.together():
        if take and (clash := _take(found, by=by, at=at)):
            return found, clash
        found.state, found.decided_at, found.decided_by = state, at, by
        found.save(update_fields=["state", "decided_at", "decided_by"])
        journal.note("sync.disagreement.settled", found.op, by=by, field=found.field, taken=take)
    return found, None


def _take(found: Disagreement, *, by: User, at: dt.datetime) -> Clash | None:
    """Write the tablet's value where still stands what the person saw; return what stands there otherwise."""
    op, resource = found.op, RESOURCES[found.type]
    near = Around(op.device, at, people_of(op.device), vouched_by=by)
    sent = opened(op, as_sent(op), near, resource)
    value = sent.doc.get("set", {}).get(found.field)
    one = replace(sent, kind=AMEND, by=by, doc={"set": {found.field: value}, "was": {found.field: found.theirs}})
    with journal.via(op=str(op.id), device=one.device):
        verdict = resource.apply(one)
    return next((clash for clash in verdict.clashes if clash.field == found.field), None)


def release(*, id: int, amended: Mapping[str, Any] | None = None, by: User, at: dt.datetime) -> Ticket:
    """Let a refused save land after all, as it was sent or with its document put right, and what waited for it.

    Of a group all that were refused go together. `by` vouches for it: what its author may do is not asked again. It
    may wait once more, for a record that has not come. Raises Ticket.DoesNotExist, Conflict("sync.decided_already"),
    RuleBroken with what refuses it still.
    """
    try:
        ticket, came = _release(id=id, amended=amended, by=by, at=at)
    except IntegrityError as error:  # told only at the commit, e.g. a reference to what is not there
        raise Conflict(constraint_code(error)) from error
    waking.wake(came, now=at)
    pictures.attach_those_here([ticket.op])
    return ticket


@transaction.atomic
def _release(*, id: int, amended: Mapping[str, Any] | None, by: User, at: dt.datetime) -> tuple[Ticket, set[UUID]]:
    ticket = _open_ticket(id)
    if amended is not None and not (isinstance(amended, Mapping) and storable(dict(amended))):
        raise RuleBroken("sync.op_unreadable", field="doc")
    rows = _group_of(ticket)
    for row in rows:
        row.ticket.state, row.ticket.decided_at, row.ticket.decided_by = Ticket.State.RELEASED, at, by
        if row.id == ticket.op_id and amended is not None:
            row.ticket.amended = dict(amended)
    landings = _land_again(rows, by=by, at=at)
    waking.save(rows, landings)
    for row in rows:
        row.ticket.save(update_fields=["state", "decided_at", "decided_by", "amended"])
    return next(row.ticket for row in rows if row.id == ticket.op_id), {
        pk for pair in zip(rows, landings, strict=True) for pk in waking.brought(*pair)
    }


def _land_again(rows: list[PushedOp], *, by: User, at: dt.datetime) -> list[Landing]:
    """Let refused ops land; raise what refuses the first of them."""
    near = waking.around(rows, now=at)
    near.vouched_by = by
    docs = {row.id: as_sent(row) for row in rows}
    after = {row.id: waking.after_of(row) for row in rows}
    with nullcontext() if alone(rows) else journal.together() as near.notes:
        landings = land(rows, near, after=after, docs=docs)
        refused = [one.broken for one in landings if one.broken]
        if refused:
            raise next((one for one in refused if one.code != "sync.group_refused"), refused[0])
        for row in rows:
            journal.note("sync.op.released", row, by=by, amended=row.ticket.amended is not None)
    return landings


def reject(*, id: int, reason: str, by: User, at: dt.datetime) -> Ticket:
    """Set a refused save aside with a reason, with all of its group; what waited for it comes into the inbox itself.

    Raises Ticket.DoesNotExist, RuleBroken("sync.reason_missing"), Conflict("sync.decided_already").
    """
    ticket, gone = _reject(id=id, reason=reason, by=by, at=at)
    waking.wake(gone, now=at)
    return ticket


@transaction.atomic
def _reject(*, id: int, reason: str, by: User, at: dt.datetime) -> tuple[Ticket, set[UUID]]:
    if not (reason := normalise(reason)[:200]):
        raise RuleBroken("sync.reason_missing", field="reason")
    ticket = _open_ticket(id)
    rows = _group_of(ticket)
    ids = [row.id for row in rows]
    Ticket.objects.filter(op__in=ids).update(
        state=Ticket.State.REJECTED, reason=reason, decided_at=at, decided_by=by
    )  # fmt: skip
    PushedOp.objects.filter(pk__in=ids).update(status=Status.REJECTED)
    journal.note_many([Note("sync.op.rejected", row, (), {"reason": reason}) for row in rows], by=by)
    ticket.refresh_from_db()
    return ticket, {pk for row in rows for pk in (row.id, row.record_id) if pk}


def _open_ticket(id: int) -> Ticket:
    """Return a ticket with its op, locked to the commit. Raises Conflict("sync.decided_already")."""
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("op__device").get(pk=id)
    if ticket.state != Ticket.State.OPEN:
        raise Conflict("sync.decided_already")
    return ticket


def _group_of(ticket: Ticket) -> list[PushedOp]:
    """Return the op of a ticket and, where it came in a group, all of it that waits in the inbox; locked."""
    op = ticket.op
    ids = [op.id]
    if op.group:
        mates = PushedOp.objects.filter(db_id=op.db_id, group=op.group, status=Status.QUARANTINED)
        ids = list(mates.values_list("id", flat=True))
    return waking.held(ids, Status.QUARANTINED)
