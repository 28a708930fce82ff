"""Money of the funds: entries of the books, in minor units, currency by currency. And help with costs.

What was taken back counts below zero on the day on which it was taken back, as the books have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from core.money import Currency
from pharmacy.models import Account, AidCase, AidCost, Donation, Entry, Purchase
from reports.cube import SEXES
from reports.sources.source import Dimension, Part, Shown, Source
from reports.sources.words import joined, person_words
from reports.spans import Span

CURRENCIES = tuple(currency.value for currency in Currency)


def _of_role(role: str, side: str) -> Q:
    return Q(**{f"{side}__code__startswith": f"{role}-"})  # a code is its role, fund and currency


def of_role(role: str) -> Callable[[Any], Q]:
    """Keep entries that touch the accounts of a role."""
    return lambda _: _of_role(role, "debit") | _of_role(role, "credit")


def net(role: str, plus: str) -> tuple[Part]:
    """Return what an entry adds to the accounts of a role: its amount on the side `plus`, less on the other."""
    return (Part(Case(When(_of_role(role, plus), then=F("minor")), default=-F("minor"))),)


INCOME = net(Account.DONATIONS, "credit")
BOUGHT = net(Account.PURCHASES, "debit")
AIDED = net(Account.AID, "debit")
FOUND = net(Account.DIFFERENCES, "credit")
HELD = net(Account.CASH, "debit")


def _entries(span: Span) -> Any:
    return Entry.objects.filter(on__range=(span.first, span.last))


def _until(span: Span) -> Any:
    return Entry.objects.filter(on__lte=span.last)


def _either(path: str) -> Coalesce:
    """Return what the entry says, or the one that it takes back."""
    return Coalesce(path, f"reverses__{path}")


def _entry(row: Any) -> Shown:
    told = row.reverses or row
    for kind, page in (("donation", "donation"), ("purchase", "purchase")):
        if found := getattr(told, kind, None):
            return Shown(row.memo, "", reverse(f"pharmacy:{page}", args=[found.pk]))
    if cost := getattr(told, "aid_cost", None):
        href = reverse("pharmacy:aid_case", args=[cost.case_id])
        return Shown(row.memo, str(cost.get_kind_display()), href, cost.case.patient_id)
    return Shown(row.memo)


_FUND = {
    "fund": Dimension("debit__fund_id"),
    "currency": Dimension("currency", CURRENCIES),
}
_TOLD = ("donation", "purchase", "aid_cost__case")
_RELATED = (*_TOLD, *(f"reverses__{path}" for path in _TOLD))

ENTRIES = Source(_entries, _entry, related=_RELATED, dimensions=_FUND)
GIVEN = Source(
    _entries, _entry, related=_RELATED,
    dimensions=_FUND | {
        "source": Dimension(_either("donation__source"), tuple(Donation.Source.values)),
        "village": Dimension(_either("donation__village_id"), numbered=True),
        "commune": Dimension(_either("donation__village__commune_id"), numbered=True),
        "district": Dimension(_either("donation__village__commune__district_id"), numbered=True),
    },
)  # fmt: skip
HELP = Source(
    _entries, _entry, related=_RELATED,
    dimensions=_FUND | {
        "kind": Dimension(_either("aid_cost__kind"), tuple(AidCost.Kind.values)),
        "sex": Dimension(_either("aid_cost__case__patient__sex"), SEXES),
        "village": Dimension(_either("aid_cost__case__patient__village_id"), numbered=True),
    },
)  # fmt: skip
BALANCE = Source(_until, _entry, related=_RELATED, dimensions=_FUND, level=True)


# --- Papers of the books ---


def _receipts(span: Span) -> Any:
    return Donation.objects.filter(on__range=(span.first, span.last), void_reason="")


def _receipt(row: Any) -> Shown:
    more = joined(row.entry.money.format(), row.get_source_display(), row.village)
    return Shown(row.receipt, more, reverse("pharmacy:donation", args=[row.pk]))


RECEIPTS = Source(
    _receipts, _receipt, related=("entry", "village"),
    dimensions={
        "fund": Dimension("fund_id"),
        "currency": Dimension("entry__currency", CURRENCIES),
        "source": Dimension("source", tuple(Donation.Source.values)),
        "village": Dimension("village_id", numbered=True),
        "commune": Dimension("village__commune_id", numbered=True),
        "district": Dimension("village__commune__district_id", numbered=True),
    },
)  # fmt: skip


def _purchases(span: Span) -> Any:
    return Purchase.objects.filter(on__range=(span.first, span.last), void_reason="")


def _purchase(row: Any) -> Shown:
    more = joined(row.invoice, row.entry.money.format())
    return Shown(row.supplier, more, reverse("pharmacy:purchase", args=[row.pk]))


PURCHASES = Source(
    _purchases, _purchase, related=("entry",),
    dimensions={"fund": Dimension("fund_id"), "currency": Dimension("entry__currency", CURRENCIES)},
)  # fmt: skip


# --- Help with costs ---


def _whose(case: str = "") -> dict[str, Dimension]:
    return {
        "sex": Dimension(f"{case}patient__sex", SEXES),
        "village": Dimension(f"{case}patient__village_id", numbered=True),
        "commune": Dimension(f"{case}patient__village__commune_id", numbered=True),
        "district": Dimension(f"{case}patient__village__commune__district_id", numbered=True),
    }


def _cases(span: Span) -> Any:
    return AidCase.objects.filter(on__range=(span.first, span.last)).exclude(state=AidCase.State.REFUSED)


def _case(row: Any) -> Shown:
    more = joined(row.number, person_words(row.patient, row.on), row.illness)
    return Shown(row.patient.name, more, reverse("pharmacy:aid_case", args=[row.pk]), row.patient_id)


CASES = Source(
    _cases, _case, related=("patient",),
    dimensions=_whose() | {"eligible": Dimension("eligible", tuple(AidCase.Eligible.values))},
)  # fmt: skip


def _paid(span: Any) -> Any:
    return AidCost.objects.filter(on__range=(span.first_day, span.last_day), state=AidCost.State.PAID)


def first_help(span: Any) -> Q:
    """Keep one cost a person: the first that our funds paid in these days."""
    earlier = Q(on__lt=OuterRef("on")) | Q(on=OuterRef("on"), pk__lt=OuterRef("pk"))
    paid = _paid(span).filter(earlier, payer=AidCost.Payer.FUND, case__patient=OuterRef("case__patient"))
    return Q(payer=AidCost.Payer.FUND) & Q(~Exists(paid))


def by_the_equity_fund(span: Any) -> Q:
    """Keep what the Health Equity Fund paid."""
    return Q(payer=AidCost.Payer.HEF)


def _cost(row: Any) -> Shown:
    said = _case(row.case)
    return Shown(said.words, joined(row.get_kind_display(), row.money.format(), said.more), said.href, said.patient_id)


COSTS = Source(
    _paid, _cost, related=("case__patient",),
    dimensions=_whose("case__") | {
        "kind": Dimension("kind", tuple(AidCost.Kind.values)),
        "currency": Dimension("currency", CURRENCIES),
    },
)  # fmt: skip
MINOR = (Part("minor"),)
