"""Prove the books: what a single row cannot say is asked of all of them, and the first broken row is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, F, Max, Min, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.ids import receipt_number
from pharmacy.models import (
    Account,
    Batch,
    CashCount,
    Donation,
    Entry,
    Exchange,
    Move,
    Notes,
    Place,
    Purchase,
    ReceiptBook,
)
from pharmacy.rules import first_below_zero

SHOWN, MOST_MISSING = 5, 1_000  # receipts of one book
VOIDED_IS_REVERSED = Q(void_reason="", entry__reversed_by=None) | (
    ~Q(void_reason="") & Q(entry__reversed_by__isnull=False)
)


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
    """Prove that an entry is in the currency of both its accounts."""
    wrong = Entry.objects.exclude(debit__currency=F("currency"), credit__currency=F("currency"))
    yield from _rows("An entry whose currency is not that of its accounts", wrong)


def cash_never_below_zero() -> Iterator[Broken]:
    """Prove that no fund's cash ends a day below zero."""
    cash = Account.objects.filter(kind=Account.Kind.ASSET).values_list("pk", flat=True)
    for account, day in _below_zero(Entry.objects.all(), ("debit", "credit"), (), "minor", set(cash)):
        yield Broken("Cash below zero", f"account {account[-1]} on {day}")


def shelves_never_below_zero() -> Iterator[Broken]:
    """Prove that no batch on a shelf ends a day below zero."""
    shelves = Place.objects.filter(kind__in=Place.SHELVES).values_list("pk", flat=True)
    moves = Move.objects.all()
    for (batch, place), day in _below_zero(moves, ("target", "source"), ("batch",), "quantity", set(shelves)):
        yield Broken("A shelf below zero", f"batch {batch} at {place} on {day}")


def receipts_without_gaps() -> Iterator[Broken]:
    """Prove that the desk's receipts run from 1 to each book's last number, and that no book goes beyond its last.

    What is missing in a tablet's book may still be on its way: `not_yet_arrived` tells of those.
    """
    number = "donations__number"
    for book in ReceiptBook.objects.annotate(n=Count(number), low=Min(number), high=Max(number)):
        whole = (book.n, book.low or 1) == (book.last_number, 1) or not book.prefix.startswith(ReceiptBook.DESK)
        if (book.high or 0) != book.last_number or not whole:
            said = f"book {book.prefix}: {book.n} receipts, last number {book.last_number}"
            yield Broken("A gap in the receipts", said)


@dataclass(frozen=True)
class Awaited:
    """Receipts of a tablet that have not arrived while a later one has, and since when that is known."""

    book: str
    numbers: list[int]
    since: datetime

    def __str__(self) -> str:
        shown = ", ".join(receipt_number(self.book, n) for n in self.numbers[:SHOWN])
        return shown + (f" and {len(self.numbers) - SHOWN} more" if len(self.numbers) > SHOWN else "")


def not_yet_arrived() -> list[Awaited]:
    """Return which receipts written on tablets are still on their way: saved there, or waiting in the inbox."""
    found = []
    for book in ReceiptBook.objects.exclude(pk=ReceiptBook.DESK).annotate(n=Count("donations")):
        if book.n == book.last_number:
            continue
        missing: list[int] = []
        since, before = None, 0
        arrived = book.donations.order_by("number").values_list("number", "recorded_at")
        for number, recorded_at in arrived:
            if number > before + 1:
                missing += range(before + 1, min(number, before + 1 + MOST_MISSING))
                since = min(since or recorded_at, recorded_at)
            before = number
        if since:
            found.append(Awaited(book.prefix, missing[:MOST_MISSING], since))
    return found


def donations_have_their_entry() -> Iterator[Broken]:
    """Prove that a donation is income of its day, and that the voided are the reversed."""
    right = Q(entry__debit__kind=Account.Kind.ASSET, entry__credit__kind=Account.Kind.INCOME, entry__on=F("on"),
              entry__debit__fund=F("fund"))  # fmt: skip
    yield from _rows("A donation that is not income of its day", Donation.objects.exclude(right))
    wrong = Donation.objects.exclude(VOIDED_IS_REVERSED)
    yield from _rows("A donation voided without a reversal, or reversed without a reason", wrong)


def purchases_tie_to_money() -> Iterator[Broken]:
    """Prove that a purchase's batches add up to its entry, paid out of its fund's cash on its day."""
    added = Batch.objects.filter(purchase=OuterRef("pk")).values("purchase").annotate(n=Sum("cost")).values("n")
    summed = Purchase.objects.annotate(added=Coalesce(Subquery(added), 0))
    yield from _rows("A purchase whose lines do not add up to its entry", summed.exclude(added=F("entry__minor")))
    paid = Q(
        entry__credit__kind=Account.Kind.ASSET, entry__debit__kind=Account.Kind.EXPENSE, entry__credit__fund=F("fund"),
        entry__on=F("on"),
    )  # fmt: skip
    yield from _rows("A purchase that was not paid out of its fund", Purchase.objects.exclude(paid))
    wrong = Purchase.objects.exclude(VOIDED_IS_REVERSED)
    yield from _rows("A purchase voided without a reversal, or reversed without a reason", wrong)


def batches_tie_to_moves() -> Iterator[Broken]:
    """Prove that a batch came in once; a bought one on the day of its purchase, and back only with it."""
    came = Count("moves", filter=Q(moves__source=Place.SOURCE, moves__reverses=None))
    yield from _rows("A batch that did not come in exactly once", Batch.objects.annotate(came=came).exclude(came=1))
    arrivals = Move.objects.filter(source=Place.SOURCE, reverses=None, batch__purchase__isnull=False)
    yield from _rows("A bought batch that came on another day", arrivals.exclude(on=F("batch__purchase__on")))
    stays = Q(batch__purchase__void_reason="", reversed_by=None)
    goes = ~Q(batch__purchase__void_reason="") & Q(reversed_by__isnull=False)
    yield from _rows("A bought batch that went back without its money", arrivals.exclude(stays | goes))


def reversals_mirror() -> Iterator[Broken]:
    """Prove that a correction has its sides swapped, the same amount, and no earlier day."""
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


def exchanges_tie_two_currencies() -> Iterator[Broken]:
    """Prove that an exchange gives cash of its fund in one currency and takes it in the other, both or neither."""
    right = Q(
        given__credit__kind=Account.Kind.ASSET, given__debit__kind=Account.Kind.EQUITY, given__on=F("on"),
        taken__debit__kind=Account.Kind.ASSET, taken__credit__kind=Account.Kind.EQUITY, taken__on=F("on"),
        given__credit__fund=F("fund"), given__debit__fund=F("fund"), taken__debit__fund=F("fund"),
        taken__credit__fund=F("fund"),
    ) & ~Q(given__currency=F("taken__currency"))  # fmt: skip
    yield from _rows("An exchange that does not change money of its fund", Exchange.objects.exclude(right))
    stands = Q(void_reason="", given__reversed_by=None, taken__reversed_by=None)
    gone = ~Q(void_reason="") & Q(given__reversed_by__isnull=False, taken__reversed_by__isnull=False)
    wrong = Exchange.objects.exclude(stands | gone)
    yield from _rows("An exchange voided without reversals, or reversed without a reason", wrong)
    through = Q(debit__kind=Account.Kind.EQUITY) | Q(credit__kind=Account.Kind.EQUITY)
    alone = Entry.objects.filter(through, exchange_given=None, exchange_taken=None, reverses=None)
    yield from _rows("An entry of an exchange that is none", alone)


def boxes_equal_their_notes() -> Iterator[Broken]:
    """Prove that what came out of a box is what its notes are worth, in each currency."""
    worth = Notes.objects.filter(opening__isnull=False).order_by().values_list("opening", "currency")
    counted = {(o, c): n for o, c, n in worth.annotate(n=Sum(F("value") * F("pieces")))}
    given = Donation.objects.filter(opening__isnull=False).order_by().values_list("opening", "entry__currency")
    received = {(o, c): n for o, c, n in given.annotate(n=Sum("entry__minor"))}
    for opening, currency in sorted(counted.keys() | received.keys()):
        if counted.get((opening, currency)) != received.get((opening, currency)):
            yield Broken("A box whose money is not its notes", f"boxopening {opening} ({currency})")


def cash_counts_equal_their_notes() -> Iterator[Broken]:
    """Prove that counted cash is what its notes are worth, and that what was entered is just the difference."""
    notes = Notes.objects.filter(count=OuterRef("pk"), currency=OuterRef("currency")).order_by().values("count")
    all_notes = Notes.objects.filter(count=OuterRef("pk")).order_by().values("count")
    counts = CashCount.objects.annotate(
        worth=Coalesce(Subquery(notes.annotate(n=Sum(F("value") * F("pieces"))).values("n")), 0),
        all=Coalesce(Subquery(all_notes.annotate(n=Sum(F("value") * F("pieces"))).values("n")), 0),
    )
    wrong = counts.exclude(worth=F("counted"), all=F("counted"))
    yield from _rows("Counted cash that is not what its notes are worth", wrong)
    on = Q(entry__on=F("on"), entry__currency=F("currency"))
    more = Q(entry__debit__kind=Account.Kind.ASSET, entry__debit__fund=F("fund"), entry__minor=F("counted") - F("book"),
             entry__credit__kind=Account.Kind.EXPENSE)  # fmt: skip
    less = Q(entry__credit__kind=Account.Kind.ASSET, entry__credit__fund=F("fund"),
             entry__minor=F("book") - F("counted"), entry__debit__kind=Account.Kind.EXPENSE)  # fmt: skip
    entered = CashCount.objects.filter(entry__isnull=False)
    yield from _rows("An entry that is not the difference of its count", entered.exclude(on & (more | less)))


PROOFS: tuple[Callable[[], Iterable[Broken]], ...] = (
    currencies_agree,
    cash_never_below_zero,
    shelves_never_below_zero,
    receipts_without_gaps,
    donations_have_their_entry,
    purchases_tie_to_money,
    batches_tie_to_moves,
    reversals_mirror,
    exchanges_tie_two_currencies,
    boxes_equal_their_notes,
    cash_counts_equal_their_notes,
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
