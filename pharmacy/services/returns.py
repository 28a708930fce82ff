"""Medicine comes back: unused from a patient, or because it was never given; never more than was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise
from pharmacy import rules
from pharmacy.models import Dispensing, Move, Place
from pharmacy.services.stock import mirror

WHY = (Move.Why.RETURNED, Move.Why.BROKEN, Move.Why.RECALLED, Move.Why.OTHER)


@transaction.atomic
def bring_back(
    *, dispensing: Dispensing, quantities: Mapping[UUID, int], target: str, on: date, by: Any, today: date,
    why: str = Move.Why.RETURNED, remark: str = "", id: UUID | None = None,
) -> list[Move]:  # fmt: skip
    """Take back what a patient did not use, batch by batch, onto a shelf or to waste.

    Raises RuleBroken: pharmacy.nothing_chosen, pharmacy.more_than_given, pharmacy.only_to_waste for a batch that
    cannot be given any more, pharmacy.before_the_mistake, pharmacy.dispensing_void, pharmacy.not_a_shelf;
    Conflict("constraint.same_id") when it was sent twice.
    """
    rules.not_in_the_future(on, today)
    wanted = {batch: n for batch, n in quantities.items() if n > 0}
    if not wanted:
        raise RuleBroken("pharmacy.nothing_chosen")
    dispensing = _held(dispensing.pk)
    if dispensing.void_reason:
        raise RuleBroken("pharmacy.dispensing_void")
    if on < dispensing.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    if target in Place.OUTSIDE and target != Place.WASTE:
        raise RuleBroken("pharmacy.not_a_shelf", field="target")
    standing = _standing(dispensing)
    left, batches = given(standing), {move.batch_id: move.batch for move in standing}
    for key, quantity in wanted.items():
        if quantity > left.get(key, 0):
            raise RuleBroken("pharmacy.more_than_given", available=left.get(key, 0))
        if target != Place.WASTE and (batches[key].expires_on < on or batches[key].recalled_on):
            raise RuleBroken("pharmacy.only_to_waste", field="target")
    back = id or uuid7()
    moves = [
        Move(
            id=move_id(back, key), batch=batches[key], source_id=Place.PATIENTS, target_id=target,
            quantity=quantity, on=on, dispensing=dispensing, why=why, note=normalise(remark), recorded_by=by,
        )
        for key, quantity in sorted(wanted.items())
    ]  # fmt: skip
    create_many(Move, moves)
    count = sum(wanted.values())
    note("pharmacy.medicine.returned", dispensing, *moves, by=by, quantity=count, target=target, why=why, on=on)
    return moves


@transaction.atomic
def void(*, dispensing_id: UUID, on: date, reason: str, by: Any, today: date) -> Dispensing:
    """Take a whole dispensing back that was written by mistake: every move of it is reversed.

    It lets go of its line of the prescription, which then waits again. Raises Dispensing.DoesNotExist, and RuleBroken:
    pharmacy.dispensing_void, pharmacy.returned_since, pharmacy.before_the_mistake, pharmacy.reason_missing.
    """
    rules.not_in_the_future(on, today)
    reason = normalise(rules.said_why(reason))
    row = _held(dispensing_id)
    if row.void_reason:
        raise RuleBroken("pharmacy.dispensing_void")
    if on < row.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    standing = _standing(row)
    if any(move.source_id == Place.PATIENTS for move in standing):
        raise RuleBroken("pharmacy.returned_since")
    backs = [mirror(move, on, reason, by) for move in standing]
    was = row.treatment_id
    row.void_reason, row.treatment = reason, None
    save_checked(row, create=False)
    create_many(Move, backs)
    detail = {"reason": reason, "on": on} | ({"treatment": str(was)} if was else {})
    note("pharmacy.medicine.voided", row, *backs, by=by, **detail)
    return row


def move_id(id: UUID, batch: UUID) -> UUID:
    """Return the key of the move that brings one batch back: the same form sent twice makes the same."""
    return derived_id("return", id, batch)


def given(moves: list[Move]) -> dict[UUID, int]:
    """Return how much of each batch a patient still has of a dispensing: given, less what came back."""
    left: dict[UUID, int] = {}
    for move in moves:
        sign = 1 if move.target_id == Place.PATIENTS else -1
        left[move.batch_id] = left.get(move.batch_id, 0) + sign * move.quantity
    return left


def _held(id: UUID) -> Dispensing:
    """Return a dispensing as it is now, locked to the commit: always before its batches, or two wait for each other."""
    return Dispensing.objects.select_for_update(of=("self",)).select_related("patient").get(pk=id)


def _standing(dispensing: Dispensing) -> list[Move]:
    """Return the moves of a held dispensing that nobody took back, with their batches, which are locked in order."""
    rows = Move.objects.filter(dispensing=dispensing, reverses=None, reversed_by=None).select_related("batch")
    return list(rows.select_for_update(of=("batch",)).order_by("batch_id", "id"))
