"""Draft a referral, move it on step by step, and take down the hospital's answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from django.db import transaction

from clinic.models import Encounter, Outcome, Patient
from clinic.rules.contacts import check_contact_day
from clinic.selectors import people
from core.accounts.models import User
from core.accounts.roles import Action
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import NotAllowed, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.periods import local_day
from referrals import rules
from referrals.models import Hospital, Referral, SlipBook, Step

State = Referral.State


@transaction.atomic
def draft(
    *, patient: Patient, hospital: Hospital, reason: str, at: datetime, now: datetime, by: User, id: UUID | None = None,
    encounter: Encounter | None = None, urgency: int = Referral.Urgency.URGENT, findings: str = "",
    treatment_given: str = "", companion: str = "",
) -> Referral:  # fmt: skip
    """Draft a referral with the next slip number of its year; it can be printed at once.

    Raises RuleBroken("referrals.reason_missing"), ("referrals.not_their_visit"), the clinic's codes for a date in the
    future, before birth or after death; Conflict("constraint.same_id") for a referral sent twice.
    """
    at, on = minute(at), local_day(at)
    rules.time_possible(at, now=now)
    patient = people.survivor(patient)
    check_contact_day(on, today=local_day(now), birth=patient.birth, died=patient.deceased_on, field="at")
    if encounter is not None and encounter.patient_id != patient.pk:
        raise RuleBroken("referrals.not_their_visit")
    if not (reason := normalise(reason)):
        raise RuleBroken("referrals.reason_missing", field="reason")
    referral = Referral(
        id=id or uuid7(), number=rules.slip_number(on.year, SlipBook.take(on.year)), patient=patient,
        encounter=encounter, hospital=hospital, on=on, urgency=urgency, reason=reason, moved_at=at, recorded_by=by,
        findings=normalise(findings, lines=True), treatment_given=normalise(treatment_given, lines=True),
        companion=normalise(companion),
    )  # fmt: skip
    save_checked(referral, Step(referral=referral, state=State.DRAFTED, at=at, recorded_by=by))
    journal.note("referrals.referral.drafted", referral, by=by, number=referral.number)
    return referral


@transaction.atomic
def advance(
    *, referral: Referral, to: str, at: datetime, now: datetime, by: User, note: str = "", received_by: str = ""
) -> Referral:
    """Take one step of `rules.TRANSITIONS`: to call, set out, arrive, hand over, go by own means, cancel.

    The answer has a service of its own. Raises NotAllowed when the step is not `by`'s task, and RuleBroken:
    referrals.step_not_allowed, referrals.time_in_future, referrals.time_before_last_step, referrals.say_why.
    """
    if to == State.ANSWERED:
        raise RuleBroken("referrals.answer_needs_words")
    moved = step(referral.pk, [to], at=at, now=now, by=by, note=note, received_by=received_by)
    journal.note(f"referrals.referral.{to}", moved, by=by, at=minute(at))
    return moved


def cancel(*, referral: Referral, at: datetime, now: datetime, by: User, reason: str) -> Referral:
    """Cancel a referral that has not left. Raises what `advance` raises."""
    return advance(referral=referral, to=State.CANCELLED, at=at, now=now, by=by, note=reason)


def own_transport(*, referral: Referral, at: datetime, now: datetime, by: User, note: str = "") -> Referral:
    """Say that the family took the patient there by themselves. Raises what `advance` raises."""
    return advance(referral=referral, to=State.OWN_TRANSPORT, at=at, now=now, by=by, note=note)


def did_not_arrive(*, referral: Referral, at: datetime, now: datetime, by: User, reason: str) -> Referral:
    """Say that the patient did not reach the hospital. Raises what `advance` raises."""
    return advance(referral=referral, to=State.DID_NOT_ARRIVE, at=at, now=now, by=by, note=reason)


@transaction.atomic
def record_answer(
    *, referral: Referral, answered_on: date, answer: str, outcome: str, by: User, now: datetime
) -> Referral:
    """Take down what the hospital wrote back or said on the telephone.

    Raises NotAllowed, and RuleBroken: referrals.answer_missing, referrals.answer_in_future,
    referrals.answer_before_referral, referrals.outcome_unknown, referrals.step_not_allowed.
    """
    if not (answer := normalise(answer, lines=True)):
        raise RuleBroken("referrals.answer_missing", field="answer")
    if outcome and outcome not in Outcome.values:
        raise RuleBroken("referrals.outcome_unknown", field="answer_outcome")
    locked = Referral.objects.select_for_update().get(pk=referral.pk)
    rules.answer_day_possible(answered_on, on=locked.on, today=local_day(now))
    rules.step_possible(locked.state, State.ANSWERED)
    _ask(by, rules.next_states(locked.state)[State.ANSWERED])
    at = max(minute(rules.moment_of(answered_on, now)), locked.moved_at)
    locked.state, locked.moved_at = State.ANSWERED, at
    locked.answered_on, locked.answer, locked.answer_outcome = answered_on, answer, outcome
    save_checked(locked, Step(referral=locked, state=State.ANSWERED, at=at, recorded_by=by))
    journal.note("referrals.referral.answered", locked, by=by, answered_on=answered_on)
    return locked


def step(
    id: UUID, states: Sequence[str], *, at: datetime, now: datetime, by: User, note: str = "", received_by: str = ""
) -> Referral:
    """Move one referral through `states`, one after the other, and write a step for each; the caller notes it.

    Two statements. Must run inside a transaction.
    """
    first, last, at, note = states[0], states[-1], minute(at), normalise(note)
    rules.time_possible(at, now=now)
    if not note and not rules.NEED_A_REASON.isdisjoint(states):
        raise RuleBroken("referrals.say_why", field="note")
    for earlier, later in pairwise(states):
        rules.step_possible(earlier, later)
        _ask(by, rules.next_states(earlier)[later])
    may_leave = [state for state, task in rules.ways_to(first).items() if by.may(task)]
    moved = Referral.objects.move(id, last, at, out_of=may_leave, received_by=normalise(received_by))
    if moved is None:
        raise _why_not(id, first, by)
    create_many(Step, [Step(referral=moved, state=state, at=at, note=note, recorded_by=by) for state in states])
    return moved


def minute(at: datetime) -> datetime:
    """Cut a time to its minute: nobody writes seconds on a slip, and two steps within one minute keep their order."""
    return at.replace(second=0, microsecond=0)


def _ask(by: User, task: Action) -> None:
    if not by.may(task):
        raise NotAllowed(task)


def _why_not(id: UUID, to: str, by: User) -> Exception:
    """Find out why a referral did not move."""
    now = Referral.objects.get(pk=id)
    task = rules.next_states(now.state).get(to)
    if task is None:
        return RuleBroken("referrals.step_not_allowed", now=now.get_state_display(), to=_words(to))
    if not by.may(task):
        return NotAllowed(task)
    return RuleBroken("referrals.time_before_last_step", field="at")


def _words(state: str) -> str:
    return str(State(state).label) if state in State.values else state
