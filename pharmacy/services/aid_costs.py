"""Costs of a case: asked for, approved by one or two people, paid out of a named fund, taken back by a reversal."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.accounts.roles import Action
from core.audit.journal import note
from core.db import save_checked
from core.errors import NotAllowed, RuleBroken
from core.ids import uuid7
from core.money import Money
from pharmacy import aid_rules, rules
from pharmacy.models import Account, AidCase, AidCost, Entry, Fund
from pharmacy.selectors import aid, rates
from pharmacy.services import ledger
from pharmacy.services.aid import counted, hold, still_open

State = AidCost.State


@transaction.atomic
def ask(
    *, case_id: UUID, kind: str, fund: str, amount: Money, on: date, by: Any, today: date, id: UUID | None = None,
    payee: str = "", remark: str = "",
) -> AidCost:  # fmt: skip
    """Ask that a fund pays a cost of a case. Nothing is paid yet, and nothing counts against the cap yet.

    The medicine fund pays for medicine and for nothing else. Raises RuleBroken: pharmacy.aid_medicine_only,
    pharmacy.aid_over_cap, pharmacy.aid_no_rate, pharmacy.aid_ended, pharmacy.aid_before_case, pharmacy.nothing,
    pharmacy.riel_in_hundreds, pharmacy.date_in_future; Conflict("constraint.same_id").
    """
    rules.payable_in_notes(amount, "amount")
    rules.not_in_the_future(on, today)
    if fund == Fund.MEDICINE and kind != AidCost.Kind.MEDICINE:
        raise RuleBroken("pharmacy.aid_medicine_only", field="fund")
    case = hold(case_id)
    _not_before(case, on)
    riel = aid_rules.in_riel(amount, _rate(amount, on))
    aid_rules.fits(riel, cap=case.cap, counted=counted(case))
    cost = AidCost(
        id=id or uuid7(), case=case, kind=kind, fund_id=fund, on=on, currency=amount.currency.value,
        minor=amount.minor, asked=amount.minor, riel=riel, payee=payee, note=remark, recorded_by=by,
    )  # fmt: skip
    save_checked(cost)
    note("pharmacy.aid.asked", case, cost, by=by, kind=kind, fund=fund, amount=amount.format(), on=on)
    return cost


@transaction.atomic
def equity_fund_paid(
    *, case_id: UUID, kind: str, amount: Money, on: date, by: Any, today: date, id: UUID | None = None,
    payee: str = "", receipt: str = "", remark: str = "",
) -> AidCost:  # fmt: skip
    """Write down what the Health Equity Fund paid for this illness: beside our costs, in none of our books.

    It may have paid before we were asked. Raises RuleBroken: pharmacy.aid_no_rate, pharmacy.aid_ended,
    pharmacy.nothing, pharmacy.riel_in_hundreds, pharmacy.date_in_future; Conflict("constraint.same_id").
    """
    rules.payable_in_notes(amount, "amount")
    rules.not_in_the_future(on, today)
    case = hold(case_id)
    cost = AidCost(
        id=id or uuid7(), case=case, kind=kind, payer=AidCost.Payer.HEF, on=on, currency=amount.currency.value,
        minor=amount.minor, asked=amount.minor, riel=aid_rules.in_riel(amount, _rate(amount, on)), payee=payee,
        receipt=receipt, note=remark, state=State.PAID, recorded_by=by,
    )  # fmt: skip
    save_checked(cost)
    note("pharmacy.aid.equity_fund_paid", case, cost, by=by, kind=kind, amount=amount.format(), on=on)
    return cost


@transaction.atomic
def approve(*, cost_id: UUID, by: Any, today: date) -> AidCost:
    """Approve a cost: the first time as an administrator, and where two people must, once more as another person.

    Whether two must is decided with the first approval, by the rule of `today` (`aid_rules.two_people`), and stays.
    Raises RuleBroken: pharmacy.aid_administrator_first, pharmacy.aid_another_person, pharmacy.aid_not_asked,
    pharmacy.aid_over_cap, pharmacy.aid_no_rule, pharmacy.aid_ended.
    """
    cost, spent = _held(cost_id)
    case = cost.case
    if cost.state != State.ASKED:
        raise RuleBroken("pharmacy.aid_not_asked")
    aid_rules.fits(cost.riel, cap=case.cap, counted=spent, field=None)
    if cost.approved_by_id is None:
        if not by.may(Action.DECIDE_AID):
            raise RuleBroken("pharmacy.aid_administrator_first")
        limit = aid_rules.rule_on(aid.rules(), today).two_from
        cost.two = aid_rules.two_people(
            cost.riel, counted=spent, two_from=limit, asked_by=cost.recorded_by_id, by=by.pk
        )
        cost.approved_by = by
    elif cost.approved_by_id == by.pk:
        raise RuleBroken("pharmacy.aid_another_person")
    else:
        cost.approved_also_by = by
    if not cost.two or cost.approved_also_by_id:
        cost.state = State.APPROVED
    save_checked(cost)
    note("pharmacy.aid.approved", case, cost, by=by, amount=cost.money.format(), two=cost.two, state=cost.state)
    return cost


@transaction.atomic
def refuse(*, cost_id: UUID, reason: str, by: Any) -> AidCost:
    """Refuse a cost that is not paid yet; who asked for it may withdraw it. Raises NotAllowed for anybody else.

    Raises RuleBroken: pharmacy.reason_missing, pharmacy.aid_not_refusable, pharmacy.aid_ended.
    """
    reason = rules.said_why(reason)
    cost, _spent = _held(cost_id)
    if not by.may(Action.DECIDE_AID) and cost.recorded_by_id != by.pk:
        raise NotAllowed(Action.DECIDE_AID)
    if cost.state not in (State.ASKED, State.APPROVED):
        raise RuleBroken("pharmacy.aid_not_refusable")
    cost.state, cost.reason = State.REFUSED, reason
    save_checked(cost)
    note("pharmacy.aid.cost_refused", cost.case, cost, by=by, reason=reason)
    return cost


@transaction.atomic
def pay(
    *, cost_id: UUID, amount: Money, on: date, payee: str, receipt: str, by: Any, today: date
) -> AidCost:  # fmt: skip
    """Pay an approved cost out of its fund's cash: what it came to, at most what was approved.

    It counts against the cap at the rate of the day on which it is paid. Raises RuleBroken:
    pharmacy.aid_paid_already, pharmacy.aid_not_approved, pharmacy.aid_more_than_approved, pharmacy.aid_over_cap (the
    dollar became dearer), pharmacy.aid_no_rate, pharmacy.aid_no_receipt, pharmacy.aid_before_case,
    pharmacy.aid_ended, pharmacy.fund_overspent, core.currencies_mixed.
    """
    rules.payable_in_notes(amount, "amount")
    rules.not_in_the_future(on, today)
    if not receipt or not payee:
        raise RuleBroken("pharmacy.aid_no_receipt", field="payee" if receipt else "receipt")
    cost, spent = _held(cost_id)
    case, fund = cost.case, cost.fund_id or ""
    if cost.state != State.APPROVED:
        raise RuleBroken("pharmacy.aid_paid_already" if cost.state == State.PAID else "pharmacy.aid_not_approved")
    _not_before(case, on)
    if amount > cost.money_asked:
        raise RuleBroken("pharmacy.aid_more_than_approved", field="amount", most=cost.money_asked.format())
    riel = aid_rules.in_riel(amount, _rate(amount, on))
    if riel > cost.riel:  # only a dearer dollar can pass the cap: what was approved fits
        aid_rules.fits(riel, cap=case.cap, counted=spent - cost.riel)
    entry = Entry(
        **ledger.payment(Account.AID, fund, amount), on=on, memo=f"{case.number} · {receipt}"[:200], recorded_by=by
    )
    cost.state, cost.entry, cost.on, cost.minor, cost.riel = State.PAID, entry, on, amount.minor, riel
    cost.payee, cost.receipt = payee, receipt
    note("pharmacy.aid.paid", case, cost, entry, by=by, amount=amount.format(), fund=fund, receipt=receipt, on=on)
    ledger.can_pay(fund, amount, on, field="amount")
    save_checked(entry, cost)
    return cost


@transaction.atomic
def void(*, cost_id: UUID, on: date, reason: str, by: Any, today: date) -> AidCost:
    """Take a payment back on `on`: the entry is reversed, the money is the fund's again, the cap has room again.

    What the Health Equity Fund was said to have paid is only crossed out: there is no entry. Raises RuleBroken:
    pharmacy.reason_missing, pharmacy.aid_not_paid, pharmacy.before_the_mistake, pharmacy.date_in_future.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    case = _case_of(cost_id)
    cost = AidCost.objects.select_related("entry").get(pk=cost_id)
    if cost.state != State.PAID:
        raise RuleBroken("pharmacy.void_already" if cost.state == State.VOID else "pharmacy.aid_not_paid")
    if on < cost.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    cost.state, cost.reason = State.VOID, reason
    back = []
    if cost.entry:
        back.append(ledger.mirror(cost.entry, on, f"{cost.entry.memo}: {reason}"[:200], by))
    save_checked(*back, cost)
    note("pharmacy.aid.voided", case, cost, *back, by=by, reason=reason, on=on)
    return cost


def _case_of(cost_id: UUID) -> AidCase:
    """Lock the case of a cost. The case first and alone: two who change its costs never wait for each other."""
    return AidCase.objects.select_for_update(of=("self",)).get(costs=cost_id)


def _held(cost_id: UUID) -> tuple[AidCost, int]:
    """Return a cost whose open case is locked to the commit, and what counts against the cap of that case, in riel.

    Its costs are asked for after the lock, or they would be old. Raises RuleBroken("pharmacy.aid_ended").
    """
    case = _case_of(cost_id)
    still_open(case)
    costs = {cost.pk: cost for cost in case.costs.all()}
    cost = costs[cost_id]
    cost.case = case
    return cost, aid_rules.counted(costs.values())


def _not_before(case: AidCase, on: date) -> None:
    if on < case.on:
        raise RuleBroken("pharmacy.aid_before_case", field="on")


def _rate(amount: Money, on: date) -> int | None:
    rate = rates.holding(on) if amount.currency.decimals else None
    return rate.riel if rate else None
