"""Medicine is handed to a named patient: a whole prescription in one act, a part of it, or without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from clinic.models import Encounter, Patient
from core.audit.journal import Note, note_many
from core.db import create_many
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from pharmacy import cautions, phrases, rules
from pharmacy.cautions import Substance
from pharmacy.models import Batch, Dispensing, Medicine, Move, Place, good_on
from pharmacy.selectors import giving
from pharmacy.selectors.giving import Prescription
from pharmacy.selectors.stock import daily


@dataclass(frozen=True)
class Line:
    """One medicine to hand out, with the id of the dispensing it makes.

    By a line of a prescription (`treatment`) it says how many are `ordered` in all; then a quantity of 0 writes down
    that all of it is owed, and `dropped` says why nothing more will be given. `despite` is why it is given although
    something speaks against it.
    """

    medicine: int
    quantity: int
    id: UUID
    treatment: UUID | None = None
    ordered: int | None = None
    directions: str = ""
    despite: str = ""
    dropped: str = ""


@transaction.atomic
def dispense(
    *, patient: Patient | UUID, medicine: Medicine, quantity: int, on: date, by: Any, today: date,
    id: UUID | None = None, place: str = Place.DISPENSARY, directions: str = "", encounter: Encounter | None = None,
    despite: str = "",
) -> Dispensing:  # fmt: skip
    """Hand one medicine to a patient, out of the batches that expire first; several when one does not suffice.

    Raises RuleBroken("pharmacy.not_enough") when what is good on `on` is too little, ("pharmacy.warned") while
    something speaks against it and nobody said why it is given, and what `give` raises; Patient.DoesNotExist.
    """
    rules.some(quantity)
    rules.not_in_the_future(on, today)
    held = _hold([medicine.pk], on)
    found = giving.of_patient(patient.pk if isinstance(patient, Patient) else patient, on)
    if found is None:
        raise Patient.DoesNotExist
    if encounter is not None and encounter.patient_id != found.patient.pk:
        raise RuleBroken("pharmacy.other_patient")
    found.encounter = encounter
    line = Line(medicine.pk, quantity, id or uuid7(), directions=directions, despite=despite)
    return _give(found, [line], held, place, on, by)[0]


@transaction.atomic
def give(
    *, visit: UUID, lines: Sequence[Line], on: date, by: Any, today: date, place: str = Place.DISPENSARY
) -> list[Dispensing]:
    """Hand out by a prescription: all of the lines, or none of them.

    Raises RuleBroken: pharmacy.nothing_chosen, pharmacy.not_enough, pharmacy.warned, pharmacy.not_of_this_visit,
    pharmacy.more_than_ordered, pharmacy.after_death, core.before_birth, pharmacy.date_in_future,
    pharmacy.before_the_visit, each with the place of its `line`; Conflict("constraint.same_id") for lines that were
    given already; Encounter.DoesNotExist.
    """
    if not lines:
        raise RuleBroken("pharmacy.nothing_chosen")
    rules.not_in_the_future(on, today)
    if connection.features.has_select_for_update:  # so that two never give by one prescription at the same time
        Encounter.objects.select_for_update().filter(pk=visit).values_list("pk").first()
    held = _hold([line.medicine for line in lines if line.quantity], on)
    found = giving.of_visit(visit, on)
    if found is None or found.encounter is None:
        raise Encounter.DoesNotExist
    if on < found.encounter.on:
        raise RuleBroken("pharmacy.before_the_visit", field="on")
    return _give(found, lines, held, place, on, by)


def _give(
    found: Prescription, lines: Sequence[Line], held: list[Batch], place: str, on: date, by: Any
) -> list[Dispensing]:
    """Check every line against what lies there and what is known of the person, then write all of them."""
    _lives_on(found.patient, on)
    if place in Place.OUTSIDE:
        raise RuleBroken("pharmacy.not_a_shelf", field="place")
    deltas = daily([batch.pk for batch in held], place, since=on)
    left = {batch.pk: rules.free(deltas.get(batch.pk, []), on) for batch in held}
    rows, moves, notes, beside = [], [], [], list[Substance]()
    for n, line in enumerate(lines):
        _check(found, line, n)
        lots = [rules.Lot(b.pk, b.expires_on, left[b.pk]) for b in held if b.medicine_id == line.medicine]
        chosen = _chosen(lots, line, n, on)
        warned = _warned(found, line, held, beside, n, on) if line.quantity else []
        row = Dispensing(
            id=line.id, patient=found.patient, encounter=found.encounter, on=on, treatment_id=line.treatment,
            directions=normalise(line.directions), ordered=line.ordered, warned=warned,
            despite=normalise(line.despite) if warned else "", dropped=normalise(line.dropped), recorded_by=by,
        )  # fmt: skip
        for batch, taken in chosen:
            left[batch] -= taken
        mine = [
            Move(
                batch_id=batch, source_id=place, target_id=Place.PATIENTS, quantity=taken, on=on, dispensing=row,
                recorded_by=by,
            )
            for batch, taken in chosen
        ]  # fmt: skip
        rows.append(row)
        moves += mine
        notes.append(_note(row, mine, line))
    create_many(Dispensing, rows)
    create_many(Move, moves)
    note_many(notes, by=by)
    return rows


def _hold(medicines: Sequence[int], on: date) -> list[Batch]:
    """Lock the batches of medicines that are good on a day, until the commit; one statement."""
    good = Batch.objects.select_for_update(of=("self",)).select_related("medicine")
    return list(good.filter(good_on(on), medicine__in=medicines).order_by("pk"))


def _check(found: Prescription, line: Line, n: int) -> None:
    """Refuse a line that is of no prescription, or says less than nothing."""
    if line.treatment is None:
        return
    if found.line(line.treatment) is None:
        raise RuleBroken("pharmacy.not_of_this_visit", line=n)
    if line.quantity < 0 or not (line.quantity or line.ordered or line.dropped):
        raise RuleBroken("pharmacy.nothing", field="quantity", line=n)


def _chosen(lots: list[rules.Lot], line: Line, n: int, on: date) -> list[tuple[UUID, int]]:
    if not line.quantity:
        return []
    try:
        return rules.first_expired_first_out(lots, line.quantity, on)
    except RuleBroken as broken:
        raise RuleBroken(broken.code, broken.field, **broken.params, line=n) from broken


def _warned(found: Prescription, line: Line, held: list[Batch], beside: list[Substance], n: int, on: date) -> list[str]:
    """Return what speaks against a line; refuse it while nobody said why it is given all the same."""
    medicine = giving.substance(next(b.medicine for b in held if b.medicine_id == line.medicine))
    codes = cautions.weigh(medicine, found.person(on, line.treatment), beside=beside, on=on)
    before = found.line(line.treatment) if line.treatment else None
    if before and before.past and line.quantity > before.owed:
        codes.append(f"{cautions.GIVEN}:{before.given}")
    beside.append(medicine)
    if codes and not normalise(line.despite):
        said = "; ".join(phrases.caution(code) for code in codes)
        raise RuleBroken("pharmacy.warned", field="despite", line=n, codes=codes, warnings=said)
    return codes


def _note(row: Dispensing, moves: list[Move], line: Line) -> Note:
    detail: dict[str, Any] = {"on": row.on}
    verb = "pharmacy.prescription.dropped" if row.dropped else "pharmacy.prescription.owed"
    if moves:
        verb, detail = "pharmacy.medicine.dispensed", detail | {"medicine": line.medicine, "quantity": line.quantity}
    for name in ("ordered", "warned", "despite", "dropped"):
        if said := getattr(row, name):
            detail[name] = said
    return Note(verb, row, tuple(moves), detail)


def _lives_on(patient: Patient, on: date) -> None:
    if patient.birth_earliest and on < patient.birth_earliest:
        raise RuleBroken("core.before_birth", field="on")
    if patient.deceased_on and on > patient.deceased_on:
        raise RuleBroken("pharmacy.after_death", field="on")
