"""What medicine was handed to a person, for the record's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from pharmacy.models import Dispensing, Medicine, Move


@dataclass(frozen=True)
class Given:
    """One dispensing as the record shows it: what, how many, how to take it."""

    dispensing: Dispensing
    medicine: Medicine
    quantity: int


def of_patient(patient_id: UUID, *, limit: int = 200) -> list[Given]:
    """Return what was handed to a person, newest first, without what was taken back: two statements."""
    moves = Move.objects.filter(reverses=None, reversed_by=None).select_related("batch__medicine")
    rows = (
        Dispensing.objects.filter(patient_id=patient_id)
        .select_related("recorded_by")
        .prefetch_related(Prefetch("moves", queryset=moves))
        .order_by("-on", "-id")[:limit]
    )
    found = []
    for dispensing in rows:
        quantities: dict[Medicine, int] = {}
        for move in dispensing.moves.all():
            medicine = move.batch.medicine
            quantities[medicine] = quantities.get(medicine, 0) + move.quantity
        found += [Given(dispensing, medicine, quantity) for medicine, quantity in quantities.items()]
    return found
