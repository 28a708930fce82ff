"""Admit to a bed, move to another, discharge: a stay is its own row with dates and constraints, never a flag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import models, transaction

from clinic.models import Admission, Bed, Condition, Diagnosis, DischargeType, Encounter, Outcome, Patient
from clinic.rules import contacts
from clinic.selectors.timeline import Contact
from clinic.services import encounters
from clinic.services.patients import write_death
from core.ages import Unit
from core.audit import journal
from core.audit.journal import Note
from core.db import create_many, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise

P = ParamSpec("P")
R = TypeVar("R")


def _says_who(service: Callable[P, R]) -> Callable[P, R]:
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
    stays = Admission.objects.open().select_related("patient", "bed")
    if conflict.code == "constraint.clinic_bed_taken" and (stay := stays.filter(bed=bed).first()):
        return Conflict("clinic.bed_taken", field="bed", who=stay.patient.name)
    if conflict.code == "constraint.clinic_one_open_admission" and (stay := stays.filter(patient=patient).first()):
        return Conflict("clinic.already_admitted", field="bed", bed=str(stay.bed or "—"))
    return conflict


@_says_who
@transaction.atomic
def admit(
    *, patient: Patient, bed: Bed | None, on: dt.date, by: Any, today: dt.date, at: dt.datetime, id: UUID | None = None,
    reason: str = "", visit: Contact | None = None, diagnoses: Sequence[Condition] = (),
    told: tuple[int, Unit] | None = None,
) -> Admission:  # fmt: skip
    """Admit a patient, from an out-patient visit or directly.

    The visit's diagnoses are carried over (unless others are given) and it counts as hospitalised from now on.
    Raises what `encounters.begin` raises, RuleBroken: clinic.visit_of_another, clinic.visit_admitted_already,
    clinic.visit_void, clinic.admission_before_visit, clinic.bed_missing; Conflict: clinic.bed_taken,
    clinic.already_admitted, constraint.same_id.
    """
    if bed and not bed.active:
        raise RuleBroken("clinic.bed_missing", field="bed")
    key = id or uuid7()
    encounter = encounters.begin(
        patient=patient, kind=Encounter.Kind.INPATIENT, on=on, by=by, today=today, id=derived_id("stay", key),
        told=told, arrived_at=at, complaint=visit.encounter.complaint if visit else "",
        new_case=visit.encounter.new_case if visit else True,
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
    carried = encounters.diagnosis_rows(encounter, diagnoses, by=by)
    save_checked(encounter, stay)
    create_many(Diagnosis, carried)
    changed: list[models.Model] = [encounter, *carried]
    if visit:
        changed.append(_close_as_admitted(visit.encounter, encounter, at=at))
    journal.note("clinic.admission.begun", stay, *changed, by=by, on=on, bed=str(bed or ""))
    return stay


@_says_who
@transaction.atomic
def transfer(*, admission: Admission, bed: Bed, by: Any) -> Admission:
    """Move a patient to another bed. Raises what `_check_open` and the beds raise: see `admit`."""
    _check_open(admission)
    if not bed.active:
        raise RuleBroken("clinic.bed_missing", field="bed")
    if bed.pk == admission.bed_id:
        return admission
    was, admission.bed = str(admission.bed or ""), bed
    save_checked(admission)
    journal.note("clinic.admission.moved", admission, by=by, bed=[was, str(bed)])
    return admission


@transaction.atomic
def discharge(
    *, admission: Admission, on: dt.date, type: str, outcome: str, by: Any, today: dt.date, at: dt.datetime,
    summary: str = "",
) -> Admission:  # fmt: skip
    """End a stay; when the patient died, the death is recorded with it.

    Either of type and outcome being "deceased" makes both so. Raises RuleBroken: clinic.discharged_already,
    clinic.stay_void, clinic.date_in_future, clinic.discharge_before_admission, and what a death raises.
    """
    _check_open(admission)
    contacts.check_discharge_day(on, admitted_on=admission.admitted_on, today=today)
    died = type == DischargeType.DECEASED or outcome == Outcome.DECEASED
    ended = (DischargeType.DECEASED, Outcome.DECEASED) if died else (type, outcome)
    admission.discharged_on, (admission.discharge_type, admission.outcome) = on, ended
    admission.summary = normalise(summary, lines=True)
    encounter, patient = admission.encounter, admission.patient
    encounter.status, encounter.closed_at = Encounter.Status.CLOSED, at
    encounter.result = Encounter.Result.REFERRED if type == DischargeType.REFERRED else Encounter.Result.TREATED
    save_checked(admission, encounter)
    detail = {"on": on, "type": admission.discharge_type, "outcome": admission.outcome}
    notes = [Note("clinic.admission.ended", admission, (encounter,), detail)]
    if died and patient.deceased_on is None:
        write_death(patient=patient, on=on, source=_AT_THE_CENTRE, today=today)
        notes.append(Note("clinic.patient.died", patient, (), {"on": on, "source": _AT_THE_CENTRE}))
    journal.note_many(notes, by=by)
    return admission


_AT_THE_CENTRE = "clinic"  # the source of a death that happened in a bed of ours


def _check_open(admission: Admission) -> None:
    if admission.void:
        raise RuleBroken("clinic.stay_void")
    if admission.discharged_on:
        raise RuleBroken("clinic.discharged_already", on=admission.discharged_on.isoformat())


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
