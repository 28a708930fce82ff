"""What a person must not be given: written, taken back with a reason, or "none known" said outright."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from clinic.models import Allergy, Patient
from clinic.rules import allergies as rules
from clinic.selectors import registry
from core.audit import journal
from core.db import save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise


class Said(NamedTuple):
    """An allergy as it was told: a usual substance by name or key, or any words; `id` when a tablet named it."""

    substance: str
    reaction: str = ""
    severe: bool = False
    kind: str = ""
    id: UUID | None = None


@transaction.atomic
def add(*, patient: Patient, said: Said, told_on: dt.date, by: Any, today: dt.date, id: UUID | None = None) -> Allergy:
    """Write down an allergy; that none was known holds no longer.

    Raises RuleBroken: clinic.allergy_missing, clinic.date_in_future; Conflict when it stands already
    (constraint.clinic_allergy_once) or was sent twice (constraint.same_id).
    """
    patient = registry.held(patient)
    if told_on > today:
        raise RuleBroken("clinic.date_in_future", field="told_on")
    (allergy,) = rows_of(patient, [said], told_on=told_on, by=by)
    allergy.id = id or uuid7()
    save_checked(allergy)
    if patient.no_allergy_on:
        _say_none_known(patient, None)
    journal.note("clinic.allergy.added", allergy, patient, by=by, substance=allergy.substance, severe=allergy.severe)
    return allergy


@transaction.atomic
def void(*, allergy: Allergy, reason: str, by: Any) -> Allergy:
    """Take back an allergy; it stays readable. Raises RuleBroken: clinic.reason_missing, clinic.allergy_void."""
    if allergy.void_reason:
        raise RuleBroken("clinic.allergy_void")
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    allergy.void_reason = reason
    save_checked(allergy, create=False)
    journal.note("clinic.allergy.voided", allergy, by=by, substance=allergy.substance, reason=reason)
    return allergy


@transaction.atomic
def none_known(*, patient: Patient, on: dt.date, by: Any, today: dt.date) -> Patient:
    """Write down that somebody asked and no allergy is known.

    Raises RuleBroken: clinic.allergy_stands while one is written, clinic.date_in_future.
    """
    patient = registry.held(patient)
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="on")
    if standing := Allergy.objects.standing().filter(patient=patient).first():
        raise RuleBroken("clinic.allergy_stands", substance=standing.substance)
    _say_none_known(patient, on)
    journal.note("clinic.allergy.none_known", patient, by=by, on=on)
    return patient


def rows_of(patient: Patient, told: Iterable[Said], *, told_on: dt.date, by: Any) -> list[Allergy]:
    """Return rows for allergies as told, unsaved, each once; a usual substance brings its kind and ATC class.

    Raises RuleBroken("clinic.allergy_missing").
    """
    found: dict[str, Allergy] = {}
    for said in told:
        usual = rules.named(said.substance)
        substance = usual.english if usual and _is_whole(said.substance, usual) else normalise(said.substance)
        if not substance:
            raise RuleBroken("clinic.allergy_missing", field="substance")
        kind = said.kind or (usual.kind if usual else Allergy.Kind.MEDICINE)
        found[substance] = Allergy(
            id=said.id or uuid7(), patient=patient, kind=kind, substance=substance, atc=usual.atc if usual else "",
            reaction=normalise(said.reaction), severe=said.severe, told_on=told_on, recorded_by=by,
        )  # fmt: skip
    return list(found.values())


def _is_whole(text: str, usual: rules.Allergen) -> bool:
    """Return whether a text names the class itself; "Amoxicillin" stays what was said, in the class of penicillins."""
    return text == usual.key or rules.same_name(text, usual)


def _say_none_known(patient: Patient, on: dt.date | None) -> None:
    Patient.objects.filter(pk=patient.pk).update(no_allergy_on=on)
    patient.no_allergy_on = on
