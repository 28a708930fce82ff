"""Begin a contact of any kind; open, take in, save, close and void an out-patient visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

from clinic.models import Admission, Diagnosis, Encounter, Finding, Patient, Treatment, Vitals
from clinic.rules import contacts
from clinic.selectors import people, queue, timeline
from clinic.selectors.timeline import Contact
from clinic.services import assessments
from clinic.services import care as writing
from clinic.services.care import Care, Line, diagnosis_rows
from core.ages import Unit
from core.audit import journal
from core.db import broken_constraints, clean, create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise
from core.places.models import Village

__all__ = [
    "Care", "Line", "Saved", "begin", "close_visit", "diagnosis_rows", "open_visit", "save_visit", "take_in", "void",
]  # fmt: skip

Row = TypeVar("Row", Vitals, Diagnosis, Treatment)
_WRITTEN: dict[type[models.Model], tuple[str, ...]] = {
    Vitals: Vitals.MEASURES, Diagnosis: ("primary",), Treatment: Line._fields,
}  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """A visit as it was written, and the names of what somebody else had changed since it was opened."""

    visit: Encounter
    meanwhile: tuple[str, ...] = ()


def begin(
    *, patient: Patient, kind: str, on: dt.date, by: Any, today: dt.date, id: UUID | None = None,
    village: Village | None = None, told: tuple[int, Unit] | None = None, **fields: Any,
) -> Encounter:  # fmt: skip
    """Build a contact that may be written, unsaved: its day checked, its age and its village set.

    `told` is the age as told at this contact. The caller saves it with its own rows and notes it. Raises
    RuleBroken: clinic.date_in_future, clinic.date_before_birth, clinic.date_after_death.
    """
    patient = people.survivor(patient)
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
    signs: Collection[str] = (), seen: bool = False, alone: bool = False,
) -> Encounter:  # fmt: skip
    """Open an out-patient visit with what is known so far; `close` when it is already over.

    `signs` are the danger signs seen on arrival, `seen` tells that whoever writes it takes care of the patient, and
    `alone` refuses a second open visit of one day. Raises what `begin` raises, clinic.come_back_before_visit,
    clinic.diagnosis_twice, clinic.allergy_touched, Conflict: clinic.visit_open_already, and constraint.same_id for a
    visit sent twice.
    """
    care = writing.as_stored(care or Care())
    visit = begin(
        patient=patient, kind=Encounter.Kind.OUTPATIENT, on=on, by=by, today=today, id=id, village=village, told=told,
        arrived_at=at,
    )  # fmt: skip
    if alone and (other := queue.open_visit_of(patient, on)):
        code = "constraint.same_id" if other.pk == visit.pk else "clinic.visit_open_already"
        raise Conflict(code, visit=str(other.pk))
    if care.lines:
        writing.check_allergies(care.lines, people.alerts_of(patient))
    if seen or close:
        visit.seen_at, visit.seen_by = at, by
    _write(visit, care, at=at, close=close)
    vitals, diagnoses, treatments = _rows(Contact(visit), care, at=at, by=by)
    findings = [
        Finding(id=derived_id("sign", visit.pk, sign), encounter=visit, sign=sign, present=True, recorded_by=by)
        for sign in dict.fromkeys(signs)
    ]
    save_checked(visit, *vitals)
    create_many(Diagnosis, diagnoses)
    create_many(Treatment, treatments)
    create_many(Finding, findings)
    detail: dict[str, Any] = {"on": on, "closed": close} | _despite(treatments)
    journal.note("clinic.visit.opened", visit, *vitals, *diagnoses, *treatments, *findings, by=by, **detail)
    return visit


@transaction.atomic
def save_visit(
    *, id: UUID, care: Care, by: Any, today: dt.date, at: dt.datetime, close: bool = False,
    correcting: bool = False, why: str = "", edit: Edit | None = None,
) -> Saved:  # fmt: skip
    """Write a visit's care anew. What is superseded stays readable as an earlier version, and rows that stay keep
    their ids; with `edit` the work of two people is brought together (docs/adr/0011, 0012).

    A closed visit changes only when `correcting`, and says why. Raises Encounter.DoesNotExist, Clashed, and
    RuleBroken: clinic.visit_closed, clinic.visit_void, clinic.reason_missing, clinic.come_back_before_visit,
    clinic.diagnosis_twice, clinic.allergy_touched.
    """
    was = _locked(id)
    visit, why = was.encounter, normalise(why)
    _check_writable(visit, correcting=correcting)
    before = writing.document(writing.written(was), id)
    after = bring_together(edit, now=before, mine=writing.document(writing.as_stored(care), id))
    changes = writing.differences(before, after)
    if correcting and changes and not why:
        raise RuleBroken("clinic.reason_missing", field="why")
    care = writing.of_document(after, known=[*was.conditions, *care.diagnoses])
    writing.check_allergies(
        care.lines, people.alerts_of(visit.patient), known=[Line(*row) for row in before["treatments"]]
    )
    if writing.supersedes(before, changes):
        assessments.keep_version(was, why=why, by=by)  # before anything of it is overwritten
    vitals, diagnoses, treatments = _rows(was, care, at=at, by=by)
    closes = close and visit.status == Encounter.Status.OPEN
    if closes and visit.seen_at is None:
        visit.seen_at, visit.seen_by = at, by
    _write(visit, care, at=at, close=close)
    if closes or changes.keys() - {*Vitals.MEASURES, *writing.ROWS}:
        save_checked(visit, create=False)
    changed = [
        *_replace(Vitals, was.vitals[-1:], vitals),
        *_replace(Diagnosis, was.diagnoses, diagnoses),
        *_replace(Treatment, was.treatments, treatments),
    ]
    verb = "clinic.visit.corrected" if correcting else "clinic.visit.closed" if close else "clinic.visit.saved"
    detail = {"changes": changes} | ({"why": why} if why else {}) | _despite(treatments)
    journal.note(verb, visit, *changed, by=by, **detail)
    return Saved(visit, tuple(name for name, old in edit.was.items() if before.get(name) != old) if edit else ())


@transaction.atomic
def take_in(*, id: UUID, by: Any, at: dt.datetime, instead_of: UUID | None = None) -> Encounter:
    """Say that `by` takes care of somebody who waits; doing it twice changes nothing.

    From a colleague only `instead_of` the one who was seen to care. Raises Encounter.DoesNotExist, and RuleBroken:
    clinic.visit_closed, clinic.visit_void, Conflict: clinic.taken_already.
    """
    waits = Encounter.objects.filter(pk=id, kind=Encounter.Kind.OUTPATIENT, status=Encounter.Status.OPEN)
    free = waits.filter(seen_by=instead_of) if instead_of else waits.filter(seen_by=None)
    taken = free.update(seen_by=by, seen_at=at)
    visit = Encounter.objects.select_related("seen_by").get(pk=id, kind=Encounter.Kind.OUTPATIENT)
    if not taken:
        _check_writable(visit, correcting=False)
        if visit.seen_by is not None and visit.seen_by != by:
            raise Conflict("clinic.taken_already", who=visit.seen_by.name)
        return visit
    journal.note("clinic.visit.taken_in", visit, by=by)
    return visit


@transaction.atomic
def close_visit(*, visit: Encounter, result: str, by: Any, at: dt.datetime) -> Encounter:
    """Close a visit as it stands, for example when the patient left before being seen.

    Raises RuleBroken: clinic.visit_closed, clinic.visit_void.
    """
    waits = Encounter.objects.filter(pk=visit.pk, status=Encounter.Status.OPEN)
    closed = waits.update(status=Encounter.Status.CLOSED, closed_at=at, result=result)
    visit.refresh_from_db(fields=["status", "closed_at", "result", "seen_by"])
    if not closed:
        _check_writable(visit, correcting=False)
    journal.note("clinic.visit.closed", visit, by=by, result=result, seen=visit.seen_by_id is not None)
    return visit


@transaction.atomic
def void(*, encounter: Encounter, reason: str, by: Any) -> Encounter:
    """Mark a contact as entered in error, with its stay if it has one; it stays readable and counts nowhere.

    Raises RuleBroken: clinic.reason_missing, clinic.visit_void, clinic.void_admission_first.
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    if encounter.admitted_as_id:
        raise RuleBroken("clinic.void_admission_first")
    encounter.status, encounter.void_reason = Encounter.Status.VOID, reason
    clean(encounter)
    # Only these columns, and only once: what somebody else wrote since the page was opened stays.
    standing = Encounter.objects.filter(pk=encounter.pk, admitted_as=None).exclude(status=Encounter.Status.VOID)
    if not standing.update(status=encounter.status, void_reason=reason):
        raise RuleBroken("clinic.visit_void")
    changed: list[models.Model] = []
    if encounter.kind == Encounter.Kind.INPATIENT:
        changed = _void_stay(encounter)
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


def _locked(id: UUID) -> Contact:
    """Return an out-patient visit that nobody else can write until the end of the transaction.

    The lock is a statement of its own: what lies below the visit must be read after it was won. SQLite has one
    writer at a time anyway.
    """
    if connection.features.has_select_for_update:
        Encounter.objects.select_for_update().filter(pk=id).values_list("pk").first()
    was = timeline.contact(id)
    if was is None or was.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Encounter.DoesNotExist
    return was


def _check_writable(visit: Encounter, *, correcting: bool) -> None:
    if visit.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
    if visit.status == Encounter.Status.CLOSED and not correcting:
        raise RuleBroken("clinic.visit_closed")


def _write(visit: Encounter, care: Care, *, at: dt.datetime, close: bool) -> None:
    if care.follow_up_on and care.follow_up_on <= visit.on:
        raise RuleBroken("clinic.come_back_before_visit", field="follow_up_on")
    for name in (*writing.PLAIN, "follow_up_on"):
        setattr(visit, name, getattr(care, name))
    if close and visit.status == Encounter.Status.OPEN:
        visit.status, visit.closed_at = Encounter.Status.CLOSED, at


def _rows(
    was: Contact, care: Care, *, at: dt.datetime, by: Any
) -> tuple[list[Vitals], list[Diagnosis], list[Treatment]]:
    """Build the rows that should stand, with the ids of those that already do."""
    visit, vitals = was.encounter, []
    if measured := care.measured:
        old = was.newest_vitals
        key, measured_at = (old.pk, old.measured_at) if old else (uuid7(), at)
        vitals = [Vitals(id=key, encounter=visit, measured_at=measured_at, recorded_by=by, **measured)]
    treatments = writing.treatment_rows(visit, care.lines, was.treatments, by=by)
    return vitals, diagnosis_rows(visit, care.diagnoses, by=by), treatments


def _replace(model: type[Row], was: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Take away what no longer stands and write what is new or different; return both, for the tablets.

    A row taken away leaves its number in the feed without a record behind it: that tells a tablet to forget it. What
    it said stays readable in the earlier version.
    """
    fields, stays = _WRITTEN[model], {row.pk for row in rows}
    known = {row.pk: [getattr(row, name) for name in fields] for row in was}
    gone: list[Row] = [row for row in was if row.pk not in stays]
    if gone and model is Treatment:
        writing.remove_treatments(gone)  # type: ignore[arg-type]
    elif gone:
        model._default_manager.filter(pk__in=[row.pk for row in gone]).delete()
    changed: list[Row] = [row for row in rows if known.get(row.pk) != [getattr(row, name) for name in fields]]
    # The main diagnosis last: the one that was main until now must have stepped down when it arrives.
    changed.sort(key=lambda row: getattr(row, "primary", False))
    for row in changed:
        clean(row)
    if changed:
        with broken_constraints():
            model._default_manager.bulk_create(
                changed, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
            )
    return gone + changed


def _despite(treatments: Sequence[Treatment]) -> dict[str, Any]:
    """Return what the log says of medicines given despite an allergy."""
    reasons = [[row.what, row.despite] for row in treatments if row.despite]
    return {"despite": reasons} if reasons else {}
