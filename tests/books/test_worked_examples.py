"""Worked examples that an accountant can follow with a pencil: to the last riel and the last tablet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.errors import RuleBroken
from core.money import Currency, Money
from pharmacy.models import Batch, Donation, Entry, Move
from pharmacy.selectors import history, money, stock
from pharmacy.services import books, dispensing, donations, purchases
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_donation, a_medicine, a_patient, a_village, somebody

pytestmark = pytest.mark.django_db
MONDAY = TODAY - timedelta(days=4)
TUESDAY = TODAY - timedelta(days=3)
WEDNESDAY = TODAY - timedelta(days=2)


def riel(amount: int) -> Money:
    return Money(amount, Currency.KHR)


def dollars(amount: int) -> Money:
    return Money(amount * 100, Currency.USD)


def bought(sum: int, *lines: tuple[Any, int, int], on: date = TUESDAY, **given: Any) -> Any:
    """Buy lines of (medicine, quantity, riel) for `sum` riel."""
    invoice = [purchases.Line(m, n, date(2027, 12, 31), riel(cost)) for m, n, cost in lines]
    given = {"supplier": "Takeo Pharmacy", "invoice": "A-17", "by": somebody(), "today": TODAY} | given
    return purchases.record(lines=invoice, sum=riel(sum), on=on, **given)


def at(medicine: Any, place: str) -> int:
    return sum(held.quantity for held in stock.held(medicine) if held.place.code == place)


def refused(code: str, field: str | None = None) -> Any:
    class Refused:
        def __enter__(self) -> None:
            return None

        def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
            assert isinstance(error, RuleBroken), f"{code} was not raised"
            assert (error.code, error.field) == (code, field or error.field)
            return True

    return Refused()


def test_a_village_gives_and_the_money_becomes_medicine_and_the_medicine_reaches_a_patient() -> None:
    """Monday 50,000 ៛ and $20 are given; Tuesday 30,000 ៛ buys 300 tablets; Wednesday a patient takes 10."""
    paracetamol, by = a_medicine(), somebody()
    a_donation(riel(50_000), on=MONDAY, village=a_village(), donor_name="ភូមិស្រែអំបិល")
    a_donation(dollars(20), on=MONDAY)
    assert money.balances() == [riel(50_000), dollars(20)]

    bought(30_000, (paracetamol, 300, 30_000))
    assert money.balances() == [riel(20_000), dollars(20)]
    assert at(paracetamol, "store") == 300

    batch = Batch.objects.get(medicine=paracetamol)
    assert batch.cost == 30_000  # 100 riel a tablet
    shelves.transfer(batch=batch, source="store", target="dispensary", quantity=50, on=TUESDAY, by=by, today=TODAY)
    patient = a_patient()
    dispensing.dispense(
        patient=patient, medicine=paracetamol, quantity=10, directions="1 × 3", on=WEDNESDAY, by=by, today=TODAY
    )
    assert (at(paracetamol, "store"), at(paracetamol, "dispensary")) == (250, 40)
    assert [given.quantity for given in history.of_patient(patient.id)] == [10]
    assert books.first_broken() is None


def test_a_voided_donation_leaves_its_receipt_and_takes_the_money_out_again() -> None:
    first, second = a_donation(riel(50_000)), a_donation(riel(5_000))
    donations.void(donation_id=first.id, on=TODAY, reason="counted twice", by=somebody(), today=TODAY)
    assert money.balances()[0] == riel(5_000)
    assert [d.receipt for d in Donation.objects.order_by("number")] == ["D-000001", "D-000002"]
    assert second.receipt == "D-000002"
    assert Entry.objects.count() == 3
    held = money.holdings()[0]
    assert (held.came, held.went) == (riel(5_000), riel(0))  # a void is neither income nor spending
    with refused("pharmacy.void_already"):
        donations.void(donation_id=first.id, on=TODAY, reason="again", by=somebody(), today=TODAY)
    assert books.first_broken() is None


def test_a_donation_cannot_be_voided_once_its_money_is_spent() -> None:
    given = a_donation(riel(30_000), on=MONDAY)
    bought(30_000, (a_medicine(), 300, 30_000))
    with refused("pharmacy.gift_spent", "on"):
        donations.void(donation_id=given.id, on=TODAY, reason="typo", by=somebody(), today=TODAY)
    assert Donation.objects.get().void_reason == ""


def test_the_fund_cannot_be_overspent_by_a_single_hundred_riel() -> None:
    a_donation(riel(30_000), on=MONDAY)
    with refused("pharmacy.fund_overspent", "sum"):
        bought(30_100, (a_medicine(), 300, 30_100))
    assert not Batch.objects.exists()
    bought(30_000, (a_medicine(), 300, 30_000))
    assert money.balances()[0] == riel(0)


def test_a_purchase_entered_late_must_leave_enough_for_what_was_paid_after_it() -> None:
    """Monday +10,000; Wednesday +20,000 and −25,000. A paper dated Tuesday can have cost 5,000, not 5,100."""
    a_donation(riel(10_000), on=MONDAY)
    a_donation(riel(20_000), on=WEDNESDAY)
    bought(25_000, (a_medicine(), 250, 25_000), on=WEDNESDAY)
    with refused("pharmacy.fund_overspent", "sum"):
        bought(5_100, (a_medicine(), 51, 5_100), on=TUESDAY)
    bought(5_000, (a_medicine(), 50, 5_000), on=TUESDAY)
    assert money.balances()[0] == riel(0)
    assert books.first_broken() is None


def test_money_given_later_cannot_pay_for_what_was_bought_before() -> None:
    a_donation(riel(10_000), on=WEDNESDAY)
    with refused("pharmacy.fund_overspent", "sum"):
        bought(10_000, (a_medicine(), 100, 10_000), on=TUESDAY)


def test_the_lines_of_an_invoice_add_up_to_the_riel() -> None:
    a_donation(riel(100_000), on=MONDAY)
    amoxicillin = a_medicine("Amoxicillin", "500 mg")
    with refused("pharmacy.lines_do_not_add_up", "sum"):
        bought(30_000, (a_medicine(), 100, 10_000), (amoxicillin, 100, 19_900))
    bought(30_000, (a_medicine(), 100, 10_000), (amoxicillin, 100, 20_000))
    assert money.balances()[0] == riel(70_000)


def test_riel_and_dollars_are_never_added() -> None:
    a_donation(dollars(20), on=MONDAY)
    with refused("core.currencies_mixed"):
        purchases.record(
            supplier="Takeo Pharmacy", lines=[purchases.Line(a_medicine(), 1, date(2027, 1, 1), riel(4_000))],
            sum=dollars(1), on=TUESDAY, by=somebody(), today=TODAY,
        )  # fmt: skip
    with refused("pharmacy.fund_overspent", "sum"):  # twenty dollars are no riel
        bought(4_000, (a_medicine(), 40, 4_000))


def test_riel_come_in_hundreds() -> None:
    with refused("pharmacy.riel_in_hundreds", "amount"):
        a_donation(riel(150))
    with refused("pharmacy.nothing", "amount"):
        a_donation(riel(0))


def test_a_voided_purchase_returns_the_money_and_the_boxes() -> None:
    a_donation(riel(50_000), on=MONDAY)
    purchase = bought(30_000, (a_medicine(), 300, 30_000))
    purchases.void(purchase_id=purchase.id, on=TODAY, reason="wrong medicine", by=somebody(), today=TODAY)
    assert (money.balances()[0], at(a_medicine(), "store")) == (riel(50_000), 0)
    assert books.first_broken() is None


def test_a_purchase_stays_once_a_tablet_of_it_left_the_store() -> None:
    a_donation(riel(50_000), on=MONDAY)
    purchase = bought(30_000, (a_medicine(), 300, 30_000))
    batch = Batch.objects.get()
    shelves.transfer(batch=batch, source="store", target="kit-1", quantity=1, on=TODAY, by=somebody(), today=TODAY)
    with refused("pharmacy.given_out_since"):
        purchases.void(purchase_id=purchase.id, on=TODAY, reason="wrong", by=somebody(), today=TODAY)
    with refused("pharmacy.reverse_the_purchase"):
        came = Move.objects.select_related("batch").get(source="source")
        shelves.reverse(move=came, on=TODAY, reason="wrong", by=somebody(), today=TODAY)


def dispensed(quantity: int, on: date = TODAY, **given: Any) -> Any:
    given = {"patient": given.get("patient") or a_patient()} | given
    return dispensing.dispense(medicine=a_medicine(), quantity=quantity, on=on, by=somebody(), today=TODAY, **given)


def test_the_batch_that_expires_first_goes_out_first_and_one_dispensing_may_span_two() -> None:
    late = a_batch(100, expires_on=date(2028, 6, 30))
    soon = a_batch(6, expires_on=date(2027, 1, 31))
    given = dispensed(10)
    assert {(m.batch_id, m.quantity) for m in given.moves.all()} == {(soon.id, 6), (late.id, 4)}


def test_an_expired_batch_is_never_given_and_does_not_hide_that_nothing_is_left() -> None:
    a_batch(500, expires_on=TUESDAY, on=MONDAY)
    with refused("pharmacy.not_enough", "quantity"):
        dispensed(1)
    assert stock.summary(TODAY) == {"out": 1, "low": 0, "soon": 0, "expired": 1}
    dispensed(500, on=TUESDAY)  # a paper of Tuesday, when it was still good


def test_medicine_may_be_given_on_its_last_day() -> None:
    a_batch(5, expires_on=TODAY)
    assert dispensed(5).moves.get().quantity == 5


def test_a_dispensing_entered_late_must_leave_enough_for_what_was_given_after_it() -> None:
    """Monday 10 came, Wednesday 10 came and 15 went: a sheet dated Tuesday can hold 5, not 6."""
    batch = a_batch(10, on=MONDAY)
    a_batch(10, on=WEDNESDAY, expires_on=batch.expires_on)
    dispensed(15, on=WEDNESDAY)
    with refused("pharmacy.not_enough", "quantity"):
        dispensed(6, on=TUESDAY)


def test_the_last_tablet_is_given_and_not_one_more() -> None:
    a_batch(7)
    dispensed(7)
    with refused("pharmacy.not_enough", "quantity"):
        dispensed(1)


def test_a_dispensing_taken_back_is_on_the_shelf_again_and_off_the_record() -> None:
    a_batch(7)
    patient = a_patient()
    given = dispensed(7, patient=patient)
    shelves.reverse(move=given.moves.get(), on=TODAY, reason="wrong patient", by=somebody(), today=TODAY)
    assert at(a_medicine(), "dispensary") == 7
    assert history.of_patient(patient.id) == []
    with refused("pharmacy.reversed_already"):
        shelves.reverse(move=given.moves.get(), on=TODAY, reason="again", by=somebody(), today=TODAY)
    back = Move.objects.get(reverses__isnull=False)
    with refused("pharmacy.reversal_stays"):
        shelves.reverse(move=back, on=TODAY, reason="no", by=somebody(), today=TODAY)
    assert books.first_broken() is None


def test_a_count_brings_the_books_to_what_lies_there() -> None:
    batch = a_batch(100)
    for counted in (97, 103):
        shelves.adjust(
            batch=batch, place="dispensary", counted=counted, on=TODAY, reason="count", by=somebody(), today=TODAY
        )
        assert at(a_medicine(), "dispensary") == counted
    with refused("pharmacy.count_agrees", "counted"):
        shelves.adjust(
            batch=batch, place="dispensary", counted=103, on=TODAY, reason="again", by=somebody(), today=TODAY
        )
    assert books.first_broken() is None


def test_a_write_off_says_why() -> None:
    batch = a_batch(100)
    with refused("pharmacy.reason_missing", "reason"):
        shelves.write_off(batch=batch, place="dispensary", quantity=5, on=TODAY, reason=" ", by=somebody(), today=TODAY)
    shelves.write_off(batch=batch, place="dispensary", quantity=5, on=TODAY, reason="wet", by=somebody(), today=TODAY)
    assert at(a_medicine(), "dispensary") == 95


def test_nothing_is_dispensed_to_the_dead_nor_tomorrow_nor_from_outside() -> None:
    a_batch(10)
    patient = a_patient()
    patient.deceased_on = TUESDAY
    patient.save()
    with refused("pharmacy.after_death", "on"):
        dispensed(1, patient=patient)
    with refused("pharmacy.date_in_future", "on"):
        dispensed(1, on=TODAY + timedelta(days=1))
    with refused("pharmacy.not_a_shelf", "place"):
        dispensed(1, place="source")


def test_the_stock_card_says_what_lay_there_after_each_move() -> None:
    batch = a_batch(100, on=MONDAY, place="store")
    shelves.transfer(
        batch=batch, source="store", target="dispensary", quantity=40, on=TUESDAY, by=somebody(), today=TODAY
    )
    dispensed(15)
    lines, _ = stock.card(a_medicine())
    assert [(line.change, line.balance) for line in lines] == [(-15, 85), (0, 100), (100, 100)]


def test_check_books_names_the_first_broken_row(capsys: Any) -> None:
    a_donation(riel(50_000))
    batch = a_batch(10)
    call_command("check_books")
    assert "The books are whole: 1 entries, 1 moves" in capsys.readouterr().out
    Move.objects.create(batch=batch, source_id="dispensary", target_id="waste", quantity=11, on=TODAY)
    with pytest.raises(CommandError, match=f"A shelf below zero: batch {batch.pk} at dispensary on 2026-11-20"):
        call_command("check_books")


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda: Entry.objects.update(currency="USD"), "An entry whose currency"),
        (lambda: Entry.objects.update(debit="donations-medicine-khr", credit="cash-medicine-khr"), "Cash below zero"),
        (lambda: Donation.objects.update(number=2), "A gap in the receipts"),
        (lambda: Donation.objects.update(void_reason="?"), "A donation voided without a reversal"),
        (lambda: Batch.objects.update(cost=9_900), "A purchase whose lines do not add up"),
        (lambda: Move.objects.filter(source="source").update(on=MONDAY), "A bought batch that came on another day"),
    ],
)
def test_every_proof_finds_what_it_is_there_for(spoil: Any, found: str) -> None:
    a_donation(riel(50_000), on=MONDAY)
    bought(10_000, (a_medicine(), 100, 10_000))
    assert books.first_broken() is None
    spoil()
    assert found in str(books.first_broken())
