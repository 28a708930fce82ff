"""One stay with everything that happened in it, and who keeps a bed or a person from another stay."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from clinic.models import (
    Admission,
    Bed,
    BedStay,
    Condition,
    Diagnosis,
    EncounterVersion,
    MedicineGiven,
    StayNote,
    Treatment,
    Vitals,
    Ward,
)
from clinic.rules.stays import Span
from clinic.selectors import people
from core.accounts.models import User
from core.gather import gather, instant
from core.periods import CLINIC_TZ

Row = TypeVar("Row", bound=models.Model)
_CONDITION = ("id", "key", "name_en", "name_km", "icd10", "icd11")
_WHO = {"recorded_by": "recorded_by_id", "who": "recorded_by__name", "recorded_at": "recorded_at"}


@dataclass
class Stay:
    """A stay with all that was written of it. The person on it carries `alerts`; each row carries who recorded it.

    Notes and medicine given stand newest first, measurements and beds in the order of time, what was marked as entered
    in error among them. Only the newest of notes that supersede each other is in `notes`; its earlier readings hang on
    it as `earlier`, newest first.
    """

    admission: Admission
    diagnoses: list[Diagnosis] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    notes: list[StayNote] = field(default_factory=list)
    vitals: list[Vitals] = field(default_factory=list)
    given: list[MedicineGiven] = field(default_factory=list)
    beds: list[BedStay] = field(default_factory=list)
    versions: list[EncounterVersion] = field(default_factory=list)

    @property
    def conditions(self) -> list[Condition]:
        """Return what was found, the main diagnosis first."""
        return [row.condition for row in self.diagnoses]

    @property
    def orders(self) -> list[Treatment]:
        """Return what is to be given during the stay, those that run first."""
        return sorted((row for row in self.treatments if not row.take_home), key=lambda row: row.stopped_at is not None)

    @property
    def take_home(self) -> list[Treatment]:
        """Return the medicine for after the stay."""
        return [row for row in self.treatments if row.take_home]

    @property
    def standing_vitals(self) -> list[Vitals]:
        """Return the measurements that were not marked as entered in error."""
        return [row for row in self.vitals if not row.void_reason]

    def days(self, today: dt.date) -> int:
        """Return how many nights the stay took so far."""
        return ((self.admission.discharged_on or today) - self.admission.admitted_on).days


def whole(admission_id: UUID, since: dt.date | None = None) -> Stay:
    """Return a stay with everything of it, in one statement; of notes, measurements and medicine only those `since`.

    Raises Admission.DoesNotExist.
    """
    begin = dt.datetime.combine(since, dt.time(), CLINIC_TZ) if since else None
    rows = Admission.objects.select_related("patient__village", "encounter__came_from", "bed__ward", "recorded_by")
    row: Any = rows.annotate(**_below(begin)).get(pk=admission_id)
    row.patient.alerts = row.below_alerts
    stay = Stay(row)
    stay.diagnoses = sorted(
        (_diagnosis(row, said) for said in row.below_diagnoses or []), key=lambda d: (not d.primary, d.pk)
    )
    stay.treatments = sorted(_rows(Treatment, row.below_treatments), key=lambda t: t.pk)
    stay.vitals = sorted(_rows(Vitals, row.below_vitals), key=lambda v: (v.measured_at, v.pk))
    stay.given = sorted(_rows(MedicineGiven, row.below_given), key=lambda g: (g.at, g.pk), reverse=True)
    stay.beds = sorted((_bed(row, said) for said in row.below_beds or []), key=lambda b: (b.since, b.recorded_at, b.pk))
    stay.versions = sorted(_rows(EncounterVersion, row.below_versions), key=lambda v: v.number)
    stay.notes = _threads(_rows(StayNote, row.below_notes))
    for part in (stay.treatments, stay.vitals, stay.given, stay.versions):
        for below in part:
            below.encounter = row.encounter
    return stay


def _below(begin: dt.datetime | None) -> dict[str, Any]:
    """Return what hangs below a stay, each table as one list inside the statement."""

    def mine(model: type[models.Model], when: str = "", **fields: str) -> Any:
        rows = model._default_manager.all()
        if begin and when:
            rows = rows.filter(**{f"{when}__gte": begin})
        return gather(rows, "encounter", outer="encounter_id", id="id", **_WHO, **fields)

    same = {name: name for name in Vitals.MEASURES}
    return {
        "below_alerts": people.alerts(outer="patient_id"),
        "below_diagnoses": mine(
            Diagnosis, primary="primary", note="note", **{f"condition_{n}": f"condition__{n}" for n in _CONDITION}
        ),
        "below_treatments": mine(
            Treatment, what="what", dose="dose", atc="atc", stopped_at="stopped_at", take_home="take_home",
            despite="despite",
        ),
        "below_notes": mine(StayNote, "at", at="at", kind="kind", text="text", supersedes="supersedes_id", why="why"),
        "below_vitals": mine(Vitals, "measured_at", measured_at="measured_at", void_reason="void_reason", **same),
        "below_given": mine(
            MedicineGiven, "at", treatment="treatment_id", what="what", atc="atc", dose="dose", at="at", state="state",
            reason="reason", void_reason="void_reason",
        ),
        "below_versions": mine(EncounterVersion, number="number", why="why", document="document"),
        "below_beds": gather(
            BedStay.objects.all(), "admission", id="id", since="since", until="until", bed="bed_id", **_WHO,
            label="bed__label", ward="bed__ward_id", ward_km="bed__ward__name_km", ward_en="bed__ward__name_en",
        ),
    }  # fmt: skip


def _rows(model: type[Row], said: list[dict[str, Any]] | None) -> list[Row]:
    return [_row(model, one) for one in said or []]


def _row(model: type[Row], said: dict[str, Any]) -> Row:
    """Build a row out of what JSON says of it, with the colleague who recorded it."""
    values = {}
    for name, value in said.items():
        if name == "who":
            continue
        column: Any = model._meta.get_field(name)
        values[column.attname] = _value(column, value)
    made = model(**values)
    if said["recorded_by"]:
        made.recorded_by = User(id=values["recorded_by_id"], name=said["who"])  # type: ignore[attr-defined]
    return made


def _value(column: Any, said: Any) -> Any:
    if said is None:
        return None
    if isinstance(column, models.JSONField):
        return json.loads(said) if isinstance(said, str) else said  # a document inside a document is text on SQLite
    return instant(said) if isinstance(column, models.DateTimeField) else column.to_python(said)


def _diagnosis(admission: Admission, said: dict[str, Any]) -> Diagnosis:
    condition = Condition(**{name: said.pop(f"condition_{name}") for name in _CONDITION})
    made = _row(Diagnosis, said)
    made.encounter, made.condition = admission.encounter, condition
    return made


def _bed(admission: Admission, said: dict[str, Any]) -> BedStay:
    label, ward = said.pop("label"), said.pop("ward")
    name_km, name_en = said.pop("ward_km"), said.pop("ward_en")
    made = _row(BedStay, said)
    made.admission = admission
    made.bed = Bed(id=made.bed_id, label=label, ward=Ward(id=ward, name_km=name_km, name_en=name_en))
    return made


def _threads(notes: list[StayNote]) -> list[StayNote]:
    """Hang each note's earlier readings on the newest of them; newest first by when it was seen."""
    by_id = {note.pk: note for note in notes}
    replaced = {note.supersedes_id for note in notes if note.supersedes_id}
    shown = [note for note in notes if note.pk not in replaced]
    for note in shown:
        earlier, at = [], note.supersedes_id
        while at in by_id:
            earlier.append(by_id[at])
            at = by_id[at].supersedes_id
        note.earlier = earlier  # type: ignore[attr-defined]
    return sorted(shown, key=lambda note: (note.at, note.pk), reverse=True)


def open_of(patient_id: UUID) -> Admission | None:
    """Return the stay of somebody who lies here now."""
    return Admission.objects.open().filter(patient=patient_id).select_related("bed__ward").first()


class InTheWay(NamedTuple):
    """A stay that another one meets: who lay there, from when to when, and whether it is the person's own."""

    stay: Admission
    since: dt.date
    until: dt.date | None
    own: bool


def in_the_way(*, bed_id: int | None, patient_id: UUID, span: Span, but: UUID | None = None) -> InTheWay | None:
    """Return the stay that keeps this person, or this bed, from a stay in `span`; the person's own first.

    Nothing but a lock on person and bed makes the answer hold (`services.admissions`).
    """
    lain = BedStay.objects.filter(_meeting("since", "until", span), admission=OuterRef("pk"), bed=bed_id)
    own = _meeting("admitted_on", "discharged_on", span) & Q(patient=patient_id)
    rows = Admission.objects.filter(own | Exists(lain), void=False).select_related("patient", "bed__ward")
    if but:
        rows = rows.exclude(pk=but)
    when = Subquery(lain.values(at=JSONObject(since="since", until="until"))[:1])
    found: list[Any] = sorted(rows.annotate(lain=when), key=lambda stay: stay.patient_id != patient_id)
    if not found:
        return None
    stay = found[0]
    if stay.patient_id == patient_id:
        return InTheWay(stay, stay.admitted_on, stay.discharged_on, own=True)
    since, until = stay.lain["since"], stay.lain["until"]
    return InTheWay(stay, dt.date.fromisoformat(since), until and dt.date.fromisoformat(until), own=False)


def _meeting(since: str, until: str, span: Span) -> Q:
    """Say `rules.stays.meet` in SQL."""
    met = Q(**{until: None}) | Q(**{f"{until}__gt": span.since})
    return met & Q(**{f"{since}__lt": span.until}) if span.until else met
