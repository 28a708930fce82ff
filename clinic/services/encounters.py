"""Begin a contact of any kind; open, save, close and void an out-patient visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.db import models, transaction

from clinic.models import Admission, Condition, Diagnosis, Encounter, Patient, Treatment, Vitals
from clinic.rules import contacts
from clinic.selectors import timeline
from clinic.selectors.timeline import Contact
from core.ages import Unit
from core.audit import journal
from core.db import broken_constraints, clean, create_many, save_checked
from core.errors import RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise
from core.places.models import Village

Rows = tuple[list[Vitals], list[Diagnosis], list[Treatment]]
Row = TypeVar("Row", Vitals, Diagnosis, Treatment)
_WRITTEN: dict[type[models.Model], tuple[str, ...]] = {
    Vitals: Vitals.MEASURES, Diagnosis: ("primary",), Treatment: ("what", "dose"),
}  # fmt: skip
_TOLD = ("urgency", "new_case", "complaint", "findings", "advice", "result", "result_text", "follow_up_on", "status")


@dataclass(frozen=True)
class Care:
    """What is written in a visit. Diagnoses stand in order, the main one first; treatments are (what, dose)."""

    urgency: int = Encounter.Urgency.ROUTINE
    new_case: bool = True
    complaint: str = ""
    findings: str = ""
    vitals: Mapping[str, Any] = field(default_factory=dict)
    diagnoses: Sequence[Condition] = ()
    treatments: Sequence[tuple[str, str]] = ()
    advice: str = ""
    follow_up_on: dt.date | None = None
    result: str = ""
    result_text: str = ""


def begin(
    *, patient: Patient, kind: str, on: dt.date, by: Any, today: dt.date, id: UUID | None = None,
    village: Village | None = None, told: tuple[int, Unit] | None = None, **fields: Any,
) -> Encounter:  # fmt: skip
    """Build a contact that may be written, unsaved: its day checked, its age and its village set.

    `told` is the age as told at this contact. The caller saves it with its own rows and notes it. Raises
    RuleBroken: clinic.date_in_future, clinic.date_before_birth, clinic.date_after_death.
    """
    contacts.check_contact_day(on, today=today, birth=patient.birth, died=patient.deceased_on)
    told_age, told_unit = told or (None, "")
    return Encounter(
        id=id or uuid7(), patient=patient, kind=kind, on=on, recorded_by=by,
        village_id=village.pk if village else patient.village_id,
        told_age=told_age, told_unit=told_unit, age_slot=contacts.slot_at(on, birth=patient.birth, told=told), **fields,
    )  # fmt: skip


@transaction.atomic
def open_visit(
    *, patient: Patient, on: dt.date, by: Any, today: dt.date, at: dt.datetime, care: Care | None = None,
    id: UUID | None = None, village: Village | None = None, told: tuple[int, Unit] | None = None, close: bool = False,
) -> Encounter:  # fmt: skip
    """Open an out-patient visit with what is known so far; `close` when it is already over.

    Raises what `begin` raises, clinic.come_back_before_visit, clinic.diagnosis_twice, and
    Conflict("constraint.same_id") for a visit sent twice.
    """
    care = care or Care()
    visit = begin(
        patient=patient, kind=Encounter.Kind.OUTPATIENT, on=on, by=by, today=today, id=id, village=village, told=told,
        arrived_at=at,
    )  # fmt: skip
    _write_care(visit, care, at=at, close=close)
    vitals, diagnoses, treatments = _rows(Contact(visit), care, at=at, by=by)
    save_checked(visit, *vitals)
    create_many(Diagnosis, diagnoses)
    create_many(Treatment, treatments)
    journal.note("clinic.visit.opened", visit, *vitals, *diagnoses, *treatments, by=by, on=on, closed=close)
    return visit


@transaction.atomic
def save_visit(
    *, id: UUID, care: Care, by: Any, today: dt.date, at: dt.datetime, close: bool = False,
    correcting: bool = False,
) -> Encounter:  # fmt: skip
    """Write a visit's care anew: rows that stay keep their ids, and the log keeps what was there before.

    A closed visit changes only when `correcting`. Raises Encounter.DoesNotExist, and RuleBroken:
    clinic.visit_closed, clinic.visit_void, clinic.come_back_before_visit, clinic.diagnosis_twice.
    """
    was = timeline.contact(id)
    if was is None or was.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Encounter.DoesNotExist
    visit = was.encounter
    _check_writable(visit, correcting=correcting)
    before = _told(was)
    _write_care(visit, care, at=at, close=close)
    vitals, diagnoses, treatments = _rows(was, care, at=at, by=by)
    save_checked(visit, create=False)
    written = [
        *_replace(Vitals, was.vitals, vitals),
        *_replace(Diagnosis, was.diagnoses, diagnoses),
        *_replace(Treatment, was.treatments, treatments),
    ]
    after = _told(Contact(visit, vitals, diagnoses, treatments))
    changes = {name: [old, after[name]] for name, old in before.items() if old != after[name]}
    verb = "clinic.visit.corrected" if correcting else "clinic.visit.closed" if close else "clinic.visit.saved"
    journal.note(verb, visit, *written, by=by, changes=changes)
    return visit


@transaction.atomic
def close_visit(*, visit: Encounter, result: str, by: Any, at: dt.datetime) -> Encounter:
    """Close a visit as it stands, for example when the patient left before the end.

    Raises RuleBroken: clinic.visit_closed, clinic.visit_void.
    """
    _check_writable(visit, correcting=False)
    visit.status, visit.closed_at, visit.result = Encounter.Status.CLOSED, at, result
    save_checked(visit)
    journal.note("clinic.visit.closed", visit, by=by, result=result)
    return visit


@transaction.atomic
def void(*, encounter: Encounter, reason: str, by: Any) -> Encounter:
    """Mark a contact as entered in error, with its stay if it has one; it stays readable and counts nowhere.

    Raises RuleBroken: clinic.reason_missing, clinic.visit_void, clinic.void_admission_first.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    if encounter.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
    if encounter.admitted_as_id:
        raise RuleBroken("clinic.void_admission_first")
    encounter.status, encounter.void_reason = Encounter.Status.VOID, reason
    changed: list[models.Model] = []
    if encounter.kind == Encounter.Kind.INPATIENT:
        changed = _void_stay(encounter)
    save_checked(encounter)
    journal.note("clinic.encounter.voided", encounter, *changed, by=by, reason=reason)
    return encounter


def _void_stay(encounter: Encounter) -> list[models.Model]:
    """Free the bed, and let the visit that led to the stay count as out-patient again."""
    stays = list(Admission.objects.filter(encounter=encounter))
    came_from = list(Encounter.objects.filter(admitted_as=encounter))
    for stay in stays:
        stay.void = True
    for visit in came_from:
        visit.admitted_as = None
    changed: list[models.Model] = [*stays, *came_from]
    save_checked(*changed)
    return changed


def diagnosis_rows(encounter: Encounter, conditions: Sequence[Condition], *, by: Any) -> list[Diagnosis]:
    """Return diagnoses for conditions in order, unsaved, the first as the main one.

    Their ids derive from contact and condition, so that the same saved twice is the same row.
    """
    if len({condition.pk for condition in conditions}) != len(conditions):
        raise RuleBroken("clinic.diagnosis_twice", field="diagnoses")
    return [
        Diagnosis(
            id=derived_id("diagnosis", encounter.pk, condition.key), encounter=encounter, condition=condition,
            primary=place == 0, recorded_by=by,
        )
        for place, condition in enumerate(conditions)
    ]  # fmt: skip


def _check_writable(visit: Encounter, *, correcting: bool) -> None:
    if visit.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
    if visit.status == Encounter.Status.CLOSED and not correcting:
        raise RuleBroken("clinic.visit_closed")


def _write_care(visit: Encounter, care: Care, *, at: dt.datetime, close: bool) -> None:
    if care.follow_up_on and care.follow_up_on <= visit.on:
        raise RuleBroken("clinic.come_back_before_visit", field="follow_up_on")
    for name in ("complaint", "findings", "advice"):
        setattr(visit, name, normalise(getattr(care, name), lines=True))
    visit.urgency, visit.new_case = care.urgency, care.new_case
    visit.result, visit.result_text = care.result, normalise(care.result_text)
    visit.follow_up_on = care.follow_up_on
    if close and visit.status == Encounter.Status.OPEN:
        visit.status, visit.closed_at = Encounter.Status.CLOSED, at


def _rows(
    was: Contact, care: Care, *, at: dt.datetime, by: Any
) -> tuple[list[Vitals], list[Diagnosis], list[Treatment]]:
    """Build the rows that should stand, with the ids of those that already do."""
    visit = was.encounter
    measured = {name: value for name, value in care.vitals.items() if value is not None}
    if unknown := measured.keys() - set(Vitals.MEASURES):
        raise TypeError(f"not measured here: {sorted(unknown)}")
    vitals = []
    if measured:
        old = was.newest_vitals
        key, measured_at = (old.pk, old.measured_at) if old else (uuid7(), at)
        vitals = [Vitals(id=key, encounter=visit, measured_at=measured_at, recorded_by=by, **measured)]
    texts = [(normalise(what), normalise(dose)) for what, dose in care.treatments]
    ids = [row.pk for row in was.treatments]
    treatments = [
        Treatment(id=ids[i] if i < len(ids) else uuid7(), encounter=visit, what=what, dose=dose, recorded_by=by)
        for i, (what, dose) in enumerate((what, dose) for what, dose in texts if what)
    ]
    return vitals, diagnosis_rows(visit, care.diagnoses, by=by), treatments


def _replace(model: type[Row], was: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Take away what no longer stands and write what is new or different; return the rows written."""
    fields = _WRITTEN[model]
    known = {row.pk: [getattr(row, name) for name in fields] for row in was}
    if gone := known.keys() - {row.pk for row in rows}:
        model._default_manager.filter(pk__in=gone).delete()
    changed = [row for row in rows if known.get(row.pk) != [getattr(row, name) for name in fields]]
    # The main diagnosis last: the one that was main until now must have stepped down when it arrives.
    changed.sort(key=lambda row: getattr(row, "primary", False))
    for row in changed:
        clean(row)
    if changed:
        with broken_constraints():
            model._default_manager.bulk_create(
                changed, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
            )
    return changed


def _told(contact: Contact) -> dict[str, Any]:
    """Return a visit's care as the log keeps it."""
    visit, vitals = contact.encounter, contact.newest_vitals
    return {
        **{name: getattr(visit, name) for name in _TOLD},
        "vitals": {name: value for name in Vitals.MEASURES if (value := getattr(vitals, name, None)) is not None},
        "diagnoses": [row.condition.key for row in contact.diagnoses],
        "treatments": [[row.what, row.dose] for row in contact.treatments],
    }
