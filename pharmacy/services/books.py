"""Prove the books: what a single row cannot say is asked of all of them, and the first broken row is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from core.ids import receipt_number
from core.periods import local_day
from pharmacy.models import ReceiptBook
from pharmacy.services.proofs import aid, cash, ground, log, money, stock
from pharmacy.services.proofs.found import Broken

__all__ = ["PROOFS", "Awaited", "Broken", "all_broken", "first_broken", "not_yet_arrived"]

SHOWN, MOST_MISSING = 5, 1_000  # receipts of one book
LONGEST = timedelta(days=30)  # that a tablet's receipt may be on its way before it counts as missing

# In the order in which somebody mends them: what a row says wrongly itself, before what then does not add up.
PROOFS: tuple[Callable[[], Iterable[Broken]], ...] = (
    money.currencies_agree,
    money.cash_never_below_zero,
    stock.shelves_never_below_zero,
    money.receipts_without_gaps,
    money.donations_have_their_entry,
    money.purchases_tie_to_money,
    stock.batches_tie_to_moves,
    money.reversals_mirror,
    cash.exchanges_tie_two_currencies,
    cash.exchanges_at_a_possible_rate,
    cash.boxes_equal_their_notes,
    cash.notes_are_in_use,
    cash.cash_counts_equal_their_notes,
    money.accounts_are_what_they_say,
    money.entries_stay_in_their_fund,
    money.medicine_money_pays_for_medicine,
    money.riel_are_notes,
    stock.moves_have_a_way,
    stock.dispensings_have_their_moves,
    stock.nothing_expired_or_recalled_was_given,
    stock.counts_tie_to_moves,
    aid.aid_ties_to_money,
    aid.aid_stays_within_its_cap,
    aid.aid_was_approved,
    aid.refused_cases_pay_nothing,
    aid.case_numbers_have_no_gaps,
    money.entries_belong_to_something,
    ground.checks_hold,
    ground.keys_lead_somewhere,
    ground.what_is_once_is_once,
    log.records_are_in_the_log,
    log.records_say_what_the_log_says,
)


def first_broken() -> Broken | None:
    """Return the first row that breaks a rule of the books, or None when they are whole."""
    return next((broken for proof in PROOFS for broken in proof()), None)


def all_broken(*, now: datetime) -> list[Broken]:
    """Return the first row that breaks each rule.

    Proves besides what takes the clock or all of the log: nothing is dated ahead, no receipt has been on its way from
    a tablet for too long, and the chain of the log is whole.
    """
    every: tuple[Callable[[], Iterable[Broken]], ...] = (
        *PROOFS,
        lambda: overdue(now),
        lambda: log.nothing_is_dated_ahead(local_day(now)),
        log.the_log_is_whole,
    )
    found: dict[str, Broken] = {}
    for proof in every:
        for broken in proof():
            found.setdefault(broken.code, broken)
    return list(found.values())


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


def overdue(now: datetime) -> Iterator[Broken]:
    """Prove that no receipt of a tablet has been on its way for more than a month."""
    for awaited in not_yet_arrived():
        if (late := now - awaited.since) > LONGEST:
            yield Broken("books.receipt_late", "receiptbook", awaited.book, f": {awaited}, for {late.days} days")
