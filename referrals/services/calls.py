"""Write down the calls made with a hospital about a referral."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.accounts.models import User
from core.accounts.roles import Action
from core.audit import journal
from core.db import save_checked
from core.errors import NotAllowed, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.periods import local_day
from referrals import rules
from referrals.models import Call, Referral, Step
from referrals.services.referrals import minute

State, Result = Referral.State, Call.Result
REACHED = (Result.ACCEPTED, Result.NEWS)  # somebody spoke with us and did not send the patient away


@transaction.atomic
def write(
    *, referral: Referral, at: datetime, result: str, by: User, now: datetime, spoke_to: str = "", note: str = "",
    id: UUID | None = None,
) -> Call:  # fmt: skip
    """Write down one call; the first in which the hospital takes the patient moves a draft on to called.

    A call entered late moves nothing that has gone on meanwhile. Raises NotAllowed, RuleBroken:
    referrals.call_result_missing, referrals.time_in_future, referrals.call_before_referral,
    referrals.call_after_the_end; Conflict("constraint.same_id") for a call sent twice.
    """
    if not by.may(Action.REFER):
        raise NotAllowed(Action.REFER)
    if result not in Result.values:
        raise RuleBroken("referrals.call_result_missing", field="result")
    at = minute(at)
    rules.time_possible(at, now=now)
    locked = Referral.objects.select_for_update().get(pk=referral.pk)
    if locked.state == State.CANCELLED:
        raise RuleBroken("referrals.call_after_the_end")
    if local_day(at) < locked.on:
        raise RuleBroken("referrals.call_before_referral", field="at")
    call = Call(
        id=id or uuid7(), referral=locked, at=at, result=result, spoke_to=normalise(spoke_to), note=normalise(note),
        recorded_by=by,
    )  # fmt: skip
    save_checked(call)
    if locked.state == State.DRAFTED and result in REACHED:
        locked.state, locked.moved_at = State.CALLED, max(at, locked.moved_at)
        save_checked(locked, Step(referral=locked, state=State.CALLED, at=locked.moved_at, recorded_by=by))
    journal.note("referrals.call.written", locked, by=by, at=at, result=result)
    return call
