"""A place is counted: blind, then what differs once more by another person, then it is explained and posted.

What the books said is taken at the moment a number is entered, so that medicine given afterwards, from the shelf and
in the books alike, changes no difference. But where a line differs and its books have changed since, nobody can tell
whether the change was on the shelf before the count or after it: that line is counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import clean, create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from pharmacy import rules
from pharmacy.models import CountLine, Move, Place, StockCount
from pharmacy.selectors import counts as selectors
from pharmacy.selectors.stock import daily

State = StockCount.State


class Reason(NamedTuple):
    """Why a line differs: one of `Move.Why`, and words."""

    why: str
    words: str = ""


@transaction.atomic
def begin(*, place: str, on: date, by: Any, today: date, id: UUID | None = None, remark: str = "") -> StockCount:
    """Begin to count a place, as it stands at the end of a day, with a line for each batch that should lie there.

    Raises RuleBroken("pharmacy.not_a_shelf"), Conflict("constraint.pharmacy_one_count_a_place").
    """
    rules.not_in_the_future(on, today)
    if place in Place.OUTSIDE:
        raise RuleBroken("pharmacy.not_a_shelf", field="place")
    count = StockCount(id=id or uuid7(), place_id=place, on=on, note=remark, recorded_by=by)
    lines = [CountLine(count=count, batch_id=batch, recorded_by=by) for batch in selectors.expected_at(place, on)]
    save_checked(count)
    create_many(CountLine, lines)
    note("pharmacy.count.begun", count, by=by, place=place, on=on, lines=len(lines))
    return count


@transaction.atomic
def add(*, count_id: UUID, batch_id: UUID, by: Any, id: UUID | None = None) -> CountLine:
    """Add a batch of which something was found that should not lie there.

    Raises RuleBroken("pharmacy.not_being_counted"), Conflict("constraint.pharmacy_counted_once").
    """
    count = _hold(count_id, State.OPEN)
    line = CountLine(id=id or uuid7(), count=count, batch_id=batch_id, recorded_by=by)
    save_checked(line)
    note("pharmacy.count.line_added", count, by=by, batch=str(batch_id))
    return line


@transaction.atomic
def enter(
    *, count_id: UUID, found: Mapping[UUID, int | None], counted_by: str, by: Any, done: bool = False
) -> StockCount:
    """Write down what was counted, by the key of the line; with `done` the first count is over.

    May be called as often as there are sheets; None takes a number back.
    Raises RuleBroken: pharmacy.not_being_counted, pharmacy.no_such_line, pharmacy.not_all_counted.
    """
    count, lines, books = _hold_lines(count_id, State.OPEN)
    changed = _write(lines, found, books, "counted", by)
    if done and (left := sum(line.counted is None for line in lines.values())):
        raise RuleBroken("pharmacy.not_all_counted", left=left)
    count.counted_by = counted_by
    count.state = State.RECOUNT if done else State.OPEN
    save_checked(count)
    differing = sum(line.found != line.expected for line in lines.values()) if done else None
    note("pharmacy.count.entered", count, by=by, lines=len(changed), done=done, differing=differing)
    return count


@transaction.atomic
def recount(*, count_id: UUID, found: Mapping[UUID, int], checked_by: str, by: Any) -> StockCount:
    """Write down what another person counted where the first count differed; it may be counted yet again.

    Raises RuleBroken: pharmacy.not_being_counted, pharmacy.no_such_line, pharmacy.another_counts_again.
    """
    count, lines, books = _hold_lines(count_id, State.RECOUNT)
    rules.another_person(count.counted_by, checked_by)
    changed = _write(lines, found, books, "recounted", by)
    count.checked_by = checked_by
    save_checked(count)
    note("pharmacy.count.recounted", count, by=by, lines=len(changed))
    return count


@transaction.atomic
def post(*, count_id: UUID, reasons: Mapping[UUID, Reason], by: Any, at: datetime) -> StockCount:
    """Bring the books to what was found, with a reason for each difference, on the day of the count.

    Raises RuleBroken: pharmacy.not_being_counted; pharmacy.count_again for a line that nobody counted again or
    whose books changed since; pharmacy.difference_unexplained; pharmacy.counted_given_out when more is missing than
    every day since can spare.
    """
    count, lines, books = _hold_lines(count_id, State.RECOUNT)
    differing = [line for line in lines.values() if line.found != line.expected]
    moves = []
    for line in differing:
        reason = reasons.get(line.pk, Reason(""))
        line.move = _bring_to(count, line, books.get(line.batch_id, []), reason, by)
        line.why, line.note = reason.why, reason.words
        moves.append(line.move)
    create_many(Move, moves)
    for line in differing:
        clean(line)
    CountLine.objects.bulk_update(differing, ["why", "note", "move"])
    count.state, count.posted_at = State.POSTED, at
    save_checked(count)
    note("pharmacy.count.posted", count, *moves, by=by, place=count.place_id, on=count.on, differences=len(moves))
    return count


@transaction.atomic
def drop(*, count_id: UUID, reason: str, by: Any) -> StockCount:
    """Give a count up: nothing is adjusted, what was counted stays to be read.

    Raises RuleBroken("pharmacy.not_being_counted").
    """
    count = _hold(count_id, State.OPEN, State.RECOUNT)
    count.note, count.state = rules.said_why(reason), State.DROPPED
    save_checked(count)
    note("pharmacy.count.dropped", count, by=by, place=count.place_id, on=count.on, reason=reason)
    return count


def _hold(count_id: UUID, *states: str) -> StockCount:
    count = StockCount.objects.select_for_update(of=("self",)).get(pk=count_id)
    if count.state not in states:
        raise RuleBroken("pharmacy.not_being_counted")
    return count


def _hold_lines(
    count_id: UUID, state: str
) -> tuple[StockCount, dict[UUID, CountLine], dict[UUID, list[rules.Delta]]]:  # fmt: skip
    """Lock a count with its lines and their batches, then read how the books of each batch changed: two statements.

    The batches in order of id, as everywhere, so that no two wait for each other.
    """
    rows = CountLine.objects.select_for_update(of=("self", "count", "batch")).select_related("count", "batch__medicine")
    lines = list(rows.filter(count=count_id).order_by("batch_id"))
    count = lines[0].count if lines else _hold(count_id, state)
    if count.state != state:
        raise RuleBroken("pharmacy.not_being_counted")
    books = daily([line.batch_id for line in lines], count.place_id, since=count.on)
    for line in lines:
        line.count = count
    return count, {line.pk: line for line in lines}, books


def _write(
    lines: Mapping[UUID, CountLine], found: Mapping[UUID, int | None], books: Mapping[UUID, list[rules.Delta]],
    box: str, by: Any,
) -> list[CountLine]:  # fmt: skip
    """Write numbers into one box of their lines, with what the books say now.

    A first count that is sent again as it was keeps what the books said then; a second one was counted anew.
    """
    if found.keys() - lines.keys():
        raise RuleBroken("pharmacy.no_such_line")
    changed = []
    for pk, number in found.items():
        line = lines[pk]
        if box == "counted" and line.counted == number:
            continue
        setattr(line, box, number)
        line.expected = rules.balance(books.get(line.batch_id, []), line.count.on)
        line.recorded_by = by
        clean(line)
        changed.append(line)
    CountLine.objects.bulk_update(changed, [box, "expected", "recorded_by"])
    return changed


def _bring_to(count: StockCount, line: CountLine, deltas: list[rules.Delta], reason: Reason, by: Any) -> Move:
    """Return the unsaved move that brings the books of one batch to what was found of it."""
    book, medicine = rules.balance(deltas, count.on), str(line.batch.medicine)
    if line.recounted is None or line.expected != book or line.found is None:
        raise RuleBroken("pharmacy.count_again", medicine=medicine)
    if not reason.why:
        raise RuleBroken("pharmacy.difference_unexplained", medicine=medicine)
    if reason.why == Move.Why.OTHER:
        rules.said_why(reason.words)
    difference = line.found - book
    if -difference > rules.free(deltas, count.on):
        raise RuleBroken("pharmacy.counted_given_out", medicine=medicine)
    source, target = (Place.COUNT, count.place_id) if difference > 0 else (count.place_id, Place.COUNT)
    return Move(
        batch=line.batch, source_id=source, target_id=target, quantity=abs(difference), on=count.on, why=reason.why,
        note=reason.words, recorded_by=by,
    )  # fmt: skip
