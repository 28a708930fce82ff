"""Draft a referral, move it on step by step, and take down the hospital's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction

from clinic.models import Encounter, Outcome, Patient
from clinic.rules.contacts import check_contact_day
from clinic.selectors import people
from core.accounts.models import User
from core.accounts.roles import Action
from core.audit import journal
from core.db import create_many, save_checked
from core.editing import Edit
from core.errors import NotAllowed, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.periods import local_day
from core.places.models import Village
from referrals import rules
from referrals.models import Hospital, Referral, SlipBook, Step, Trip
from referrals.services.editing import take_over

State = Referral.State
SLIP = (
    "hospital_id", "urgency", "reason", "diagnosis", "danger_signs", "vitals", "findings", "treatment_given",
    "pregnancy", "village_id", "companion", "referrer_role",
)  # fmt: skip
ANSWER = (
    "answer_by", "answer_from", "answered_on", "received_at", "answer_diagnosis", "answer_treatment", "answer_outcome",
    "answer_advice", "answer",
)  # fmt: skip
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
def change(*, referral: Referral, by: User, edit: Edit | None = None, **said: Any) -> Referral:
    """Correct what a slip says, or send it to another hospital, until the patient has left with it.

    `said` are columns of `SLIP`; what a colleague changed meanwhile stands. Raises NotAllowed, `core.editing.Clashed`,
    RuleBroken("referrals.slip_has_left"), ("referrals.reason_missing"), ("referrals.no_such_hospital").
    """
    _ask(by, Action.REFER)
    locked = Referral.objects.select_for_update().get(pk=referral.pk)
    if locked.state not in rules.MAY_CHANGE:
        raise RuleBroken("referrals.slip_has_left")
    said = {name: _tidy(name, value) for name, value in said.items()}
    if not said.get("reason", "-"):
        raise RuleBroken("referrals.reason_missing", field="reason")
    changes = take_over(locked, said, edit)
    if "hospital_id" in changes and not Hospital.objects.filter(pk=locked.hospital_id, active=True).exists():
        raise RuleBroken("referrals.no_such_hospital", field="hospital")
    if changes:
        save_checked(locked)
        journal.note("referrals.referral.changed", locked, by=by, changes=changes)
    return locked


def _tidy(name: str, value: Any) -> Any:
    return normalise(value, lines=name in {"findings", "treatment_given"}) if isinstance(value, str) else value


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
    told = _trips_told(referral, to, minute(at))
    moved = step(referral.pk, [(to, at)], now=now, by=by, note=note, received_by=received_by)
    for trip in told:
        _tell(trip, to, minute(at), normalise(received_by))
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

    def columns(self) -> dict[str, Any]:
        """Return the answer as the columns of a referral."""
        return {
            "answered_on": self.on, "answer": normalise(self.words, lines=True), "answer_outcome": self.outcome,
            "answer_by": self.channel, "answer_from": normalise(self.told_by), "received_at": self.received_at,
            "answer_diagnosis": normalise(self.diagnosis), "answer_treatment": normalise(self.treatment),
            "answer_advice": normalise(self.advice),
        }  # fmt: skip


@transaction.atomic
def record_answer(*, referral: Referral, answer: Answer, by: User, now: datetime, edit: Edit | None = None) -> Referral:
    """Take down what the hospital wrote back or said, or what the family told; a late answer is an answer too.

    With an `edit` an answer that stands is completed or corrected: the paper often says more than the telephone did.
    Who referred the patient finds it on the home page until they open it. Raises NotAllowed, `core.editing.Clashed`,
    and RuleBroken: referrals.answer_missing, referrals.answer_in_future, referrals.answer_before_referral,
    referrals.outcome_unknown, referrals.channel_unknown, referrals.received_before_referral,
    referrals.received_in_future, referrals.step_not_allowed.
    """
    _check_answer(answer)
    locked = Referral.objects.select_for_update().get(pk=referral.pk)
    rules.answer_day_possible(answer.on, on=locked.on, today=local_day(now))
    rules.received_possible(answer.received_at, on=locked.on, now=now)
    again = locked.state == State.ANSWERED and edit is not None
    if not again and State.ANSWERED not in rules.next_states(locked.state):
        raise RuleBroken("referrals.step_not_allowed", now=locked.get_state_display(), to=_words(State.ANSWERED))
    _ask(by, Action.REFER if again else rules.next_states(locked.state)[State.ANSWERED])
    changes = take_over(locked, answer.columns(), edit)
    if again and not changes:
        return locked
    steps = []
    if not again:
        locked.state, locked.moved_at = State.ANSWERED, max(minute(rules.moment_of(answer.on, now)), locked.moved_at)
        steps.append(Step(referral=locked, state=State.ANSWERED, at=locked.moved_at, recorded_by=by))
    locked.answer_seen_at = now if locked.recorded_by_id == by.pk else None
    save_checked(locked, *steps)
    if again:
        journal.note("referrals.referral.answer_changed", locked, by=by, changes=changes)
    else:
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


def _trips_told(referral: Referral, to: str, at: datetime) -> list[Trip]:
    """Return the trips still out that hear of an arrival or a hand-over, locked.

    Before the referral: whoever brings the vehicle back at this moment locks them in this order too.
    """
    if to not in (State.ARRIVED, State.HANDED_OVER):
        return []
    out = Trip.objects.standing().filter(referral=referral, returned_at=None, departed_at__lte=at)
    return list(out.select_for_update())


def _tell(trip: Trip, to: str, at: datetime, received_by: str) -> None:
    """Write an arrival or a hand-over that was told by hand into the log of a vehicle that is still out."""
    if to == State.ARRIVED:
        trip.reached_at = at
    elif trip.reached_at and trip.reached_at <= at:
        trip.handed_over_at, trip.handed_over_to = at, received_by
    save_checked(trip)


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
