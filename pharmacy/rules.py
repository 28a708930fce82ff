"""The arithmetic of shelves and funds: what may leave on a day, and which batch leaves first. Pure.

A delta is a change of one shelf, or one cash account, on a day; the day's end is what counts, so that what came
in the morning may leave in the afternoon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from math import ceil
from operator import itemgetter
from uuid import UUID

from core.errors import RuleBroken
from core.money import CASH_STEP, Currency, Money

# The notes that are in use, in minor units (reference/cambodia.md 5); the rare ones turn up all the same.
NOTES = {
    Currency.KHR: (
        200_000, 100_000, 50_000, 30_000, 20_000, 15_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100,
    ),
    Currency.USD: (100_00, 50_00, 20_00, 10_00, 5_00, 2_00, 1_00),
}  # fmt: skip
RARE = {Currency.KHR: (200_000, 100_000, 30_000, 15_000), Currency.USD: ()}
RATES = range(1_000, 20_001)  # riel for a dollar; anything else is a slip of the pen

ONE_DAY = timedelta(days=1)
DAYS_A_MONTH, TENTH = Decimal("30.5"), Decimal("0.1")

Delta = tuple[date, int]


def free(deltas: Iterable[Delta], on: date) -> int:
    """Return the most that can leave on `on` without any day from then on ending below zero.

    Not what lies there now, and not what lay there then: the least between, because what is written down late
    must leave enough for what was already given out after it.
    """
    return max(min(n for day, n in _ends([*deltas, (on, 0)]) if day >= on), 0)


def balance(deltas: Iterable[Delta], on: date) -> int:
    """Return what lies there at the end of `on`."""
    return sum(change for day, change in deltas if day <= on)


def first_below_zero(deltas: Iterable[Delta]) -> date | None:
    """Return the first day that ends below zero, or None."""
    return next((day for day, n in _ends(deltas) if n < 0), None)


def _ends(deltas: Iterable[Delta]) -> Iterator[Delta]:
    """Yield what lies there at the end of each day on which something changed, in order."""
    running = 0
    for day, changes in groupby(sorted(deltas, key=itemgetter(0)), key=itemgetter(0)):
        running += sum(change for _, change in changes)
        yield day, running


@dataclass(frozen=True, slots=True)
class Lot:
    """So many units of one batch that may leave a shelf."""

    batch: UUID
    expires_on: date
    free: int


def first_expired_first_out(lots: Sequence[Lot], quantity: int, on: date) -> list[tuple[UUID, int]]:
    """Choose from which batches to take `quantity`: the soonest to expire first, none that has expired by `on`.

    Raises RuleBroken("pharmacy.not_enough") when all that has not expired is too little: expired medicine never
    hides that the shelf is empty.
    """
    good = [lot for lot in lots if lot.expires_on >= on and lot.free > 0]
    good.sort(key=lambda lot: (lot.expires_on, lot.batch))
    available = sum(lot.free for lot in good)
    if quantity > available:
        raise RuleBroken("pharmacy.not_enough", field="quantity", available=available)
    chosen, missing = [], quantity
    for lot in good:
        if not missing:
            break
        taken = min(lot.free, missing)
        chosen.append((lot.batch, taken))
        missing -= taken
    return chosen


def some(quantity: int) -> None:
    """Refuse a quantity of nothing. Raises RuleBroken("pharmacy.nothing")."""
    if quantity < 1:
        raise RuleBroken("pharmacy.nothing", field="quantity")


def not_in_the_future(on: date, today: date) -> None:
    """Refuse a day that has not come. Raises RuleBroken("pharmacy.date_in_future")."""
    if on > today:
        raise RuleBroken("pharmacy.date_in_future", field="on")


def said_why(reason: str) -> str:
    """Return the reason; refuse an empty one. Raises RuleBroken("pharmacy.reason_missing")."""
    if not reason.strip():
        raise RuleBroken("pharmacy.reason_missing", field="reason")
    return reason.strip()


def still_good(expires_on: date, on: date) -> None:
    """Refuse medicine that comes in expired. Raises RuleBroken("pharmacy.already_expired")."""
    if expires_on < on:
        raise RuleBroken("pharmacy.already_expired", field="expires_on")


def payable_in_notes(amount: Money, field: str) -> None:
    """Refuse nothing, and riel that no notes can pay.

    Raises RuleBroken("pharmacy.nothing") or ("pharmacy.riel_in_hundreds").
    """
    if amount.minor <= 0:
        raise RuleBroken("pharmacy.nothing", field=field)
    if amount.currency is Currency.KHR and amount.minor % CASH_STEP:
        raise RuleBroken("pharmacy.riel_in_hundreds", field=field)


def worth(notes: Mapping[int, int], currency: Currency) -> Money:
    """Return what so many pieces of each note are worth, by the value of one piece in minor units.

    Raises RuleBroken("pharmacy.no_such_note").
    """
    for value, pieces in notes.items():
        if value not in NOTES[currency] or pieces < 0:
            raise RuleBroken("pharmacy.no_such_note", note=Money(value, currency).format())
    return Money(sum(value * pieces for value, pieces in notes.items()), currency)


def another_person(first: str, second: str) -> None:
    """Refuse that who counted counts again. Raises RuleBroken("pharmacy.another_counts_again")."""
    if _same_name(first, second):
        raise RuleBroken("pharmacy.another_counts_again", field="checked_by")


def _same_name(first: str, second: str) -> bool:
    return "".join(first.split()).casefold() == "".join(second.split()).casefold()


def two_people(first: str, second: str) -> None:
    """Refuse one person under two spellings of one name. Raises RuleBroken("pharmacy.two_people")."""
    if _same_name(first, second):
        raise RuleBroken("pharmacy.two_people", field="witnessed_by")


def exchanged(given: Money, taken: Money) -> int:
    """Return how many riel a dollar was worth in an exchange, to the nearest riel.

    Raises RuleBroken: pharmacy.same_currency, pharmacy.rate_impossible, and those of `payable_in_notes`.
    """
    if given.currency is taken.currency:
        raise RuleBroken("pharmacy.same_currency", field="taken")
    payable_in_notes(given, "given")
    payable_in_notes(taken, "taken")
    riel, cents = (given, taken) if given.currency is Currency.KHR else (taken, given)
    rate = (riel.minor * 200 + cents.minor) // (2 * cents.minor)
    possible_rate(rate, "taken")
    return rate


def possible_rate(riel: int, field: str) -> None:
    """Refuse a rate that cannot be right. Raises RuleBroken("pharmacy.rate_impossible")."""
    if riel not in RATES:
        raise RuleBroken("pharmacy.rate_impossible", field=field, rate=f"{riel:,}")


def a_code(code: str) -> str:
    """Return a short code of small letters, figures and dashes. Raises RuleBroken("pharmacy.code_unreadable")."""
    if not re.fullmatch(r"[a-z0-9](-?[a-z0-9])*", code):
        raise RuleBroken("pharmacy.code_unreadable", field="code")
    return code


def an_atc(code: str) -> str:
    """Return an ATC code, of any of its five levels, in capitals; nothing for none.

    Raises RuleBroken("pharmacy.atc_unreadable"). WHO Collaborating Centre, Guidelines for ATC classification.
    """
    code = "".join(code.split()).upper()
    if code and not re.fullmatch(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?", code):
        raise RuleBroken("pharmacy.atc_unreadable", field="atc")
    return code


def days_out(usable: Iterable[Delta], first: date, last: date) -> int:
    """Return on how many days from `first` to `last` nothing that could be given lay anywhere at the day's end."""
    empty, since, running = 0, first, 0
    for day, now in [*_ends(usable), (last + ONE_DAY, 1)]:
        if running <= 0:
            empty += max((min(day, last + ONE_DAY) - since).days, 0)
        since, running = max(day, first), now
    return empty


def average_monthly(used: int, months: int, days_without: int) -> Decimal | None:
    """Return the average monthly consumption, adjusted for stock-outs, to a tenth of a unit.

    CA = CT / (RM - DOS / 30.5): what was used, by the months in which there was any to use (Management Sciences for
    Health, MDS-3, 2012, chapter 23). Days before the medicine first came count as days without. None when less than
    a month is left to average over.
    """
    stood = months - days_without / DAYS_A_MONTH
    return None if stood < 1 else (used / stood).quantize(TENTH, ROUND_HALF_UP)


def months_of_stock(usable: int, average: Decimal | None) -> Decimal | None:
    """Return for how many months what can be given lasts; None when nothing is known to be used."""
    return (usable / average).quantize(TENTH, ROUND_HALF_UP) if average else None


def to_order(usable: int, average: Decimal | None, level: int, months: int, pack: int) -> int:
    """Return how many units to order, in whole packs: up to `months` of use, and to twice the level if that is more.

    The maximum stock level of MDS-3, chapter 23, less what can be given; orders on their way are not known here.
    """
    most = max(ceil((average or 0) * months), 2 * level)
    return -(-max(most - usable, 0) // pack) * pack
