"""Medicine comes in, moves, is written off, is counted. Nothing is edited: a mistake is moved back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.audit.journal import note
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Money
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Move, Place
from pharmacy.selectors import stock


@transaction.atomic
def receive(
    *, medicine: Medicine, quantity: int, expires_on: date, source: str, on: date, by: Any, today: date,
    id: UUID | None = None, place: str = Place.STORE, number: str = "", giver: str = "", value: Money | None = None,
    remark: str = "",
) -> Batch:  # fmt: skip
    """Take in a batch that was not bought: from the Health Department, or as a gift in kind.

    `value` is what it would have cost to buy (the fair value that IRS Form 990 asks for); it is money of no fund.
    Raises RuleBroken("pharmacy.nothing") for a value of nothing.
    """
    rules.some(quantity)
    rules.not_in_the_future(on, today)
    rules.still_good(expires_on, on)
    if value is not None and value.minor <= 0:
        raise RuleBroken("pharmacy.nothing", field="value")
    batch = Batch(
        id=id or uuid7(), medicine=medicine, number=number, expires_on=expires_on, source=source, giver=giver,
        value=value.minor if value else None, value_currency=value.currency if value else "", recorded_by=by,
    )  # fmt: skip
    move = Move(
        batch=batch, source_id=Place.SOURCE, target_id=place, quantity=quantity, on=on, note=remark, recorded_by=by
    )
    save_checked(batch, move)
    note("pharmacy.batch.received", batch, move, by=by, quantity=quantity, on=on)
    return batch


@transaction.atomic
def transfer(
    *, batch: Batch, source: str, target: str, quantity: int, on: date, by: Any, today: date, id: UUID | None = None,
    remark: str = "",
) -> Move:  # fmt: skip
    """Bring units of a batch from one shelf to another; what must not be given goes only back to the store.

    Raises RuleBroken("pharmacy.only_to_the_store").
    """
    rules.some(quantity)
    rules.not_in_the_future(on, today)
    if source == target:
        raise RuleBroken("pharmacy.same_place", field="target")
    good = batch.expires_on >= on and (batch.recalled_on is None or batch.recalled_on > on)
    if not good and target != Place.STORE:
        raise RuleBroken("pharmacy.only_to_the_store", field="target")
    leave(batch, source, quantity, on)
    move = _move(id, batch, source, target, quantity, on, by, remark)
    note("pharmacy.stock.transferred", move, by=by, quantity=quantity, source=source, target=target, on=on)
    return move


@transaction.atomic
def write_off(
    *, batch: Batch, place: str, quantity: int, on: date, by: Any, today: date, why: str = Move.Why.OTHER,
    reason: str = "", id: UUID | None = None,
) -> Move:  # fmt: skip
    """Take what is expired, recalled, broken or lost off a shelf; for any other reason it is said in words.

    Raises RuleBroken("pharmacy.not_recalled") when it was not said before that the batch is recalled: then nobody
    would look for the people who got it.
    """
    rules.some(quantity)
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason) if why == Move.Why.OTHER else reason.strip()
    if why == Move.Why.RECALLED and batch.recalled_on is None:
        raise RuleBroken("pharmacy.not_recalled", field="why")
    leave(batch, place, quantity, on)
    move = _move(id, batch, place, Place.WASTE, quantity, on, by, reason, why)
    note("pharmacy.stock.written_off", move, by=by, quantity=quantity, place=place, why=why, reason=reason, on=on)
    return move


@transaction.atomic
def adjust(
    *, batch: Batch, place: str, counted: int, on: date, reason: str, by: Any, today: date, id: UUID | None = None
) -> Move:
    """Bring the books to what was counted of a batch on a shelf at the end of a day.

    Raises RuleBroken("pharmacy.count_agrees") when there is nothing to adjust.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    deltas = hold([batch.pk], place, on)[batch.pk]
    difference = counted - rules.balance(deltas, on)
    if not difference:
        raise RuleBroken("pharmacy.count_agrees", field="counted")
    if -difference > rules.free(deltas, on):
        raise RuleBroken("pharmacy.given_out_since", field="counted")
    source, target = (Place.COUNT, place) if difference > 0 else (place, Place.COUNT)
    move = _move(id, batch, source, target, abs(difference), on, by, reason)
    note("pharmacy.stock.adjusted", move, by=by, counted=counted, difference=difference, place=place, on=on)
    return move


@transaction.atomic
def reverse(*, move: Move, on: date, reason: str, by: Any, today: date, id: UUID | None = None) -> Move:
    """Move back what was moved by mistake; once, and only while what it brought still lies there.

    A bought batch goes back with its whole purchase, because the money goes back with it.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    if move.reverses_id:
        raise RuleBroken("pharmacy.reversal_stays")
    if on < move.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    if move.source_id == Place.SOURCE and move.batch.purchase_id:
        raise RuleBroken("pharmacy.reverse_the_purchase")
    deltas = hold([move.batch_id], move.target_id, on)[move.batch_id]
    since = Q(reverses=move.pk)
    if move.dispensing_id and move.target_id == Place.PATIENTS:
        returned = Q(source=Place.PATIENTS, reverses=None, reversed_by=None)
        since |= returned & Q(dispensing=move.dispensing_id, batch=move.batch_id)
    after = list(Move.objects.filter(since).values_list("reverses", flat=True))
    if move.pk in after:
        raise RuleBroken("pharmacy.reversed_already")
    if after:
        raise RuleBroken("pharmacy.returned_since")
    if move.target_id not in Place.OUTSIDE and move.quantity > rules.free(deltas, on):
        raise RuleBroken("pharmacy.given_out_since")
    back = mirror(move, on, reason, by)
    back.id = id or back.id
    save_checked(back)
    note("pharmacy.stock.reversed", back, by=by, move=str(move.pk), reason=reason, on=on)
    return back


def mirror(move: Move, on: date, reason: str, by: Any) -> Move:
    """Return the unsaved move that takes another back."""
    return Move(
        batch_id=move.batch_id, source_id=move.target_id, target_id=move.source_id, quantity=move.quantity, on=on,
        note=reason, reverses=move, recorded_by=by,
    )  # fmt: skip


def hold(batches: Iterable[UUID], place: str, since: date) -> dict[UUID, list[rules.Delta]]:
    """Lock batches until the commit, then read how they changed at a place; an unknown one changed nothing.

    PostgreSQL locks the rows, and what is read after that is what stays; SQLite already holds the whole file,
    because every transaction begins IMMEDIATE. Always in order of id, so that two never wait for each other.
    """
    ids = list(Batch.objects.select_for_update().filter(pk__in=batches).order_by("pk").values_list("pk", flat=True))
    return {pk: [] for pk in ids} | stock.daily(ids, place, since=since)


def leave(batch: Batch, place: str, quantity: int, on: date) -> None:
    """Refuse to take more of a batch off a shelf than any day from `on` can spare; holds the batch.

    Raises RuleBroken("pharmacy.not_enough").
    """
    if place in Place.OUTSIDE:
        raise RuleBroken("pharmacy.not_a_shelf", field="source")
    available = rules.free(hold([batch.pk], place, on).get(batch.pk, []), on)
    if quantity > available:
        raise RuleBroken("pharmacy.not_enough", field="quantity", available=available)


def _move(
    id: UUID | None, batch: Batch, source: str, target: str, quantity: int, on: date, by: Any, remark: str,
    why: str = "",
) -> Move:  # fmt: skip
    move = Move(
        id=id or uuid7(), batch=batch, source_id=source, target_id=target, quantity=quantity, on=on, note=remark,
        why=why, recorded_by=by,
    )  # fmt: skip
    save_checked(move)
    return move
