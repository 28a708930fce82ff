"""One contact with everything written in it, in one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F

from clinic.models import Condition, Diagnosis, Encounter, Treatment, Vitals

_JOINED = {
    **{f"v_{name}": F(f"vitals__{name}") for name in ("id", "measured_at", *Vitals.MEASURES)},
    **{f"d_{name}": F(f"diagnoses__{name}") for name in ("id", "condition_id", "primary", "note", "recorded_at")},
    **{f"c_{name}": F(f"diagnoses__condition__{name}") for name in ("id", "key", "name_en", "name_km", "icd10")},
    **{f"t_{name}": F(f"treatments__{name}") for name in ("id", "what", "dose")},
}


@dataclass
class Held:
    """A contact and its rows: the newest vitals, diagnoses with the main one first, treatments in order."""

    encounter: Encounter
    vitals: Vitals | None = None
    diagnoses: list[Diagnosis] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)


def held(id: UUID) -> Held | None:
    """Return a contact with its patient, village and rows; None when there is no such contact.

    The rows come as one small product of three tables (a visit holds a handful of each), because three more
    statements would cost a saved visit its budget.
    """
    rows = list(
        Encounter.objects.filter(pk=id)
        .select_related("patient__village", "admitted_as__admission")
        .annotate(**_JOINED)
    )  # fmt: skip
    if not rows:
        return None
    found = Held(rows[0])
    vitals, diagnoses, conditions, treatments = (_unfold(rows, letter) for letter in "vdct")
    named = {row["id"]: Condition(**row) for row in conditions}
    if vitals:
        newest = max(vitals, key=lambda row: row["measured_at"])
        found.vitals = Vitals(encounter=found.encounter, **newest)
    found.diagnoses = [
        Diagnosis(encounter=found.encounter, condition=named[row.pop("condition_id")], **row)
        for row in sorted(diagnoses, key=lambda row: (not row["primary"], row["recorded_at"], row["id"]))
    ]
    found.treatments = [
        Treatment(encounter=found.encounter, **row) for row in sorted(treatments, key=lambda r: r["id"])
    ]
    for row in (found.vitals, *found.diagnoses, *found.treatments):
        if row is not None:
            row._state.adding = False
    return found


def _unfold(rows: list[Any], letter: str) -> list[dict[str, Any]]:
    """Return the distinct rows of one joined table, without the letter that marked their columns."""
    names = [name for name in _JOINED if name.startswith(f"{letter}_")]
    found = {getattr(row, f"{letter}_id"): {name[2:]: getattr(row, name) for name in names} for row in rows}
    found.pop(None, None)
    return list(found.values())
