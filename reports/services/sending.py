"""Send the figures of a month to DHIS2: ask once, try until it is taken or refused, keep every answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.periods import Month
from reports.ministry import dhis2
from reports.ministry.client import Reply
from reports.ministry.dhis2 import Verdict
from reports.ministry.package import Package, check, digest
from reports.models import MinistryForm, Sending, SendingTry

# A try that began so long ago is nobody's any more: far above the time one may take (settings.DHIS2_TIMEOUT).
FORSAKEN = timedelta(minutes=20)
MOST_KEPT = 100_000  # letters of an answer
STATES = {
    dhis2.TAKEN: Sending.State.TAKEN,
    dhis2.PARTLY: Sending.State.PARTLY,
    dhis2.REFUSED: Sending.State.REFUSED,
}


@transaction.atomic
def ask_to_send(
    *, id: UUID, form: MinistryForm, month: Month, package: Package, server: str, rehearsal: bool, despite: bool,
    today: date, at: datetime, by: Any,
) -> Sending:  # fmt: skip
    """Keep a body that shall be sent, byte for byte; a rehearsal is checked by the server and not kept there.

    Raises RuleBroken: reports.dhis2_no_server, reports.dhis2_month_not_over, and what `package.check` raises; Conflict
    when the same month is being sent already.
    """
    if not server:
        raise RuleBroken("reports.dhis2_no_server")
    if month.last >= today and not rehearsal:
        raise RuleBroken("reports.dhis2_month_not_over")
    check(package, despite=despite)
    body = package.body
    sending = Sending(
        id=id, form=form, month=month.first, rehearsal=rehearsal, incomplete=bool(package.unmapped), body=body,
        sha256=digest(body), values=len(package.sent), unmapped=len(package.unmapped), asked_at=at, due_at=at,
        address=dhis2.address(server, by_code=package.target.by_code, rehearsal=rehearsal), recorded_by=by,
    )  # fmt: skip
    save_checked(sending)
    journal.note(
        "reports.sending.asked", sending, by=by, form=form.key, month=month.text, rehearsal=rehearsal,
        values=sending.values, unmapped=sending.unmapped, sha256=sending.sha256,
    )  # fmt: skip
    return sending


def due(*, at: datetime) -> list[UUID]:
    """Return the sendings whose next try may begin, and those whose worker died in the middle of one."""
    return list(Sending.objects.filter(_startable(at)).order_by("due_at").values_list("id", flat=True)[:50])


def begin(*, id: UUID, at: datetime) -> Sending | None:
    """Begin a try, or return None when there is nothing to do: of two that ask, one gets it."""
    began = Sending.objects.filter(_startable(at), id=id).update(
        state=Sending.State.AT_WORK, began_at=at, tries=F("tries") + 1
    )
    return Sending.objects.select_related("form").get(id=id) if began else None


def _startable(at: datetime) -> Q:
    waits = Q(state=Sending.State.WAITING, due_at__lte=at)
    return waits | Q(state=Sending.State.AT_WORK, began_at__lt=at - FORSAKEN)


@transaction.atomic
def end(*, sending: Sending, verdict: Verdict, reply: Reply | None, detail: str = "", at: datetime) -> Sending:
    """Keep how a try ended, and say what comes next: over, another try later, or given up after the last one.

    A try that somebody else took over meanwhile is kept, and changes nothing.
    """
    state, due_at = STATES.get(verdict.state), None
    if state is None and sending.tries >= dhis2.MOST_TRIES:
        state = Sending.State.GIVEN_UP
    if state is None:
        state, due_at = Sending.State.WAITING, at + timedelta(seconds=dhis2.wait(sending.tries))
    save_checked(
        SendingTry(
            sending=sending, number=sending.tries, began_at=sending.began_at or at, ended_at=at,
            status=reply.status if reply else None, problem=verdict.problem,
            answer=(reply.text if reply else detail).replace("\0", "")[:MOST_KEPT],
            conflicts=list(verdict.conflicts), **verdict.counts,
        )
    )  # fmt: skip
    mine = Sending.objects.filter(id=sending.id, state=Sending.State.AT_WORK, tries=sending.tries)
    over = state != Sending.State.WAITING
    if mine.update(state=state, due_at=due_at, ended_at=at if over else None) and over:
        journal.note(
            "reports.sending.ended", sending, by=sending.recorded_by, state=str(state), tries=sending.tries,
            problem=verdict.problem, **verdict.counts,
        )  # fmt: skip
    return Sending.objects.get(id=sending.id)


@transaction.atomic
def stop(*, id: UUID, by: Any, at: datetime) -> None:
    """Send no more tries. Raises RuleBroken("reports.dhis2_over") when it is over or being sent at this moment."""
    waiting = Sending.objects.filter(id=id, state=Sending.State.WAITING)
    if not waiting.update(state=Sending.State.STOPPED, due_at=None, ended_at=at):
        raise RuleBroken("reports.dhis2_over")
    journal.note("reports.sending.stopped", Sending.objects.get(id=id), by=by)


@transaction.atomic
def hurry(*, id: UUID, by: Any, at: datetime) -> None:
    """Try at once instead of later. Raises RuleBroken("reports.dhis2_over") when no try is waited for."""
    if not Sending.objects.filter(id=id, state=Sending.State.WAITING).update(due_at=at):
        raise RuleBroken("reports.dhis2_over")
    journal.note("reports.sending.hurried", Sending.objects.get(id=id), by=by)
