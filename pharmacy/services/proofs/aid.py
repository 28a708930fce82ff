"""Proofs of help with costs: within the cap, approved by enough people, and in the books when it was paid."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import CharField, Count, F, Q, Subquery, Sum, Value
from django.db.models.functions import Concat, Lower

from core.money import Currency
from pharmacy.models import Account, AidBook, AidCase, AidCost, AidRule, Entry, Fund
from pharmacy.services.proofs.found import Broken, rows, taken_back

State, Payer = AidCost.State, AidCost.Payer


def aid_ties_to_money() -> Iterator[Broken]:
    """Prove that paid aid left its fund's cash in its currency and amount, taken back or not; and no other did.

    What the Health Equity Fund paid is no money of ours and has no entry.
    """
    paid = AidCost.objects.filter(payer=Payer.FUND, state__in=(State.PAID, State.VOID))
    sides = {
        f"entry__{side}_id": Concat(
            Value(f"{role}-"), F("fund_id"), Value("-"), Lower("currency"), output_field=CharField()
        )
        for side, role in (("debit", Account.AID), ("credit", Account.CASH))
    }
    right = Q(entry__minor=F("minor"), entry__currency=F("currency"), entry__on=F("on"), **sides)
    yield from rows("books.aid_entry", paid.exclude(right))
    yield from rows("books.aid_unpaid", AidCost.objects.filter(entry__isnull=False).exclude(pk__in=paid.values("pk")))
    gone = Q(entry__in=taken_back(Entry))
    wrong = paid.exclude((Q(state=State.PAID) & ~gone) | (Q(state=State.VOID) & gone))
    yield from rows("books.aid_void", wrong)
    other = Q(fund__kind=Fund.Kind.MEDICINE) & ~Q(kind=AidCost.Kind.MEDICINE)
    yield from rows("books.aid_not_medicine", paid.filter(other))


def aid_stays_within_its_cap() -> Iterator[Broken]:
    """Prove that what was approved and paid for a case out of our funds is within its cap, counted in riel."""
    ours = Q(costs__payer=Payer.FUND, costs__state__in=(State.APPROVED, State.PAID))
    summed = AidCase.objects.annotate(paid=Sum("costs__riel", filter=ours))
    yield from rows("books.aid_cap", summed.filter(paid__gt=F("cap")))
    in_riel = AidCost.objects.filter(currency=Currency.KHR.value)
    yield from rows("books.aid_riel", in_riel.exclude(riel=F("minor")))


def aid_was_approved() -> Iterator[Broken]:
    """Prove that what our funds paid was approved, and by two people where two must.

    Whether two must is decided with the first approval and stays; what is above every limit there ever was, they must.
    """
    paid = AidCost.objects.filter(payer=Payer.FUND, state__in=(State.APPROVED, State.PAID, State.VOID))
    yield from rows("books.aid_unapproved", paid.filter(approved_by=None))
    highest = AidRule.objects.order_by("-two_from").values("two_from")[:1]
    large = Q(currency=Currency.KHR.value, asked__gte=F("highest"))
    alone = paid.filter(approved_also_by=None).annotate(highest=Subquery(highest))
    yield from rows("books.aid_one_person", alone.filter(Q(two=True) | large))


def refused_cases_pay_nothing() -> Iterator[Broken]:
    """Prove that nothing of ours was paid for a case that was refused."""
    paid = Q(costs__payer=Payer.FUND, costs__state=State.PAID)
    refused = AidCase.objects.filter(paid, state=AidCase.State.REFUSED)
    yield from rows("books.aid_refused", refused.distinct())


def case_numbers_have_no_gaps() -> Iterator[Broken]:
    """Prove that the cases of a year are numbered from 1 to the last number that its book gave out."""
    for book in AidBook.objects.order_by("pk"):
        first, last = (f"AID-{book.year}-{n:04d}" for n in (1, book.used))
        numbers = AidCase.objects.filter(number__startswith=f"AID-{book.year}-").aggregate(n=Count("pk"))
        ends = AidCase.objects.filter(number__in=(first, last)).count()
        if numbers["n"] != book.used or ends != len({first, last}):
            yield Broken("books.aid_gap", "aidbook", str(book.year), f": {numbers['n']} cases, last number {book.used}")
