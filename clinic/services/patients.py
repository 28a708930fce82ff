"""Register a person, correct what is written of them, record a death and take it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from types import EllipsisType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from clinic.models import Encounter, Identifier, NameKey, Patient
from clinic.rules import contacts
from clinic.services import numbers
from clinic.services.keys import key_rows, rewrite
from core.ages import Birth, Unit
from core.audit import journal
from core.db import create_many, save_checked
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import latin_digits, normalise
from core.phones import parse_phone
from core.places.models import Village

NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
CORRECTABLE = frozenset({*NAMES, "sex", "village", "phone", "guardian"})

Told = tuple[int, Unit, dt.date]


@transaction.atomic
def register(
    *, by: Any, today: dt.date, sex: str, id: UUID | None = None, family_name: str = "", given_name: str = "",
    family_name_km: str = "", given_name_km: str = "", birth: Birth | None = None, told: Told | None = None,
    village: Village | None = None, phone: str = "", guardian: str = "", identifiers: Iterable[tuple[str, str]] = (),
) -> Patient:  # fmt: skip
    """Register a person and give them the desk's next patient number.

    `told` is an age as told, (value, unit, on which day); without `birth` the birth is derived from it.
    `identifiers` are (kind, value) pairs. Raises RuleBroken: clinic.name_missing, core.phone_unreadable,
    core.birth_in_future, clinic.date_in_future; Conflict("constraint.same_id") for a record sent twice.
    """
    patient = Patient(id=id or uuid7(), sex=sex, village=village, recorded_by=by)
    _write_words(
        patient, family_name=family_name, given_name=given_name, family_name_km=family_name_km,
        given_name_km=given_name_km, phone=phone, guardian=guardian,
    )  # fmt: skip
    _tell(patient, birth, told, today)
    others = identifier_rows(patient, identifiers, by=by)
    patient.number = numbers.take()
    save_checked(patient)
    create_many(NameKey, key_rows(patient))
    create_many(Identifier, others)
    journal.note("clinic.patient.registered", patient, by=by, number=patient.number)
    return patient


@transaction.atomic
def correct(
    *, patient: Patient, by: Any, today: dt.date, birth: Birth | EllipsisType | None = ...,
    told: Told | None = None, identifiers: Iterable[tuple[str, str]] = (), **changes: Any,
) -> Patient:  # fmt: skip
    """Correct what is written of a person; only what is given changes, and the log keeps old and new.

    `birth=None` makes it unknown; of each kind in `identifiers` the person has the value given, or none. A
    corrected birth writes the age of every contact again. Raises what `register` raises, and
    RuleBroken("clinic.birth_after_contact") when the person was seen before that birth.
    """
    if unknown := changes.keys() - CORRECTABLE:
        raise TypeError(f"not corrected here: {sorted(unknown)}")
    before, keys = _snapshot(patient), _keys(patient)
    words = {name: value for name, value in changes.items() if name not in {"sex", "village"}}
    for name in changes.keys() & {"sex", "village"}:
        setattr(patient, name, changes[name])
    _write_words(patient, **words)
    moved: list[Encounter] = []
    if birth is not ... or told:
        _tell(patient, None if birth is ... else birth, told, today)
        moved = _age_contacts_again(patient, today)
    altered = {name: [old, new] for name, old, new in _differences(before, _snapshot(patient))}
    altered |= _replace_identifiers(patient, list(identifiers), by=by)
    if not altered:
        return patient
    save_checked(patient)
    if keys != _keys(patient):
        rewrite(patient)
    if moved:
        Encounter.objects.bulk_update(moved, ["age_slot"], batch_size=500)
    journal.note("clinic.patient.corrected", patient, *moved, by=by, changes=altered)
    return patient


@transaction.atomic
def record_death(*, patient: Patient, on: dt.date, source: str, by: Any, today: dt.date) -> Patient:
    """Record when a person died and who said so.

    Raises RuleBroken: clinic.already_deceased, clinic.date_in_future, clinic.death_before_birth,
    clinic.death_before_contact.
    """
    write_death(patient=patient, on=on, source=source, today=today)
    journal.note("clinic.patient.died", patient, by=by, on=on, source=patient.deceased_source)
    return patient


@transaction.atomic
def undo_death(*, patient: Patient, reason: str, by: Any) -> Patient:
    """Take back a death recorded in error. Raises RuleBroken: clinic.not_deceased, clinic.reason_missing."""
    if patient.deceased_on is None:
        raise RuleBroken("clinic.not_deceased")
    if not (reason := normalise(reason)):
        raise RuleBroken("clinic.reason_missing", field="reason")
    was = {"on": patient.deceased_on, "source": patient.deceased_source}
    patient.deceased_on, patient.deceased_source = None, ""
    save_checked(patient)
    journal.note("clinic.patient.death_undone", patient, by=by, reason=reason, was=was)
    return patient


def write_death(*, patient: Patient, on: dt.date, source: str, today: dt.date) -> None:
    """Check and write a death, leaving the note to the act of which it is part."""
    if patient.deceased_on:
        raise RuleBroken("clinic.already_deceased", field="on", died=patient.deceased_on.isoformat())
    seen = Encounter.objects.filter(patient=patient).exclude(status=Encounter.Status.VOID)
    last = seen.aggregate(last=Max("on"))["last"]
    contacts.check_death(on, today=today, birth=patient.birth, last_contact=last)
    patient.deceased_on, patient.deceased_source = on, normalise(source)
    save_checked(patient)


def identifier_rows(patient: Patient, identifiers: Iterable[tuple[str, str]], *, by: Any) -> list[Identifier]:
    """Return rows for (kind, value) pairs, unsaved; empty values are left out."""
    pairs = {(kind, latin_digits(normalise(value))): None for kind, value in identifiers}
    return [Identifier(patient=patient, kind=kind, value=value, recorded_by=by) for kind, value in pairs if value]


def _replace_identifiers(patient: Patient, pairs: list[tuple[str, str]], *, by: Any) -> dict[str, list[Any]]:
    """Let a person have these numbers of the kinds named; return old and new of each kind that changed."""
    if not pairs:
        return {}
    rows = identifier_rows(patient, pairs, by=by)
    kinds = {kind for kind, _ in pairs}
    old = {(row.kind, row.value): row for row in Identifier.objects.filter(patient=patient, kind__in=kinds)}
    new = {(row.kind, row.value): row for row in rows}
    if gone := [row.pk for key, row in old.items() if key not in new]:
        Identifier.objects.filter(pk__in=gone).delete()
    create_many(Identifier, [row for key, row in new.items() if key not in old])
    said = {kind: [sorted(v for k, v in some if k == kind) for some in (old, new)] for kind in kinds}
    return {kind: values for kind, values in said.items() if values[0] != values[1]}


def _write_words(patient: Patient, **words: str) -> None:
    for name, value in words.items():
        setattr(patient, name, _phone(value) if name == "phone" else normalise(value))
    if not patient.name:
        raise RuleBroken("clinic.name_missing", field="family_name")


def _phone(text: str) -> str:
    try:
        return parse_phone(text) if text else ""
    except RuleBroken as broken:
        raise RuleBroken(broken.code, field="phone") from broken


def _tell(patient: Patient, birth: Birth | None, told: Told | None, today: dt.date) -> None:
    if told and told[2] > today:
        raise RuleBroken("clinic.date_in_future", field="birth")
    if told and birth is None:
        birth = Birth.from_stated(*told)
    contacts.check_birth(birth, today=today)
    patient.tell_birth(birth)
    patient.told_age, patient.told_unit, patient.told_on = told or (None, "", None)


def _age_contacts_again(patient: Patient, today: dt.date) -> list[Encounter]:
    """Give the contacts whose age differs under the birth now known, with the new age set but not saved."""
    seen = list(Encounter.objects.filter(patient=patient).exclude(status=Encounter.Status.VOID))
    contacts.check_birth(patient.birth, today=today, seen=[contact.on for contact in seen])
    moved = []
    for contact in seen:
        slot = contacts.slot_at(contact.on, birth=patient.birth, told=contact.told)
        if slot != contact.age_slot:
            contact.age_slot = slot
            moved.append(contact)
    return moved


def _keys(patient: Patient) -> set[tuple[str, int | None]]:
    return {(row.key, row.village_id) for row in key_rows(patient)}


def _snapshot(patient: Patient) -> dict[str, Any]:
    names = (*NAMES, "sex", "village_id", "phone", "guardian", "birth_date", "birth_precision", "birth_earliest",
             "birth_latest", "told_age", "told_unit", "told_on")  # fmt: skip
    return {name: getattr(patient, name) for name in names}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, old, after[name]) for name, old in before.items() if old != after[name]]
