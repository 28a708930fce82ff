"""Proofs of exchanges, boxes and counted cash."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce

from core.money import Currency
from pharmacy.models import Account, BoxOpening, CashCount, Donation, Entry, Exchange, Fund, Notes
from pharmacy.rules import NOTES, RATES
from pharmacy.services.proofs.found import Broken, rows, taken_back


def exchanges_tie_two_currencies() -> Iterator[Broken]:
    """Prove that an exchange gives cash of its fund in one currency and takes it in the other, both or neither."""
    right = Q(
        given__credit__kind=Account.Kind.ASSET, given__debit__kind=Account.Kind.EQUITY, given__on=F("on"),
        taken__debit__kind=Account.Kind.ASSET, taken__credit__kind=Account.Kind.EQUITY, taken__on=F("on"),
        given__credit__fund=F("fund"), given__debit__fund=F("fund"), taken__debit__fund=F("fund"),
        taken__credit__fund=F("fund"),
    ) & ~Q(given__currency=F("taken__currency"))  # fmt: skip
    yield from rows("books.exchange", Exchange.objects.exclude(right))
    given, taken = Q(given__in=taken_back(Entry)), Q(taken__in=taken_back(Entry))
    stands, gone = Q(void_reason="") & ~given & ~taken, ~Q(void_reason="") & given & taken
    yield from rows("books.exchange_void", Exchange.objects.exclude(stands | gone))
    through = Q(debit__kind=Account.Kind.EQUITY) | Q(credit__kind=Account.Kind.EQUITY)
    alone = Entry.objects.filter(through, exchange_given=None, exchange_taken=None, reverses=None)
    yield from rows("books.exchange_alone", alone)


def exchanges_at_a_possible_rate() -> Iterator[Broken]:
    """Prove that a dollar was worth what a dollar can be worth."""
    in_riel = Q(given__currency=Currency.KHR.value)
    rated = Exchange.objects.annotate(
        riel=Case(When(in_riel, then=F("given__minor")), default=F("taken__minor")) * 200,
        cents=Case(When(in_riel, then=F("taken__minor")), default=F("given__minor")),
    )  # doubled: the rate is rounded to the nearest riel
    possible = Q(riel__gte=F("cents") * (2 * RATES[0] - 1), riel__lt=F("cents") * (2 * RATES[-1] + 1))
    yield from rows("books.exchange_rate", rated.exclude(possible))


def boxes_equal_their_notes() -> Iterator[Broken]:
    """Prove that what came out of a box is what its notes are worth, in each currency, on the day it was opened."""
    worth = Notes.objects.filter(opening__isnull=False).order_by().values_list("opening", "currency")
    counted = {(o, c): n for o, c, n in worth.annotate(n=Sum(F("value") * F("pieces")))}
    given = Donation.objects.filter(opening__isnull=False).order_by().values_list("opening", "entry__currency")
    received = {(o, c): n for o, c, n in given.annotate(n=Sum("entry__minor"))}
    for opening, currency in sorted(counted.keys() | received.keys()):
        if counted.get((opening, currency)) != received.get((opening, currency)):
            yield Broken("books.box_notes", "boxopening", str(opening), f" ({currency})")
    out = Donation.objects.filter(opening__isnull=False)
    yield from rows("books.box_day", out.exclude(on=F("opening__on"), fund__kind=Fund.Kind.MEDICINE))
    empty = BoxOpening.objects.annotate(n=Count("donations")).filter(n=0, note="")
    yield from rows("books.box_nothing", empty)


def notes_are_in_use() -> Iterator[Broken]:
    """Prove that every note that was counted is one that there is."""
    known = Q()
    for currency, values in NOTES.items():
        known |= Q(currency=currency.value, value__in=values)
    yield from rows("books.no_such_note", Notes.objects.exclude(known))


def cash_counts_equal_their_notes() -> Iterator[Broken]:
    """Prove that counted cash is what its notes are worth, and that what was entered is just the difference."""
    notes = Notes.objects.filter(count=OuterRef("pk"), currency=OuterRef("currency")).order_by().values("count")
    all_notes = Notes.objects.filter(count=OuterRef("pk")).order_by().values("count")
    counts = CashCount.objects.annotate(
        worth=Coalesce(Subquery(notes.annotate(n=Sum(F("value") * F("pieces"))).values("n")), 0),
        all=Coalesce(Subquery(all_notes.annotate(n=Sum(F("value") * F("pieces"))).values("n")), 0),
    )
    yield from rows("books.cash_notes", counts.exclude(worth=F("counted"), all=F("counted")))
    on = Q(entry__on=F("on"), entry__currency=F("currency"))
    more = Q(entry__debit__kind=Account.Kind.ASSET, entry__debit__fund=F("fund"), entry__minor=F("counted") - F("book"),
             entry__credit__code__startswith=f"{Account.DIFFERENCES}-")  # fmt: skip
    less = Q(entry__credit__kind=Account.Kind.ASSET, entry__credit__fund=F("fund"),
             entry__minor=F("book") - F("counted"),
             entry__debit__code__startswith=f"{Account.DIFFERENCES}-")  # fmt: skip
    entered = CashCount.objects.filter(entry__isnull=False)
    yield from rows("books.cash_difference", entered.exclude(on & (more | less)))
    turned = Entry.objects.filter(reverses=OuterRef("entry"))
    yield from rows("books.cash_reversed", entered.filter(Exists(turned)))
