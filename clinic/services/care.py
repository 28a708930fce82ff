"""What is written in a visit, and the one document in which log, earlier versions and shared edits describe it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef

from clinic.models import Condition, Diagnosis, Encounter, Treatment, Vitals
from clinic.rules import allergies
from clinic.selectors import catalogue
from clinic.selectors.timeline import Contact
from core.errors import RuleBroken
from core.ids import derived_id, uuid7
from core.khmer import normalise

Document = dict[str, Any]
TEXTS = ("complaint", "findings", "advice")
PLAIN = ("urgency", "new_case", *TEXTS, "result", "result_text")
ROWS = ("diagnoses", "treatments")
NAMES = (*PLAIN, "follow_up_on", *Vitals.MEASURES, *ROWS)


class Line(NamedTuple):
    """One medicine or treatment: its ATC code where the formulary knows it, and why it is given despite an allergy."""

    what: str
    dose: str = ""
    atc: str = ""
    despite: str = ""


@dataclass(frozen=True)
class Care:
    """What is written in a visit. Diagnoses in order, the main one first; treatments are lines, or (what, dose)."""

    urgency: int = Encounter.Urgency.ROUTINE
    new_case: bool = True
    complaint: str = ""
    findings: str = ""
    vitals: Mapping[str, Any] = field(default_factory=dict)
    diagnoses: Sequence[Condition] = ()
    treatments: Sequence[tuple[str, ...]] = ()
    advice: str = ""
    follow_up_on: dt.date | None = None
    result: str = ""
    result_text: str = ""

    @property
    def lines(self) -> list[Line]:
        """Return the treatments that say what they are, in the form in which they are stored."""
        lines = (Line(*map(normalise, row)) for row in self.treatments)
        return [line for line in lines if line.what]

    @property
    def measured(self) -> dict[str, Any]:
        """Return the measurements that were taken. Raises TypeError for one that is not measured here."""
        if unknown := self.vitals.keys() - set(Vitals.MEASURES):
            raise TypeError(f"not measured here: {sorted(unknown)}")
        return {name: value for name, value in self.vitals.items() if value is not None}


def as_stored(care: Care) -> Care:
    """Return the care as it reads back once written: texts normalised, the main diagnosis first, empty lines gone."""
    texts: dict[str, Any] = {name: normalise(getattr(care, name), lines=True) for name in TEXTS}
    return replace(care, result_text=normalise(care.result_text), treatments=care.lines, **texts)


def written(contact: Contact) -> Care:
    """Return the care that stands in a contact."""
    visit, vitals = contact.encounter, contact.newest_vitals
    return Care(
        **{name: getattr(visit, name) for name in PLAIN}, follow_up_on=visit.follow_up_on,
        vitals={name: getattr(vitals, name, None) for name in Vitals.MEASURES}, diagnoses=contact.conditions,
        treatments=[Line(row.what, row.dose, row.atc, row.despite) for row in contact.treatments],
    )  # fmt: skip


def document(care: Care, visit_id: UUID) -> Document:
    """Return care as plain JSON values, each measurement under its own name; equal documents read the same."""
    measured = {name: care.vitals.get(name) for name in Vitals.MEASURES}
    main, *others = [condition.key for condition in care.diagnoses] or [""]
    others.sort(key=lambda key: diagnosis_id(visit_id, key).hex)  # the order in which they are read back
    return {
        **{name: getattr(care, name) for name in PLAIN},
        "urgency": int(care.urgency), "result": str(care.result),
        "follow_up_on": care.follow_up_on and care.follow_up_on.isoformat(),
        **{name: None if value is None else figure(value) for name, value in measured.items()},
        "diagnoses": [main, *others] if main else [],
        "treatments": [list(line) for line in care.lines],
    }  # fmt: skip


def of_document(said: Mapping[str, Any], known: Iterable[Condition] = ()) -> Care:
    """Read a document back; `known` are conditions at hand, also such as the catalogue does not offer any more."""
    by_key = catalogue.conditions() | {condition.key: condition for condition in known}
    on = said["follow_up_on"]
    return Care(
        **{name: said[name] for name in PLAIN}, follow_up_on=on and dt.date.fromisoformat(on),
        vitals={name: None if said[name] is None else _number(name, said[name]) for name in Vitals.MEASURES},
        diagnoses=[by_key[key] for key in said["diagnoses"]],
        treatments=[Line(*row) for row in said["treatments"]],
    )  # fmt: skip


def figure(value: Any) -> str:
    """Write a measurement without zeros that nobody measured: 38.5, not 38.50."""
    plain = f"{Decimal(value):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def diagnosis_id(visit_id: UUID, key: str) -> UUID:
    """Return the id of a diagnosis: it derives from contact and condition, so the same saved twice is the same row."""
    return derived_id("diagnosis", visit_id, key)


def diagnosis_rows(encounter: Encounter, conditions: Sequence[Condition], *, by: Any) -> list[Diagnosis]:
    """Return diagnoses for conditions in order, unsaved, the first as the main one.

    Raises RuleBroken: clinic.diagnosis_twice.
    """
    if len({condition.pk for condition in conditions}) != len(conditions):
        raise RuleBroken("clinic.diagnosis_twice", field="diagnoses")
    return [
        Diagnosis(
            id=diagnosis_id(encounter.pk, condition.key), encounter=encounter, condition=condition,
            primary=place == 0, recorded_by=by,
        )
        for place, condition in enumerate(conditions)
    ]  # fmt: skip


def treatment_rows(
    encounter: Encounter, lines: Iterable[Line], was: Sequence[Treatment], *, by: Any, **fields: Any
) -> list[Treatment]:
    """Return rows for lines, unsaved, in the order in which they read back: by id.

    A medicine that stood already keeps its row, whatever became of its dose, because others point at it: the
    dispensary says by which line it gave. What is new comes after it.
    """
    free, rows = list(was), []
    for line in lines:
        like = [row for row in free if (row.what, row.atc) == (line.what, line.atc)]
        if row := next((row for row in like if row.dose == line.dose), like[0] if like else None):
            free.remove(row)
        rows.append(
            Treatment(id=row.pk if row else uuid7(), encounter=encounter, recorded_by=by, **line._asdict(), **fields)
        )
    known = {row.pk for row in was}
    return sorted(rows, key=lambda row: (row.pk not in known, row.pk))


def remove_treatments(gone: Sequence[Treatment]) -> None:
    """Take lines away, in one statement. Raises RuleBroken("clinic.treatment_given") when medicine was given by one."""
    rows = Treatment.objects.filter(pk__in=[row.pk for row in gone])
    for relation in Treatment._meta.related_objects:  # rooms above, too, point at a line
        given: Any = relation.related_model._default_manager
        rows = rows.filter(~Exists(given.filter(**{relation.field.name: OuterRef("pk")})))
    if rows._raw_delete(rows.db) < len(gone):  # type: ignore[operator]
        raise RuleBroken("clinic.treatment_given", field="treatments", medicine=gone[0].what)


def check_allergies(lines: Iterable[Line], alerts: Iterable[Mapping[str, Any]], *, known: Iterable[Line] = ()) -> None:
    """Refuse a medicine that touches an allergy until somebody writes why it is given all the same.

    What already stood in the visit is not asked about again: an allergy is often learned from that very medicine.
    Raises RuleBroken: clinic.allergy_touched.
    """
    stood = {(line.what, line.atc) for line in known}
    for line in lines:
        if line.despite or (line.what, line.atc) in stood:
            continue
        if touched := [touch for touch in allergies.touching(alerts, line.atc, line.what) if touch.level == "block"]:
            raise RuleBroken(
                "clinic.allergy_touched", field="treatments", medicine=line.what, allergy=touched[0].substance
            )


def differences(before: Document, after: Document) -> dict[str, list[Any]]:
    """Return what reads differently, as [before, after] by name."""
    return {name: [old, after[name]] for name, old in before.items() if old != after[name]}


def supersedes(before: Document, changes: Mapping[str, Any]) -> bool:
    """Tell whether changes take back anything that was said, and do not only add to it.

    How urgent it is and whether the illness is new are judged again and again until there is a diagnosis.
    """
    said = {name for name in changes if before[name] not in (None, "", [])}
    return bool(said - (set() if before["diagnoses"] else {"urgency", "new_case"}))


def _number(name: str, text: str) -> Any:
    whole = Vitals._meta.get_field(name).get_internal_type() != "DecimalField"
    return int(text) if whole else Decimal(text)
