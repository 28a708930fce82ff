"""Give a dose against worms or of vitamin A, and take back one written in error."""

from __future__ import annotations

import datetime as dt
from typing import Any
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
    if connection.features.has_select_for_update:  # SQLite has one writer at a time anyway
        # The lock keeps a colleague from giving the same dose between the look and the write.
        Patient.objects.select_for_update().filter(pk=patient.pk).values_list("pk").first()
    contacts.check_contact_day(on, today=today, birth=patient.birth, died=patient.deceased_on)
    if visit is not None:
        _check_visit(visit, patient)
    despite, made = normalise(despite), id or uuid7()
    given = PreventiveDose.objects.filter(patient=patient, void_reason="", what__in=prevention.alike(what))
    known = dict(given.values_list("pk", "on"))
    if made in known:  # before the interval, which the dose itself would break
        raise Conflict("constraint.same_id")
    days = list(known.values())
    birth = patient.birth
    age = age_at(birth.date, max(on, birth.date)) if birth else None
    expected = assessed.expecting(patient, on) if _may_expect(patient, age) else None
    dose = prevention.check(
        what, age=age, on=on, given=days, pregnant=expected.at if expected else None, despite=despite
    )
    row = PreventiveDose(
        id=made, patient=patient, encounter=visit, what=what, dose=dose.amount, on=on, recorded_by=by,
        despite=despite if prevention.too_near(dose, on, days) else "",
    )  # fmt: skip
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
