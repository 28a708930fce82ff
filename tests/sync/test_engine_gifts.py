"""Donations received on tablets: a book of its own each, whatever the order in which receipts arrive."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.money import Currency, Money
from pharmacy.models import Donation, ReceiptBook
from pharmacy.services import books, purchases
from tests.builders import TODAY, a_donation, a_medicine, somebody
from tests.sync.ops import NOW, Tablet, a_tablet, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


def a_gift(tablet, receipt, **said):
    doc = {"number": receipt, "on": TODAY.isoformat(), "currency": "KHR", "minor": 20_000, "donor_name": ""}
    return tablet.op("donation", doc=doc | said)


def test_a_gift_keeps_the_receipt_that_was_written_on_the_spot(tablet):
    assert tablet.statuses(a_gift(tablet, 1)) == ["applied"]
    donation = Donation.objects.get()
    assert (donation.receipt, donation.entry.minor, donation.recorded_by) == ("T07-000001", 20_000, tablet.user)
    assert books.first_broken() is None


def test_receipts_may_arrive_in_any_order(tablet):
    one, two, three = (a_gift(tablet, n) for n in (1, 2, 3))
    tablet.push(three)
    assert ReceiptBook.objects.get(pk="T07").last_number == 3
    assert [str(awaited) for awaited in books.not_yet_arrived()] == ["T07-000001, T07-000002"]
    assert books.first_broken() is None
    tablet.push(two, one)
    assert (ReceiptBook.objects.get(pk="T07").last_number, books.not_yet_arrived()) == (3, [])


def test_the_proof_tells_what_is_on_its_way_from_what_is_missing(tablet):
    tablet.push(a_gift(tablet, 2))
    said = StringIO()
    call_command("check_books", stdout=said)
    assert "Not yet arrived from tablet T07" in said.getvalue()
    Donation.objects.update(recorded_at=NOW - timedelta(days=4000))
    with pytest.raises(CommandError, match="A gap in the receipts of a tablet"):
        call_command("check_books", stdout=StringIO())


def test_one_receipt_number_for_two_gifts_is_for_a_person_to_see(tablet):
    first, second = a_gift(tablet, 1), a_gift(tablet, 1, minor=50_000)
    one, two = tablet.push(first, second)
    assert (one["status"], two["status"], two["code"]) == ("applied", "quarantined", "constraint.pharmacy_receipt_once")
    assert (Donation.objects.count(), books.first_broken()) == (1, None)


@pytest.mark.parametrize(
    "said",
    [
        {"number": 0}, {"number": -1}, {"number": 2**40}, {"number": None}, {"number": True}, {"minor": 0},
        {"minor": 10**18}, {"minor": 20_050}, {"minor": "20000"}, {"currency": "THB"}, {"currency": None},
        {"on": "soon"}, {"village": "here"}, {"donor_name": "x" * 10_000},
    ],
)  # fmt: skip
def test_a_gift_that_cannot_be_is_kept_and_touches_no_book(tablet, said):
    assert tablet.statuses(a_gift(tablet, 1, **said)) == ["quarantined"]
    assert not Donation.objects.exists()
    assert not ReceiptBook.objects.filter(pk="T07", last_number__gt=0).exists()


def test_a_gift_dated_by_a_fast_clock_is_taken_today(tablet):
    tablet.push(a_gift(tablet, 1, on=(TODAY + timedelta(days=40)).isoformat()))
    assert Donation.objects.get().on == TODAY


def test_a_gift_is_voided_with_its_reason_and_before_it_came_too(tablet):
    gift = a_gift(tablet, 1)
    void = tablet.op("donation", "void", {"reason": "wrong amount"}, id=gift["id"])
    again = tablet.op("donation", "void", {"reason": "again"}, id=gift["id"])
    assert tablet.statuses(void) == ["parked"]
    assert tablet.statuses(gift) == ["applied"]
    assert (kept(void).status, Donation.objects.get().void_reason) == ("applied", "wrong amount")
    assert tablet.statuses(again) == ["applied"]
    assert books.first_broken() is None


def test_gifts_and_voids_in_one_batch_keep_their_order(tablet):
    gift = a_gift(tablet, 1)
    void = tablet.op("donation", "void", {"reason": "wrong amount"}, id=gift["id"])
    second = a_gift(tablet, 2)
    assert tablet.statuses(gift, void, second) == ["applied"] * 3
    assert books.first_broken() is None


def test_a_gift_already_spent_is_not_voided_from_a_tablet(tablet):
    gift, cost = a_gift(tablet, 1), Money(20_000, Currency.KHR)
    tablet.push(gift)
    line = purchases.Line(a_medicine(), 100, TODAY + timedelta(days=400), cost)
    purchases.record(supplier="Pharmacy", sum=cost, on=TODAY, by=somebody(), today=TODAY, lines=[line])
    (result,) = tablet.push(tablet.op("donation", "void", {"reason": "mistake"}, id=gift["id"]))
    assert (result["status"], result["code"]) == ("quarantined", "pharmacy.gift_spent")
    assert books.first_broken() is None


def test_a_tablet_voids_nothing_out_of_another_book(tablet):
    desk = a_donation(Money(10_000, Currency.KHR))
    (result,) = tablet.push(tablet.op("donation", "void", {"reason": "mistake"}, id=desk.pk))
    assert (result["status"], result["code"]) == ("quarantined", "pharmacy.not_your_book")
