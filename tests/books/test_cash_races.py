"""Several hands at one till, on real connections: money is changed once, counted once, and no receipt is left out."""

from __future__ import annotations

from datetime import date

import pytest

from core.audit.journal import broken_at
from core.money import Currency
from pharmacy.models import Account, CashCount, Donation, Entry, Exchange
from pharmacy.selectors import money
from pharmacy.services import books, boxes, cash, donations, exchanges, purchases
from tests.books.test_races import codes
from tests.books.test_worked_examples import dollars, riel
from tests.builders import TODAY, a_donation, a_medicine, a_village, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PAIR = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}


@pytest.mark.parametrize("hands", [2, 8])
def test_the_last_riel_is_changed_once(hands):
    a_donation(riel(500_000))
    common = {"fund": "medicine", "on": TODAY, "by": somebody(), "today": TODAY}

    def change():
        exchanges.record(given=riel(410_000), taken=dollars(100), **common)

    assert codes(at_once(*[change] * hands)) == ["pharmacy.fund_overspent"] * (hands - 1)
    assert money.balances() == [riel(90_000), dollars(100)]
    assert books.first_broken() is None


def test_an_exchange_is_not_taken_back_while_its_dollars_are_being_spent():
    a_donation(riel(410_000))
    by, medicine = somebody(), a_medicine()
    common = {"on": TODAY, "by": by, "today": TODAY}
    made = exchanges.record(fund="medicine", given=riel(410_000), taken=dollars(100), **common)

    def buy():
        line = purchases.Line(medicine, 100, date(2027, 12, 31), dollars(100))
        purchases.record(supplier="Takeo", lines=[line], sum=dollars(100), **common)

    def void():
        exchanges.void(exchange_id=made.pk, reason="typo", **common)

    assert len(codes(at_once(buy, void, buy, void))) == 3  # one of the four is done
    assert money.balances()[1] == dollars(0)
    assert Exchange.objects.get().void_reason in ("", "typo")
    assert books.first_broken() is None


def test_boxes_and_gifts_at_once_leave_no_gap_in_the_book():
    by = somebody()
    box = boxes.add(code="box-1", place_km="វត្ត", village=a_village(), by=by)
    common = {"on": TODAY, "by": by, "today": TODAY}

    def open_box():
        boxes.open_box(box=box, found={Currency.KHR: {1_000: 3}, Currency.USD: {100: 1}}, **PAIR, **common)

    def give():
        donations.receive(amount=riel(1_000), **common)

    def fail():
        boxes.open_box(box=box, found={Currency.KHR: {1_000: 3}}, remark="x" * 500, **PAIR, **common)

    assert codes(at_once(*[open_box, give, fail] * 3)) == ["core.invalid"] * 3
    assert sorted(Donation.objects.values_list("number", flat=True)) == list(range(1, 10))
    assert books.first_broken() is None
    assert broken_at() is None


def test_a_difference_is_entered_once_whoever_clicks():
    a_donation(riel(50_000))
    by = somebody()
    made = cash.count(
        fund="medicine", currency=Currency.KHR, found={20_000: 2}, on=TODAY, reason="not known", by=by, today=TODAY,
        **PAIR,
    )  # fmt: skip

    def enter():
        cash.enter(count_id=made.pk, by=by)

    assert codes(at_once(*[enter] * 6)) == ["pharmacy.entered_already"] * 5
    assert CashCount.objects.get().entry is not None
    assert Entry.objects.filter(debit=Account.code_of(Account.DIFFERENCES, "medicine", Currency.KHR)).count() == 1
    assert money.balances()[0] == riel(40_000)
    assert books.first_broken() is None
