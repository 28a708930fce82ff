"""Medicine is bought out of a fund: the money leaves with one entry, each line of the invoice becomes a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.money import Money, total
from pharmacy import rules
from pharmacy.models import Account, Batch, Entry, Fund, Medicine, Move, Place, Purchase
from pharmacy.selectors.stock import daily
from pharmacy.services import ledger, stock


@dataclass(frozen=True)
class Line:
    """One line of an invoice: so many units with one expiry date, for so much money."""

    medicine: Medicine
    quantity: int
    expires_on: date
    cost: Money
    number: str = ""


@transaction.atomic
def record(
    *, supplier: str, lines: Sequence[Line], sum: Money, on: date, by: Any, today: date, id: UUID | None = None,
    invoice: str = "", fund: str = Fund.MEDICINE,
) -> Purchase:  # fmt: skip
    """Buy medicine out of a fund into the store. `sum` is what the invoice says; the lines must add up to it.

    Raises RuleBroken for lines that do not, for mixed currencies, and for a fund that does not hold enough.
    """
    rules.payable_in_notes(sum, "sum")
    rules.not_in_the_future(on, today)
    _fit(lines, sum, on)
    entry = Entry(**ledger.payment(Account.PURCHASES, fund, sum), on=on, memo=_memo(supplier, invoice), recorded_by=by)
    purchase = Purchase(
        id=id or uuid7(), supplier=supplier, invoice=invoice, on=on, fund_id=fund, entry=entry, recorded_by=by
    )
    batches = [
        Batch(
            medicine=line.medicine, number=line.number, expires_on=line.expires_on, source=Batch.Source.FUND,
            purchase=purchase, cost=line.cost.minor, recorded_by=by,
        )
        for line in lines
    ]  # fmt: skip
    moves = [
        Move(batch=batch, source_id=Place.SOURCE, target_id=Place.STORE, quantity=line.quantity, on=on, recorded_by=by)
        for batch, line in zip(batches, lines, strict=True)
    ]
    note("pharmacy.purchase.recorded", purchase, entry, *batches, *moves, by=by, sum=sum.format(), fund=fund, on=on)
    ledger.can_pay(fund, sum, on, field="sum")
    save_checked(entry, purchase)
    create_many(Batch, batches)
    create_many(Move, moves)
    return purchase


def _fit(lines: Sequence[Line], sum: Money, on: date) -> None:
    if not lines:
        raise RuleBroken("pharmacy.no_lines")
    for line in lines:
        rules.some(line.quantity)
        rules.still_good(line.expires_on, on)
    added = total((line.cost for line in lines), sum.currency)
    if added != sum:
        raise RuleBroken("pharmacy.lines_do_not_add_up", field="sum", added=added.format())


def _memo(supplier: str, invoice: str) -> str:
    return f"{supplier} {invoice}".strip()[:200]


@transaction.atomic
def void(*, purchase_id: UUID, on: date, reason: str, by: Any, today: date) -> Purchase:
    """Take a purchase back: the money returns to the fund and every batch leaves the store, on `on`.

    Raises RuleBroken("pharmacy.given_out_since") when any of it has left the store meanwhile.
    """
    rules.not_in_the_future(on, today)
    reason = rules.said_why(reason)
    came = _hold(purchase_id)
    purchase: Any = came[0].batch.purchase
    if on < purchase.on:
        raise RuleBroken("pharmacy.before_the_mistake", field="on")
    deltas = daily([move.batch_id for move in came], Place.STORE, since=on)
    if any(move.quantity > rules.free(deltas.get(move.batch_id, []), on) for move in came):
        raise RuleBroken("pharmacy.given_out_since")
    purchase.void_reason = reason
    entry = ledger.mirror(purchase.entry, on, f"{purchase.entry.memo}: {reason}"[:200], by)
    moves = [stock.mirror(move, on, reason, by) for move in came]
    save_checked(entry, purchase)
    create_many(Move, moves)
    note("pharmacy.purchase.voided", purchase, entry, *moves, by=by, reason=reason, on=on)
    return purchase


def _hold(purchase_id: UUID) -> list[Move]:
    """Lock a purchase with its batches and return how each of them came in: one statement.

    Every purchase has a batch, so nothing found is a purchase that does not stand.
    Raises RuleBroken("pharmacy.void_already").
    """
    came = Move.objects.filter(batch__purchase=purchase_id, batch__purchase__void_reason="", source=Place.SOURCE)
    held = came.select_for_update(of=("batch", "batch__purchase")).select_related("batch__purchase__entry")
    if moves := list(held.order_by("batch")):
        return moves
    raise RuleBroken("pharmacy.void_already")
