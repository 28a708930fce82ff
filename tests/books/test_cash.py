"""Boxes, exchanges and counted cash, as worked examples that an accountant can follow with a pencil."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.errors import RuleBroken
from core.money import Currency, Money
from pharmacy.models import Account, Donation, Entry, Exchange, Fund, Notes
from pharmacy.selectors import money, rates
from pharmacy.services import books, boxes, cash, donations, exchanges, funds, purchases
from tests.books.test_worked_examples import MONDAY, TUESDAY, WEDNESDAY, bought, dollars, refused, riel
from tests.builders import TODAY, a_donation, a_medicine, a_village, somebody

pytestmark = pytest.mark.django_db
KHR, USD = Currency.KHR, Currency.USD
PAIR = {"counted_by": "Sok Chanthy", "witnessed_by": "Chea Sophal"}


def a_box(code: str = "box-1") -> Any:
    return boxes.add(code=code, place_km="វត្តស្រែអំបិល", place_en="Pagoda", village=a_village(), by=somebody())


def opened(box: Any, found: Any, **more: Any) -> Any:
    given = {"on": TUESDAY, "by": somebody(), "today": TODAY} | PAIR | more
    return boxes.open_box(box=box, found=found, **given)


def changed(given: Money, taken: Money, **more: Any) -> Any:
    more = {"fund": "medicine", "on": TUESDAY, "by": somebody(), "today": TODAY} | more
    return exchanges.record(given=given, taken=taken, **more)


def counted(found: Any, **more: Any) -> Any:
    more = {"fund": "medicine", "currency": KHR, "on": WEDNESDAY, "by": somebody(), "today": TODAY} | PAIR | more
    return cash.count(found=found, **more)


class TestBoxes:
    def test_a_box_becomes_one_receipt_a_currency_for_what_its_notes_are_worth(self) -> None:
        """3 × 20,000 ៛ + 7 × 1,000 ៛ + 4 × 100 ៛ = 67,400 ៛, and 2 × $5 + 3 × $1 = $13."""
        a_donation(riel(1_000), on=MONDAY)
        opening = opened(a_box(), {KHR: {20_000: 3, 1_000: 7, 500: 0, 100: 4}, USD: {500: 2, 100: 3}})
        assert money.balances() == [riel(68_400), dollars(13)]
        gifts = list(opening.donations.order_by("number"))
        assert [(g.receipt, g.entry.money, g.source) for g in gifts] == [
            ("D-000002", riel(67_400), "box"),
            ("D-000003", dollars(13), "box"),
        ]
        assert {g.village for g in gifts} == {a_village()}
        assert Notes.objects.filter(opening=opening).count() == 5  # a note of which there was none is not written
        assert books.first_broken() is None

    def test_an_empty_box_is_written_down_when_somebody_says_so(self) -> None:
        box = a_box()
        with refused("pharmacy.nothing_counted", "remark"):
            opened(box, {KHR: {1_000: 0}})
        opened(box, {}, remark="empty since the flood")
        assert not Donation.objects.exists()
        assert books.first_broken() is None

    def test_one_person_under_two_spellings_is_one_person(self) -> None:
        with refused("pharmacy.two_people", "witnessed_by"):
            opened(a_box(), {KHR: {1_000: 1}}, counted_by="Sok Chanthy", witnessed_by="SOK  chanthy")

    def test_a_note_that_was_never_printed_is_refused(self) -> None:
        for found in ({KHR: {50: 1}}, {USD: {25: 4}}, {KHR: {1_000: -1}}):
            with refused("pharmacy.no_such_note"):
                opened(a_box(f"b{Entry.objects.count()}"), found)
            boxes.DonationBox.objects.all().delete()

    def test_the_money_of_a_box_is_voided_like_any_other_and_its_receipt_stays(self) -> None:
        opening = opened(a_box(), {KHR: {10_000: 2}})
        gift = opening.donations.get()
        donations.void(donation_id=gift.pk, on=TODAY, reason="counted twice", by=somebody(), today=TODAY)
        assert money.balances()[0] == riel(0)
        assert books.first_broken() is None

    def test_a_box_out_of_use_is_not_opened(self) -> None:
        box = a_box()
        box = boxes.change(
            code=box.code, place_km="ផ្សារ", place_en="", village=None, active=False, by=somebody()
        )  # fmt: skip
        with refused("pharmacy.box_not_in_use"):
            opened(box, {KHR: {1_000: 1}})


class TestExchange:
    def test_riel_become_dollars_through_the_exchange_accounts(self) -> None:
        """500,000 ៛ in hand; 410,000 ៛ are given for $100. Nothing is earned and nothing is spent."""
        a_donation(riel(500_000), on=MONDAY)
        made = changed(riel(410_000), dollars(100))
        assert money.balances() == [riel(90_000), dollars(100)]
        assert (made.given.debit_id, made.given.credit_id) == ("exchange-medicine-khr", "cash-medicine-khr")
        assert (made.taken.debit_id, made.taken.credit_id) == ("cash-medicine-usd", "exchange-medicine-usd")
        assert books.first_broken() is None

    def test_a_voided_exchange_mirrors_both_entries(self) -> None:
        a_donation(riel(500_000), on=MONDAY)
        made = changed(riel(410_000), dollars(100))
        exchanges.void(exchange_id=made.pk, on=TODAY, reason="the wrong fund", by=somebody(), today=TODAY)
        assert money.balances() == [riel(500_000), dollars(0)]
        assert Entry.objects.filter(reverses__isnull=False).count() == 2
        assert books.first_broken() is None
        with refused("pharmacy.void_already"):
            exchanges.void(exchange_id=made.pk, on=TODAY, reason="again", by=somebody(), today=TODAY)

    def test_an_exchange_stays_once_its_dollars_are_spent(self) -> None:
        a_donation(riel(500_000), on=MONDAY)
        made = changed(riel(410_000), dollars(100))
        line = purchases.Line(a_medicine(), 100, TODAY + timedelta(days=400), dollars(40))
        purchases.record(supplier="Takeo", lines=[line], sum=dollars(40), on=WEDNESDAY, by=somebody(), today=TODAY)
        with refused("pharmacy.exchange_spent"):
            exchanges.void(exchange_id=made.pk, on=TODAY, reason="wrong", by=somebody(), today=TODAY)

    def test_what_is_not_there_cannot_be_changed_nor_at_a_rate_that_cannot_be(self) -> None:
        a_donation(riel(500_000), on=MONDAY)
        with refused("pharmacy.fund_overspent", "given"):
            changed(riel(500_100), dollars(122))
        with refused("pharmacy.rate_impossible", "taken"):
            changed(riel(410_000), dollars(10_000))
        with refused("pharmacy.same_currency", "taken"):
            changed(riel(410_000), riel(410_000))
        assert not Exchange.objects.exists()

    def test_a_rate_holds_until_the_next_and_can_be_set_right(self) -> None:
        assert rates.holding(TODAY) is None
        funds.set_rate(on=MONDAY, riel=4_050, by=somebody(), today=TODAY)
        funds.set_rate(on=WEDNESDAY, riel=4_100, by=somebody(), today=TODAY)
        funds.set_rate(on=WEDNESDAY, riel=4_110, by=somebody(), today=TODAY)
        assert [rates.holding(day).riel for day in (MONDAY, TUESDAY, WEDNESDAY, TODAY)] == [4_050, 4_050, 4_110, 4_110]
        with refused("pharmacy.rate_impossible", "riel"):
            funds.set_rate(on=TODAY, riel=41, by=somebody(), today=TODAY)


class TestCash:
    def test_cash_that_agrees_needs_no_word(self) -> None:
        a_donation(riel(50_000), on=MONDAY)
        made = counted({20_000: 2, 10_000: 1})
        assert (made.counted, made.book, made.reason) == (50_000, 50_000, "")
        with refused("pharmacy.cash_agrees"):
            cash.enter(count_id=made.pk, by=somebody())

    def test_five_hundred_riel_too_little_are_explained_then_entered(self) -> None:
        """Monday 50,000 ៛; Wednesday 49,500 ៛ are counted. Entered, the books say 49,500 ៛ on Wednesday."""
        a_donation(riel(50_000), on=MONDAY)
        found = {20_000: 2, 5_000: 1, 2_000: 2, 500: 1}
        with refused("pharmacy.cash_differs", "reason"):
            counted(found)
        made = counted(found, reason="a note torn by a mouse")
        assert money.balances()[0] == riel(50_000)  # explained is not entered
        made = cash.enter(count_id=made.pk, by=somebody())
        assert (made.entry.debit_id, made.entry.credit_id) == ("differences-medicine-khr", "cash-medicine-khr")
        assert money.balances()[0] == riel(49_500)
        assert books.first_broken() is None
        with refused("pharmacy.entered_already"):
            cash.enter(count_id=made.pk, by=somebody())

    def test_too_much_comes_in_through_the_same_account(self) -> None:
        made = cash.enter(count_id=counted({1_000: 3}, reason="found behind the drawer").pk, by=somebody())
        assert (made.entry.debit_id, made.entry.credit_id) == ("cash-medicine-khr", "differences-medicine-khr")
        assert money.balances()[0] == riel(3_000)
        assert books.first_broken() is None

    def test_a_difference_is_not_entered_over_books_that_moved(self) -> None:
        a_donation(riel(50_000), on=MONDAY)
        made = counted({20_000: 2}, reason="not known")
        bought(10_000, (a_medicine(), 100, 10_000), on=TUESDAY)  # the missing paper is found
        with refused("pharmacy.books_moved"):
            cash.enter(count_id=made.pk, by=somebody())
        assert money.balances()[0] == riel(40_000)

    def test_a_shortage_cannot_empty_what_was_paid_out_later(self) -> None:
        a_donation(riel(50_000), on=MONDAY)
        made = counted({20_000: 1}, on=TUESDAY, reason="not known")
        bought(40_000, (a_medicine(), 400, 40_000), on=WEDNESDAY)
        with refused("pharmacy.fund_overspent"):
            cash.enter(count_id=made.pk, by=somebody())


class TestFunds:
    def test_a_new_fund_has_all_its_accounts_and_takes_and_keeps_its_own_money(self) -> None:
        funds.add(code="flood-26", kind="grant", name_km="ជំនួយទឹកជំនន់", name_en="Flood grant", by=somebody())
        assert Account.objects.filter(fund="flood-26").count() == 12
        a_donation(
            dollars(500), on=MONDAY, fund="flood-26", source="grant", donor_name="A foundation", purpose="oral medicine"
        )
        changed(dollars(100), riel(410_000), fund="flood-26")
        assert money.balances("flood-26") == [riel(410_000), dollars(400)]
        assert money.balances() == [riel(0), dollars(0)]
        assert books.first_broken() is None

    def test_there_is_one_medicine_fund_and_codes_are_plain(self) -> None:
        with refused("pharmacy.one_medicine_fund", "kind"):
            funds.add(code="second", kind="medicine", name_km="-", name_en="-", by=somebody())
        for code in ("", "Två", "a b", "-a", "a--b", "x/y"):
            with refused("pharmacy.code_unreadable", "code"):
                funds.add(code=code, kind="grant", name_km="-", name_en="-", by=somebody())
        with pytest.raises(RuleBroken, match="same_id"):
            funds.add(code="grant", kind="grant", name_km="-", name_en="-", by=somebody())

    def test_a_grant_names_its_giver_and_its_purpose(self) -> None:
        for missing, code in (({"purpose": "x"}, "giver"), ({"donor_name": "A"}, "purpose")):
            with refused(f"pharmacy.grant_has_a_{code}"):
                a_donation(riel(1_000), source="grant", **missing)

    def test_a_gift_to_one_fund_is_not_voided_out_of_another(self) -> None:
        given = a_donation(riel(30_000), on=MONDAY, fund="grant")
        a_donation(riel(30_000), on=MONDAY)
        bought(30_000, (a_medicine(), 300, 30_000), fund="grant")
        with refused("pharmacy.gift_spent"):
            donations.void(donation_id=given.pk, on=TODAY, reason="typo", by=somebody(), today=TODAY)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda: Exchange.objects.update(fund="grant"), "An exchange that does not change"),
        (lambda: Exchange.objects.update(on=MONDAY), "An exchange that does not change"),
        (lambda: Exchange.objects.update(void_reason="?"), "An exchange voided without reversals"),
        (lambda: Exchange.objects.all().delete(), "An entry of an exchange that is none"),
        (lambda: Notes.objects.filter(opening__isnull=False).update(pieces=9), "A box whose money is not its notes"),
        (lambda: Notes.objects.filter(opening__isnull=False).delete(), "A box whose money is not its notes"),
        (lambda: Notes.objects.filter(count__isnull=False).update(pieces=9), "Counted cash that is not what its notes"),
        (lambda: Notes.objects.filter(count__isnull=False).delete(), "Counted cash that is not what its notes"),
        (lambda: Entry.objects.filter(cash_count__isnull=False).update(minor=400), "An entry that is not the diff"),
        (lambda: Donation.objects.filter(source="box").update(fund=Fund.objects.get(pk="grant")), "not income of its"),
    ],
)  # fmt: skip
def test_every_proof_of_the_cash_finds_what_it_is_there_for(spoil: Any, found: str) -> None:
    a_donation(riel(500_000), on=MONDAY)
    changed(riel(410_000), dollars(100))
    opened(a_box(), {KHR: {1_000: 7}})
    made = counted({50_000: 1, 20_000: 2, 5_000: 1, 1_000: 1, 500: 1}, reason="not known")
    cash.enter(count_id=made.pk, by=somebody())
    assert books.first_broken() is None
    spoil()
    assert found in str(books.first_broken())
