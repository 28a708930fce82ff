"""Everything this room knows of one person, newest first, in one statement however long the history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.models import (
    Admission,
    AntenatalContact,
    Condition,
    Diagnosis,
    Encounter,
    EncounterVersion,
    Finding,
    Patient,
    Treatment,
    Vitals,
)
from clinic.selectors import people
from core.gather import gather

_CONDITION = ("id", "key", "name_en", "name_km", "icd10", "icd11")
_DECIMALS = ("temperature", "weight", "height")
_ORDERED = ("what", "dose", "atc", "despite", "take_home")


@dataclass
class Contact:
    """One contact with what was found and done in it."""

    encounter: Encounter
    vitals: list[Vitals] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    signs: list[Finding] = field(default_factory=list)
    versions: int = 0  # how many earlier versions of it are kept; only `contact` asks
    antenatal: dict[str, Any] = field(default_factory=dict)  # what it showed of a pregnancy; only `contact` asks

    @property
    def admission(self) -> Admission | None:
        """Return the stay of an in-patient contact."""
        return getattr(self.encounter, "admission", None)

    @property
    def newest_vitals(self) -> Vitals | None:
        """Return the last measurements."""
        return self.vitals[-1] if self.vitals else None

    @property
    def conditions(self) -> list[Condition]:
        """Return what was found, the main diagnosis first."""
        return [row.condition for row in self.diagnoses]


def of(
    patient: Patient | UUID, limit: int = 200, *, before: tuple[dt.date, UUID] | None = None, kind: str = "",
    measured: bool = False, only: Q | None = None,
) -> list[Contact]:  # fmt: skip
    """Return a person's contacts, newest first by (day, id), those entered in error too.

    `before` is the key of the last one already shown; `measured` leaves out contacts without measurements,
    `only` those that a page does not want.
    The rows below a contact come inside it (`core.gather`), because a prefetch would cost a statement a table.
    """
    rows = Encounter.objects.filter(patient=patient)
    if kind:
        rows = rows.filter(kind=kind)
    if measured:
        rows = rows.filter(Exists(Vitals.objects.filter(encounter=OuterRef("pk"), void_reason="")))
    if only:
        rows = rows.filter(only)
    if before:
        on, key = before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=key))
    return [_contact(row) for row in _joined(rows).order_by("-on", "-id")[:limit]]


def contact(id: UUID) -> Contact | None:
    """Return one contact of any kind with its patient and their allergies; None when there is no such contact."""
    newest = EncounterVersion.objects.filter(encounter=OuterRef("pk")).order_by("-number").values("number")[:1]
    rows = Encounter.objects.filter(pk=id).select_related("patient__village", "seen_by")
    row: Any = (
        _joined(rows)
        .annotate(
            below_alerts=people.alerts(outer="patient_id"), newest_version=Coalesce(Subquery(newest), 0),
            below_antenatal=gather(
                AntenatalContact.objects.all(), "encounter", **{name: name for name in AntenatalContact.MEASURES}
            ),
        )
        .first()
    )
    if row is None:
        return None
    row.patient.alerts = row.below_alerts
    found = _contact(row)
    found.versions = row.newest_version
    found.antenatal = _antenatal(row)
    return found


def _joined(rows: QuerySet[Encounter]) -> QuerySet[Encounter]:
    below = {
        "below_vitals": gather(
            Vitals.objects.filter(void_reason=""), "encounter", id="id", measured_at="measured_at",
            **{m: m for m in Vitals.MEASURES},
        ),
        "below_diagnoses": gather(
            Diagnosis.objects.all(), "encounter", id="id", primary="primary", note="note",
            **{f"condition_{name}": f"condition__{name}" for name in _CONDITION},
        ),
        "below_treatments": gather(
            Treatment.objects.all(), "encounter", id="id", stopped_at="stopped_at", **{name: name for name in _ORDERED}
        ),
        "below_signs": gather(Finding.objects.all(), "encounter", id="id", sign="sign", present="present", days="days"),
    }  # fmt: skip
    return rows.select_related("village", "admission__bed__ward", "recorded_by").annotate(**below)


def _contact(row: Any) -> Contact:
    vitals = sorted(row.below_vitals or [], key=lambda v: (v["measured_at"], v["id"]))
    diagnoses = sorted(row.below_diagnoses or [], key=lambda d: (not d["primary"], d["id"]))
    treatments = sorted(row.below_treatments or [], key=lambda t: t["id"])
    signs = sorted(row.below_signs or [], key=lambda s: s["id"])
    return Contact(
        row,
        [_vitals(row, v) for v in vitals],
        [_diagnosis(row, d) for d in diagnoses],
        [_treatment(row, t) for t in treatments],
        [_sign(row, s) for s in signs],
    )


def _treatment(row: Encounter, said: dict[str, Any]) -> Treatment:
    stopped = said["stopped_at"] and _instant(said["stopped_at"])
    plain = {name: said[name] for name in _ORDERED} | {"take_home": bool(said["take_home"])}
    return Treatment(id=UUID(said["id"]), encounter=row, stopped_at=stopped, **plain)


def _sign(row: Encounter, said: dict[str, Any]) -> Finding:
    return Finding(
        id=UUID(said["id"]), encounter=row, sign=said["sign"], present=bool(said["present"]), days=said["days"]
    )


def _antenatal(row: Any) -> dict[str, Any]:
    """Return the measures of a pregnancy as plain values, decimals as figures; nothing where there are none."""
    measures = (row.below_antenatal or [{}])[0]
    return {
        name: f"{value:g}" if isinstance(value, float) else bool(value) if name == "tetanus" else value
        for name, value in measures.items()
    }


def _vitals(row: Encounter, said: dict[str, Any]) -> Vitals:
    values = {name: said[name] for name in Vitals.MEASURES}
    values |= {name: Decimal(str(values[name])) for name in _DECIMALS if values[name] is not None}
    return Vitals(id=UUID(said["id"]), encounter=row, measured_at=_instant(said["measured_at"]), **values)


def _instant(text: str) -> dt.datetime:
    """Read an instant out of JSON; SQLite keeps them as UTC without saying so."""
    instant = dt.datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)


def _diagnosis(row: Encounter, said: dict[str, Any]) -> Diagnosis:
    condition = Condition(**{name: said[f"condition_{name}"] for name in _CONDITION})
    return Diagnosis(
        id=UUID(said["id"]), encounter=row, condition=condition, primary=bool(said["primary"]), note=said["note"]
    )
