"""A count of the dispensary that an accountant can follow line by line: blind, counted again, explained, posted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.audit.journal import broken_at
from core.errors import Conflict, RuleBroken
from pharmacy.models import CountLine, Dispensing, Move, StockCount
from pharmacy.selectors import counts as selectors
from pharmacy.selectors import stock
from pharmacy.services import books, counts, dispensing
from pharmacy.services import stock as shelves
from pharmacy.services.counts import Reason
from tests.builders import TODAY, a_batch, a_medicine, a_patient, noon, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)
WEEK_AGO = TODAY - timedelta(days=7)


def begun(place: str = "dispensary", on: date = TODAY) -> StockCount:
    return counts.begin(place=place, on=on, by=somebody(), today=TODAY)


def line(count: StockCount, batch: Any) -> CountLine:
    return CountLine.objects.select_related("move").get(count=count, batch=batch)


def entered(count: StockCount, numbers: dict[Any, int], *, done: bool = True) -> StockCount:
    found = {line(count, batch).pk: number for batch, number in numbers.items()}
    return counts.enter(count_id=count.pk, found=found, counted_by="Sok Chanthy", done=done, by=somebody())


def again(count: StockCount, numbers: dict[Any, int], who: str = "Chea Sophal") -> StockCount:
    found = {line(count, batch).pk: number for batch, number in numbers.items()}
    return counts.recount(count_id=count.pk, found=found, checked_by=who, by=somebody())


def posted(count: StockCount, reasons: dict[Any, Reason] | None = None) -> StockCount:
    said = {line(count, batch).pk: reason for batch, reason in (reasons or {}).items()}
    return counts.post(count_id=count.pk, reasons=said, by=somebody(), at=noon())


def give(quantity: int, *, on: date = TODAY, **given: Any) -> Dispensing:
    given = {"patient": a_patient(), "medicine": a_medicine()} | given
    return dispensing.dispense(quantity=quantity, on=on, by=somebody(), today=TODAY, **given)


class refused:
    """Context that expects one refusal by its code."""

    def __init__(self, code: str, field: str | None = None) -> None:
        self.code, self.field = code, field

    def __enter__(self) -> None:
        self.raised = pytest.raises(RuleBroken)
        self.info = self.raised.__enter__()

    def __exit__(self, *given: Any) -> bool:
        passed = bool(self.raised.__exit__(*given))
        if passed:
            assert (self.info.value.code, self.info.value.field) == (self.code, self.field)
        return passed


def test_a_count_with_differences_to_the_last_tablet() -> None:
    """Books: paracetamol A 100, paracetamol B 50, ibuprofen 30, ORS (nothing here, 20 in the store).

    Counted: A 100, B 47, ibuprofen 34, and 6 ORS that should not lie here. Counted again: B 48, ibuprofen 30, ORS 6.
    So B lost 2 and 6 ORS were found; ibuprofen had been miscounted and agrees.
    """
    first = a_batch(100, on=WEEK_AGO, expires_on=date(2027, 1, 31))
    second = a_batch(50, on=WEEK_AGO, expires_on=date(2027, 6, 30))
    ibuprofen = a_batch(30, on=WEEK_AGO, medicine=a_medicine("Ibuprofen", "200 mg"))
    salts = a_batch(20, on=WEEK_AGO, place="store", medicine=a_medicine("ORS low-osmolarity", "for 1 l"))

    count = begun()
    assert {row.batch_id for row in selectors.lines_of(count)} == {first.pk, second.pk, ibuprofen.pk}
    assert not CountLine.objects.exclude(expected=None, counted=None).exists()  # blind: no number is kept ready
    counts.add(count_id=count.pk, batch_id=salts.pk, by=somebody())
    with refused("pharmacy.not_all_counted"):
        entered(count, {first: 100, second: 47})
    entered(count, {first: 100, second: 47, ibuprofen: 34}, done=False)
    entered(count, {salts: 6})

    shown = {row.line.batch_id: row for row in selectors.compared(count, selectors.lines_of(count))}
    assert {pk for pk, row in shown.items() if row.again} == {second.pk, ibuprofen.pk, salts.pk}
    with refused("pharmacy.another_counts_again", "checked_by"):
        again(count, {second: 48}, who="SOK  chanthy")
    with refused("pharmacy.count_again"):
        posted(count)
    again(count, {second: 48, ibuprofen: 30, salts: 6})
    with refused("pharmacy.difference_unexplained"):
        posted(count, {second: Reason("lost")})
    with refused("pharmacy.reason_missing", "reason"):
        posted(count, {second: Reason("lost"), salts: Reason("other", " ")})
    assert Move.objects.exclude(source="source").count() == 0  # nothing is adjusted before it is posted

    done = posted(count, {second: Reason("lost"), salts: Reason("miscount", "transfer not written")})
    assert done.state == StockCount.State.POSTED
    lost, found = line(count, second), line(count, salts)
    assert (lost.expected, lost.counted, lost.recounted) == (50, 47, 48)
    assert (lost.move.source_id, lost.move.target_id, lost.move.quantity) == ("dispensary", "count", 2)
    assert (found.move.source_id, found.move.target_id, found.move.quantity) == ("count", "dispensary", 6)
    assert (found.move.why, found.move.note, found.move.on) == ("miscount", "transfer not written", TODAY)
    assert line(count, ibuprofen).move is None
    at = {(held.batch.pk, held.place.code): held.quantity for m in (first, ibuprofen, salts) for held in
          stock.held(m.medicine)}  # fmt: skip
    assert at == {
        (first.pk, "dispensary"): 100, (second.pk, "dispensary"): 48, (ibuprofen.pk, "dispensary"): 30,
        (salts.pk, "store"): 20, (salts.pk, "dispensary"): 6,
    }  # fmt: skip
    with refused("pharmacy.not_being_counted"):
        posted(count)
    assert books.first_broken() is None
    assert broken_at() is None


def test_what_agrees_needs_no_second_count() -> None:
    batch = a_batch(10)
    count = entered(begun(), {batch: 10})
    assert posted(count).state == "posted"
    assert Move.objects.count() == 1


def test_medicine_given_after_counting_changes_no_difference() -> None:
    """Counted 90 of 100 in the morning; 20 are given at noon. The line differs and moved: it is counted again."""
    batch, same = a_batch(100), a_batch(40, medicine=a_medicine("Ibuprofen", "200 mg"))
    count = entered(begun(), {batch: 90, same: 40})
    give(20)
    give(5, medicine=same.medicine)  # agreed when it was counted, and goes on as the books do
    again(count, {batch: 70})
    give(1)
    with refused("pharmacy.count_again"):
        posted(count, {batch: Reason("lost")})
    shown = {row.line.batch_id: row for row in selectors.compared(count, selectors.lines_of(count))}
    assert (shown[batch.pk].again, shown[same.pk].again) == (True, False)
    again(count, {batch: 69})
    posted(count, {batch: Reason("lost")})
    held = {held.batch.pk: held.quantity for m in (batch, same) for held in stock.held(m.medicine)}
    assert held == {batch.pk: 69, same.pk: 35}
    assert books.first_broken() is None


def test_a_first_count_sent_again_keeps_what_the_books_said_when_it_was_made() -> None:
    batch = a_batch(100)
    count = entered(begun(), {batch: 100}, done=False)
    give(20)
    entered(count, {batch: 100})  # the same sheet once more
    assert line(count, batch).expected == 100
    posted(count)
    assert stock.held(a_medicine())[0].quantity == 80


def test_yesterdays_count_is_of_yesterdays_evening() -> None:
    batch = a_batch(100, on=WEEK_AGO)
    give(30)
    count = entered(begun(on=YESTERDAY), {batch: 95})
    again(count, {batch: 95})
    posted(count, {batch: Reason("unknown")})
    assert Move.objects.get(source="dispensary", target="count").on == YESTERDAY
    assert stock.held(a_medicine())[0].quantity == 65


def test_no_more_is_missing_than_every_day_since_can_spare() -> None:
    batch = a_batch(100, on=WEEK_AGO)
    give(30)
    count = entered(begun(on=YESTERDAY), {batch: 20})
    again(count, {batch: 20})
    with refused("pharmacy.counted_given_out"):
        posted(count, {batch: Reason("lost")})
    assert books.first_broken() is None


def test_one_count_a_place_at_a_time() -> None:
    a_batch(1)
    count = begun()
    with pytest.raises(Conflict, match="pharmacy_one_count_a_place"):
        begun()
    begun("store")
    with refused("pharmacy.reason_missing", "reason"):
        counts.drop(count_id=count.pk, reason=" ", by=somebody())
    counts.drop(count_id=count.pk, reason="flood", by=somebody())
    begun()
    with refused("pharmacy.not_being_counted"):
        counts.drop(count_id=count.pk, reason="again", by=somebody())


def test_only_places_and_days_that_can_be_counted() -> None:
    with refused("pharmacy.not_a_shelf", "place"):
        begun("patients")
    with refused("pharmacy.date_in_future", "on"):
        begun(on=TODAY + timedelta(days=1))


def test_lines_of_another_count_are_refused() -> None:
    batch = a_batch(5)
    a_batch(7, place="store")
    here, there = begun(), begun("store")
    stranger = there.lines.get()
    with refused("pharmacy.no_such_line"):
        counts.enter(count_id=here.pk, found={stranger.pk: 1}, counted_by="A", by=somebody())
    entered(here, {batch: 4})
    with refused("pharmacy.no_such_line"):
        counts.recount(count_id=here.pk, found={stranger.pk: 1}, checked_by="B", by=somebody())


def test_an_empty_place_can_be_counted() -> None:
    count = counts.enter(count_id=begun("kit-1").pk, found={}, counted_by="Sok", done=True, by=somebody())
    assert posted(count).state == "posted"


@pytest.mark.django_db(transaction=True)
def test_counting_and_giving_at_once_leave_books_and_shelf_alike() -> None:
    """Whatever comes first: what is given is given, what was missing is taken off once."""
    batch = a_batch(100)
    count = entered(begun(), {batch: 90})
    again(count, {batch: 90})
    by, medicine = somebody(), a_medicine()
    patients = [a_patient(given_name=name) for name in ("Dara", "Bopha")]
    reasons = {line(count, batch).pk: Reason("lost")}

    def post() -> None:
        counts.post(count_id=count.pk, reasons=reasons, by=by, at=noon())

    def dispense() -> None:
        dispensing.dispense(patient=patients.pop(), medicine=medicine, quantity=5, on=TODAY, by=by, today=TODAY)

    def write_off() -> None:
        shelves.write_off(batch=batch, place="dispensary", quantity=1, why="broken", on=TODAY, by=by, today=TODAY)

    results = at_once(post, dispense, post, write_off, dispense, post)
    codes = [r.code for r in results if isinstance(r, RuleBroken)]
    assert [r for r in results if isinstance(r, Exception) and not isinstance(r, RuleBroken)] == []
    assert set(codes) <= {"pharmacy.count_again", "pharmacy.not_being_counted"}
    is_posted = StockCount.objects.get().state == "posted"
    assert len(codes) == (2 if is_posted else 3)
    assert stock.held(medicine)[0].quantity == 100 - 5 - 5 - 1 - (10 if is_posted else 0)
    assert books.first_broken() is None
    assert broken_at() is None


@pytest.mark.django_db(transaction=True)
def test_two_begin_to_count_one_place_and_one_is_told() -> None:
    a_batch(3)
    by = somebody()
    results = at_once(*[lambda: counts.begin(place="dispensary", on=TODAY, by=by, today=TODAY)] * 4)
    assert [r.code for r in results if isinstance(r, RuleBroken)] == ["constraint.pharmacy_one_count_a_place"] * 3
    assert StockCount.objects.count() == CountLine.objects.count() == 1
