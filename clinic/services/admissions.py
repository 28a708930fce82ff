"""Admit to a bed and move to another: a stay is its own row with dates and constraints, never a flag.

A bed holds one patient at any time and a person lies in one bed, in the past too, when a stay is written late. That is
asked under a lock on the person and the bed, always in this order: person, stay, bed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import QuerySet

from clinic.models import Admission, Bed, BedStay, Condition, Diagnosis, Encounter, Patient
from clinic.rules import contacts
from clinic.rules import stays as rules
from clinic.rules.stays import Span
from clinic.selectors import people, stays
from clinic.selectors.timeline import Contact
from clinic.services import encounters
from clinic.services.care import diagnosis_rows
from core.ages import Unit
from core.audit import journal
from core.db import broken_constraints, clean, create_many, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise

P = ParamSpec("P")
R = TypeVar("R")


def says_who(service: Callable[P, R]) -> Callable[P, R]:
    """Turn the database's refusal of a bed or a second stay into a sentence that names who lies there.

    Outside the transaction: after a refusal PostgreSQL answers nothing more inside it.
    """

    @wraps(service)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return service(*args, **kwargs)
        except Conflict as conflict:
            raise _in_words(conflict, kwargs.get("bed"), kwargs.get("patient")) from conflict

    return told


def _in_words(conflict: Conflict, bed: Any, patient: Any) -> Conflict:
    lying = Admission.objects.open().select_related("patient", "bed")
    if conflict.code == "constraint.clinic_bed_taken" and (stay := lying.filter(bed=bed).first()):
        return _taken(stays.InTheWay(stay, stay.admitted_on, None, own=False))
    if conflict.code == "constraint.clinic_one_open_admission" and (stay := lying.filter(patient=patient).first()):
        return _taken(stays.InTheWay(stay, stay.admitted_on, None, own=True))
    return conflict


@says_who
@transaction.atomic
def admit(
    *, patient: Patient, bed: Bed | None, on: dt.date, by: Any, today: dt.date, at: dt.datetime, id: UUID | None = None,
    reason: str = "", visit: Contact | None = None, diagnoses: Sequence[Condition] = (),
    told: tuple[int, Unit] | None = None, urgency: int | None = None,
) -> Admission:  # fmt: skip
    """Admit a patient, from an out-patient visit or directly.

    The visit's diagnoses are carried over (unless others are given) and it counts as hospitalised from now on.
    Raises what `encounters.begin` raises, RuleBroken: clinic.visit_of_another, clinic.visit_admitted_already,
    clinic.visit_void, clinic.admission_before_visit, clinic.bed_missing; Conflict: clinic.bed_taken,
    clinic.bed_was_taken, clinic.already_admitted, clinic.stays_meet, constraint.same_id.
    """
    stay, carried = begin(
        patient=patient, bed=bed, on=on, by=by, today=today, at=at, id=id, reason=reason, visit=visit,
        diagnoses=diagnoses, told=told, urgency=urgency,
    )  # fmt: skip
    check_free(stay, Span(on, None))
    changed = write_begun(stay, carried, visit, at=at)
    journal.note("clinic.admission.begun", stay, *changed, by=by, on=on, bed=str(bed or ""))
    return stay


def begin(
    *, patient: Patient, bed: Bed | None, on: dt.date, by: Any, today: dt.date, at: dt.datetime, id: UUID | None,
    reason: str, visit: Contact | None, diagnoses: Sequence[Condition], told: tuple[int, Unit] | None,
    urgency: int | None, in_use: bool = True,
) -> tuple[Admission, list[Diagnosis]]:  # fmt: skip
    """Build a stay that may be written, unsaved, with its contact and diagnoses, and hold the person and the bed.

    Raises what `admit` raises, but for who lies there: see `check_free`.
    """
    patient = people.survivor(patient)
    lock_person(pk=patient.pk)
    if bed:
        lock_bed(bed, in_use=in_use)
    key, came = id or uuid7(), visit.encounter if visit else None
    encounter = encounters.begin(
        patient=patient, kind=Encounter.Kind.INPATIENT, on=on, by=by, today=today, id=derived_id("stay", key),
        told=told, arrived_at=at, complaint=came.complaint if came else "", new_case=came.new_case if came else True,
        urgency=urgency or (came.urgency if came else Encounter.Urgency.ROUTINE),
    )  # fmt: skip
    if visit:
        _check_visit(visit.encounter, patient, on)
        diagnoses = diagnoses or visit.conditions
        encounter.village_id = visit.encounter.village_id
        encounter.told_age, encounter.told_unit = visit.encounter.told_age, visit.encounter.told_unit
        encounter.age_slot = contacts.slot_at(on, birth=patient.birth, told=encounter.told)
    stay = Admission(
        id=key, encounter=encounter, patient=patient, bed=bed, reason=normalise(reason), admitted_on=on, recorded_by=by
    )
    return stay, diagnosis_rows(encounter, diagnoses, by=by)


def write_begun(
    stay: Admission, carried: list[Diagnosis], visit: Contact | None, *, at: dt.datetime
) -> list[models.Model]:  # fmt: skip
    """Write what `begin` built, with its bed, and close the visit that led to it; return what else changed."""
    lying = [_bed_stay(stay, stay.bed, stay.admitted_on, until=stay.discharged_on)] if stay.bed else []
    save_checked(stay.encounter, stay, *lying)
    create_many(Diagnosis, carried)
    changed: list[models.Model] = [stay.encounter, *carried]
    if visit:
        changed.append(_close_as_admitted(visit.encounter, stay.encounter, at=at))
    return changed


@says_who
@transaction.atomic
def transfer(*, id: UUID, bed: Bed, on: dt.date, by: Any, today: dt.date) -> Admission:
    """Move a patient to another bed on a day, which may be past but not before they came to the one they have.

    Raises Admission.DoesNotExist; RuleBroken: clinic.stay_void, clinic.discharged_already, clinic.bed_missing,
    clinic.date_in_future, clinic.move_before_bed; Conflict: clinic.bed_taken, clinic.bed_was_taken.
    """
    lock_stay(id)
    found = stays.whole(id)
    stay, last = found.admission, found.beds[-1] if found.beds else None
    check_open(stay)
    if bed.pk == stay.bed_id:
        return stay
    lock_bed(bed)
    rules.check_move(on, since=last.since if last else stay.admitted_on, today=today)
    was, stay.bed = str(stay.bed or ""), bed
    check_free(stay, Span(on, None))
    rows = [_bed_stay(stay, bed, on, by=by)]
    if last:
        last.until = on
        rows.insert(0, last)  # the bed that is left first: one bed at a time
    write_beds(rows)
    save_checked(stay)
    journal.note("clinic.admission.moved", stay, by=by, bed=[was, str(bed)], on=on)
    return stay


@transaction.atomic
def void(*, id: UUID, reason: str, by: Any) -> Encounter:
    """Mark a whole stay as entered in error; it frees the bed, stays readable and counts nowhere.

    Raises Admission.DoesNotExist and what `encounters.void` raises.
    """
    lock_stay(id)
    stay = Admission.objects.select_related("encounter").get(pk=id)
    return encounters.void(encounter=stay.encounter, reason=reason, by=by)


def check_open(stay: Admission) -> None:
    """Refuse what is done for somebody lying here. Raises RuleBroken: clinic.stay_void, clinic.discharged_already."""
    if stay.void:
        raise RuleBroken("clinic.stay_void")
    if stay.discharged_on:
        raise RuleBroken("clinic.discharged_already", on=stay.discharged_on.isoformat())


def check_free(stay: Admission, span: Span) -> None:
    """Refuse a stay that meets another in its bed, or another of the same person. The locks must be held.

    Raises Conflict: clinic.already_admitted, clinic.stays_meet, clinic.bed_taken, clinic.bed_was_taken.
    """
    found = stays.in_the_way(bed_id=stay.bed_id, patient_id=stay.patient_id, span=span, but=stay.pk)
    if found:
        raise _taken(found)


def _taken(found: stays.InTheWay) -> Conflict:
    since, until = found.since.isoformat(), found.until.isoformat() if found.until else ""
    if found.own and found.until is None:
        return Conflict("clinic.already_admitted", field="bed", bed=str(found.stay.bed or "—"), since=since)
    if found.own:
        return Conflict("clinic.stays_meet", field="on", since=since, until=until)
    code = "clinic.bed_was_taken" if until else "clinic.bed_taken"
    return Conflict(code, field="bed", who=found.stay.patient.name, since=since, until=until)


def lock_person(**which: Any) -> None:
    """Hold a person until the transaction ends."""
    _hold(Patient.objects.filter(**which))


def lock_stay(id: UUID) -> None:
    """Hold a stay until the transaction ends."""
    _hold(Admission.objects.filter(pk=id))


def lock_bed(bed: Bed, *, in_use: bool = True) -> None:
    """Hold a bed until the transaction ends. Raises RuleBroken("clinic.bed_missing") when it is out of use."""
    rows = Bed.objects.select_for_update(no_key=True).filter(pk=bed.pk).order_by()
    if True not in list(rows.values_list("active", flat=True)) and in_use:
        raise RuleBroken("clinic.bed_missing", field="bed")


def _hold(rows: QuerySet[Any]) -> None:
    """Lock rows in a statement of its own: what depends on them must be read after the lock was won.

    SQLite lets one writer in at a time anyway.
    """
    if connection.features.has_select_for_update:
        list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def write_beds(rows: Sequence[BedStay]) -> None:
    """Write where somebody lay, new rows and changed ones, in the order given and in one statement."""
    for row in rows:
        clean(row)
    with broken_constraints():
        BedStay.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=["until"])


def _bed_stay(
    stay: Admission, bed: Bed, since: dt.date, *, until: dt.date | None = None, by: Any = None
) -> BedStay:  # fmt: skip
    return BedStay(admission=stay, bed=bed, since=since, until=until, recorded_by=by or stay.recorded_by)


def _check_visit(visit: Encounter, patient: Patient, on: dt.date) -> None:
    if visit.patient_id != patient.pk or visit.kind != Encounter.Kind.OUTPATIENT:
        raise RuleBroken("clinic.visit_of_another")
    if visit.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
    if visit.admitted_as_id:
        raise RuleBroken("clinic.visit_admitted_already")
    if on < visit.on:
        raise RuleBroken("clinic.admission_before_visit", field="on", visit=visit.on.isoformat())


def _close_as_admitted(visit: Encounter, encounter: Encounter, *, at: dt.datetime) -> Encounter:
    visit.admitted_as, visit.result = encounter, Encounter.Result.ADMITTED
    if visit.status == Encounter.Status.OPEN:
        visit.status, visit.closed_at = Encounter.Status.CLOSED, at
    save_checked(visit)
    return visit
