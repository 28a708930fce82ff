"""What the accountant of a donor abroad asks once a year: Form 990, Schedule F (reference/cambodia.md 5).

Every amount is told in dollars at the rate of its own day; one for which no rate was written yet is left out of the
sums and counted, so that it shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from core.money import Currency, Money
from core.money import Rate as Factor
from core.periods import Year
from pharmacy.models import AidCost, Batch, Donation, Entry, Place, Rate
from pharmacy.selectors import axis
from pharmacy.selectors.tracing import helped_between

REGION = "East Asia and the Pacific"


class Rates:
    """The rates of all days, asked for once."""

    def __init__(self, rows: Iterable[tuple[date, int]]) -> None:
        rows = sorted(rows)
        self.days, self.riel = [on for on, _ in rows], [riel for _, riel in rows]

    @classmethod
    def read(cls) -> Rates:
        return cls(Rate.objects.values_list("on", "riel"))

    def dollars(self, money: Money, on: date) -> Money | None:
        """Return an amount in dollars at the rate of a day; None when none was written by then."""
        if money.currency is Currency.USD:
            return money
        at = bisect_right(self.days, on)
        return Factor(self.riel[at - 1]).to_usd(money) if at else None


@dataclass
class Sum:
    """An amount in dollars, and how much of it has no rate."""

    dollars: Money = field(default_factory=lambda: Money.zero(Currency.USD))
    unrated: Money = field(default_factory=lambda: Money.zero(Currency.KHR))

    def add(self, money: Money, on: date, rates: Rates) -> None:
        dollars = rates.dollars(money, on)
        if dollars is None:
            self.unrated += money
        else:
            self.dollars += dollars


@dataclass(frozen=True)
class Grant:
    """A grant in cash: who gave it and what for, in its currency and in dollars."""

    giver: str
    purpose: str
    on: date
    amount: Money
    dollars: Money | None


@dataclass(frozen=True)
class Gift:
    """A batch that was given in kind, at its fair market value; None when nobody said what it is worth."""

    giver: str
    batch: Batch
    units: int
    on: date
    value: Money | None
    dollars: Money | None


@dataclass
class Help:
    """Help to people of one kind: how many, and for how much."""

    kind: str
    people: set[object] = field(default_factory=set)
    sum: Sum = field(default_factory=Sum)


@dataclass(frozen=True)
class Abroad:
    """The facts of one year. Medicine is told at cost when it was bought, at fair value when it was given."""

    year: Year
    grants: list[Grant]
    gifts: list[Gift]
    cash: list[Help]
    medicine_people: int
    at_cost: Sum
    at_value: Sum
    unvalued: int  # batches handed out that nobody gave a value
    spent: Sum  # paid out of funds in the region: for medicine and for patients

    @property
    def unrated(self) -> Money:
        """Return the riel that no sum holds because no rate was written."""
        sums = [self.at_cost, self.at_value, self.spent, *(help_.sum for help_ in self.cash)]
        missing = [one.unrated for one in sums] + [one.amount for one in self.grants if one.dollars is None]
        return sum(missing, Money.zero(Currency.KHR))


def schedule_f(year: Year) -> Abroad:
    """Return the facts of a year: six statements."""
    rates = Rates.read()
    gifts, at_cost, at_value, unvalued = _medicine(year, rates)
    _, people = helped_between(year.first, year.last)
    return Abroad(
        year, _grants(year, rates), gifts, _cash(year, rates), people, at_cost, at_value, unvalued, _spent(year, rates)
    )  # fmt: skip


def _grants(year: Year, rates: Rates) -> list[Grant]:
    rows = Donation.objects.filter(source=Donation.Source.GRANT, void_reason="", on__range=(year.first, year.last))
    return [
        Grant(one.donor_name, one.purpose, one.on, one.entry.money, rates.dollars(one.entry.money, one.on))
        for one in rows.select_related("entry").order_by("on", "id")
    ]


_TURNS = "SUM(CASE WHEN m.{plus}_id = '{place}' {when} THEN m.quantity WHEN m.{minus}_id = '{place}' {when}"
_TURNS += " THEN -m.quantity ELSE 0 END)"
_MOVED = """
SELECT b.id, {came} AS came, {given} AS given, MIN(CASE WHEN m.source_id = 'source' THEN m."on" END) AS since
FROM pharmacy_batch b JOIN pharmacy_move m ON m.batch_id = b.id GROUP BY b.id
HAVING {given} <> 0 OR (b.source = 'gift'
  AND MIN(CASE WHEN m.source_id = 'source' THEN m."on" END) BETWEEN %s AND %s)
"""


def _medicine(year: Year, rates: Rates) -> tuple[list[Gift], Sum, Sum, int]:
    """Return what was given in kind in a year, and what the medicine handed out in it was worth: two statements."""
    came = _TURNS.format(plus="source", minus="target", place=Place.SOURCE, when="")
    given = _TURNS.format(plus="target", minus="source", place=Place.PATIENTS, when='AND m."on" BETWEEN %s AND %s')
    span = [year.first, year.last]
    found = axis.rows(_MOVED.format(came=came, given=given), [*span, *span, *span, *span, *span])
    batches = Batch.objects.select_related("medicine", "purchase__entry").in_bulk(axis.as_uuid(row[0]) for row in found)
    gifts, at_cost, at_value, unvalued = [], Sum(), Sum(), 0
    for key, came_in, given_out, since in found:
        batch, on = batches[axis.as_uuid(key)], axis.as_day(since)
        worth, day = _worth(batch, on)
        if batch.source == Batch.Source.GIFT and year.first <= on <= year.last:
            gifts.append(Gift(batch.giver, batch, came_in, on, worth, rates.dollars(worth, on) if worth else None))
        if given_out and worth is None:
            unvalued += 1
        elif given_out and worth and came_in:
            part = Money((worth.minor * given_out * 2 + came_in) // (2 * came_in), worth.currency)
            (at_cost if batch.purchase else at_value).add(part, day, rates)
    return sorted(gifts, key=lambda gift: (gift.on, gift.giver)), at_cost, at_value, unvalued


def _worth(batch: Batch, since: date) -> tuple[Money | None, date]:
    """Return what a whole batch is worth, and the day whose rate counts."""
    if batch.purchase:
        return Money(batch.cost or 0, Currency(batch.purchase.entry.currency)), batch.purchase.on
    return (Money(batch.value, Currency(batch.value_currency)) if batch.value else None), since


def _cash(year: Year, rates: Rates) -> list[Help]:
    """Return what was paid for patients, by what for."""
    found: dict[str, Help] = {}
    paid = AidCost.objects.filter(state=AidCost.State.PAID, payer=AidCost.Payer.FUND)
    rows = paid.filter(entry__on__range=(year.first, year.last)).select_related("entry", "case")
    for cost in rows.order_by("kind", "id"):
        assert cost.entry
        one = found.setdefault(cost.kind, Help(cost.kind))
        one.people.add(cost.case.patient_id)
        one.sum.add(cost.entry.money, cost.entry.on, rates)
    return list(found.values())


def _spent(year: Year, rates: Rates) -> Sum:
    """Return what was paid for medicine and for patients, what was taken back left out."""
    spent = Sum()
    paid = Q(debit__kind="expense", credit__kind="asset", reverses=None, reversed_by=None)
    outside = Q(debit__code__startswith="purchases-") | Q(debit__code__startswith="aid-")
    rows = Entry.objects.filter(paid, outside, on__range=(year.first, year.last))
    for minor, currency, on in rows.values_list("minor", "currency", "on"):
        spent.add(Money(minor, Currency(currency)), on, rates)
    return spent
