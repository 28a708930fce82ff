"""What an accountant asks of the books: the trial balance, the statement of a fund, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from core.money import Currency, Money, total
from pharmacy.models import Account, Entry
from pharmacy.selectors.money import page_of


@dataclass(frozen=True)
class Balance:
    """What stands on one account: the sum of its debits and of its credits; the balance on one side only."""

    account: Account
    debits: Money
    credits: Money

    @property
    def debit(self) -> Money:
        return max(self.debits - self.credits, Money.zero(self.debits.currency))

    @property
    def credit(self) -> Money:
        return max(self.credits - self.debits, Money.zero(self.debits.currency))


@dataclass(frozen=True)
class TrialBalance:
    """Every account that was ever used until a day, in one currency; both columns add up to the same."""

    currency: Currency
    rows: list[Balance]

    @property
    def debit(self) -> Money:
        return total((row.debit for row in self.rows), self.currency)

    @property
    def credit(self) -> Money:
        return total((row.credit for row in self.rows), self.currency)

    @property
    def balances(self) -> bool:
        return self.debit == self.credit


def trial_balance(at: date, fund: str = "") -> list[TrialBalance]:
    """Return the trial balance at the end of a day, riel first: of a fund, else of all: three statements."""
    accounts = Account.objects.select_related("fund").order_by("fund", "code")
    chosen = {account.pk: account for account in (accounts.filter(fund=fund) if fund else accounts)}
    sides = [_summed(side, list(chosen), on__lte=at) for side in ("debit", "credit")]
    found: dict[Currency, list[Balance]] = {currency: [] for currency in Currency}
    for code, account in chosen.items():
        currency = Currency(account.currency)
        debits, credited = (Money(sums.get(code, 0), currency) for sums in sides)
        if debits or credited:
            found[currency].append(Balance(account, debits, credited))
    return [TrialBalance(currency, rows) for currency, rows in found.items()]


def _summed(side: str, accounts: list[str], **when: Any) -> dict[str, int]:
    """Return the sum of some days for each account on one side, read from that side's index alone: one statement."""
    rows = Entry.objects.filter(**{f"{side}__in": accounts}, **when).order_by().values(side)
    return dict(rows.annotate(n=Sum("minor")).values_list(side, "n"))


@dataclass(frozen=True)
class Statement:
    """What became of a fund in one currency from a first to a last day; every line net of what was taken back.

    `closing` is asked for on its own, so that `adds_up` proves something.
    """

    currency: Currency
    opening: Money
    lines: dict[str, Money]  # by the role of the account; what took money out is below zero
    closing: Money

    @property
    def adds_up(self) -> bool:
        return self.opening + total(self.lines.values(), self.currency) == self.closing

    @property
    def moved(self) -> bool:
        return bool(self.opening or self.closing or any(self.lines.values()))


ROLES = (Account.DONATIONS, Account.EXCHANGE, Account.PURCHASES, Account.AID, Account.DIFFERENCES)


def statement(fund: str, first: date, last: date) -> list[Statement]:
    """Return the statement of a fund, riel first: six statements, each out of an index."""
    cash = [Account.code_of(Account.CASH, fund, currency) for currency in Currency]
    opened, closed = _net(cash, on__lt=first), _net(cash, on__lte=last)
    others = [Account.code_of(role, fund, currency) for role in ROLES for currency in Currency]
    moved = _net(others, on__range=(first, last))
    found = []
    for currency in Currency:
        lines = {role: Money(-moved.get(Account.code_of(role, fund, currency), 0), currency) for role in ROLES}
        code = Account.code_of(Account.CASH, fund, currency)
        opening, closing = (Money(sums.get(code, 0), currency) for sums in (opened, closed))
        found.append(Statement(currency, opening, lines, closing))
    return found


def _net(codes: list[str], **when: Any) -> dict[str, int]:
    debits, credited = (_summed(side, codes, **when) for side in ("debit", "credit"))
    return {code: debits.get(code, 0) - credited.get(code, 0) for code in codes}


_RELATED = ("debit", "credit", "recorded_by", "donation", "purchase", "reverses")


def journal_page(*, fund: str = "", before: UUID | None = None) -> tuple[list[Entry], UUID | None]:
    """Return one page of the journal, newest first, and the key of the next page: one statement."""
    rows = Entry.objects.select_related(*_RELATED)
    return page_of(rows.filter(_of(fund)), before)


def journal(first: date, last: date, fund: str = "", *, most: int) -> list[Entry] | None:
    """Return every entry from the first to the last day in the order of the books; None for more than so many."""
    rows = Entry.objects.filter(_of(fund), on__range=(first, last)).select_related(*_RELATED)
    found = list(rows.order_by("on", "id")[: most + 1])
    return found if len(found) <= most else None


def _of(fund: str) -> Q:
    return Q(debit__fund=fund) if fund else Q()
