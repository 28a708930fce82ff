"""People give money for a purpose; each gift has a receipt, and no receipt is ever missing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import receipt_number, uuid7
from core.money import Money
from core.places.models import Village
from pharmacy import rules
from pharmacy.models import Account, Donation, Entry, Fund
from pharmacy.services import ledger, receipts


@transaction.atomic
def receive(
    *, amount: Money, on: date, by: Any, today: date, id: UUID | None = None, donor_name: str = "",
    village: Village | None = None, fund: str = Fund.MEDICINE, source: str = Donation.Source.PERSON,
    purpose: str = "", book: str = "", number: int | None = None,
) -> Donation:  # fmt: skip
    """Take a gift into a fund and number its receipt, in the desk's open book unless another is named.

    A nameless donor is anonymous; that is as good a gift as any other. A grant names who gave it and what for, as
    the yearly paper of a donor abroad asks (Form 990, Schedule F). A tablet's receipt brings the `number` that was
    written on it, in whatever order they arrive. Raises RuleBroken: pharmacy.nothing, pharmacy.riel_in_hundreds,
    pharmacy.date_in_future, pharmacy.no_such_book, pharmacy.grant_has_a_giver, pharmacy.grant_has_a_purpose;
    Conflict("constraint.pharmacy_receipt_once").
    """
    rules.payable_in_notes(amount, "amount")
    rules.not_in_the_future(on, today)
    if source == Donation.Source.GRANT:
        _told(donor_name, purpose)
    page = receipts.turn(book) if number is None else receipts.given(book, number)
    donation = written(
        page, amount, id=id or uuid7(), fund_id=fund, source=source, on=on, donor_name=donor_name, village=village,
        purpose=purpose, recorded_by=by,
    )  # fmt: skip
    entry = donation.entry
    save_checked(entry, donation)
    note("pharmacy.donation.received", donation, entry, by=by, receipt=donation.receipt, amount=amount.format(),
         fund=fund, on=on)  # fmt: skip
    return donation


def written(page: tuple[str, int], amount: Money, *, fund_id: str, on: date, recorded_by: Any, **more: Any) -> Donation:
    """Return an unsaved receipt on a page of a book, with its unsaved entry."""
    book, number = page
    sides = ledger.income(Account.DONATIONS, fund_id, amount)
    entry = Entry(**sides, on=on, memo=receipt_number(book, number), recorded_by=recorded_by)
    return Donation(book_id=book, number=number, fund_id=fund_id, on=on, entry=entry, recorded_by=recorded_by, **more)


def _told(donor_name: str, purpose: str) -> None:
    if not donor_name:
        raise RuleBroken("pharmacy.grant_has_a_giver", field="donor_name")
    if not purpose:
        raise RuleBroken("pharmacy.grant_has_a_purpose", field="purpose")


@transaction.atomic
def void(*, donation_id: UUID, on: date, reason: str, by: Any, today: date) -> Donation:
    """Void a receipt: the entry is reversed on `on`, the receipt stays with its reason.

    Raises RuleBroken("pharmacy.gift_spent") when the fund no longer holds as much.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    held = Donation.objects.select_for_update(of=("self",)).select_related("entry")
    donation: Any = held.get(pk=donation_id)
    if donation.void_reason:
        raise RuleBroken("pharmacy.void_already")
    if on < donation.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    back = ledger.mirror(donation.entry, on, f"{donation.receipt}: {reason}"[:200], by)
    donation.void_reason = reason
    note("pharmacy.donation.voided", donation, back, by=by, receipt=donation.receipt, reason=reason, on=on)
    ledger.can_pay(donation.fund_id, back.money, on, field="on", code="pharmacy.gift_spent")
    save_checked(back, donation)
    return donation
