"""Cash is counted by two people, note by note; a difference is explained, and entered by another deed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Currency, Money
from pharmacy import rules
from pharmacy.models import Account, CashCount, Entry, Notes
from pharmacy.selectors import money
from pharmacy.services import ledger
from pharmacy.services.boxes import notes_of


@transaction.atomic
def count(
    *, fund: str, currency: Currency, found: Mapping[int, int], on: date, counted_by: str, witnessed_by: str,
    by: Any, today: date, reason: str = "", id: UUID | None = None,
) -> CashCount:  # fmt: skip
    """Write down the cash of a fund in one currency at the end of a day, beside what the books say of that day.

    Raises RuleBroken: pharmacy.two_people, pharmacy.no_such_note, pharmacy.date_in_future, and
    pharmacy.cash_differs when it is not what the books say and no reason is given.
    """
    rules.two_people(counted_by, witnessed_by)
    rules.not_in_the_future(on, today)
    counted, book = rules.worth(found, currency), _book(fund, currency, on)
    if counted != book and not reason:
        raise RuleBroken("pharmacy.cash_differs", field="reason", counted=counted.format(), book=book.format())
    made = CashCount(
        id=id or uuid7(), fund_id=fund, currency=currency.value, on=on, counted_by=counted_by,
        witnessed_by=witnessed_by, counted=counted.minor, book=book.minor,
        reason=reason if counted != book else "", recorded_by=by,
    )  # fmt: skip
    save_checked(made)
    create_many(Notes, notes_of({currency: found}, count=made))
    note("pharmacy.cash.counted", made, by=by, fund=fund, on=on, counted=counted.format(), book=book.format(),
         reason=made.reason)  # fmt: skip
    return made


@transaction.atomic
def enter(*, count_id: UUID, by: Any) -> CashCount:
    """Bring the books to what was counted, through the account of differences, on the day of the count.

    Raises RuleBroken: pharmacy.count_agrees, pharmacy.entered_already; pharmacy.books_moved when something was
    written for that day or an earlier one since; pharmacy.fund_overspent when a later day would end below zero.
    """
    made = CashCount.objects.select_for_update(of=("self",)).get(pk=count_id)
    if made.entry_id:
        raise RuleBroken("pharmacy.entered_already")
    currency = Currency(made.currency)
    difference = Money(made.counted - made.book, currency)
    if not difference:
        raise RuleBroken("pharmacy.cash_agrees")
    sides = ledger.income if difference.minor > 0 else ledger.payment
    entry = Entry(
        **sides(Account.DIFFERENCES, made.fund_id, abs(difference)), on=made.on, memo=made.reason, recorded_by=by
    )
    made.entry = entry
    note("pharmacy.cash.difference_entered", made, entry, by=by, fund=made.fund_id, on=made.on,
         difference=difference.format(), reason=made.reason)  # fmt: skip
    deltas = money.daily(Account.code_of(Account.CASH, made.fund_id, currency), since=made.on)
    if rules.balance(deltas, made.on) != made.book:
        raise RuleBroken("pharmacy.books_moved")
    if difference.minor < 0 and -difference.minor > (free := rules.free(deltas, made.on)):
        raise RuleBroken("pharmacy.fund_overspent", available=Money(free, currency).format())
    save_checked(entry, made)
    return made


def _book(fund: str, currency: Currency, on: date) -> Money:
    deltas = money.daily(Account.code_of(Account.CASH, fund, currency), since=on)
    return Money(rules.balance(deltas, on), currency)
