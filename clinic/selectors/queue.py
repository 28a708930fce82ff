"""Who waits today."""

from __future__ import annotations

import datetime as dt

from clinic.models import Encounter


def today(day: dt.date, limit: int = 200) -> list[Encounter]:
    """Return the open out-patient visits of a day, the most urgent first, then by arrival; one statement."""
    waiting = Encounter.objects.filter(status=Encounter.Status.OPEN, kind=Encounter.Kind.OUTPATIENT, on=day)
    return list(waiting.select_related("patient__village").order_by("urgency", "arrived_at", "id")[:limit])


def left_open(day: dt.date, limit: int = 50) -> list[Encounter]:
    """Return visits of earlier days that nobody closed, the newest first."""
    waiting = Encounter.objects.filter(status=Encounter.Status.OPEN, kind=Encounter.Kind.OUTPATIENT, on__lt=day)
    return list(waiting.select_related("patient__village").order_by("-on", "id")[:limit])
