"""End a stay, correct how it ended, take a discharge back; write a stay that is over already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import models, transaction

from clinic.models import (
    Admission,
    Bed,
    BedStay,
    Condition,
    Diagnosis,
    DischargeType,
    Encounter,
    EncounterVersion,
    Outcome,
    Patient,
    Treatment,
)
from clinic.rules import contacts
from clinic.rules.stays import Span
from clinic.selectors import catalogue, people, stays
from clinic.selectors.stays import Stay
from clinic.selectors.timeline import Contact
from clinic.services import admissions
from clinic.services.care import (
    Line,
    check_allergies,
    diagnosis_id,
    diagnosis_rows,
    remove_treatments,
    treatment_rows,
)
from clinic.services.patients import write_death
from core.ages import Unit
from core.audit import journal
from core.audit.journal import Note
from core.db import broken_constraints, clean, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.khmer import normalise

AT_THE_CENTRE = "clinic"  # the source of a death that happened in a bed of ours


@dataclass(frozen=True)
class Ending:
    """How a stay ended. Diagnoses in order, None leaves those of the stay; medicine to take home as lines (`Line`).

    Either of type and outcome being "deceased" makes both so.
    """

    on: dt.date
    type: str
    outcome: str
    summary: str = ""
    advice: str = ""
    follow_up_on: dt.date | None = None
    diagnoses: Sequence[Condition] | None = None
    take_home: Sequence[tuple[str, ...]] = ()

    @property
    def lines(self) -> list[Line]:
        """Return the medicine to take home in the form in which it is stored."""
        lines = (Line(*map(normalise, row)) for row in self.take_home)
        return [line for line in lines if line.what]

    @property
    def died(self) -> bool:
        """Return whether the patient died."""
        return self.type == DischargeType.DECEASED or self.outcome == Outcome.DECEASED


@transaction.atomic
def write(*, id: UUID, ending: Ending, by: Any, today: dt.date, at: dt.datetime) -> Admission:
    """End a stay; when the patient died, the death is recorded with it.

    Diagnoses that change leave the earlier ones readable as a version. Raises Admission.DoesNotExist; RuleBroken:
    clinic.discharged_already, clinic.stay_void, clinic.date_in_future, clinic.discharge_before_admission,
    clinic.discharge_before_move, clinic.date_after_death, clinic.come_back_before_discharge, clinic.diagnosis_twice,
    and what a death raises.
    """
    stay = _locked(id, person_too=ending.died)
    admissions.check_open(stay.admission)
    changed: list[models.Model] = []
    if stay.conditions and document_of(ending, stay)["diagnoses"] != document(stay)["diagnoses"]:
        changed.append(_keep(stay, "", by=by))
    changed += _end(stay, ending, by=by, today=today, at=at)
    notes = [Note("clinic.admission.ended", stay.admission, tuple(changed), _detail(stay.admission))]
    journal.note_many(notes + _death(stay.admission, ending, today=today), by=by)
    return stay.admission


@transaction.atomic
def correct(
    *, id: UUID, ending: Ending, why: str, by: Any, today: dt.date, at: dt.datetime, edit: Edit | None = None
) -> Admission:  # fmt: skip
    """Write anew how a stay ended; how it read before stays readable, with who changed it and why.

    Two who correct it at once are brought together (`core.editing`). Raises what `write` raises, core.editing.Clashed,
    RuleBroken: clinic.reason_missing, clinic.not_discharged, clinic.take_back_death_first; Conflict:
    clinic.bed_was_taken, clinic.stays_meet.
    """
    stay = _locked(id)
    if not (why := normalise(why)):
        raise RuleBroken("clinic.reason_missing", field="why")
    _check_ended(stay.admission)
    was = document(stay)
    together = bring_together(edit, now=was, mine=document_of(ending, stay))
    if together == was:
        return stay.admission
    ending = _ending_of(together, known=[*stay.conditions, *(ending.diagnoses or ())])
    if was["type"] == DischargeType.DECEASED and not ending.died and stay.admission.patient.deceased_on:
        raise RuleBroken("clinic.take_back_death_first", field="type")
    kept = _keep(stay, why, by=by)
    last = stay.beds[-1] if stay.beds else None
    if last and last.until and last.until < ending.on:
        admissions.lock_bed(last.bed, in_use=False)
    admissions.check_free(stay.admission, Span(last.since if last else stay.admission.admitted_on, ending.on))
    changed = _end(stay, ending, by=by, today=today, at=stay.admission.encounter.closed_at or at)
    notes = [Note("clinic.admission.end_corrected", stay.admission, (kept, *changed), {"why": why, "was": was})]
    journal.note_many(notes + _death(stay.admission, ending, today=today), by=by)
    return stay.admission


@transaction.atomic
def undo(*, id: UUID, reason: str, by: Any) -> Admission:
    """Take back a discharge made in error: the patient lies again in the bed they had, if nobody else does.

    Raises RuleBroken: clinic.reason_missing, clinic.stay_void, clinic.not_discharged, clinic.take_back_death_first,
    clinic.bed_missing; Conflict: clinic.bed_taken, clinic.bed_was_taken, clinic.already_admitted, clinic.stays_meet.
    """
    stay = _locked(id)
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    _check_ended(stay.admission)
    row, encounter = stay.admission, stay.admission.encounter
    if row.patient.deceased_on:
        raise RuleBroken("clinic.take_back_death_first")
    last = stay.beds[-1] if stay.beds else None
    if last:
        admissions.lock_bed(last.bed)
    admissions.check_free(row, Span(last.since if last else row.admitted_on, None))
    kept = _keep(stay, reason, by=by)
    row.discharged_on, row.discharge_type, row.outcome = None, "", ""
    encounter.status, encounter.result = Encounter.Status.OPEN, ""
    encounter.closed_at, encounter.follow_up_on = None, None
    save_checked(encounter, row)
    if last:
        last.until = None
        admissions.write_beds([last])
    journal.note("clinic.admission.reopened", row, encounter, kept, by=by, reason=reason)
    return row


@transaction.atomic
def write_late(
    *, patient: Patient, bed: Bed | None, on: dt.date, ending: Ending, by: Any, today: dt.date, at: dt.datetime,
    id: UUID | None = None, reason: str = "", visit: Contact | None = None, diagnoses: Sequence[Condition] = (),
    told: tuple[int, Unit] | None = None, urgency: int | None = None,
) -> Admission:  # fmt: skip
    """Write a stay that is over already, as from paper; the bed may have somebody else in it by now.

    Raises what `admissions.admit` and `write` raise.
    """
    row, carried = admissions.begin(
        patient=patient, bed=bed, on=on, by=by, today=today, at=at, id=id, reason=reason, visit=visit,
        diagnoses=ending.diagnoses or diagnoses, told=told, urgency=urgency, in_use=False,
    )  # fmt: skip
    stay = Stay(row)
    try:
        _tell(stay, ending, today=today, at=at)
    except RuleBroken as broken:  # this form has two days
        broken.field = "left_on" if broken.field == "on" else broken.field
        raise
    admissions.check_free(row, Span(on, ending.on))
    changed = admissions.write_begun(row, carried, visit, at=at)
    changed += _write_take_home(stay, ending, by=by)
    notes = [
        Note("clinic.admission.begun", row, tuple(changed), {"on": on, "bed": str(bed or "")}),
        Note("clinic.admission.ended", row, (), _detail(row)),
    ]
    journal.note_many(notes + _death(row, ending, today=today), by=by)
    return row


def document(stay: Stay) -> dict[str, Any]:
    """Return how a stay ended in plain JSON values, as versions keep it and edits are compared."""
    row = stay.admission
    return {
        "on": _day(row.discharged_on), "type": row.discharge_type, "outcome": row.outcome,
        "diagnoses": _keys(stay, stay.conditions), "summary": row.summary, "advice": row.encounter.advice,
        "take_home": [[one.what, one.dose, one.atc, one.despite] for one in stay.take_home],
        "follow_up_on": _day(row.encounter.follow_up_on),
    }  # fmt: skip


def document_of(ending: Ending, stay: Stay) -> dict[str, Any]:
    """Return an ending of a stay as `document` does."""
    return {
        "on": _day(ending.on), "type": DischargeType.DECEASED.value if ending.died else str(ending.type),
        "outcome": Outcome.DECEASED.value if ending.died else str(ending.outcome),
        "diagnoses": _keys(stay, stay.conditions if ending.diagnoses is None else ending.diagnoses),
        "summary": normalise(ending.summary, lines=True), "advice": normalise(ending.advice, lines=True),
        "take_home": [list(line) for line in ending.lines],
        "follow_up_on": None if ending.died else _day(ending.follow_up_on),
    }  # fmt: skip


def _ending_of(said: Mapping[str, Any], known: Sequence[Condition]) -> Ending:
    """Read a document back; `known` are conditions at hand, also such as the catalogue does not offer any more."""
    follow_up, by_key = said["follow_up_on"], catalogue.conditions() | {row.key: row for row in known}
    return Ending(
        on=dt.date.fromisoformat(said["on"]), type=said["type"], outcome=said["outcome"], summary=said["summary"],
        advice=said["advice"], follow_up_on=follow_up and dt.date.fromisoformat(follow_up),
        diagnoses=[by_key[key] for key in said["diagnoses"]], take_home=[Line(*row) for row in said["take_home"]],
    )  # fmt: skip


def _keys(stay: Stay, conditions: Sequence[Condition]) -> list[str]:
    """Return the keys of diagnoses as they are read back: the main one, then the others in the order of their ids."""
    main, *others = [condition.key for condition in conditions] or [""]
    others.sort(key=lambda key: diagnosis_id(stay.admission.encounter_id, key).hex)
    return [main, *others] if main else []


def _locked(id: UUID, *, person_too: bool = True) -> Stay:
    """Hold the person and their stay, then read it whole: what was read before may be stale."""
    if person_too:
        admissions.lock_person(admissions=id)
    admissions.lock_stay(id)
    return stays.whole(id)


def _check_ended(row: Admission) -> None:
    if row.void:
        raise RuleBroken("clinic.stay_void")
    if row.discharged_on is None:
        raise RuleBroken("clinic.not_discharged")


def _end(stay: Stay, ending: Ending, *, by: Any, today: dt.date, at: dt.datetime) -> list[models.Model]:
    """Write how a stay ended; return what changed with it, rows taken away too: tablets are told to forget them."""
    row = stay.admission
    _tell(stay, ending, today=today, at=at)
    save_checked(row, row.encounter)
    if stay.beds:
        BedStay.objects.filter(pk=stay.beds[-1].pk).update(until=row.discharged_on)
    return [row.encounter, *_write_diagnoses(stay, ending, by=by), *_write_take_home(stay, ending, by=by)]


def _tell(stay: Stay, ending: Ending, *, today: dt.date, at: dt.datetime) -> None:
    """Check an ending and set it on the stay and its contact, unsaved."""
    row, encounter = stay.admission, stay.admission.encounter
    contacts.check_discharge_day(ending.on, admitted_on=row.admitted_on, today=today)
    if stay.beds and ending.on < stay.beds[-1].since:
        raise RuleBroken("clinic.discharge_before_move", field="on", moved=stay.beds[-1].since.isoformat())
    if (died := row.patient.deceased_on) and ending.on > died:
        raise RuleBroken("clinic.date_after_death", field="on", died=died.isoformat())
    if ending.follow_up_on and ending.follow_up_on <= ending.on:
        raise RuleBroken("clinic.come_back_before_discharge", field="follow_up_on")
    if ending.died:
        ending = replace(ending, type=DischargeType.DECEASED, outcome=Outcome.DECEASED, follow_up_on=None)
    row.discharged_on, row.discharge_type, row.outcome = ending.on, ending.type, ending.outcome
    row.summary, encounter.advice = (normalise(text, lines=True) for text in (ending.summary, ending.advice))
    encounter.status, encounter.closed_at, encounter.follow_up_on = Encounter.Status.CLOSED, at, ending.follow_up_on
    referred = ending.type == DischargeType.REFERRED
    encounter.result = Encounter.Result.REFERRED if referred else Encounter.Result.TREATED


def _write_diagnoses(stay: Stay, ending: Ending, *, by: Any) -> list[models.Model]:
    if document_of(ending, stay)["diagnoses"] == _keys(stay, stay.conditions):
        return []
    rows = diagnosis_rows(stay.admission.encounter, ending.diagnoses or (), by=by)
    kept = {row.pk for row in rows}
    if gone := [row for row in stay.diagnoses if row.pk not in kept]:
        Diagnosis.objects.filter(pk__in=[row.pk for row in gone]).delete()
    rows.sort(key=lambda row: row.primary)  # the one that was main until now steps down before another is
    with broken_constraints():
        Diagnosis.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=["primary"])
    return [*gone, *rows]


def _write_take_home(stay: Stay, ending: Ending, *, by: Any) -> list[models.Model]:
    was = [Line(row.what, row.dose, row.atc, row.despite) for row in stay.take_home]
    if was == ending.lines:
        return []
    check_allergies(ending.lines, people.alerts_of(stay.admission.patient), known=was)
    rows = treatment_rows(stay.admission.encounter, ending.lines, stay.take_home, by=by, take_home=True)
    stays = {row.pk for row in rows}
    if gone := [row for row in stay.take_home if row.pk not in stays]:
        remove_treatments(gone)
    for row in rows:
        clean(row)
    with broken_constraints():
        Treatment.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=list(Line._fields)
        )
    return [*gone, *rows]


def _keep(stay: Stay, why: str, *, by: Any) -> EncounterVersion:
    """Keep how the end of the stay read until now."""
    number = stay.versions[-1].number + 1 if stay.versions else 1
    version = EncounterVersion(
        encounter=stay.admission.encounter, number=number, why=why, document=document(stay), recorded_by=by
    )
    save_checked(version)
    return version


def _death(row: Admission, ending: Ending, *, today: dt.date) -> list[Note]:
    if not ending.died or row.patient.deceased_on:
        return []
    write_death(patient=row.patient, on=ending.on, source=AT_THE_CENTRE, today=today)
    return [Note("clinic.patient.died", row.patient, (), {"on": ending.on, "source": AT_THE_CENTRE})]


def _detail(row: Admission) -> dict[str, Any]:
    return {"on": row.discharged_on, "type": row.discharge_type, "outcome": row.outcome}


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
