"""Villagers give towards medicine; each gift has a receipt, and no receipt is ever missing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import receipt_number, uuid7
from core.money import Money
from core.places.models import Village
from pharmacy import rules
from pharmacy.models import Account, Donation, Entry, Fund, ReceiptBook
from pharmacy.services import ledger


@transaction.atomic
def receive(
    *, amount: Money, on: date, by: Any, today: date, id: UUID | None = None, donor_name: str = "",
    village: Village | None = None, book: str = "", number: int | None = None,
) -> Donation:  # fmt: skip
    """Take a gift into the medicine fund and number its receipt, in the desk's open book unless another is named.

    A nameless donor is anonymous; that is as good a gift as any other. A tablet's receipt brings the `number` that
    was written on it, in whatever order they arrive. Raises RuleBroken: pharmacy.nothing, pharmacy.riel_in_hundreds,
    pharmacy.date_in_future, pharmacy.no_such_book; Conflict("constraint.pharmacy_receipt_once").
    """
    rules.payable_in_notes(amount, "amount")
    rules.not_in_the_future(on, today)
    book, number = _next_number(book) if number is None else (book, _given_number(book, number))
    sides = ledger.income(Account.DONATIONS, Fund.MEDICINE, amount)
    entry = Entry(**sides, on=on, memo=receipt_number(book, number), recorded_by=by)
    donation = Donation(
        id=id or uuid7(), book_id=book, number=number, on=on, donor_name=donor_name, village=village, entry=entry,
        recorded_by=by,
    )  # fmt: skip
    save_checked(entry, donation)
    note("pharmacy.donation.received", donation, entry, by=by, receipt=donation.receipt, amount=amount.format(), on=on)
    return donation


@transaction.atomic
def open_next_book(*, by: Any) -> ReceiptBook:
    """Close the desk's receipt book and begin the next: receipts may have been given out of it that are not here."""
    used = ReceiptBook.objects.select_for_update().filter(prefix__startswith=ReceiptBook.DESK)
    book = ReceiptBook(prefix=f"{ReceiptBook.DESK}{len(used) + 1}")
    closed = [old.prefix for old in used if not old.closed]
    used.update(closed=True)
    save_checked(book)
    note("pharmacy.book.opened", by=by, prefix=book.prefix, closed=closed)
    return book


def _next_number(book: str) -> tuple[str, int]:
    """Turn the book's page; it stays locked until the commit, so a receipt not written leaves no gap."""
    desk = ReceiptBook.objects.filter(prefix__startswith=ReceiptBook.DESK, closed=False)
    books = ReceiptBook.objects.filter(pk=book) if book else desk
    books.update(last_number=F("last_number") + 1)
    turned = books.values_list("prefix", "last_number").first()
    if turned is None:
        raise RuleBroken("pharmacy.no_such_book")
    return turned


def _given_number(book: str, number: int) -> int:
    """Hold the book to the commit, and let it reach as far as the number that was given out elsewhere."""
    if not ReceiptBook.objects.filter(pk=book).update(last_number=Greatest(F("last_number"), number)):
        raise RuleBroken("pharmacy.no_such_book")
    return number


@transaction.atomic
def void(*, donation_id: UUID, on: date, reason: str, by: Any, today: date) -> Donation:
    """Void a receipt: the entry is reversed on `on`, the receipt stays with its reason.

    Raises RuleBroken("pharmacy.gift_spent") when the fund no longer holds as much.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    donation = Donation.objects.select_for_update(of=("self",)).select_related("entry").get(pk=donation_id)
    if donation.void_reason:
        raise RuleBroken("pharmacy.void_already")
    if on < donation.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    back = ledger.mirror(donation.entry, on, f"{donation.receipt}: {reason}"[:200], by)
    donation.void_reason = reason
    note("pharmacy.donation.voided", donation, back, by=by, receipt=donation.receipt, reason=reason, on=on)
    ledger.can_pay(Fund.MEDICINE, back.money, on, field="on", code="pharmacy.gift_spent")
    save_checked(back, donation)
    return donation
