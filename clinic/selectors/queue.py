"""Who waits today, who is being seen, and who was seen."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from clinic.models import Encounter, Finding, Patient
from clinic.rules import imci

PAGE = 20


def today(day: dt.date, limit: int = 200) -> list[Encounter]:
    """Return the open out-patient visits of a day, the most urgent first, then by arrival; one statement.

    Each has `danger`, whether a danger sign was seen, and with `seen_by` who takes care of the patient.
    """
    rows = _visits(Encounter.Status.OPEN).filter(on=day).order_by("urgency", "arrived_at", "id")
    return list(rows[:limit])


def done(day: dt.date, *, before: UUID | None = None, limit: int = PAGE) -> tuple[list[Encounter], UUID | None]:
    """Return visits of a day that are over, those that came last first, and the key from which older ones go on."""
    rows = _visits(Encounter.Status.CLOSED).filter(on=day).order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def left_open(day: dt.date, limit: int = 50) -> list[Encounter]:
    """Return visits of earlier days that nobody closed, the newest first."""
    waiting = Encounter.objects.filter(status=Encounter.Status.OPEN, kind=Encounter.Kind.OUTPATIENT, on__lt=day)
    return list(waiting.select_related("patient__village").order_by("-on", "id")[:limit])


def open_visit_of(patient: Patient, on: dt.date) -> Encounter | None:
    """Return the visit of this day that is still open for a person."""
    return _visits(Encounter.Status.OPEN).filter(patient=patient, on=on).order_by("id").first()


def _visits(status: str) -> QuerySet[Encounter]:
    danger = Finding.objects.filter(
        encounter=OuterRef("pk"), present=True, sign__in=[sign.key for sign in imci.danger_signs(None)]
    )
    rows = Encounter.objects.filter(status=status, kind=Encounter.Kind.OUTPATIENT)
    return rows.select_related("patient__village", "seen_by").annotate(danger=Exists(danger))
