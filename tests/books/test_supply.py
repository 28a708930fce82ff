"""What is used, how long it lasts, when it was out, and the ministry's line: by hand, and against a plain model."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import RuleBroken
from core.periods import Month
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Move, Place
from pharmacy.selectors import supply
from pharmacy.services import dispensing, recalls
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_medicine, a_patient, somebody

OCTOBER, NOVEMBER = Month("2026-10"), Month("2026-11")
MAY = date(2026, 5, 1)


def give(quantity: int, on: date, medicine: Any = None) -> Any:
    return dispensing.dispense(
        patient=a_patient(), medicine=medicine or a_medicine(), quantity=quantity, on=on, by=somebody(), today=TODAY
    )


def of(medicine: Any) -> supply.Supply:
    return supply.supplies([medicine], TODAY)[0]


@pytest.mark.django_db
class TestByHand:
    def test_what_is_used_a_month_leaves_out_the_days_without(self) -> None:
        """May to October have 184 days. 600 were there on 1 May; the last go on 31 July; 300 come on 30 September.

        Out at the end of 31 July to 29 September: 1 + 31 + 29 = 61 days, two months of 30.5. Used: 600 + 60 in
        6 - 2 = 4 months is 165 a month. 240 are left: 1.5 months.
        """
        a_batch(600, on=MAY)
        give(400, date(2026, 6, 10))
        give(200, date(2026, 7, 31))
        a_batch(300, on=date(2026, 9, 30))
        give(60, date(2026, 10, 31))
        now = of(a_medicine())
        assert (now.used, now.days_out, now.average, now.usable, now.months) == (
            660, 61, Decimal("165.0"), 240, Decimal("1.5"),
        )  # fmt: skip
        assert now.low
        assert now.order(4) == 4 * 165 - 240

    def test_what_came_back_was_not_used_and_what_was_lost_was_not_either(self) -> None:
        batch = a_batch(600, on=MAY)
        back = give(100, date(2026, 6, 1))
        give(60, date(2026, 6, 2))
        by = somebody()
        shelves.reverse(move=back.moves.get(), on=date(2026, 6, 3), reason="wrong", by=by, today=TODAY)
        common = {"batch": batch, "place": "dispensary", "on": date(2026, 6, 4), "by": by, "today": TODAY}
        shelves.write_off(quantity=50, why="lost", **common)
        shelves.adjust(counted=480, reason="count", **common)
        assert of(a_medicine()).average == Decimal("10.0")
        line = supply.month_lines(Month("2026-06"), TODAY)[0]
        assert (line.opening, line.received, line.given, line.adjusted, line.written_off, line.closing) == (
            600, 0, 60, -10, 50, 480,
        )  # fmt: skip
        assert supply.month_lines(NOVEMBER, TODAY)[0].opening == 480

    def test_a_medicine_that_came_late_is_averaged_over_its_own_months(self) -> None:
        """61 of the 184 days of May to October are left when it comes on 1 September: 6 - 123 / 30.5 = 1.97 months."""
        a_batch(500, on=date(2026, 9, 1))
        give(100, date(2026, 9, 15))
        assert of(a_medicine()).average == Decimal("50.8")  # 100 / (6 - 123 / 30.5)

    def test_one_that_is_too_new_has_no_average_and_one_that_never_came_is_not_out(self) -> None:
        a_batch(500, on=date(2026, 10, 10))
        now = of(a_medicine())
        assert (now.average, now.months, now.known, now.out) == (None, None, True, False)
        never = of(a_medicine("Ibuprofen", "200 mg"))
        assert (never.known, never.out, never.low) == (False, False, False)
        assert [row.medicine for row in supply.month_lines(NOVEMBER, TODAY)] == [a_medicine()]

    def test_expired_boxes_hide_no_stock_out(self) -> None:
        """The last box expires on 10 October: nothing can be given on the 11th to the 31st, though 40 lie there."""
        a_batch(40, on=MAY, expires_on=date(2026, 10, 10))
        line = supply.month_lines(OCTOBER, TODAY)[0]
        assert (line.closing, line.days_out, line.months) == (40, 21, None)
        now = of(a_medicine())
        assert (now.usable, now.out, now.days_out) == (0, True, 21)

    def test_a_recalled_box_is_not_there_from_that_day_on(self) -> None:
        batch = a_batch(40, on=MAY)
        recalls.recall(batch_id=batch.pk, on=date(2026, 10, 22), why="spoilt", by=somebody(), today=TODAY)
        assert supply.month_lines(OCTOBER, TODAY)[0].days_out == 10
        assert [row.batch for row in supply.expiring(today=TODAY)[0]] == [batch]

    def test_a_month_that_is_not_over_is_looked_at_until_today(self) -> None:
        a_batch(40, on=MAY)
        give(40, date(2026, 11, 16))
        assert supply.month_lines(NOVEMBER, TODAY)[0].days_out == 5  # 16 to 20 November

    def test_a_late_paper_corrects_the_past_month(self) -> None:
        a_batch(40, on=MAY)
        assert supply.month_lines(OCTOBER, TODAY)[0].given == 0
        give(10, date(2026, 10, 5))
        line = supply.month_lines(OCTOBER, TODAY)[0]
        assert (line.opening, line.given, line.closing) == (40, 10, 30)

    def test_orders_are_in_whole_packs_and_reach_twice_the_level(self) -> None:
        assert rules.to_order(10, Decimal("33.3"), 0, 4, 100) == 200  # 134 - 10 = 124
        assert rules.to_order(10, None, 60, 4, 1) == 110
        assert rules.to_order(500, Decimal(10), 60, 4, 100) == 0
        assert rules.to_order(0, None, 0, 4, 1) == 0


BATCHES = 4
days = st.integers(0, 120).map(lambda ago: TODAY - timedelta(days=ago))
shelf = st.sampled_from(Place.SHELVES[:2])
small = st.integers(1, 30)
STEPS = st.one_of(
    st.tuples(st.just("receive"), days, small, shelf, st.integers(0, 90)),
    st.tuples(st.just("give"), days, shelf, small, st.booleans()),
    st.tuples(st.just("write_off"), days, st.integers(0, 9), shelf, small),
    st.tuples(st.just("count"), days, st.integers(0, 9), shelf, st.integers(0, 30)),
    st.tuples(st.just("transfer"), days, st.integers(0, 9), shelf, shelf, small),
    st.tuples(st.just("back"), days, st.integers(0, 30)),
    st.tuples(st.just("recall"), days, st.integers(0, 9)),
)


class AgainstAPlainModel(TestCase):
    """Whatever happened: the sums of the database are what going through every day and every move by hand gives."""

    @settings(max_examples=60)
    @given(st.lists(STEPS, min_size=4, max_size=22))
    def test_figures_equal_a_plain_model(self, steps: list[Any]) -> None:
        self.by, self.patient = somebody(), a_patient()
        self.medicines = [a_medicine(), a_medicine("Ibuprofen", "200 mg")]
        for name, *given_ in steps:
            try:
                getattr(self, name)(*given_)
            except RuleBroken:
                continue
        moves = list(Move.objects.select_related("batch"))
        for month in (Month("2026-08"), OCTOBER, NOVEMBER):
            lines = {line.medicine.pk: line for line in supply.month_lines(month, TODAY)}
            for medicine in self.medicines:
                mine = [move for move in moves if move.batch.medicine_id == medicine.pk]
                self.same_month(lines.get(medicine.pk), mine, month)
        for medicine in self.medicines:
            self.same_supply(of(medicine), [move for move in moves if move.batch.medicine_id == medicine.pk])

    def same_month(self, line: Any, moves: list[Move], month: Month) -> None:
        until = [move for move in moves if move.on <= month.last]
        if not until:
            assert line is None
            return
        before, within = [m for m in until if m.on < month.first], [m for m in until if m.on in month]
        assert line.opening == sum(on_shelves(move) for move in before)
        assert line.closing == sum(on_shelves(move) for move in until)
        assert line.given == net(within, "patients")
        assert line.written_off == net(within, "waste")
        assert line.received == -net(within, "source")
        assert line.adjusted == -net(within, "count")
        assert line.days_out == days_out(moves, month.first, min(month.last, TODAY))

    def same_supply(self, shown: supply.Supply, moves: list[Move]) -> None:
        first, last = date(2026, 5, 1), date(2026, 10, 31)
        assert shown.usable == usable(moves, TODAY)
        assert shown.used == net([m for m in moves if first <= m.on <= last], "patients")
        assert shown.days_out == days_out(moves, first, last)
        soon = [move for move in moves if move.batch.expires_on <= TODAY + timedelta(days=90)]
        assert shown.soon == usable(soon, TODAY)
        came = min((move.on for move in moves), default=None)
        if came:
            absent = max((min(came, last + timedelta(days=1)) - first).days, 0) + shown.days_out
            stood = 6 - Decimal(absent) / Decimal("30.5")
            assert (shown.average is None) == (stood < 1)
            if shown.average is not None:
                assert abs(shown.average - Decimal(shown.used) / stood) <= Decimal("0.05")

    def receive(self, on: date, quantity: int, place: str, good_for: int) -> None:
        medicine = self.medicines[quantity % 2]
        a_batch(quantity, on=on, place=place, expires_on=on + timedelta(days=good_for), medicine=medicine, by=self.by)

    def give(self, on: date, place: str, quantity: int, which: bool) -> None:
        dispensing.dispense(patient=self.patient, medicine=self.medicines[which], quantity=quantity, place=place, on=on,
                            by=self.by, today=TODAY)  # fmt: skip

    def batch(self, n: int) -> Batch:
        batches = list(Batch.objects.order_by("pk"))
        if not batches:
            raise RuleBroken("test.nothing")
        return batches[n % len(batches)]

    def write_off(self, on: date, n: int, place: str, quantity: int) -> None:
        shelves.write_off(batch=self.batch(n), place=place, quantity=quantity, why="lost", on=on, by=self.by,
                          today=TODAY)  # fmt: skip

    def count(self, on: date, n: int, place: str, counted: int) -> None:
        shelves.adjust(batch=self.batch(n), place=place, counted=counted, on=on, reason="count", by=self.by,
                       today=TODAY)  # fmt: skip

    def transfer(self, on: date, n: int, source: str, target: str, quantity: int) -> None:
        shelves.transfer(batch=self.batch(n), source=source, target=target, quantity=quantity, on=on, by=self.by,
                         today=TODAY)  # fmt: skip

    def back(self, on: date, n: int) -> None:
        if found := Move.objects.select_related("batch").order_by("pk")[n : n + 1]:
            shelves.reverse(move=found[0], on=on, reason="mistake", by=self.by, today=TODAY)

    def recall(self, on: date, n: int) -> None:
        recalls.recall(batch_id=self.batch(n).pk, on=on, why="spoilt", by=self.by, today=TODAY)


def on_shelves(move: Move) -> int:
    return move.quantity * ((move.target_id not in Place.OUTSIDE) - (move.source_id not in Place.OUTSIDE))


def net(moves: list[Move], outside: str) -> int:
    return sum(move.quantity * ((move.target_id == outside) - (move.source_id == outside)) for move in moves)


def usable(moves: list[Move], day: date) -> int:
    """Go through every move of every batch that is good on that day."""
    return sum(
        on_shelves(move) for move in moves
        if move.on <= day <= move.batch.expires_on
        and (move.batch.recalled_on is None or day < move.batch.recalled_on)
    )  # fmt: skip


def days_out(moves: list[Move], first: date, last: date) -> int:
    """Go through every day since the medicine first came."""
    came = min((move.on for move in moves), default=date.max)
    all_days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(usable(moves, day) <= 0 for day in all_days if day >= came)


def test_both_sides_of_the_outside_are_named() -> None:
    assert set(supply.SIDES.values()) == set(Place.OUTSIDE)
    assert Medicine._meta.ordering == ["name", "id"]
