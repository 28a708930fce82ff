"""Several hands at one case, on real connections: neither its cap nor the fund is passed, and nothing is paid twice."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.roles import Role
from core.audit.journal import broken_at
from pharmacy.models import AidCase, AidCost, Entry
from pharmacy.selectors import money
from pharmacy.services import aid, aid_costs, books
from tests.books.test_races import codes
from tests.books.test_worked_examples import dollars, riel
from tests.builders import TODAY, a_donation, an_aid_case, an_aid_rule, somebody
from tests.people import a_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def costs(case: AidCase, *amounts: int, approved: bool = False) -> list[AidCost]:
    nurse, found = somebody(), []
    for amount in amounts:
        cost = aid_costs.ask(
            case_id=case.pk, kind="food", fund="aid", amount=riel(amount), on=TODAY, by=nurse, today=TODAY
        )
        found.append(cost)
    if approved:
        one, two = a_user(Role.ADMIN), a_user(Role.NURSE)
        for cost in found:
            if aid_costs.approve(cost_id=cost.pk, by=one, today=TODAY).state == "asked":
                aid_costs.approve(cost_id=cost.pk, by=two, today=TODAY)
    return found


def paying(cost: AidCost, by: Any) -> Any:
    def pay() -> None:
        aid_costs.pay(cost_id=cost.pk, amount=cost.money, on=TODAY, payee="Chan", receipt="1", by=by, today=TODAY)

    return pay


@pytest.mark.parametrize("hands", [2, 8])
def test_the_last_riel_of_a_cap_is_approved_once(hands: int) -> None:
    an_aid_rule(two_from=10_000_000, cap=100_000)
    case, admin = an_aid_case(), a_user(Role.ADMIN)
    asked = costs(case, *[60_000] * hands)
    results = at_once(
        *[lambda key=c.pk: aid_costs.approve(cost_id=key, by=admin, today=TODAY) for c in asked]  # type: ignore[misc]
    )
    assert codes(results) == ["pharmacy.aid_over_cap"] * (hands - 1)
    assert AidCost.objects.filter(state="approved").count() == 1


@pytest.mark.parametrize("hands", [2, 8])
def test_the_last_riel_of_the_fund_is_paid_once(hands: int) -> None:
    an_aid_rule(two_from=10_000_000, cap=10_000_000)
    a_donation(riel(100_000), fund="aid")
    by = somebody()
    asked = [costs(an_aid_case(), 60_000)[0] for _ in range(hands)]
    admin = a_user(Role.ADMIN)
    for cost in asked:
        aid_costs.approve(cost_id=cost.pk, by=admin, today=TODAY)
    assert codes(at_once(*[paying(cost, by) for cost in asked])) == ["pharmacy.fund_overspent"] * (hands - 1)
    assert money.balances("aid") == [riel(40_000), dollars(0)]
    assert books.first_broken() is None


def test_one_cost_is_paid_once_whoever_clicks() -> None:
    a_donation(riel(400_000), fund="aid")
    (cost,) = costs(an_aid_case(), 50_000, approved=True)
    by = somebody()
    assert codes(at_once(*[paying(cost, by)] * 6)) == ["pharmacy.aid_paid_already"] * 5
    assert money.balances("aid") == [riel(350_000), dollars(0)]
    assert Entry.objects.filter(debit="aid-aid-khr").count() == 1


def test_refusing_a_case_and_paying_its_costs_wait_for_each_other_without_a_knot() -> None:
    a_donation(riel(400_000), fund="aid")
    case, by = an_aid_case(), somebody()
    asked = costs(case, 50_000, 50_000, 50_000, approved=True)

    def refuse() -> None:
        aid.refuse_case(case_id=case.pk, reason="rich", by=by, today=TODAY)

    found = codes(at_once(*[paying(cost, by) for cost in asked], refuse))
    assert found in (["pharmacy.aid_paid_something"], ["pharmacy.aid_ended"] * 3)
    states = set(AidCost.objects.values_list("state", flat=True))
    assert states in ({"paid"}, {"refused"})
    assert broken_at() is None


def test_payments_taken_back_by_several_hands_come_back_once() -> None:
    a_donation(riel(400_000), fund="aid")
    (cost,) = costs(an_aid_case(), 50_000, approved=True)
    by = somebody()
    paying(cost, by)()

    def void() -> None:
        aid_costs.void(cost_id=cost.pk, on=TODAY, reason="twice", by=by, today=TODAY)

    assert codes(at_once(*[void] * 4)) == ["pharmacy.void_already"] * 3
    assert money.balances("aid") == [riel(400_000), dollars(0)]
    assert books.first_broken() is None


def test_cases_opened_at_once_have_numbers_of_their_own() -> None:
    an_aid_rule()
    patient = an_aid_case().patient
    assert [r for r in at_once(*[lambda: an_aid_case(patient)] * 6) if isinstance(r, Exception)] == []
    assert sorted(AidCase.objects.values_list("number", flat=True)) == [f"AID-2026-{n:04d}" for n in range(1, 8)]
