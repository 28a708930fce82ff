"""Cases of help with costs: opened for one illness of one patient, capped, closed with what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from clinic.models import Encounter, Patient
from clinic.selectors import people
from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Money
from pharmacy import aid_rules, rules
from pharmacy.models import AidBook, AidCase, AidCost, AidRule
from pharmacy.selectors import aid

OPEN, CLOSED, REFUSED = AidCase.State.OPEN, AidCase.State.CLOSED, AidCase.State.REFUSED
UNPAID = (AidCost.State.ASKED, AidCost.State.APPROVED)


@dataclass(frozen=True)
class Because:
    """Why a household is helped: the number of its equity card, or what somebody found who answers for it."""

    card: str = ""
    assessed_by: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    assessment: str = ""


@transaction.atomic
def open_case(
    *, patient: Patient, illness: str, on: date, because: Because, by: Any, today: date, id: UUID | None = None,
    encounter: Encounter | None = None, referral: UUID | None = None,
) -> AidCase:  # fmt: skip
    """Open a case for one illness, with the next number of its year and the cap that the rule of that day sets.

    An equity card must be written for the person or the household, and hold on `on`; the case keeps its level.
    Raises RuleBroken: pharmacy.aid_no_rule, pharmacy.aid_card_unknown, pharmacy.aid_card_expired,
    pharmacy.aid_card_not_yet, pharmacy.aid_assessed_by, pharmacy.date_in_future, core.before_birth,
    pharmacy.other_patient; Conflict("constraint.same_id").
    """
    rules.not_in_the_future(on, today)
    patient = people.survivor(patient)
    if patient.birth_earliest and on < patient.birth_earliest:
        raise RuleBroken("core.before_birth", field="on")
    if encounter is not None and encounter.patient_id != patient.pk:
        raise RuleBroken("pharmacy.other_patient")
    why = _by_card(patient, because.card, on) if because.card else _assessed(because)
    rule = aid_rules.rule_on(aid.rules(), on)
    case = AidCase(
        id=id or uuid7(), number=AidBook.take(on.year), patient=patient, household_id=patient.household_id,
        encounter=encounter, referral=referral, on=on, illness=illness, cap=rule.cap, recorded_by=by, **why,
    )  # fmt: skip
    save_checked(case)
    note("pharmacy.aid.opened", case, by=by, number=case.number, eligible=case.eligible, cap=case.cap, on=on)
    return case


def _by_card(patient: Patient, number: str, on: date) -> dict[str, Any]:
    """Return what the case keeps of a card; of several with this number the one that was written last."""
    bare = aid.bare(number)
    cards = [card for card in aid.cards_of(patient) if aid.bare(card.value) == bare]
    if not cards:
        raise RuleBroken("pharmacy.aid_card_unknown", field="card")
    aid_rules.card_holds(cards[0].issued_on, cards[0].valid_until, on)
    return {"eligible": AidCase.Eligible.CARD, "card": cards[0].value, "level": cards[0].level}


def _assessed(because: Because) -> dict[str, Any]:
    if not because.assessed_by.strip():
        raise RuleBroken("pharmacy.aid_assessed_by", field="assessed_by")
    answers = {key: said for key, said in because.answers.items() if key in aid_rules.QUESTIONS}
    return {
        "eligible": AidCase.Eligible.ASSESSED, "assessed_by": because.assessed_by.strip(), "answers": answers,
        "assessment": because.assessment,
    }  # fmt: skip


@transaction.atomic
def set_cap(*, case_id: UUID, cap: Money, reason: str, by: Any) -> AidCase:
    """Lower what may be paid for a case; never below what was approved and paid, nor above the rule of its day.

    Raises RuleBroken: pharmacy.reason_missing, pharmacy.aid_ended, pharmacy.aid_cap_spent, pharmacy.aid_cap_above_rule.
    """
    reason = rules.said_why(reason)
    case = hold(case_id)
    most = aid_rules.rule_on(aid.rules(), case.on).cap
    if cap.minor > most:
        raise RuleBroken("pharmacy.aid_cap_above_rule", field="cap", most=Money(most, cap.currency).format())
    if cap.minor < (spent := counted(case)):
        raise RuleBroken("pharmacy.aid_cap_spent", field="cap", spent=Money(spent, cap.currency).format())
    before, case.cap = case.cap, cap.minor
    save_checked(case)
    note("pharmacy.aid.capped", case, by=by, cap=case.cap, before=before, reason=reason)
    return case


@transaction.atomic
def close(*, case_id: UUID, on: date, outcome: str, by: Any, today: date, text: str = "") -> AidCase:
    """End a case with what became of the patient, once nothing waits for approval or payment.

    Raises RuleBroken: pharmacy.aid_ended, pharmacy.aid_waits, pharmacy.aid_before_case, pharmacy.date_in_future.
    """
    rules.not_in_the_future(on, today)
    case = hold(case_id)
    if on < case.on:
        raise RuleBroken("pharmacy.aid_before_case", field="on")
    if case.costs.filter(payer=AidCost.Payer.FUND, state__in=UNPAID).exists():
        raise RuleBroken("pharmacy.aid_waits")
    case.state, case.closed_on, case.outcome, case.outcome_text = CLOSED, on, outcome, text
    save_checked(case)
    note("pharmacy.aid.closed", case, by=by, outcome=outcome, on=on)
    return case


@transaction.atomic
def refuse_case(*, case_id: UUID, reason: str, by: Any, today: date) -> AidCase:
    """Refuse to help, with all that was asked for; not once anything was paid.

    Raises RuleBroken: pharmacy.reason_missing, pharmacy.aid_ended, pharmacy.aid_paid_something.
    """
    reason = rules.said_why(reason)
    case = hold(case_id)
    costs = list(case.costs.filter(payer=AidCost.Payer.FUND))
    if any(cost.state == AidCost.State.PAID for cost in costs):
        raise RuleBroken("pharmacy.aid_paid_something")
    waiting = [cost for cost in costs if cost.state in UNPAID]
    AidCost.objects.filter(pk__in=[cost.pk for cost in waiting]).update(state=AidCost.State.REFUSED, reason=reason)
    case.state, case.closed_on, case.outcome_text = REFUSED, max(today, case.on), reason
    save_checked(case)
    note("pharmacy.aid.refused", case, *waiting, by=by, reason=reason)
    return case


@transaction.atomic
def reopen(*, case_id: UUID, reason: str, by: Any) -> AidCase:
    """Open a case again that had ended. Raises RuleBroken: pharmacy.reason_missing, pharmacy.aid_open_already."""
    reason = rules.said_why(reason)
    case = AidCase.objects.select_for_update(of=("self",)).get(pk=case_id)
    if case.state == OPEN:
        raise RuleBroken("pharmacy.aid_open_already")
    was = {"was": case.state, "outcome": case.outcome, "text": case.outcome_text, "closed_on": case.closed_on}
    case.state, case.closed_on, case.outcome, case.outcome_text, case.reopened = OPEN, None, "", "", reason
    save_checked(case)
    note("pharmacy.aid.reopened", case, by=by, reason=reason, **was)
    return case


@transaction.atomic
def set_rule(*, from_on: date, two_from: Money, cap: Money, by: Any) -> AidRule:
    """Say from which sum two people approve and how much a case may cost, from a day on.

    What was said of that very day before is replaced. Cases keep the cap they were opened with, costs what was
    decided with their first approval. Raises RuleBroken("constraint.pharmacy_aid_rule").
    """
    rule = AidRule.objects.select_for_update().filter(from_on=from_on).first() or AidRule(from_on=from_on)
    before = None if rule.pk is None else {"two_from": rule.two_from, "cap": rule.cap}
    rule.two_from, rule.cap = two_from.minor, cap.minor
    save_checked(rule)
    note("pharmacy.aid.ruled", rule, by=by, from_on=from_on, two_from=rule.two_from, cap=rule.cap, before=before)
    return rule


def hold(case_id: UUID) -> AidCase:
    """Lock an open case to the commit, so that whatever counts against its cap is written one after the other.

    Raises RuleBroken("pharmacy.aid_ended").
    """
    case = AidCase.objects.select_for_update(of=("self",)).get(pk=case_id)
    still_open(case)
    return case


def still_open(case: AidCase) -> None:
    """Refuse to go on with a case that has ended. Raises RuleBroken("pharmacy.aid_ended")."""
    if case.state != OPEN:
        raise RuleBroken("pharmacy.aid_ended")


def counted(case: AidCase) -> int:
    """Return what counts against the cap of a case that is held, in riel; asked after the lock, or it would be old."""
    states = (AidCost.State.APPROVED, AidCost.State.PAID)
    rows = AidCost.objects.filter(case=case, payer=AidCost.Payer.FUND, state__in=states)
    return rows.aggregate(n=Sum("riel"))["n"] or 0
