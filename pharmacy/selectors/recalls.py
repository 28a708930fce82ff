"""Who got medicine out of one batch: every patient, net of what came back, and what was given without a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Case, F, IntegerField, Q, Sum, When
from django.db.models.functions import Coalesce

from clinic.models import Patient
from pharmacy.models import Batch, Dispensing, Move, Place


@dataclass
class Got:
    """One person who still has, or has taken, medicine out of a batch: when, and how much in all."""

    patient: Patient
    quantity: int = 0
    days: list[date] = field(default_factory=list)


@dataclass
class Unnamed:
    """What was given out of a batch on a day without a name: from a kit, in a village."""

    on: date
    place: Place
    quantity: int


_GIVEN = Sum(Case(When(target=Place.PATIENTS, then=F("quantity")), default=-F("quantity"), output_field=IntegerField()))


def who_got(batch: Batch) -> list[Got]:
    """Return everybody who got medicine out of a batch, by village and name: two statements, never cut off.

    What was brought back or taken back does not count. Whose record was merged into another is named once.
    """
    moves = Move.objects.filter(Q(target=Place.PATIENTS) | Q(source=Place.PATIENTS), batch=batch)
    for_whom = moves.annotate(handed=Coalesce("dispensing", "reverses__dispensing")).filter(handed__isnull=False)
    net = dict(for_whom.order_by().values_list("handed").annotate(n=_GIVEN).filter(n__gt=0))
    related = ("patient__village__commune__district", "patient__merged_into__village__commune__district")
    got: dict[UUID, Got] = {}
    for dispensing in Dispensing.objects.filter(pk__in=net).select_related(*related).order_by("on", "id"):
        person = dispensing.patient.merged_into or dispensing.patient
        row = got.setdefault(person.pk, Got(person))
        row.quantity += net[dispensing.pk]
        if dispensing.on not in row.days:
            row.days.append(dispensing.on)
    return sorted(got.values(), key=lambda row: (_village(row.patient), row.patient.name, row.patient.number))


def _village(patient: Patient) -> str:
    return patient.village.full_name if patient.village else "~"  # whose village is not known comes last


def given_without_a_name(batch: Batch) -> list[Unnamed]:
    """Return what was handed out of a batch to people who are not named, by day and shelf: one statement."""
    moves = Move.objects.filter(Q(target=Place.PATIENTS) | Q(source=Place.PATIENTS), batch=batch, dispensing=None)
    moves = moves.filter(Q(reverses=None) | Q(reverses__dispensing=None)).select_related("source", "target", "reverses")
    sums: dict[tuple[date, Place], int] = {}
    for move in moves.order_by("on", "id"):
        given = move.target_id == Place.PATIENTS
        key = (move.on, move.source) if given else (move.reverses.on if move.reverses else move.on, move.target)
        sums[key] = sums.get(key, 0) + (move.quantity if given else -move.quantity)
    return [Unnamed(on, place, n) for (on, place), n in sums.items() if n > 0]
