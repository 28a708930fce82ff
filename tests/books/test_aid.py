"""Help with costs as an accountant reads it: what was asked, who approved, what was paid, what came back; to the riel.

Sok Sreymom, of a poor household, has severe pneumonia and goes to hospital. The rule since 1 January: two people
approve from 200,000 ៛ of a case on, a case costs at most 400,000 ៛. A dollar is worth 4,100 ៛ from 1 November, and
4,000 ៛ from 18 November.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic.models import Identifier
from clinic.services import households
from core.accounts.models import User
from core.audit.models import Entry as Written
from core.errors import NotAllowed
from core.money import Currency, Money
from pharmacy.models import AidCase, AidCost, AidRule, Entry
from pharmacy.selectors import aid as selector
from pharmacy.selectors import money
from pharmacy.services import aid, aid_costs, books, funds
from tests.books.test_worked_examples import dollars, refused, riel
from tests.builders import TODAY, a_donation, a_patient, a_visit, an_aid_case, an_aid_rule, somebody

pytestmark = pytest.mark.django_db


def november(day: int) -> date:
    return date(2026, 11, day)


def ask(case: AidCase, by: User, kind: str, amount: Money, on: date, **given: Any) -> AidCost:
    told: dict[str, Any] = {"fund": "aid", "today": TODAY} | given
    return aid_costs.ask(case_id=case.pk, kind=kind, amount=amount, on=on, by=by, **told)


def approve(cost: AidCost, *people: User) -> AidCost:
    for by in people:
        cost = aid_costs.approve(cost_id=cost.pk, by=by, today=TODAY)
    return cost


def pay(cost: AidCost, amount: Money, on: date, *, receipt: str = "1", by: User | None = None) -> AidCost:
    return aid_costs.pay(
        cost_id=cost.pk, amount=amount, on=on, payee="Chan", receipt=receipt, by=by or somebody(), today=TODAY
    )


def holds(fund: str = "aid") -> tuple[Money, Money]:
    return tuple(money.balances(fund))  # type: ignore[return-value]


def stands(case: AidCase) -> selector.Standing:
    case.refresh_from_db()
    return selector.standing(case, selector.costs_of(case.pk))


def test_one_illness_from_the_first_request_to_the_last_receipt(
    nurse: User, administrator: User, pharmacist: User
) -> None:
    """The fund for help begins with 500,000 ៛ and $100; the medicine fund with 60,000 ៛."""
    an_aid_rule()
    a_donation(riel(500_000), on=november(1), fund="aid")
    a_donation(dollars(100), on=november(1), fund="aid")
    a_donation(riel(60_000), on=november(1))
    funds.set_rate(on=november(1), riel=4_100, by=administrator, today=TODAY)
    funds.set_rate(on=november(18), riel=4_000, by=administrator, today=TODAY)
    mother, child = a_patient(), a_patient(given_name="Dara")
    households.join(patient=child, other=mother, by=nurse)
    mother.refresh_from_db()
    child.refresh_from_db()
    Identifier.objects.create(patient=mother, kind="equity", value="IDP-7", level="1", valid_until=date(2026, 12, 31))

    case = aid.open_case(
        patient=child, illness="Severe pneumonia", on=november(10), because=aid.Because(card="IDP-7"), by=nurse,
        today=TODAY,
    )  # fmt: skip
    assert (case.number, case.card, case.level, case.cap) == ("AID-2026-0001", "IDP-7", "1", 400_000)
    assert case.household_id == Identifier.objects.get().patient.household_id

    # 10 November: the van to Takeo, 80,000 ៛. Below 200,000: one approval, and not of the nurse who asked.
    transport = approve(ask(case, nurse, "transport", riel(80_000), november(10)), administrator)
    assert (transport.state, transport.two) == ("approved", False)
    pay(transport, riel(75_000), november(10), receipt="V-1", by=pharmacist)  # the driver took 5,000 less
    assert holds() == (riel(425_000), dollars(100))
    assert stands(case).left == riel(325_000)

    # 12 November: the hospital's bill, $40 at 4,100 = 164,000 ៛. With the 75,000 that is 239,000: two people.
    bill = approve(ask(case, nurse, "hospital", dollars(40), november(12)), administrator)
    assert (bill.riel, bill.state, bill.two) == (164_000, "asked", True)
    with refused("pharmacy.aid_not_approved"):
        pay(bill, dollars(40), november(19))
    with refused("pharmacy.aid_another_person"):
        approve(bill, administrator)
    bill = approve(bill, nurse)  # who asked may be one of two, never the only one
    assert bill.state == "approved"
    assert stands(case).left == riel(161_000)
    # It is paid on the 19th, when a dollar is worth 4,000: 160,000 ៛ against the cap.
    pay(bill, dollars(40), november(19), receipt="KT-889", by=pharmacist)
    assert holds() == (riel(425_000), dollars(60))
    assert stands(case).left == riel(165_000)

    # Medicine out of the medicine fund, which pays for nothing else.
    with refused("pharmacy.aid_medicine_only", "fund"):
        ask(case, nurse, "food", riel(20_000), november(13), fund="medicine")
    medicine = approve(ask(case, nurse, "medicine", riel(45_000), november(13), fund="medicine"), administrator, nurse)
    pay(medicine, riel(45_000), november(13), receipt="PH-3", by=pharmacist)
    assert holds("medicine") == (riel(15_000), dollars(0))

    # What the Health Equity Fund paid stands beside: no entry, nothing of the cap.
    entries = Entry.objects.count()
    aid_costs.equity_fund_paid(
        case_id=case.pk, kind="food", amount=riel(30_000), on=november(14), by=nurse, today=TODAY
    )  # fmt: skip
    assert Entry.objects.count() == entries
    assert (stands(case).hef, stands(case).left) == (riel(30_000), riel(120_000))

    # 120,000 ៛ are left: 120,100 are refused before anybody approves anything.
    with refused("pharmacy.aid_over_cap", "amount"):
        ask(case, nurse, "food", riel(120_100), november(15))
    food = approve(ask(case, nurse, "food", riel(120_000), november(15)), administrator, nurse)
    pay(food, riel(120_000), november(15), receipt="F-1", by=pharmacist)
    assert stands(case).left == riel(0)
    assert holds() == (riel(305_000), dollars(60))

    # The food was another family's: taken back on the 20th by a reversal; the cap has room again.
    aid_costs.void(cost_id=food.pk, on=TODAY, reason="another family", by=administrator, today=TODAY)
    assert holds() == (riel(425_000), dollars(60))
    assert stands(case).left == riel(120_000)
    with refused("pharmacy.void_already"):
        aid_costs.void(cost_id=food.pk, on=TODAY, reason="again", by=administrator, today=TODAY)

    closed = aid.close(
        case_id=case.pk, on=TODAY, outcome="VIOU-0000V09", text="at home, well", by=nurse, today=TODAY
    )  # fmt: skip
    assert closed.state == "closed"
    with refused("pharmacy.aid_ended"):
        ask(case, nurse, "food", riel(1_000), TODAY)

    # The accounts for help, debit and credit.
    assert sorted(
        Entry.objects.filter(debit__code__startswith="aid-").values_list("debit", "credit", "minor", "on")
    ) == [
        ("aid-aid-khr", "cash-aid-khr", 75_000, november(10)),
        ("aid-aid-khr", "cash-aid-khr", 120_000, november(15)),
        ("aid-aid-usd", "cash-aid-usd", 40_00, november(19)),
        ("aid-medicine-khr", "cash-medicine-khr", 45_000, november(13)),
    ]  # fmt: skip
    month = selector.month(selector.Month("2026-11"))
    assert month.total == (riel(120_000), dollars(40))  # 75,000 + 45,000 + 120,000 − 120,000
    assert month.hef_total == (riel(30_000), dollars(0))
    assert [(s.fund.pk, s.riel, s.dollars) for s in month.sums] == [
        ("aid", riel(0), dollars(0)),  # food, paid and taken back
        ("aid", riel(0), dollars(40)),
        ("aid", riel(75_000), dollars(0)),
        ("medicine", riel(45_000), dollars(0)),
    ]

    # All help for the household, at the rate of each day: 75,000 + 160,000 + 45,000; the 30,000 beside.
    brother = aid.open_case(
        patient=mother, illness="Burn", on=november(19), because=aid.Because(assessed_by="Mao Sarun"), by=nurse,
        today=TODAY,
    )  # fmt: skip
    pay(approve(ask(brother, nurse, "medicine", riel(20_000), TODAY), administrator), riel(20_000), TODAY)
    household = selector.household(selector.case(case.pk))  # type: ignore[arg-type]
    assert [(y.year, y.cases, y.paid, y.hef) for y in household.years] == [(2026, 2, riel(300_000), riel(30_000))]
    assert {one.number: one.paid for one in household.cases} == {
        "AID-2026-0001": riel(280_000), "AID-2026-0002": riel(20_000),
    }  # fmt: skip
    assert books.first_broken() is None


class TestApproval:
    def test_who_asked_never_approves_alone(self, administrator: User, nurse: User) -> None:
        cost = ask(an_aid_case(), administrator, "food", riel(1_000), TODAY)
        cost = approve(cost, administrator)
        assert (cost.state, cost.two) == ("asked", True)  # she asked herself: another person must approve too
        assert approve(cost, nurse).state == "approved"

    def test_a_large_sum_in_small_ones_is_a_large_sum(self, administrator: User, nurse: User) -> None:
        case = an_aid_case()
        states = [approve(ask(case, nurse, "food", riel(66_700), TODAY), administrator).state for _ in range(3)]
        assert states == ["approved", "approved", "asked"]  # 66,700 · 133,400 · 200,100

    def test_exactly_at_the_limit_two_approve(self, administrator: User, nurse: User) -> None:
        below = approve(ask(an_aid_case(), nurse, "food", riel(199_900), TODAY), administrator)
        at = approve(ask(an_aid_case(), nurse, "food", riel(200_000), TODAY), administrator)
        assert (below.two, at.two) == (False, True)

    def test_an_administrator_approves_first(self, nurse: User, mobile: User) -> None:
        cost = ask(an_aid_case(), mobile, "food", riel(1_000), TODAY)
        with refused("pharmacy.aid_administrator_first"):
            approve(cost, nurse)

    def test_a_rule_set_later_does_not_change_what_was_decided(self, administrator: User, nurse: User) -> None:
        case = an_aid_case()
        cost = approve(ask(case, nurse, "food", riel(250_000), TODAY), administrator)
        an_aid_rule(two_from=300_000, cap=1_000_000, from_on=TODAY)
        assert approve(cost, nurse).two
        assert AidCase.objects.get().cap == 400_000
        assert an_aid_case().cap == 1_000_000

    def test_what_is_refused_says_why_and_counts_no_more(self, administrator: User, nurse: User, mobile: User) -> None:
        case = an_aid_case()
        cost = approve(ask(case, nurse, "food", riel(150_000), TODAY), administrator)
        with refused("pharmacy.reason_missing", "reason"):
            aid_costs.refuse(cost_id=cost.pk, reason=" ", by=administrator)
        with pytest.raises(NotAllowed):
            aid_costs.refuse(cost_id=cost.pk, reason="mine", by=mobile)
        aid_costs.refuse(cost_id=cost.pk, reason="the pagoda pays", by=administrator)
        assert stands(case).left == riel(400_000)
        with refused("pharmacy.aid_not_asked"):
            approve(cost, administrator)
        with refused("pharmacy.aid_not_refusable"):
            aid_costs.refuse(cost_id=cost.pk, reason="again", by=administrator)


class TestPaying:
    def test_the_fund_cannot_be_overspent_at_any_date(self, administrator: User, nurse: User) -> None:
        a_donation(riel(50_000), fund="aid", on=november(15))
        case = an_aid_case(on=november(10))
        one, two = (approve(ask(case, nurse, "food", riel(40_000), november(10)), administrator) for _ in range(2))
        with refused("pharmacy.fund_overspent", "amount"):
            pay(one, riel(40_000), november(14))
        pay(one, riel(40_000), november(15))
        with refused("pharmacy.fund_overspent", "amount"):
            pay(two, riel(10_100), november(19))
        assert pay(two, riel(10_000), november(19)).minor == 10_000
        assert holds() == (riel(0), dollars(0))
        assert books.first_broken() is None

    def test_a_dearer_dollar_cannot_pass_the_cap(self, administrator: User, nurse: User) -> None:
        a_donation(dollars(100), fund="aid", on=november(1))
        funds.set_rate(on=november(1), riel=4_000, by=administrator, today=TODAY)
        funds.set_rate(on=november(19), riel=4_001, by=administrator, today=TODAY)
        case = an_aid_case(on=november(10))
        cost = approve(ask(case, nurse, "hospital", dollars(100), november(10)), administrator, nurse)
        assert stands(case).left == riel(0)
        with refused("pharmacy.aid_over_cap", "amount"):
            pay(cost, dollars(100), november(19))
        pay(cost, Money(99_97, Currency.USD), november(19))
        assert AidCost.objects.get().riel == 399_980
        assert books.first_broken() is None

    def test_dollars_need_a_rate(self, nurse: User) -> None:
        with refused("pharmacy.aid_no_rate", "amount"):
            ask(an_aid_case(), nurse, "food", dollars(1), TODAY)

    def test_no_more_is_paid_than_was_approved_nor_in_another_currency(self, administrator: User, nurse: User) -> None:
        a_donation(riel(50_000), fund="aid")
        cost = approve(ask(an_aid_case(), nurse, "food", riel(10_000), TODAY), administrator)
        with refused("pharmacy.aid_more_than_approved", "amount"):
            pay(cost, riel(10_100), TODAY)
        with refused("core.currencies_mixed"):
            pay(cost, dollars(1), TODAY)
        for name in ("payee", "receipt"):
            said = {"payee": "Chan", "receipt": "1"} | {name: ""}
            with refused("pharmacy.aid_no_receipt", name):
                aid_costs.pay(cost_id=cost.pk, amount=riel(100), on=TODAY, by=nurse, today=TODAY, **said)
        pay(cost, riel(9_900), TODAY)
        with refused("pharmacy.aid_paid_already"):
            pay(cost, riel(100), TODAY)
        found = AidCost.objects.get()
        assert (found.asked, found.minor) == (10_000, 9_900)

    def test_who_is_helped_does_not_stand_in_the_books(self, administrator: User, nurse: User) -> None:
        a_donation(riel(50_000), fund="aid")
        pay(approve(ask(an_aid_case(), nurse, "food", riel(10_000), TODAY), administrator), riel(10_000), TODAY)
        assert Entry.objects.get(debit="aid-aid-khr").memo == "AID-2026-0001 · 1"


class TestCases:
    def test_a_card_holds_on_its_last_day_and_not_after(self, nurse: User) -> None:
        an_aid_rule()
        patient = a_patient()
        Identifier.objects.create(patient=patient, kind="equity", value="A-1", issued_on=november(5),
                                  valid_until=november(10))  # fmt: skip
        for on, code in ((november(4), "not_yet"), (november(11), "expired")):
            with refused(f"pharmacy.aid_card_{code}", "card"):
                an_aid_case(patient, on=on, because=aid.Because(card="A-1"))
        an_aid_case(patient, on=november(10), because=aid.Because(card="a1"))
        with refused("pharmacy.aid_card_unknown", "card"):
            an_aid_case(a_patient(given_name="Other"), because=aid.Because(card="A-1"))

    def test_without_a_rule_no_case_is_opened(self) -> None:
        with refused("pharmacy.aid_no_rule"):
            aid.open_case(patient=a_patient(), illness="x", on=TODAY, because=aid.Because(assessed_by="Chief"),
                          by=somebody(), today=TODAY)  # fmt: skip
        an_aid_rule(from_on=TODAY)
        assert an_aid_case(on=november(1)).cap == 400_000  # written late, of before there were rules

    def test_somebody_must_answer_for_an_assessment(self) -> None:
        with refused("pharmacy.aid_assessed_by", "assessed_by"):
            an_aid_case(because=aid.Because(assessed_by=" "))
        case = an_aid_case(because=aid.Because(assessed_by="Chief", answers={"eats": "no", "moon": "yes"}))
        assert case.answers == {"eats": "no"}

    def test_not_tomorrow_not_before_birth_not_on_another_ones_visit(self) -> None:
        with refused("pharmacy.date_in_future", "on"):
            an_aid_case(on=date(2026, 11, 21))
        with refused("core.before_birth", "on"):
            an_aid_case(a_patient(told=(1, "y", TODAY)), on=date(2020, 1, 1))
        with refused("pharmacy.other_patient"):
            an_aid_case(a_patient(), encounter=a_visit())

    def test_the_cap_is_lowered_never_below_what_is_spent_nor_raised_above_the_rule(
        self, administrator: User, nurse: User
    ) -> None:
        case = an_aid_case()
        approve(ask(case, nurse, "food", riel(150_000), TODAY), administrator)
        common = {"case_id": case.pk, "reason": "the household sells a cow", "by": administrator}
        with refused("pharmacy.aid_cap_spent", "cap"):
            aid.set_cap(cap=riel(149_900), **common)
        aid.set_cap(cap=riel(150_000), **common)
        with refused("pharmacy.aid_over_cap", "amount"):
            ask(case, nurse, "food", riel(100), TODAY)
        with refused("pharmacy.aid_cap_above_rule", "cap"):
            aid.set_cap(cap=riel(400_100), **common)
        assert aid.set_cap(cap=riel(400_000), **common).cap == 400_000

    def test_a_case_closes_when_nothing_waits_and_opens_again_only_with_a_reason(
        self, administrator: User, nurse: User
    ) -> None:
        case = an_aid_case()
        cost = ask(case, nurse, "food", riel(1_000), TODAY)
        common = {"case_id": case.pk, "on": TODAY, "outcome": "VIOU-0000V09", "by": nurse, "today": TODAY}
        with refused("pharmacy.aid_waits"):
            aid.close(**common)
        aid_costs.refuse(cost_id=cost.pk, reason="not needed", by=nurse)
        with refused("pharmacy.aid_before_case", "on"):
            aid.close(**common | {"on": november(19)})
        aid.close(**common)
        with refused("pharmacy.reason_missing", "reason"):
            aid.reopen(case_id=case.pk, reason="", by=administrator)
        again = aid.reopen(case_id=case.pk, reason="fell ill again", by=administrator)
        assert (again.state, again.outcome, again.closed_on, again.reopened) == ("open", "", None, "fell ill again")
        with refused("pharmacy.aid_open_already"):
            aid.reopen(case_id=case.pk, reason="x", by=administrator)
        assert Written.objects.filter(verb="pharmacy.aid.reopened").get().detail["outcome"] == "VIOU-0000V09"

    def test_a_case_is_refused_with_all_that_waits_but_not_once_anything_is_paid(
        self, administrator: User, nurse: User
    ) -> None:
        a_donation(riel(50_000), fund="aid")
        case = an_aid_case()
        one, two = (ask(case, nurse, "food", riel(n), TODAY) for n in (1_000, 2_000))
        pay(approve(one, administrator), riel(1_000), TODAY)
        with refused("pharmacy.aid_paid_something"):
            aid.refuse_case(case_id=case.pk, reason="rich", by=administrator, today=TODAY)
        aid_costs.void(cost_id=one.pk, on=TODAY, reason="rich", by=administrator, today=TODAY)
        aid.refuse_case(case_id=case.pk, reason="rich", by=administrator, today=TODAY)
        assert list(AidCost.objects.order_by("id").values_list("state", flat=True)) == ["void", "refused"]
        assert AidCase.objects.get().outcome_text == "rich"
        assert two.pk

    def test_each_case_has_the_next_number_of_its_year(self) -> None:
        numbers = [an_aid_case(on=on).number for on in (TODAY, november(1), date(2025, 12, 31))]
        assert numbers == ["AID-2026-0001", "AID-2026-0002", "AID-2025-0001"]

    def test_one_rule_a_day(self) -> None:
        an_aid_rule(cap=1)
        an_aid_rule(cap=2)
        assert [rule.cap for rule in AidRule.objects.all()] == [2]
        with refused("constraint.pharmacy_aid_rule"):
            an_aid_rule(cap=0)
