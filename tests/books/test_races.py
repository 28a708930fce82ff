"""Two hands reach for the last box, and for the last riel, at the same instant. Real threads, real commits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.audit.journal import broken_at
from core.errors import RuleBroken
from core.money import Currency, Money
from pharmacy.models import Dispensing, Donation, Purchase
from pharmacy.selectors import money, stock
from pharmacy.services import books, dispensing, donations, purchases
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def riel(amount: int) -> Money:
    return Money(amount, Currency.KHR)


def codes(results: list[object]) -> list[str]:
    """Return what was refused; anything but a refusal or a success fails here."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, RuleBroken):
            raise result
    return [result.code for result in results if isinstance(result, RuleBroken)]


@pytest.mark.parametrize("hands", [2, 8])
def test_the_last_box_is_given_once(hands):
    a_batch(3, expires_on=date(2027, 1, 31))
    a_batch(2, expires_on=date(2027, 6, 30))
    patient, by, medicine = a_patient(), somebody(), a_medicine()

    def give():
        return dispensing.dispense(patient=patient, medicine=medicine, quantity=4, on=TODAY, by=by, today=TODAY)

    refused = codes(at_once(*[give] * hands))
    assert refused == ["pharmacy.not_enough"] * (hands - 1)
    assert Dispensing.objects.count() == 1
    assert [held.quantity for held in stock.held(medicine)] == [1]
    assert books.first_broken() is None
    assert broken_at() is None


def test_what_is_moved_written_off_and_given_at_once_is_never_more_than_lay_there():
    batch = a_batch(10)
    patient, by, medicine = a_patient(), somebody(), a_medicine()
    common = {"on": TODAY, "by": by, "today": TODAY}

    def move():
        shelves.transfer(batch=batch, source="dispensary", target="kit-1", quantity=6, **common)

    def waste():
        shelves.write_off(batch=batch, place="dispensary", quantity=6, reason="wet", **common)

    def give():
        dispensing.dispense(patient=patient, medicine=medicine, quantity=6, **common)

    def late():
        dispensing.dispense(patient=patient, medicine=medicine, quantity=6, **common | {"on": TODAY - timedelta(1)})

    assert codes(at_once(move, waste, give, late)) == ["pharmacy.not_enough"] * 3
    assert books.first_broken() is None


@pytest.mark.parametrize("hands", [2, 8])
def test_the_last_riel_is_spent_once(hands):
    a_donation(riel(30_000))
    by, medicine = somebody(), a_medicine()

    def buy():
        line = purchases.Line(medicine, 100, date(2027, 12, 31), riel(20_000))
        return purchases.record(supplier="Takeo", lines=[line], sum=riel(20_000), on=TODAY, by=by, today=TODAY)

    refused = codes(at_once(*[buy] * hands))
    assert refused == ["pharmacy.fund_overspent"] * (hands - 1)
    assert Purchase.objects.count() == 1
    assert money.balances()[0] == riel(10_000)
    assert books.first_broken() is None


def test_a_donation_is_not_voided_while_its_money_is_being_spent():
    given = a_donation(riel(30_000))
    by, medicine = somebody(), a_medicine()

    def buy():
        line = purchases.Line(medicine, 100, date(2027, 12, 31), riel(30_000))
        purchases.record(supplier="Takeo", lines=[line], sum=riel(30_000), on=TODAY, by=by, today=TODAY)

    def void():
        donations.void(donation_id=given.pk, on=TODAY, reason="typo", by=by, today=TODAY)

    assert codes(at_once(buy, void, buy, void))
    assert money.balances()[0] == riel(0)
    assert books.first_broken() is None


def test_receipts_have_no_gap_when_eight_write_at_once_and_some_fail():
    by = somebody()

    def give():
        return donations.receive(amount=riel(1_000), on=TODAY, by=by, today=TODAY)

    def fail():
        return donations.receive(amount=riel(1_000), on=TODAY, by=by, today=TODAY, donor_name="x" * 500)

    refused = codes(at_once(*[give, fail] * 4))
    assert refused == ["core.invalid"] * 4
    assert [d.receipt for d in Donation.objects.order_by("number")] == [f"D-00000{n}" for n in range(1, 5)]
    assert books.first_broken() is None


def test_a_purchase_is_taken_back_once_and_not_while_its_boxes_leave():
    a_donation(riel(30_000))
    by, medicine, common = somebody(), a_medicine(), {"on": TODAY, "by": somebody(), "today": TODAY}
    lines = [purchases.Line(medicine, 100, date(2027, 12, n), riel(10_000)) for n in (1, 2, 3)]
    bought = purchases.record(supplier="Takeo", lines=lines, sum=riel(30_000), on=TODAY, by=by, today=TODAY)
    last = bought.batches.order_by("-expires_on")[0]

    def void():
        purchases.void(purchase_id=bought.pk, reason="wrong", **common)

    def move():
        shelves.transfer(batch=last, source="store", target="kit-1", quantity=1, **common)

    refused = codes(at_once(void, move, void, void))
    assert set(refused) <= {"pharmacy.void_already", "pharmacy.given_out_since", "pharmacy.not_enough"}
    assert len(refused) == 3
    assert books.first_broken() is None
    assert broken_at() is None
