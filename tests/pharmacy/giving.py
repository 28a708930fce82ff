"""What the tests of dispensing share: a prescription, and the lines by which it is given."""

from __future__ import annotations

from typing import Any

from clinic.models import Encounter, Treatment
from clinic.services.encounters import Care
from core.ids import uuid7
from pharmacy.models import Dispensing, Medicine
from pharmacy.services import dispensing
from pharmacy.services.dispensing import Line
from tests.builders import TODAY, a_medicine, a_visit, somebody

PARACETAMOL = ("Paracetamol tablet 500 mg", "1x3x5", "N02BE01")
AMOXICILLIN = ("Amoxicillin capsule 500 mg", "1x2x5", "J01CA04")


def a_prescription(*lines: tuple[str, ...], **given: Any) -> Encounter:
    """Return an open visit in which medicine was ordered, paracetamol unless told."""
    return a_visit(care=Care(treatments=lines or (PARACETAMOL,)), **given)


def line_of(visit: Encounter, medicine: Medicine | None = None, quantity: int = 15, n: int = 0, **given: Any) -> Line:
    """Return what is handed out by the n-th line of a visit: 15 of 15 paracetamol unless told."""
    treatment = Treatment.objects.filter(encounter=visit).order_by("id")[n]
    defaults: dict[str, Any] = {"ordered": 15, "directions": treatment.dose, "id": uuid7()}
    return Line((medicine or a_medicine()).pk, quantity, **(defaults | {"treatment": treatment.pk} | given))


def given(visit: Encounter, *lines: Line, **more: Any) -> list[Dispensing]:
    """Give lines of a prescription, all of the first one unless told."""
    defaults: dict[str, Any] = {"on": TODAY, "today": TODAY, "by": somebody()}
    return dispensing.give(visit=visit.pk, lines=lines or (line_of(visit),), **(defaults | more))
