"""Medicine is handed to a named patient."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from clinic.models import Encounter, Patient
from clinic.selectors import people
from core.audit.journal import note
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from pharmacy import rules
from pharmacy.models import Batch, Dispensing, Medicine, Move, Place, good_on
from pharmacy.selectors.stock import daily


@transaction.atomic
def dispense(
    *, patient: Patient, medicine: Medicine, quantity: int, on: date, by: Any, today: date, id: UUID | None = None,
    place: str = Place.DISPENSARY, directions: str = "", encounter: Encounter | None = None,
) -> Dispensing:  # fmt: skip
    """Hand medicine to a patient, out of the batches that expire first; several when one does not suffice.

    Raises RuleBroken("pharmacy.not_enough") when what has not expired by `on` is too little.
    """
    rules.some(quantity)
    rules.not_in_the_future(on, today)
    patient = people.survivor(patient)
    _lives_on(patient, on)
    if encounter is not None and encounter.patient_id != patient.pk:
        raise RuleBroken("pharmacy.other_patient")
    chosen = rules.first_expired_first_out(_held_lots(medicine, place, on), quantity, on)
    dispensing = Dispensing(
        id=id or uuid7(), patient=patient, encounter=encounter, on=on, directions=directions, recorded_by=by
    )
    moves = [
        Move(
            batch_id=batch, source_id=place, target_id=Place.PATIENTS, quantity=taken, on=on, dispensing=dispensing,
            recorded_by=by,
        )
        for batch, taken in chosen
    ]  # fmt: skip
    save_checked(dispensing)
    create_many(Move, moves)
    note("pharmacy.medicine.dispensed", dispensing, *moves, by=by, medicine=medicine.pk, quantity=quantity, on=on)
    return dispensing


def _held_lots(medicine: Medicine, place: str, on: date) -> list[rules.Lot]:
    """Lock the medicine's batches that are still good and return what each can spare; two statements."""
    if place in Place.OUTSIDE:
        raise RuleBroken("pharmacy.not_a_shelf", field="place")
    good = Batch.objects.select_for_update().filter(good_on(on), medicine=medicine).order_by("pk")
    expiry = dict(good.values_list("pk", "expires_on"))
    deltas = daily(expiry, place, since=on)
    return [rules.Lot(pk, expires_on, rules.free(deltas.get(pk, []), on)) for pk, expires_on in expiry.items()]


def _lives_on(patient: Patient, on: date) -> None:
    if patient.birth_earliest and on < patient.birth_earliest:
        raise RuleBroken("core.before_birth", field="on")
    if patient.deceased_on and on > patient.deceased_on:
        raise RuleBroken("pharmacy.after_death", field="on")
