"""Funds with their cash, boxes, exchanges, counted cash, and how a month reconciles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from core.money import Currency, Money, total
from core.periods import Month
from pharmacy.models import Account, BoxOpening, CashCount, Donation, DonationBox, Entry, Exchange, Fund, Notes
from pharmacy.rules import NOTES
from pharmacy.selectors.money import page_of

COUNTS = 500  # of one month, over all funds: far more than anybody counts


@dataclass(frozen=True)
class Held:
    """A fund and its cash in riel and dollars."""

    fund: Fund
    riel: Money
    dollars: Money


def funds() -> list[Fund]:
    """Return every fund, the medicine fund first."""
    return sorted(Fund.objects.all(), key=lambda fund: (fund.pk != Fund.MEDICINE, fund.pk))


def held(at: date | None = None) -> list[Held]:
    """Return each fund with its cash at the end of a day, else of all that is written: one statement."""
    found: dict[str, dict[Currency, Money]] = defaultdict(dict)
    names: dict[str, Fund] = {}
    for account in _cash(at):
        currency = Currency(account.currency)
        names[account.fund_id] = account.fund
        found[account.fund_id][currency] = Money(account.came - account.went, currency)  # type: ignore[attr-defined]
    order = sorted(names, key=lambda code: (code != Fund.MEDICINE, code))
    return [Held(names[code], found[code][Currency.KHR], found[code][Currency.USD]) for code in order]


def together(rows: Iterable[Held]) -> tuple[Money, Money]:
    """Return what all funds hold together, in riel and in dollars."""
    rows = list(rows)
    return total((row.riel for row in rows), Currency.KHR), total((row.dollars for row in rows), Currency.USD)


def held_of(rows: Iterable[Reconciled]) -> list[Held]:
    """Return what the books of a month say each fund held, out of its riel and its dollars."""
    books: dict[str, dict[str, Reconciled]] = defaultdict(dict)
    for row in rows:
        books[row.fund.pk][row.currency] = row
    return [Held(both["KHR"].fund, both["KHR"].book, both["USD"].book) for both in books.values()]


def _cash(at: date | None) -> Any:
    until = Q(on__lte=at) if at else Q()

    def side(name: str) -> Coalesce:
        sums = Entry.objects.filter(until, **{name: OuterRef("pk")}).order_by().values(name).annotate(n=Sum("minor"))
        return Coalesce(Subquery(sums.values("n")), Value(0))

    cash = Account.objects.filter(kind=Account.Kind.ASSET, fund__isnull=False).select_related("fund")
    return cash.annotate(came=side("debit"), went=side("credit"))


def boxes() -> list[DonationBox]:
    """Return every box, those in use first, with the day on which it was last opened (`opened_on`)."""
    last = BoxOpening.objects.filter(box=OuterRef("pk")).order_by("-on").values("on")[:1]
    rows = DonationBox.objects.select_related("village").annotate(opened_on=Subquery(last))
    return list(rows.order_by("-active", "code"))


def document(box: DonationBox) -> dict[str, Any]:
    """Return how a box reads, in plain values, for an edit that others may make too."""
    return {
        "place_km": box.place_km, "place_en": box.place_en, "village": box.village_id, "active": box.active,
    }  # fmt: skip


def openings_page(box: DonationBox, *, before: UUID | None = None) -> tuple[list[BoxOpening], UUID | None]:
    """Return one page of the openings of a box with the gifts out of it, newest first: two statements."""
    rows = BoxOpening.objects.filter(box=box).select_related("recorded_by")
    found, more = page_of(rows, before)
    gifts: dict[UUID, list[Donation]] = defaultdict(list)
    for gift in Donation.objects.filter(opening__in=found).select_related("entry").order_by("number"):
        gifts[gift.opening_id].append(gift)  # type: ignore[index]
    for opening in found:
        opening.gifts = gifts[opening.pk]
    return found, more


@dataclass(frozen=True)
class Purse:
    """The notes of one currency that were counted, largest first, and what they are worth together."""

    currency: Currency
    lines: list[tuple[Money, int, Money]]

    @property
    def sum(self) -> Money:
        return total((worth for _, _, worth in self.lines), self.currency)


def purses(notes: Iterable[Notes]) -> list[Purse]:
    """Return counted notes by currency; a currency of which there was none is left out."""
    found = {(Currency(note.currency), note.value): note.pieces for note in notes}
    purses = []
    for currency, values in NOTES.items():
        lines = [
            (Money(value, currency), pieces, Money(value * pieces, currency))
            for value in values
            if (pieces := found.get((currency, value)))
        ]
        if lines:
            purses.append(Purse(currency, lines))
    return purses


def exchanges_page(*, before: UUID | None = None) -> tuple[list[Exchange], UUID | None]:
    """Return one page of exchanges, newest first, and the key of the next page."""
    return page_of(Exchange.objects.select_related("fund", "given", "taken", "recorded_by"), before)


def counts_page(*, before: UUID | None = None) -> tuple[list[CashCount], UUID | None]:
    """Return one page of counted cash, newest first, and the key of the next page."""
    return page_of(CashCount.objects.select_related("fund", "recorded_by"), before)


@dataclass(frozen=True)
class Reconciled:
    """One fund's cash in one currency at the end of a month: what the books say, and the last count of that month.

    `left` is what the count differs from the books as they now stand for that day, so that a paper written late
    shows; None when nobody counted.
    """

    fund: Fund
    book: Money
    count: CashCount | None
    left: Money | None

    @property
    def agrees(self) -> bool:
        return self.left is not None and not self.left

    @property
    def currency(self) -> str:
        return self.book.currency.value


def reconciled(month: Month) -> list[Reconciled]:
    """Return how each fund's cash in each currency stands at the end of a month: three statements."""
    counted: dict[tuple[str, str], CashCount] = {}
    rows = CashCount.objects.filter(on__range=(month.first, month.last)).select_related("recorded_by")
    for row in rows.order_by("-on", "-id")[:COUNTS]:
        counted.setdefault((row.fund_id, row.currency), row)
    changed = _changes(month)
    found = []
    for at in held(month.last):
        for book in (at.riel, at.dollars):
            count = counted.get((at.fund.pk, book.currency.value))
            left = None
            if count:
                account = Account.code_of(Account.CASH, at.fund.pk, book.currency)
                after = sum(change for day, change in changed[account] if day > count.on)
                left = Money(count.counted - (book.minor - after), book.currency)
            found.append(Reconciled(at.fund, book, count, left))
    return found


def _changes(month: Month) -> dict[str, list[tuple[date, int]]]:
    """Return how each account changed on each day of a month."""
    rows = Entry.objects.filter(on__range=(month.first, month.last)).order_by()
    changed: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for debit, credit, on, minor in rows.values_list("debit", "credit", "on").annotate(n=Sum(F("minor"))):
        changed[debit].append((on, minor))
        changed[credit].append((on, -minor))
    return changed
