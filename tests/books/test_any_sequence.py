"""Whatever is done, in whatever order and however late: the books are whole, and a plain model agrees with them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import RuleBroken
from core.money import Currency, Money
from pharmacy import rules
from pharmacy.models import Batch, Dispensing, Donation, Move, Purchase
from pharmacy.selectors import money, stock
from pharmacy.services import books, counts, dispensing, donations, purchases, recalls, returns
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_medicine, a_patient, noon, somebody

SHELVES = ("store", "dispensary", "kit-1")
days = st.integers(0, 9).map(lambda ago: TODAY - timedelta(days=ago))
which = st.integers(0, 5)
small = st.integers(1, 12)
shelf = st.sampled_from(SHELVES)
riel = st.integers(1, 5).map(lambda n: Money(n * 100, Currency.KHR))
amount = riel | st.integers(1, 500).map(lambda n: Money(n, Currency.USD))

STEPS = st.one_of(
    st.tuples(st.just("donate"), days, amount),
    st.tuples(st.just("void"), days, which),
    st.tuples(st.just("buy"), days, st.lists(st.tuples(small, amount), min_size=1, max_size=3), days),
    st.tuples(st.just("unbuy"), days, which),
    st.tuples(st.just("receive"), days, small, shelf, days),
    st.tuples(st.just("transfer"), days, which, shelf, shelf, small),
    st.tuples(st.just("write_off"), days, which, shelf, small),
    st.tuples(st.just("count"), days, which, shelf, st.integers(0, 12)),
    st.tuples(st.just("dispense"), days, shelf, small),
    st.tuples(st.just("reverse"), days, st.integers(0, 30)),
    st.tuples(st.just("bring_back"), days, which, small, st.sampled_from(("dispensary", "waste"))),
    st.tuples(st.just("undo"), days, which),
    st.tuples(st.just("recall"), days, which),
    st.tuples(st.just("withdraw"), which),
    st.tuples(st.just("count_place"), days, shelf, st.lists(st.integers(0, 12), min_size=1, max_size=4)),
)


class AnySequence(TestCase):
    """Each example starts from a fresh database and undoes itself."""

    @settings(max_examples=60)
    @given(st.lists(STEPS, min_size=3, max_size=16))
    def test_any_sequence_of_services_keeps_the_books_whole(self, steps) -> None:
        self.by, self.patient, self.medicine = somebody(), a_patient(), a_medicine()
        self.cash = dict.fromkeys(Currency, 0)
        self.receipts = 0
        for name, *given_ in steps:
            try:
                with transaction.atomic():
                    getattr(self, name)(*given_)
            except RuleBroken:
                pass  # a refusal leaves no trace: that is what the proofs below show
        assert books.first_broken() is None
        assert {m.currency: m.minor for m in money.balances()} == self.cash
        assert [d.number for d in Donation.objects.order_by("number")] == list(range(1, self.receipts + 1))
        lines, _ = stock.card(self.medicine)
        assert (lines[0].balance if lines else 0) == sum(held.quantity for held in stock.held(self.medicine))

    def donate(self, on: date, gift: Money) -> None:
        donations.receive(amount=gift, on=on, by=self.by, today=TODAY)
        self.cash[gift.currency] += gift.minor
        self.receipts += 1

    def void(self, on: date, n: int) -> None:
        if found := Donation.objects.select_related("entry").order_by("number")[n : n + 1]:
            gift = found[0].entry.money
            donations.void(donation_id=found[0].pk, on=on, reason="typo", by=self.by, today=TODAY)
            self.cash[gift.currency] -= gift.minor

    def buy(self, on: date, lines: list[tuple[int, Money]], expires_on: date) -> None:
        invoice = [purchases.Line(self.medicine, n, expires_on, cost) for n, cost in lines]
        currency = lines[0][1].currency
        sum_ = Money(sum(cost.minor for _, cost in lines if cost.currency is currency), currency)
        purchases.record(supplier="Takeo", lines=invoice, sum=sum_, on=on, by=self.by, today=TODAY)
        self.cash[currency] -= sum_.minor

    def unbuy(self, on: date, n: int) -> None:
        if found := Purchase.objects.select_related("entry").order_by("recorded_at", "pk")[n : n + 1]:
            sum_ = found[0].entry.money
            purchases.void(purchase_id=found[0].pk, on=on, reason="wrong", by=self.by, today=TODAY)
            self.cash[sum_.currency] += sum_.minor

    def receive(self, on: date, quantity: int, place: str, expires_on: date) -> None:
        a_batch(quantity, on=on, place=place, expires_on=expires_on + timedelta(days=5), by=self.by)

    def batch(self, n: int) -> Batch:
        batches = list(Batch.objects.order_by("recorded_at", "pk"))
        if not batches:
            raise RuleBroken("test.nothing")
        return batches[n % len(batches)]

    def transfer(self, on: date, n: int, source: str, target: str, quantity: int) -> None:
        given_ = {"source": source, "target": target, "quantity": quantity}
        shelves.transfer(batch=self.batch(n), **given_, on=on, by=self.by, today=TODAY)

    def write_off(self, on: date, n: int, place: str, quantity: int) -> None:
        given_ = {"place": place, "quantity": quantity, "reason": "wet"}
        shelves.write_off(batch=self.batch(n), **given_, on=on, by=self.by, today=TODAY)

    def count(self, on: date, n: int, place: str, counted: int) -> None:
        given_ = {"place": place, "counted": counted, "reason": "count"}
        shelves.adjust(batch=self.batch(n), **given_, on=on, by=self.by, today=TODAY)

    def dispense(self, on: date, place: str, quantity: int) -> None:
        given = dispensing.dispense(
            patient=self.patient, medicine=self.medicine, quantity=quantity, place=place, on=on, by=self.by,
            today=TODAY, despite="again",
        )  # fmt: skip
        assert sum(move.quantity for move in given.moves.all()) == quantity
        assert all(move.batch.expires_on >= on for move in given.moves.select_related("batch"))

    def reverse(self, on: date, n: int) -> None:
        if found := Move.objects.select_related("batch").order_by("recorded_at", "pk")[n : n + 1]:
            shelves.reverse(move=found[0], on=on, reason="mistake", by=self.by, today=TODAY)

    def handed_out(self, n: int) -> Dispensing:
        rows = list(Dispensing.objects.order_by("recorded_at", "pk"))
        if not rows:
            raise RuleBroken("test.nothing")
        return rows[n % len(rows)]

    def bring_back(self, on: date, n: int, quantity: int, target: str) -> None:
        row = self.handed_out(n)
        batch = row.moves.order_by("pk")[0].batch_id
        common = {"on": on, "by": self.by, "today": TODAY}
        returns.bring_back(dispensing=row, quantities={batch: quantity}, target=target, **common)

    def undo(self, on: date, n: int) -> None:
        returns.void(dispensing_id=self.handed_out(n).pk, on=on, reason="mistake", by=self.by, today=TODAY)

    def recall(self, on: date, n: int) -> None:
        recalls.recall(batch_id=self.batch(n).pk, on=on, why="told", by=self.by, today=TODAY)

    def withdraw(self, n: int) -> None:
        recalls.withdraw(batch_id=self.batch(n).pk, reason="another batch", by=self.by)

    def count_place(self, on: date, place: str, numbers: list[int]) -> None:
        """Count a whole place by sheet; what differs is found again by another, and posted."""
        count = counts.begin(place=place, on=on, by=self.by, today=TODAY)
        found = {line.pk: n for line, n in zip(count.lines.order_by("pk"), cycle(numbers), strict=False)}
        counts.enter(count_id=count.pk, found=found, counted_by="Chanthy", by=self.by, done=True)
        differ = {line.pk: found[line.pk] for line in count.lines.all() if line.found != line.expected}
        if differ:
            counts.recount(count_id=count.pk, found=differ, checked_by="Sophal", by=self.by)
        reasons = dict.fromkeys(differ, counts.Reason("miscount"))
        counts.post(count_id=count.pk, reasons=reasons, by=self.by, at=noon(on))
        for line in count.lines.select_related("batch"):
            deltas = stock.daily([line.batch_id], place, since=on).get(line.batch_id, [])
            assert rules.balance(deltas, on) == line.found
