"""Proofs of accounts, entries, receipts and purchases."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Mod

from core.money import CASH_STEP, Currency
from pharmacy import catalogue
from pharmacy.models import (
    Account,
    AidCost,
    Batch,
    CashCount,
    Donation,
    Entry,
    Exchange,
    Fund,
    Move,
    Purchase,
    ReceiptBook,
)
from pharmacy.services.proofs.found import CASH, Broken, below_zero, keys, rows, taken_back

REVERSED = Q(entry__in=taken_back(Entry))
VOIDED_IS_REVERSED = (Q(void_reason="") & ~REVERSED) | (~Q(void_reason="") & REVERSED)
# Whose entry an entry may be; each is the entry of exactly one of them, or takes one of those back.
OWNERS: tuple[tuple[type[Model], str], ...] = (
    (Donation, "entry"), (Purchase, "entry"), (Exchange, "given"), (Exchange, "taken"), (CashCount, "entry"),
    (AidCost, "entry"),
)  # fmt: skip


def currencies_agree() -> Iterator[Broken]:
    """Prove that an entry is in the currency of both its accounts."""
    wrong = Entry.objects.exclude(debit__currency=F("currency"), credit__currency=F("currency"))
    yield from rows("books.currency", wrong)


def cash_never_below_zero() -> Iterator[Broken]:
    """Prove that no fund's cash ends a day below zero."""
    for _, account, day in below_zero("pharmacy_entry", "minor", "debit_id", "credit_id", CASH, "''"):
        yield Broken("books.cash_below_zero", "account", account, day=day)


def receipts_without_gaps() -> Iterator[Broken]:
    """Prove that the desk's receipts run from 1 to each book's last number, and that no book goes beyond its last.

    What is missing in a tablet's book may still be on its way: `books.not_yet_arrived` tells of those.
    """
    number = "donations__number"
    counted = ReceiptBook.objects.annotate(n=Count(number, distinct=True), low=Min(number), high=Max(number))
    for book in counted.order_by("pk"):
        whole = (book.n, book.low or 1) == (book.last_number, 1) or not book.prefix.startswith(ReceiptBook.DESK)
        if (book.high or 0) != book.last_number or not whole:
            said = f": {book.n} receipts, last number {book.last_number}"
            yield Broken("books.receipt_gap", "receiptbook", book.prefix, said)


def donations_have_their_entry() -> Iterator[Broken]:
    """Prove that a donation is income of its day, and that the voided are the reversed."""
    right = Q(entry__debit__kind=Account.Kind.ASSET, entry__credit__kind=Account.Kind.INCOME, entry__on=F("on"),
              entry__debit__fund=F("fund"))  # fmt: skip
    yield from rows("books.donation_no_income", Donation.objects.exclude(right))
    yield from rows("books.donation_void", Donation.objects.exclude(VOIDED_IS_REVERSED))
    untold = Q(source=Donation.Source.GRANT) & (Q(donor_name="") | Q(purpose=""))
    yield from rows("books.grant_untold", Donation.objects.filter(untold))


def purchases_tie_to_money() -> Iterator[Broken]:
    """Prove that a purchase's batches add up to its entry, paid out of its fund's cash on its day."""
    added = Batch.objects.filter(purchase=OuterRef("pk")).values("purchase").annotate(n=Sum("cost")).values("n")
    summed = Purchase.objects.annotate(added=Coalesce(Subquery(added), 0))
    yield from rows("books.purchase_sum", summed.exclude(added=F("entry__minor")))
    paid = Q(
        entry__credit__kind=Account.Kind.ASSET, entry__debit__code__startswith=f"{Account.PURCHASES}-",
        entry__credit__fund=F("fund"), entry__on=F("on"),
    )  # fmt: skip
    yield from rows("books.purchase_unpaid", Purchase.objects.exclude(paid))
    yield from rows("books.purchase_void", Purchase.objects.exclude(VOIDED_IS_REVERSED))


def reversals_mirror() -> Iterator[Broken]:
    """Prove that a correction has its sides swapped, the same amount, no earlier day, and corrects no correction."""
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
        yield from rows("books.reversal", turned.exclude(mirrored))


def accounts_are_what_they_say() -> Iterator[Broken]:
    """Prove that an account is of the kind, the fund and the currency that its code names, and each fund has all."""
    kinds = {role: kind for role, kind, _, _ in catalogue.ACCOUNTS}
    known = {account.pk: account for account in Account.objects.all()}
    for code, account in sorted(known.items()):
        role = code.split("-")[0]
        named = Account.code_of(role, account.fund_id or "", Currency(account.currency))
        if (code, account.kind) != (named, kinds.get(role)):
            yield Broken("books.account", "account", code)
    for fund in Fund.objects.order_by("pk").values_list("pk", flat=True):
        wanted = (Account.code_of(role, fund, currency) for role in kinds for currency in Currency)
        if missing := next((code for code in wanted if code not in known), ""):
            yield Broken("books.account_missing", "fund", fund, f" ({missing})")


def entries_stay_in_their_fund() -> Iterator[Broken]:
    """Prove that an entry is between the cash of a fund and another account of the same fund."""
    sides = Q(debit__kind=Account.Kind.ASSET) ^ Q(credit__kind=Account.Kind.ASSET)
    yield from rows("books.entry_fund", Entry.objects.exclude(sides & Q(debit__fund=F("credit__fund"))))


def medicine_money_pays_for_medicine() -> Iterator[Broken]:
    """Prove that the medicine fund pays only for medicine.

    What else leaves its cash is changed into the other currency, was missing when it was counted, or takes a gift back.
    """
    out = Entry.objects.filter(credit__kind=Account.Kind.ASSET, credit__fund__kind=Fund.Kind.MEDICINE, reverses=None)
    spent = (Account.PURCHASES, Account.EXCHANGE, Account.DIFFERENCES)
    right = Q(aid_cost__kind=AidCost.Kind.MEDICINE)
    for role in spent:
        right |= Q(debit__code__startswith=f"{role}-")
    yield from rows("books.fund_for_medicine", out.exclude(right))


def entries_belong_to_something() -> Iterator[Broken]:
    """Prove that an entry is that of one gift, purchase, exchange, count or aid, or takes one of those back."""
    alone = Entry.objects.filter(reverses=None)
    for model, field in OWNERS:
        alone = alone.filter(~Exists(model._default_manager.filter(**{field: OuterRef("pk")})))
    yield from rows("books.entry_alone", alone)
    owned = " UNION ALL ".join(
        f"SELECT {field}_id AS entry FROM {model._meta.db_table} WHERE {field}_id IS NOT NULL"  # noqa: S608 (ours)
        for model, field in OWNERS
    )
    twice = f"SELECT entry FROM ({owned}) owned GROUP BY entry HAVING COUNT(*) > 1 ORDER BY entry"  # noqa: S608
    yield from keys("books.entry_twice", "entry", twice)


def riel_are_notes() -> Iterator[Broken]:
    """Prove that no amount of riel is one that notes cannot pay."""
    odd = Entry.objects.filter(currency=Currency.KHR.value).annotate(rest=Mod(F("minor"), CASH_STEP))
    yield from rows("books.riel_in_hundreds", odd.exclude(rest=0))
