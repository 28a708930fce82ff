"""What donations and purchases share: the entry that takes another back, and the proof that cash suffices."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.errors import RuleBroken
from core.money import Currency, Money
from pharmacy import rules
from pharmacy.models import Account, Entry
from pharmacy.selectors import money


def mirror(entry: Entry, on: date, memo: str, by: Any) -> Entry:
    """Return the unsaved entry that takes another back."""
    return Entry(
        debit_id=entry.credit_id, credit_id=entry.debit_id, currency=entry.currency, minor=entry.minor, on=on,
        memo=memo, reverses=entry, recorded_by=by,
    )  # fmt: skip


def can_pay(fund: str, amount: Money, on: date, *, field: str, code: str = "pharmacy.fund_overspent") -> None:
    """Refuse to pay out of a fund's cash what would leave any day from `on` on below zero.

    Call it after `note` and before the entry is saved: `note` holds the clock until the commit, and every writer
    takes the clock. So what is read here cannot be changed by another any more, whatever the database, and it costs
    no lock of its own; and who is refused has not written every row for nothing.
    Raises RuleBroken(code) with what could have been paid.
    """
    deltas = money.daily(Account.code_of(Account.CASH, fund, amount.currency), since=on)
    available = Money(rules.free(deltas, on), amount.currency)
    if amount > available:
        raise RuleBroken(code, field=field, available=available.format())


def payment(role: str, fund: str, amount: Money) -> dict[str, Any]:
    """Return the fields of an entry that pays `amount` out of a fund's cash for `role`."""
    cash = Account.code_of(Account.CASH, fund, amount.currency)
    return _sides(Account.code_of(role, fund, amount.currency), cash, amount)


def income(role: str, fund: str, amount: Money) -> dict[str, Any]:
    """Return the fields of an entry that takes `amount` into a fund's cash from `role`."""
    cash = Account.code_of(Account.CASH, fund, amount.currency)
    return _sides(cash, Account.code_of(role, fund, amount.currency), amount)


def _sides(debit: str, credit: str, amount: Money) -> dict[str, Any]:
    currency: Currency = amount.currency
    return {"debit_id": debit, "credit_id": credit, "currency": currency.value, "minor": amount.minor}
