"""Medicine and money of some days: what was out, what expires, what it is worth; what came into each fund and went."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Min, Q, Sum, Value, When

from core.money import Currency
from pharmacy import rules
from pharmacy.models import Account, AidCost, Batch, Donation, Entry, Fund, Medicine, Move, Place, Purchase
from pharmacy.selectors.stock import on_shelves
from pharmacy.selectors.supply import LATER, usable_daily
from reports.asking import Span


@dataclass(frozen=True)
class Out:
    """A medicine that could not be given on some days."""

    medicine: Medicine
    days: int
    out_at_the_end: bool


@dataclass(frozen=True)
class Lying:
    """What lies of one batch at the end of the last day."""

    batch: Batch
    quantity: int


@dataclass
class Stock:
    """Medicine at the end of the last day. Worth is in minor units by currency, at cost or at fair value."""

    medicines: int = 0
    out: list[Out] = field(default_factory=list)
    expiring: list[Lying] = field(default_factory=list)
    expired: list[Lying] = field(default_factory=list)
    worth: Counter[str] = field(default_factory=Counter)
    unvalued: int = 0  # batches of which nobody said what they are worth


def stock(span: Span) -> Stock:
    """Return how medicine stood: five statements."""
    lying = Move.objects.filter(on__lte=span.last).order_by().values_list("batch")
    there: dict[UUID, int] = {key: n for key, n in lying.annotate(n=on_shelves()) if n > 0}
    batches = Batch.objects.filter(pk__in=there).select_related("medicine", "purchase__entry")
    found = Stock(out=_out(span))
    came = _came(there)
    good = set()
    for batch in batches.order_by("expires_on", "id"):
        one = Lying(batch, there[batch.pk])
        if batch.expires_on < span.last:
            found.expired.append(one)
        elif batch.recalled_on is None or batch.recalled_on > span.last:
            good.add(batch.medicine_id)
            if batch.expires_on <= span.last + LATER:
                found.expiring.append(one)
        worth, currency = _worth(batch)
        if worth is None:
            found.unvalued += 1
        elif came.get(batch.pk):
            found.worth[currency] += (2 * worth * one.quantity + came[batch.pk]) // (2 * came[batch.pk])
    found.medicines = len(good)
    return found


def _came(batches: Any) -> dict[UUID, int]:
    """Return how much of each batch came in, corrections taken off."""
    signed = Sum(Case(
        When(source=Place.SOURCE, then=F("quantity")), When(target=Place.SOURCE, then=-F("quantity")),
        default=Value(0), output_field=IntegerField(),
    ))  # fmt: skip
    rows = Move.objects.filter(batch__in=list(batches)).order_by().values_list("batch")
    return dict(rows.annotate(came=signed))


def _worth(batch: Batch) -> tuple[int | None, str]:
    if batch.purchase:
        return batch.cost or 0, batch.purchase.entry.currency
    return batch.value, batch.value_currency


def _out(span: Span) -> list[Out]:
    """Return the medicines in use that were out on at least one day, the longest first: three statements."""
    moved = Move.objects.filter(on__lte=span.last, batch__medicine__active=True).order_by()
    came: dict[int, date] = dict(moved.values_list("batch__medicine").annotate(came=Min("on")))
    medicines = list(Medicine.objects.filter(pk__in=came).order_by("name", "id"))
    usable = usable_daily(medicines, span.first, span.last)
    found = []
    for medicine in medicines:
        deltas, first = usable.get(medicine.pk, []), max(span.first, came[medicine.pk])
        if days := rules.days_out(deltas, first, span.last):
            found.append(Out(medicine, days, rules.balance(deltas, span.last) <= 0))
    return sorted(found, key=lambda one: -one.days)


# --- Money ------------------------------------------------------------------------------------------------------------

ROLES = (Account.DONATIONS, Account.EXCHANGE, Account.PURCHASES, Account.AID, Account.DIFFERENCES)


@dataclass
class Kept:
    """One fund in one currency, in minor units: what it held before, what came and went by role, what it holds after.

    Every line is net of what was taken back; what took money out is below nothing.
    """

    fund: Fund
    currency: str
    opening: int = 0
    closing: int = 0
    lines: Counter[str] = field(default_factory=Counter)

    @property
    def moved(self) -> bool:
        return bool(self.opening or self.closing or any(self.lines.values()))


def funds(span: Span) -> list[Kept]:
    """Return every fund that holds or moved anything, the medicine fund first: four statements.

    Raises AssertionError when opening and lines do not make the closing: the books would be broken.
    """
    known = {account.code: account for account in Account.objects.exclude(fund=None).select_related("fund")}
    found: dict[tuple[str, str], Kept] = {}
    for code, before, within in _net(span):
        account = known.get(code)
        if account is None or account.fund is None:
            continue
        kept = found.setdefault((account.fund_id or "", account.currency), Kept(account.fund, account.currency))
        role = code.split("-", 1)[0]
        if role == Account.CASH:
            kept.opening += before
            kept.closing += before + within
        else:
            kept.lines[role] -= within
    for kept in found.values():
        if kept.opening + sum(kept.lines.values()) != kept.closing:
            raise AssertionError(f"the fund {kept.fund.pk} does not add up")
    order = {currency.value: n for n, currency in enumerate(Currency)}
    rows = sorted(found.values(), key=lambda kept: (kept.fund.kind != "medicine", kept.fund.pk, order[kept.currency]))
    return [kept for kept in rows if kept.moved]


def _net(span: Span) -> list[tuple[str, int, int]]:
    """Return (account, before the first day, within the days), debits up: two statements."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for side, sign in (("debit", 1), ("credit", -1)):
        rows: Any = Entry.objects.filter(on__lte=span.last).order_by().values_list(side)
        for code, *both in rows.annotate(
            before=Sum("minor", filter=Q(on__lt=span.first)), within=Sum("minor", filter=Q(on__gte=span.first))
        ):
            for place, minor in enumerate(both):
                sums[code][place] += sign * (minor or 0)
    return [(code, before, within) for code, (before, within) in sums.items()]


@dataclass(frozen=True)
class Gifts:
    """Donations from one kind of giver: how many, and how much by currency."""

    source: str
    count: int
    sums: dict[str, int]


def gifts(span: Span) -> list[Gifts]:
    """Return the donations that stand, by who gave: one statement."""
    rows: Any = Donation.objects.filter(void_reason="", on__range=(span.first, span.last)).order_by()
    sums = {f"in_{c.value}": Sum("entry__minor", filter=Q(entry__currency=c.value)) for c in Currency}
    found = rows.values("source").annotate(n=Count("pk"), **sums)
    return [
        Gifts(row["source"], row["n"], {c.value: row[f"in_{c.value}"] or 0 for c in Currency})
        for row in sorted(found, key=lambda row: Donation.Source.values.index(row["source"]))
    ]


def purchases(span: Span) -> int:
    """Return how many purchases stand: one statement."""
    return Purchase.objects.filter(void_reason="", on__range=(span.first, span.last)).count()


@dataclass
class Aid:
    """Help with costs: paid out of our funds by kind and currency, what the Health Equity Fund paid, for how many."""

    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    hef: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    people: int = 0


def aid(span: Span) -> Aid:
    """Return the help of some days as the books have it: payments on their day, reversals on theirs. Two statements."""
    found, cases, people = Aid(), set(), set()
    of = ("aid_cost__kind", "aid_cost__case", "aid_cost__case__patient")
    back = tuple(f"reverses__{name}" for name in of)
    rows: Any = Entry.objects.filter(Q(aid_cost__isnull=False) | Q(reverses__aid_cost__isnull=False))
    for minor, currency, *said in rows.filter(on__range=(span.first, span.last)).values_list(
        "minor", "currency", *of, *back
    ):
        taken_back = said[0] is None
        kind, case, person = said[3:] if taken_back else said[:3]
        found.paid[kind, currency] += -minor if taken_back else minor
        cases.add(case)
        people.add(person)
    hef: Any = AidCost.objects.filter(payer="hef", state="paid", on__range=(span.first, span.last)).order_by()
    found.hef.update(dict(hef.values_list("currency").annotate(n=Sum("minor"))))
    found.cases, found.people = len(cases), len(people)
    return found


def soon(rows: list[Lying], day: date) -> list[Lying]:
    """Return those that expire within three months of a day."""
    return [one for one in rows if one.batch.expires_on <= day + timedelta(days=90)]
