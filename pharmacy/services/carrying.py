"""Many batches carried at once, all or none: into a kit by what expires first, and out of it to where it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.audit.journal import note
from core.db import create_many
from core.errors import RuleBroken
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Move, Place, good_on
from pharmacy.models.stock import Form
from pharmacy.selectors import stock
from pharmacy.services.stock import hold


class Wanted(NamedTuple):
    """So many units of a medicine by its name and form (and strength, "" for any), for one errand."""

    errand: UUID
    name: str
    form: str
    strength: str
    quantity: int

    def fits(self, medicine: Medicine) -> bool:
        """Return whether this medicine is what is wanted."""
        named = (medicine.name, medicine.form) == (self.name, self.form)
        return named and self.strength in ("", medicine.strength)


class Load(NamedTuple):
    """So many units of one batch that go to one place, for one errand."""

    errand: UUID
    batch: UUID
    target: str
    quantity: int


@transaction.atomic(savepoint=False)  # part of the act that packs or empties a kit
def take(
    *, wanted: Sequence[Wanted], source: str, target: str, on: date, by: Any, today: date, remark: str = ""
) -> list[Move]:
    """Bring what is wanted from one shelf to another, out of the batches that expire first.

    Raises RuleBroken("pharmacy.not_enough_of") naming the first medicine of which there is too little,
    ("pharmacy.nothing"), ("pharmacy.date_in_future"), ("pharmacy.not_a_shelf").
    """
    for one in wanted:
        rules.some(one.quantity)
    _check(source, on, today)
    named = Q()
    for one in wanted:
        named |= Q(medicine__name=one.name, medicine__form=one.form)
    batches = list(
        Batch.objects.select_for_update(of=("self",)).select_related("medicine")
        .filter(named, good_on(on)).order_by("pk")
    )  # fmt: skip
    deltas = stock.daily([batch.pk for batch in batches], source, since=on)
    loads = []
    for one in wanted:
        fits = [batch for batch in batches if one.fits(batch.medicine)]
        lots = [rules.Lot(b.pk, b.expires_on, rules.free(deltas.get(b.pk, []), on)) for b in fits]
        try:
            chosen = rules.first_expired_first_out(lots, one.quantity, on)
        except RuleBroken as broken:
            available = broken.params["available"]
            raise RuleBroken("pharmacy.not_enough_of", medicine=_words(one), available=available) from broken
        loads += [Load(one.errand, batch, target, quantity) for batch, quantity in chosen]
    return _write("pharmacy.stock.taken_along", loads, source, on, by, remark)


@transaction.atomic(savepoint=False)  # part of the act that packs or empties a kit
def bring(
    *, loads: Sequence[Load], source: str, on: date, by: Any, today: date, remark: str = ""
) -> list[Move]:  # fmt: skip
    """Bring batches from one shelf to where each of them goes: back to the store, to patients, written off.

    Raises RuleBroken("pharmacy.not_enough") when the shelf does not hold them on any day from `on`.
    """
    for load in loads:
        rules.some(load.quantity)
    _check(source, on, today)
    deltas = hold({load.batch for load in loads}, source, on)
    for batch in dict.fromkeys(load.batch for load in loads):
        leaving = sum(load.quantity for load in loads if load.batch == batch)
        if leaving > (available := rules.free(deltas.get(batch, []), on)):
            raise RuleBroken("pharmacy.not_enough", field="quantity", available=available)
    return _write("pharmacy.stock.brought_back", loads, source, on, by, remark)


def _words(one: Wanted) -> str:
    return " ".join(filter(None, (one.name, str(Form(one.form).label), one.strength)))


def _check(source: str, on: date, today: date) -> None:
    rules.not_in_the_future(on, today)
    if source in Place.OUTSIDE:
        raise RuleBroken("pharmacy.not_a_shelf", field="source")


def _write(verb: str, loads: Iterable[Load], source: str, on: date, by: Any, remark: str) -> list[Move]:
    moves = [
        Move(batch_id=load.batch, source_id=source, target_id=load.target, quantity=load.quantity, on=on,
             errand=load.errand, note=remark, recorded_by=by)
        for load in loads
    ]  # fmt: skip
    create_many(Move, moves)
    note(verb, None, *moves, by=by, source=source, on=on, remark=remark, count=len(moves))
    return moves
