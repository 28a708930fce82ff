"""At the bedside: measure, order medicine and stop it, give it or say why not; mistakes are voided, never edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.models import Admission, MedicineGiven, Treatment, Vitals
from clinic.rules import allergies
from clinic.selectors import people
from clinic.services import admissions
from clinic.services.care import Line, check_allergies
from clinic.services.notes import stay_for
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise
from core.periods import CLINIC_TZ

State = MedicineGiven.State
JUST_NOW = dt.timedelta(minutes=30)  # the same order again within this time is more likely a slip than a dose


@transaction.atomic
def measure(
    *, stay_id: UUID, values: Mapping[str, Any], at: dt.datetime, by: Any, now: dt.datetime, id: UUID | None = None
) -> Vitals:  # fmt: skip
    """Write one set of measurements; `at` is when they were taken.

    Raises what `notes.write` raises of stay and time; RuleBroken: clinic.nothing_measured,
    clinic.pressure_upside_down, and a value outside of its limits.
    """
    stay = stay_for(stay_id, at=at, now=now)
    measured = {name: value for name, value in values.items() if value is not None}
    if not measured:
        raise RuleBroken("clinic.nothing_measured")
    if measured.get("diastolic", 0) >= measured.get("systolic", 999):
        raise RuleBroken("clinic.pressure_upside_down", field="diastolic")
    vitals = Vitals(id=id or uuid7(), encounter=stay.encounter, measured_at=at, recorded_by=by, **measured)
    save_checked(vitals)
    journal.note("clinic.vitals.taken", stay, vitals, by=by, at=at)
    return vitals


@transaction.atomic
def void_vitals(*, id: UUID, reason: str, by: Any) -> Vitals:
    """Mark measurements as entered in error; they stay readable and are not drawn.

    Raises Vitals.DoesNotExist; RuleBroken: clinic.reason_missing, clinic.void_already.
    """
    row = Vitals.objects.select_related("encounter__admission").get(pk=id, encounter__admission__isnull=False)
    _void(row, reason)
    journal.note("clinic.vitals.voided", row.encounter.admission, row, by=by, reason=row.void_reason)
    return row


@transaction.atomic
def order(
    *, stay_id: UUID, lines: Sequence[Line], by: Any, now: dt.datetime, id: UUID | None = None
) -> list[Treatment]:  # fmt: skip
    """Order medicine or care for the stay, until it is stopped. The rows' ids derive from `id`.

    Raises Admission.DoesNotExist; RuleBroken: clinic.stay_void, clinic.discharged_already, clinic.order_empty,
    clinic.allergy_touched (until a line's `despite` says why it is given); Conflict("constraint.same_id").
    """
    stay, key = stay_for(stay_id, at=now, now=now), id or uuid7()
    admissions.check_open(stay)
    lines = [line for line in (Line(*map(normalise, line)) for line in lines) if line.what]
    if not lines:
        raise RuleBroken("clinic.order_empty", field="treatments")
    check_allergies(lines, people.alerts_of(stay.patient))
    rows = [
        Treatment(id=derived_id("order", key, n), encounter=stay.encounter, recorded_by=by, **line._asdict())
        for n, line in enumerate(lines)
    ]
    create_many(Treatment, rows)
    despite = {line.what: line.despite for line in lines if line.despite}
    journal.note("clinic.order.written", stay, *rows, by=by, what=[line.what for line in lines], **_why(despite))
    return rows


@transaction.atomic
def stop(*, order_id: UUID, by: Any, at: dt.datetime) -> Treatment:
    """End an order; one that has ended stays as it is. Raises Treatment.DoesNotExist."""
    rows = Treatment.objects.filter(take_home=False, encounter__admission__void=False)
    row = rows.select_related("encounter__admission").get(pk=order_id)
    if Treatment.objects.filter(pk=order_id, stopped_at=None).update(stopped_at=at):
        row.stopped_at = at
        journal.note("clinic.order.stopped", row.encounter.admission, row, by=by, what=row.what)
    return row


@transaction.atomic
def give(
    *, stay_id: UUID, at: dt.datetime, by: Any, now: dt.datetime, order_id: UUID | None = None,
    line: Line | None = None, state: str = State.GIVEN, reason: str = "", id: UUID | None = None,
) -> MedicineGiven:  # fmt: skip
    """Write that a medicine was given, refused or not given: one that is ordered, or another, named by `line`.

    A reason is asked for what was not given, for what touches an allergy nobody has weighed yet, and for the same
    order a second time within half an hour. Raises what `notes.write` raises of stay and time, Treatment.DoesNotExist;
    RuleBroken: clinic.order_empty, clinic.order_stopped, clinic.reason_missing, clinic.allergy_given;
    Conflict("clinic.given_just_now").
    """
    admissions.lock_stay(stay_id)
    stay, reason = stay_for(stay_id, at=at, now=now), normalise(reason)
    ordered = Treatment.objects.get(pk=order_id, encounter=stay.encounter_id, take_home=False) if order_id else None
    if ordered:
        line = Line(ordered.what, ordered.dose, ordered.atc, ordered.despite)
        if ordered.stopped_at and at > ordered.stopped_at:
            raise RuleBroken("clinic.order_stopped")
    line = Line(*map(normalise, line or ("",)))
    if not line.what:
        raise RuleBroken("clinic.order_empty", field="what")
    if state != State.GIVEN and not reason:
        raise RuleBroken("clinic.reason_missing", field="reason")
    if state == State.GIVEN and not reason:
        _ask_why(stay, line, ordered, at=at, id=id)
    row = MedicineGiven(
        id=id or uuid7(), encounter=stay.encounter, treatment=ordered, what=line.what, atc=line.atc, dose=line.dose,
        at=at, state=state, reason=reason, recorded_by=by,
    )  # fmt: skip
    save_checked(row)
    journal.note("clinic.dose.written", stay, row, by=by, what=row.what, state=state, at=at, **_why(reason))
    return row


@transaction.atomic
def void_given(*, id: UUID, reason: str, by: Any) -> MedicineGiven:
    """Mark a dose as entered in error. Raises MedicineGiven.DoesNotExist and what `void_vitals` raises."""
    row = MedicineGiven.objects.select_related("encounter__admission").get(pk=id)
    _void(row, reason)
    journal.note("clinic.dose.voided", row.encounter.admission, row, by=by, what=row.what, reason=row.void_reason)
    return row


def _ask_why(stay: Admission, line: Line, ordered: Treatment | None, *, at: dt.datetime, id: UUID | None) -> None:
    """Refuse a dose that needs a reason and has none."""
    touched = [] if line.despite else allergies.touching(people.alerts_of(stay.patient), line.atc, line.what)
    if touched and touched[0].level == "block":
        raise RuleBroken("clinic.allergy_given", field="reason", allergy=touched[0].substance, medicine=line.what)
    if ordered is None:
        return
    near = MedicineGiven.objects.filter(
        treatment=ordered, state=State.GIVEN, void_reason="", at__range=(at - JUST_NOW, at + JUST_NOW)
    )
    if (last := near.select_related("recorded_by").order_by("at").last()) and last.pk != id:
        who, when = last.recorded_by.name if last.recorded_by else "—", timezone.localtime(last.at, CLINIC_TZ)
        raise Conflict("clinic.given_just_now", field="reason", who=who, at=f"{when:%H:%M}", medicine=line.what)


def _void(row: Vitals | MedicineGiven, reason: str) -> None:
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    if row.void_reason:
        raise RuleBroken("clinic.void_already")
    row.void_reason = reason
    save_checked(row)


def _why(reason: Any) -> dict[str, Any]:
    return {"why": reason} if reason else {}
