"""What the funds hold, who gave, what was bought: sums over entries, made by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, F, Model, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

from core.money import Currency, Money
from pharmacy.models import Account, Donation, Entry, Fund, Purchase
from pharmacy.rules import Delta

PAGE = 50
LATEST = 20


def daily(account: str, *, since: date) -> list[Delta]:
    """Return how one account changed day by day, debits up; all before `since` comes as one sum on that day."""
    rows = (
        Entry.objects.filter(Q(debit=account) | Q(credit=account))
        .annotate(day=Greatest("on", Value(since, output_field=DateField())))
        .values("day")
        .annotate(net=Sum(Case(When(debit=account, then=F("minor")), default=-F("minor"))))
    )
    return [(row["day"], row["net"]) for row in rows]


@dataclass(frozen=True)
class Holding:
    """What one fund's cash in one currency took in, paid out, and holds."""

    came: Money
    went: Money

    @property
    def balance(self) -> Money:
        return self.came - self.went


def holdings(fund: str = Fund.MEDICINE) -> list[Holding]:
    """Return what a fund holds, riel first, then dollars: one statement.

    What came and what went are net of reversals: a voided donation is neither income nor spending.
    """
    codes = {currency: Account.code_of(Account.CASH, fund, currency) for currency in Currency}
    sides = {}
    for currency, code in codes.items():
        turned = Q(reverses__isnull=False)
        sides[f"came_{currency}"] = _sum(Q(debit=code) & ~turned) - _sum(Q(credit=code) & turned)
        sides[f"went_{currency}"] = _sum(Q(credit=code) & ~turned) - _sum(Q(debit=code) & turned)
    cash = Q(debit__in=codes.values()) | Q(credit__in=codes.values())
    sums = Entry.objects.filter(cash).aggregate(**sides)
    return [Holding(Money(sums[f"came_{c}"], c), Money(sums[f"went_{c}"], c)) for c in Currency]


def balances(fund: str = Fund.MEDICINE) -> list[Money]:
    """Return a fund's cash in riel and in dollars."""
    return [holding.balance for holding in holdings(fund)]


def _sum(which: Q) -> Coalesce:
    return Coalesce(Sum("minor", filter=which), Value(0))


def latest_entries(fund: str = Fund.MEDICINE) -> list[Entry]:
    """Return the newest entries that touch a fund's accounts, with what each belongs to."""
    related = ("debit", "credit", "donation", "purchase", "cash_count")
    rows = Entry.objects.filter(debit__fund=fund).select_related(*related)
    return list(rows.order_by("-on", "-id")[:LATEST])


def donations_page(*, before: UUID | None = None) -> tuple[list[Donation], UUID | None]:
    """Return one page of donations, newest first, and the key of the next page."""
    rows = Donation.objects.select_related("entry", "village", "recorded_by", "fund")
    return page_of(rows, before)


def purchases_page(*, before: UUID | None = None) -> tuple[list[Purchase], UUID | None]:
    """Return one page of purchases, newest first, and the key of the next page."""
    return page_of(Purchase.objects.select_related("entry", "recorded_by"), before)


def page_of(rows: QuerySet[Any], before: UUID | None) -> tuple[list[Any], UUID | None]:
    """Return one page of rows that have a day, newest first by (on, id), and the key of the next page."""
    if before is not None:
        model: type[Model] = rows.model
        on = Subquery(model._default_manager.filter(pk=before).values("on"))
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=before))
    found = list(rows.order_by("-on", "-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def suppliers() -> list[str]:
    """Return the names of suppliers bought from so far, to be offered again."""
    return list(Purchase.objects.order_by("supplier").values_list("supplier", flat=True).distinct()[:200])
