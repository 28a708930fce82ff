"""Draft a referral, move it on step by step, and take down the hospital's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from core.places.models import Village
from referrals import rules
from referrals.models import Hospital, Referral, SlipBook, Step, Trip

State = Referral.State
Moves = Sequence[tuple[str, datetime]]


@transaction.atomic
def draft(
    *, patient: Patient, hospital: Hospital, reason: str, at: datetime, now: datetime, by: User, id: UUID | None = None,
    encounter: Encounter | None = None, village: Village | None = None, urgency: int = Referral.Urgency.URGENT,
    findings: str = "", treatment_given: str = "", danger_signs: str = "", vitals: str = "", diagnosis: str = "",
    pregnancy: str = "", companion: str = "", referrer_role: str = "",
) -> Referral:  # fmt: skip
    """Draft a referral with the next slip number of its year; it can be printed at once.

    The texts are those of the ministry's slip (reference/cambodia.md 1.7); `village` is where the patient waits, when
    not here. Raises RuleBroken("referrals.reason_missing"), ("referrals.not_their_visit"), the clinic's codes for a
    date in the future, before birth or after death; Conflict("constraint.same_id") for a referral sent twice.
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
        encounter=encounter, village=village, hospital=hospital, on=on, urgency=urgency, reason=reason, moved_at=at,
        findings=normalise(findings, lines=True), treatment_given=normalise(treatment_given, lines=True),
        danger_signs=normalise(danger_signs), vitals=normalise(vitals), diagnosis=normalise(diagnosis),
        pregnancy=normalise(pregnancy), companion=normalise(companion), referrer_role=normalise(referrer_role),
        recorded_by=by,
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
    moved = step(referral.pk, [(to, at)], now=now, by=by, note=note, received_by=received_by)
    _tell_the_trip(moved, to, minute(at), received_by)
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


@dataclass(frozen=True)
class Answer:
    """What came back from the hospital: how, from whom, when they received the patient, what they found and did.

    `words` is what else was said. At least one of words, diagnosis, treatment, advice and outcome says something.
    """

    on: date
    words: str = ""
    outcome: str = ""
    channel: str = ""
    told_by: str = ""
    received_at: datetime | None = None
    diagnosis: str = ""
    treatment: str = ""
    advice: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was answered."""
        said = (self.words, self.diagnosis, self.treatment, self.advice)
        return not (self.outcome or any(map(normalise, said)))


@transaction.atomic
def record_answer(*, referral: Referral, answer: Answer, by: User, now: datetime) -> Referral:
    """Take down what the hospital wrote back or said, or what the family told; a late answer is an answer too.

    Who referred the patient finds it on the home page until they open it. Raises NotAllowed, and RuleBroken:
    referrals.answer_missing, referrals.answer_in_future, referrals.answer_before_referral, referrals.outcome_unknown,
    referrals.channel_unknown, referrals.received_before_referral, referrals.received_in_future,
    referrals.step_not_allowed.
    """
    _check_answer(answer)
    locked = Referral.objects.select_for_update().get(pk=referral.pk)
    rules.answer_day_possible(answer.on, on=locked.on, today=local_day(now))
    rules.received_possible(answer.received_at, on=locked.on, now=now)
    if State.ANSWERED not in rules.next_states(locked.state):
        words = locked.get_state_display()
        raise RuleBroken("referrals.step_not_allowed", now=words, to=_words(State.ANSWERED))
    _ask(by, rules.next_states(locked.state)[State.ANSWERED])
    at = max(minute(rules.moment_of(answer.on, now)), locked.moved_at)
    locked.state, locked.moved_at = State.ANSWERED, at
    locked.answered_on, locked.answer_outcome, locked.answer_by = answer.on, answer.outcome, answer.channel
    locked.answer, locked.answer_from = normalise(answer.words, lines=True), normalise(answer.told_by)
    locked.received_at = answer.received_at
    locked.answer_diagnosis, locked.answer_treatment = normalise(answer.diagnosis), normalise(answer.treatment)
    locked.answer_advice = normalise(answer.advice)
    locked.answer_seen_at = now if locked.recorded_by_id == by.pk else None
    save_checked(locked, Step(referral=locked, state=State.ANSWERED, at=at, recorded_by=by))
    journal.note("referrals.referral.answered", locked, by=by, answered_on=answer.on, how=answer.channel)
    return locked


def open_answer(*, referral: Referral, by: User, at: datetime) -> None:
    """Take an answer off the home page of the person who referred, who has it before them now.

    One statement, and none for anybody else. It has no note of its own: the look at the record is in the log of reads.
    """
    if referral.state == State.ANSWERED and referral.answer_seen_at is None and referral.recorded_by_id == by.pk:
        Referral.objects.filter(pk=referral.pk, answer_seen_at=None).update(answer_seen_at=at)


def step(id: UUID, moves: Moves, *, now: datetime, by: User, note: str = "", received_by: str = "") -> Referral:
    """Move one referral through states, each at its time, and write a step for each; the caller notes it.

    Two statements. Must run inside a transaction.
    """
    moves, note = [(state, minute(at)) for state, at in moves], normalise(note)
    (first, begin), (last, end) = moves[0], moves[-1]
    rules.time_possible(end, now=now)
    if not note and not rules.NEED_A_REASON.isdisjoint(state for state, _ in moves):
        raise RuleBroken("referrals.say_why", field="note")
    for (earlier, _), (later, _) in pairwise(moves):
        rules.step_possible(earlier, later)
        _ask(by, rules.next_states(earlier)[later])
    may_leave = [state for state, task in rules.ways_to(first).items() if by.may(task)]
    received_by = normalise(received_by)
    moved = Referral.objects.move(id, last, end, out_of=may_leave, since=begin, received_by=received_by)
    if moved is None:
        raise _why_not(id, first, by)
    steps = [Step(referral=moved, state=state, at=at, note=note, recorded_by=by) for state, at in moves]
    create_many(Step, steps)
    return moved


def _check_answer(answer: Answer) -> None:
    if answer.is_empty:
        raise RuleBroken("referrals.answer_missing", field="answer")
    if answer.outcome and answer.outcome not in Outcome.values:
        raise RuleBroken("referrals.outcome_unknown", field="answer_outcome")
    if answer.channel and answer.channel not in Referral.Channel.values:
        raise RuleBroken("referrals.channel_unknown", field="answer_by")


def _tell_the_trip(referral: Referral, to: str, at: datetime, received_by: str) -> None:
    """Write an arrival or a hand-over that was told by hand into the log of the vehicle that is still out."""
    trips = Trip.objects.filter(referral=referral, returned_at=None, departed_at__lte=at)
    if to == State.ARRIVED:
        trips.update(reached_at=at)
    elif to == State.HANDED_OVER:
        trips.filter(reached_at__lte=at).update(handed_over_at=at, handed_over_to=normalise(received_by))


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
