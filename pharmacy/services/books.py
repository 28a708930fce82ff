"""Prove the books: what a single row cannot say is asked of all of them, and the first broken row is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, F, Max, Min, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from pharmacy.models import Account, Batch, Donation, Entry, Move, Place, Purchase, ReceiptBook
from pharmacy.rules import first_below_zero


@dataclass(frozen=True)
class Broken:
    """One row that breaks the books: what is wrong, and which row of which table."""

    what: str
    row: str

    def __str__(self) -> str:
        return f"{self.what}: {self.row}"


def first_broken() -> Broken | None:
    """Return the first row that breaks a rule of the books, or None when they are whole."""
    return next((broken for proof in PROOFS for broken in proof()), None)


def currencies_agree() -> Iterator[Broken]:
    """An entry is in the currency of both its accounts."""
    wrong = Entry.objects.exclude(debit__currency=F("currency"), credit__currency=F("currency"))
    yield from _rows("An entry whose currency is not that of its accounts", wrong)


def cash_never_below_zero() -> Iterator[Broken]:
    """No fund's cash ends a day below zero."""
    cash = Account.objects.filter(kind=Account.Kind.ASSET).values_list("pk", flat=True)
    for account, day in _below_zero(Entry.objects.all(), ("debit", "credit"), (), "minor", set(cash)):
        yield Broken("Cash below zero", f"account {account[-1]} on {day}")


def shelves_never_below_zero() -> Iterator[Broken]:
    """No batch on a shelf ends a day below zero."""
    shelves = Place.objects.filter(kind__in=Place.SHELVES).values_list("pk", flat=True)
    for (batch, place), day in _below_zero(Move.objects.all(), ("target", "source"), ("batch",), "quantity", set(shelves)):
        yield Broken("A shelf below zero", f"batch {batch} at {place} on {day}")


def receipts_without_gaps() -> Iterator[Broken]:
    """The receipts of a book run from 1 to its last number, none missing."""
    books = ReceiptBook.objects.annotate(n=Count("donations"), low=Min("donations__number"), high=Max("donations__number"))
    for book in books:
        if (book.n, book.high or 0) != (book.last_number, book.last_number) or book.low not in (None, 1):
            yield Broken("A gap in the receipts", f"book {book.prefix}: {book.n} receipts, last number {book.last_number}")


def donations_have_their_entry() -> Iterator[Broken]:
    """A donation debits cash and credits donations on its day; voided and reversed are the same donations."""
    right = Q(entry__debit__kind=Account.Kind.ASSET, entry__credit__kind=Account.Kind.INCOME, entry__on=F("on"))
    yield from _rows("A donation that is not income of its day", Donation.objects.exclude(right))
    voided = Q(void_reason="", entry__reversed_by=None) | (~Q(void_reason="") & Q(entry__reversed_by__isnull=False))
    yield from _rows("A donation voided without a reversal, or reversed without a reason", Donation.objects.exclude(voided))


def purchases_tie_to_money() -> Iterator[Broken]:
    """What a purchase's batches cost adds up to its entry, which pays out of the cash of its fund on its day."""
    added = Batch.objects.filter(purchase=OuterRef("pk")).values("purchase").annotate(n=Sum("cost")).values("n")
    wrong = Purchase.objects.annotate(added=Coalesce(Subquery(added), 0)).exclude(added=F("entry__minor"))
    yield from _rows("A purchase whose lines do not add up to its entry", wrong)
    paid = Q(
        entry__credit__kind=Account.Kind.ASSET, entry__debit__kind=Account.Kind.EXPENSE, entry__credit__fund=F("fund"),
        entry__on=F("on"),
    )  # fmt: skip
    yield from _rows("A purchase that was not paid out of its fund", Purchase.objects.exclude(paid))
    voided = Q(void_reason="", entry__reversed_by=None) | (~Q(void_reason="") & Q(entry__reversed_by__isnull=False))
    yield from _rows("A purchase voided without a reversal, or reversed without a reason", Purchase.objects.exclude(voided))


def batches_tie_to_moves() -> Iterator[Broken]:
    """Every batch came in with exactly one move; a bought one on the day of its purchase, and back only with it."""
    came = Count("moves", filter=Q(moves__source=Place.SOURCE, moves__reverses=None))
    yield from _rows("A batch that did not come in exactly once", Batch.objects.annotate(came=came).exclude(came=1))
    arrivals = Move.objects.filter(source=Place.SOURCE, reverses=None, batch__purchase__isnull=False)
    yield from _rows("A bought batch that came on another day", arrivals.exclude(on=F("batch__purchase__on")))
    stays = Q(batch__purchase__void_reason="", reversed_by=None)
    goes = ~Q(batch__purchase__void_reason="") & Q(reversed_by__isnull=False)
    yield from _rows("A bought batch that went back without its money", arrivals.exclude(stays | goes))


def reversals_mirror() -> Iterator[Broken]:
    """What takes a row back has its sides swapped, the same amount, no earlier day, and is not taken back itself."""
    entries = Q(
        debit=F("reverses__credit"), credit=F("reverses__debit"), minor=F("reverses__minor"),
        currency=F("reverses__currency"), on__gte=F("reverses__on"), reverses__reverses=None,
    )  # fmt: skip
    moves = Q(
        source=F("reverses__target"), target=F("reverses__source"), quantity=F("reverses__quantity"),
        batch=F("reverses__batch"), on__gte=F("reverses__on"), reverses__reverses=None,
    )  # fmt: skip
    for model, mirrored in ((Entry, entries), (Move, moves)):
        turned = model._default_manager.filter(reverses__isnull=False)
        yield from _rows("A correction that does not mirror what it corrects", turned.exclude(mirrored))


PROOFS: tuple[Callable[[], Iterable[Broken]], ...] = (
    currencies_agree,
    cash_never_below_zero,
    shelves_never_below_zero,
    receipts_without_gaps,
    donations_have_their_entry,
    purchases_tie_to_money,
    batches_tie_to_moves,
    reversals_mirror,
)


def _rows(what: str, wrong: QuerySet[Any]) -> Iterator[Broken]:
    model: type[Model] = wrong.model
    for pk in wrong.order_by("pk").values_list("pk", flat=True):
        yield Broken(what, f"{model._meta.model_name} {pk}")


def _below_zero(
    rows: QuerySet[Any], sides: tuple[str, str], by: tuple[str, ...], amount: str, holders: set[Any]
) -> Iterator[tuple[tuple[Any, ...], date]]:
    """Yield who ends a day below zero and when: the first side gains the amount, the second loses it.

    The database sums by day; the two sides are merged here, one statement each.
    """
    days: list[tuple[tuple[Any, ...], date, int]] = []
    for side, sign in zip(sides, (1, -1), strict=True):
        sums = rows.filter(**{f"{side}__in": holders}).order_by().values_list(*by, side, "on").annotate(n=Sum(amount))
        days += [(tuple(row[:-2]), row[-2], sign * row[-1]) for row in sums]
    for key, group in groupby(sorted(days), key=itemgetter(0)):
        if day := first_below_zero((on, change) for _, on, change in group):
            yield key, day
