"""Give a dose against worms or of vitamin A, and take back one written in error."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from clinic.models import Encounter, Patient, PreventiveDose
from clinic.rules import contacts, prevention
from clinic.selectors import assessed, people
from core.ages import age_at
from core.audit import journal
from core.db import save_checked
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise


class Built(NamedTuple):
    """A dose that may be saved, and the code of the rule that spoke against one given all the same.

    `row` is None where this dose of this day is written already.
    """

    row: PreventiveDose | None
    against: str = ""


def build(
    *, patient: Patient, what: str, on: dt.date, by: Any, id: UUID | None = None, visit: Encounter | None = None,
    despite: str = "", given: str = "", instead_of: UUID | None = None,
) -> Built:  # fmt: skip
    """Build a dose that may be given, unsaved; how much follows from the age. The caller saves and notes it.

    `given` tells, in words for the record, that it was given already where nobody could ask: then it is a fact, and
    what speaks against it is its reason, not a refusal. `instead_of` is a dose that goes away for this one. Two
    statements, three for a woman. Raises what `give` raises of the dose.
    """
    if connection.features.has_select_for_update:  # SQLite has one writer at a time anyway
        # The lock keeps a colleague from giving the same dose between the look and the write.
        Patient.objects.select_for_update().filter(pk=patient.pk).values_list("pk").first()
    standing = PreventiveDose.objects.filter(patient=patient, void_reason="", what__in=prevention.alike(what))
    known = {key: (name, day) for key, name, day in standing.values_list("pk", "what", "on") if key != instead_of}
    made, despite = id or uuid7(), normalise(despite)
    if made in known:  # before the interval, which the dose itself would break
        raise Conflict("constraint.same_id")
    if given and (what, on) in known.values():
        return Built(None, "constraint.clinic_dose_once_a_day")
    days = [day for _, day in known.values()]
    birth = patient.birth
    age = age_at(birth.date, max(on, birth.date)) if birth else None
    expected = assessed.expecting(patient, on) if _may_expect(patient, age) else None
    row = PreventiveDose(id=made, patient=patient, encounter=visit, what=what, on=on, recorded_by=by)
    try:
        dose = prevention.check(what, age=age, on=on, given=days, pregnant=expected.at if expected else None)
    except RuleBroken as broken:
        if not given and (broken.code != "clinic.dose_too_soon" or not despite):
            raise
        proposed = prevention.proposed(what, age) if age else None
        row.dose, row.despite = proposed.amount if proposed else "", despite or given
        return Built(row, broken.code)
    row.dose = dose.amount
    return Built(row)


@transaction.atomic
def give(
    *, patient: Patient, what: str, on: dt.date, by: Any, today: dt.date, id: UUID | None = None,
    visit: Encounter | None = None, despite: str = "",
) -> PreventiveDose:  # fmt: skip
    """Write down a dose; how much follows from the age. Of two given at the same instant one gets it.

    Raises RuleBroken: clinic.date_in_future, clinic.date_before_birth, clinic.date_after_death,
    clinic.dose_age_unknown, clinic.dose_too_young, clinic.dose_too_old, clinic.dose_in_early_pregnancy,
    clinic.dose_too_soon (unless `despite` says why), clinic.visit_of_another, clinic.visit_void;
    Conflict("constraint.same_id") for a form sent twice.
    """
    patient = people.survivor(patient)
    contacts.check_contact_day(on, today=today, birth=patient.birth, died=patient.deceased_on)
    if visit is not None:
        _check_visit(visit, patient)
    row = build(patient=patient, what=what, on=on, by=by, id=id, visit=visit, despite=despite).row
    assert row is not None
    save_checked(row)
    journal.note(
        "clinic.prevention.given", row, by=by, what=what, on=on, **({"despite": row.despite} if row.despite else {})
    )
    return row


@transaction.atomic
def void(*, id: UUID, reason: str, by: Any) -> PreventiveDose:
    """Mark a dose as written in error. Raises PreventiveDose.DoesNotExist, RuleBroken: clinic.reason_missing,
    clinic.dose_void."""
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    row = PreventiveDose.objects.select_for_update().get(pk=id)
    if row.void_reason:
        raise RuleBroken("clinic.dose_void")
    row.void_reason = reason
    save_checked(row, create=False)
    journal.note("clinic.prevention.voided", row, by=by, reason=reason)
    return row


def _may_expect(patient: Patient, age: Any) -> bool:
    return patient.sex == "F" and (age is None or age.years >= 10)


def _check_visit(visit: Encounter, patient: Patient) -> None:
    if visit.patient_id != patient.pk:
        raise RuleBroken("clinic.visit_of_another")
    if visit.status == Encounter.Status.VOID:
        raise RuleBroken("clinic.visit_void")
