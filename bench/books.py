"""A till and a pharmacy with a million entries and moves, and how long an accountant waits for them.

Ten years of gifts from a hundred villages, into riel and dollars, with exchanges, gifts taken back, help with costs,
and medicine that is bought and handed out. Always the same for the same size. The plain SQL beside each figure is the
cheapest question of the same rows.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.crowd import Bulk, without_indexes
from bench.people import nurse, people, today
from core.money import Currency
from core.periods import Month
from core.places.models import Village
from pharmacy.models import Account, Batch, Dispensing, Donation, Entry, Exchange, Fund, Medicine, Move, Purchase
from pharmacy.selectors import accounts, tracing

YEARS, VILLAGES, CHUNK = 10, 100, 50_000
CASH = {currency: Account.code_of(Account.CASH, Fund.MEDICINE, currency) for currency in Currency}


@dataclass
class Books:
    """What was made, as far as the questions need it."""

    villages: list[int]
    month: Month
    batch: Batch


def books(size: int) -> Books:
    """Write `size` entries and as many moves."""
    writer = _Writer(size)
    models = (Entry, Donation, Exchange, Purchase, Batch, Dispensing, Move)
    with without_indexes(*models):
        for model in models:
            bulk = Bulk(model, writer.by.pk)
            rows = iter(writer.rows.pop(model))
            while chunk := list(islice(rows, CHUNK)):
                bulk.write(chunk)
    bought = Batch.objects.filter(source="fund").order_by("id")
    batch = bought[bought.count() // 2]
    assert batch.purchase
    return Books(writer.villages, Month.of(batch.purchase.on), batch)


class _Writer:
    """Rows by table; the till is lived through day by day, so that cash never falls below zero."""

    def __init__(self, size: int) -> None:
        self.by, self.size = nurse(), size
        self.chance = random.Random(size)
        self.number = 0
        self.villages = list(Village.objects.order_by("id").values_list("id", flat=True)[:VILLAGES])
        self.patients = [person.pk for person in people(min(2_000, size), contacts=0)]
        self.medicines = list(Medicine.objects.order_by("id").values_list("id", flat=True)[:40])
        self.models = (Entry, Donation, Exchange, Purchase, Batch, Dispensing, Move)
        self.rows: dict[Any, list[dict[str, Any]]] = {model: [] for model in self.models}
        self.cash = dict.fromkeys(Currency, 0)
        self.receipts = 0
        self.days = [today() - dt.timedelta(days=back) for back in range(365 * YEARS, -1, -1)]
        for number in range(size):
            self._deed(number, self.days[number * len(self.days) // size])
            if len(self.rows[Entry]) >= size:
                break
        self._hand_out()

    def _id(self) -> UUID:
        self.number += 1
        return UUID(int=(0x7 << 76) + (1 << 100) + self.number)

    def _entry(self, role: str, currency: Currency, minor: int, on: dt.date, **more: Any) -> UUID:
        """Write an entry: above zero money comes in, below it goes out."""
        other = Account.code_of(role, Fund.MEDICINE, currency)
        debit, credit = (CASH[currency], other) if minor > 0 else (other, CASH[currency])
        key = self._id()
        self.cash[currency] += minor
        self.rows[Entry].append({
            "id": key, "debit_id": debit, "credit_id": credit, "currency": currency.value, "minor": abs(minor),
            "on": on, "memo": role, **more,
        })  # fmt: skip
        return key

    def _deed(self, number: int, on: dt.date) -> None:
        currency = Currency.USD if number % 10 == 0 else Currency.KHR
        if number % 2_000 == 1_999 and self.cash[Currency.KHR] > 500_000:
            self._exchange(on)
        elif number % 20 == 19:
            self._buy(Currency.USD if number % 400 == 399 else Currency.KHR, on)
        elif number % 500 == 7 and self.cash[Currency.KHR] > 20_000:
            self._entry(Account.AID, Currency.KHR, -20_000, on)
        else:
            self._gift(currency, on, taken_back=number % 400 == 11)

    def _gift(self, currency: Currency, on: dt.date, *, taken_back: bool) -> None:
        minor = self.chance.randrange(1, 30) * (500 if currency is Currency.KHR else 25)
        entry = self._entry(Account.DONATIONS, currency, minor, on)
        self.receipts += 1
        self.rows[Donation].append({
            "id": self._id(), "book_id": "D", "number": self.receipts, "on": on, "entry_id": entry,
            "fund_id": "medicine", "village_id": self.chance.choice(self.villages),
            "void_reason": "typo" if taken_back else "",
        })  # fmt: skip
        if taken_back:
            self._entry(Account.DONATIONS, currency, -minor, on, reverses_id=entry)

    def _exchange(self, on: dt.date) -> None:
        given = self._entry(Account.EXCHANGE, Currency.KHR, -410_000, on)
        taken = self._entry(Account.EXCHANGE, Currency.USD, 100_00, on)
        exchange = {"id": self._id(), "fund_id": "medicine", "on": on, "given_id": given, "taken_id": taken}
        self.rows[Exchange].append(exchange)

    def _buy(self, currency: Currency, on: dt.date) -> None:
        sum_ = self.cash[currency] * 9 // 10 // 100 * 100
        if sum_ <= 0:
            return
        entry, key = self._entry(Account.PURCHASES, currency, -sum_, on), self._id()
        self.rows[Purchase].append({"id": key, "supplier": "Takeo", "on": on, "fund_id": "medicine", "entry_id": entry})
        for cost in (sum_ // 3, sum_ - sum_ // 3):
            batch = self._id()
            self.rows[Batch].append({
                "id": batch, "medicine_id": self.chance.choice(self.medicines), "source": "fund", "purchase_id": key,
                "cost": cost, "expires_on": on + dt.timedelta(days=700),
            })  # fmt: skip
            self._move(batch, "source", "dispensary", 1_000, on)

    def _move(self, batch: UUID, source: str, target: str, quantity: int, on: dt.date, **more: Any) -> None:
        self.rows[Move].append({
            "id": self._id(), "batch_id": batch, "source_id": source, "target_id": target, "quantity": quantity,
            "on": on, **more,
        })  # fmt: skip

    def _hand_out(self) -> None:
        """Hand out of every batch in turn until there are as many moves as entries."""
        came = list(self.rows[Move])
        for n in range(self.size - len(came) if came else 0):
            first = came[n % len(came)]
            on = first["on"] + dt.timedelta(days=n % 60)
            key = self._id()
            self.rows[Dispensing].append({"id": key, "patient_id": self.chance.choice(self.patients), "on": on})
            self._move(first["batch_id"], "dispensary", "patients", 10, on, dispensing_id=key)


# -- the questions ---------------------------------------------------------------------------------------


def once(made: Books, number: int) -> int:
    """Follow what a village gave in a month, for the line that every measurement prints."""
    village = made.villages[number % len(made.villages)]
    return len(tracing.from_village(village, made.month.first, made.month.last).bought) or 1


def table(made: Books, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each question: milliseconds, statements, and the plain SQL beside it.

    `cpu` is what this process worked, with SQLite in it: it says the same on a busy machine.
    """
    month, year = made.month, (dt.date(made.month.year, 1, 1), dt.date(made.month.year, 12, 31))
    assert made.batch.purchase
    village = partial(tracing.from_village, made.villages[7])
    asked: dict[str, tuple[Callable[[], Any], str]] = {
        "trial balance": (partial(accounts.trial_balance, today()), _PLAIN_SUMS),
        "fund statement": (partial(accounts.statement, Fund.MEDICINE, *year), _PLAIN_SUMS),
        "village and month": (partial(village, month.first, month.last), _PLAIN_ENTRIES),
        "village and year": (partial(village, *year), _PLAIN_ENTRIES),
        "batch to villages": (partial(tracing.behind_purchase, made.batch.purchase, made.batch), _PLAIN_ENTRIES),
        "journal, a page": (accounts.journal_page, 'SELECT COUNT(*) FROM pharmacy_entry WHERE "on" = CURRENT_DATE'),
    }
    for name, (question, plain) in asked.items():
        with CaptureQueriesContext(connection) as statements:
            question()
        yield {
            "kind": name, "ms": _took(question, rounds), "cpu ms": _took(question, rounds, time.thread_time),
            "plain SQL": _took(_plain(plain), rounds), "its cpu": _took(_plain(plain), rounds, time.thread_time),
            "statements": len(statements),
        }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT COUNT(*) FROM pharmacy_entry), (SELECT COUNT(*) FROM pharmacy_move)")
        entries, moves = cursor.fetchone()
    yield {"kind": "rows", "entries": entries, "moves": moves}


_PLAIN_SUMS = "SELECT debit_id, SUM(minor) FROM pharmacy_entry GROUP BY debit_id"
_PLAIN_ENTRIES = 'SELECT "on", SUM(minor) FROM pharmacy_entry GROUP BY "on"'


def _plain(sql: str) -> Callable[[], Any]:
    def ask() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    return ask


def _took(what: Callable[[], Any], rounds: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long the middle one of some rounds took, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = clock()
        what()
        times.append((clock() - began) * 1000)
    return round(sorted(times)[len(times) // 2], 1)
