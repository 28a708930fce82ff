"""Register a person, correct what is written of them, record a death and take it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from types import EllipsisType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from clinic.models import Admission, Allergy, Consent, ContactPoint, Encounter, Identifier, NameKey, Patient
from clinic.rules import contacts
from clinic.rules.identifiers import Number
from clinic.selectors import registry
from clinic.services import allergies as allergy_rows
from clinic.services import consents as consent_rows
from clinic.services import households, identifiers, numbers, photos
from clinic.services import phones as phone_rows
from clinic.services.keys import key_rows
from clinic.services.pairs import Shown, registered_anyway
from core.ages import Birth, Unit
from core.audit import journal
from core.db import create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from core.phones import parse_phone
from core.places.models import Village

NAMES = registry.NAMES
WORDS = (*NAMES, "guardian")
CORRECTABLE = frozenset({*NAMES, "sex", "village", "phone", "guardian", "payer"})

Told = tuple[int, Unit, dt.date]
Numbers = Iterable[Number | tuple[Any, ...]]
Phones = Iterable[tuple[str, str]]


@transaction.atomic
def register(
    *, by: Any, today: dt.date, sex: str, id: UUID | None = None, family_name: str = "", given_name: str = "",
    family_name_km: str = "", given_name_km: str = "", birth: Birth | None = None, told: Told | None = None,
    village: Village | None = None, phone: str = "", guardian: str = "", payer: str = "", identifiers: Numbers = (),
    phones: Phones = (), no_allergy: bool = False, allergies: Iterable[allergy_rows.Said] = (),
    consents: Iterable[consent_rows.Answer] = (), guardian_is: households.Guardian | None = None,
    photo: bytes | None = None, besides: Iterable[Shown] = (), number: str | None = None,
) -> Patient:  # fmt: skip
    """Register a person and give them the desk's next patient number, or the `number` that a device had claimed.

    `told` is an age as told, (value, unit, on which day); without `birth` the birth is derived from it.
    `identifiers` are `Number`s or (kind, value); `phones` are (phone, whose) beside the first. `no_allergy` says
    that somebody asked; `besides` are those who were shown as likely the same. Raises RuleBroken:
    clinic.name_missing, core.phone_unreadable, core.birth_in_future, clinic.date_in_future,
    clinic.allergy_or_none, and what the rows of allergies, numbers, telephones, guardian and photo raise;
    Conflict("constraint.same_id") for a record sent twice.
    """
    patient = Patient(id=id or uuid7(), sex=sex, village=village, payer=payer, recorded_by=by)
    _write_words(patient, family_name=family_name, given_name=given_name, family_name_km=family_name_km,
                 given_name_km=given_name_km, guardian=guardian)  # fmt: skip
    patient.phone = _phone(phone)
    _tell(patient, birth, told, today)
    others = _belongings(
        patient, by=by, today=today, numbers=identifiers, phones=phones, told=allergies, answers=consents
    )
    if no_allergy and others[Allergy]:
        raise RuleBroken("clinic.allergy_or_none", field="allergy")
    patient.no_allergy_on = today if no_allergy else None
    family, relation = _guardian(patient, guardian_is, by=by)
    face = photos.row_of(patient, photo, by=by) if photo else None
    patient.number = number or numbers.take()
    save_checked(patient)
    create_many(NameKey, key_rows(patient, [row.phone for row in others[ContactPoint]]))
    for model, rows in others.items():
        create_many(model, rows)
    save_checked(*(row for row in (relation, face, *family) if row))
    registered_anyway(patient, besides, by=by)
    also = [row for row in (relation, *family, *others[Allergy], *others[Consent]) if row]
    journal.note("clinic.patient.registered", patient, *also, by=by, number=patient.number)
    return patient


@transaction.atomic
def correct(
    *, patient: Patient, by: Any, today: dt.date, edit: Edit | None = None, birth: Birth | EllipsisType | None = ...,
    told: Told | None = None, identifiers: Numbers = (), phones: Phones | None = None, **changes: Any,
) -> Patient:  # fmt: skip
    """Correct what is written of a person and return them; only what is given changes, the log keeps old and new.

    `birth=None` makes it unknown; of each kind in `identifiers` the newest number reads as given, or goes when empty;
    `phones` are all beside the first. With an `edit` what others changed meanwhile stands, field by field. A corrected
    birth writes the age of every contact again. Raises what `register` raises; RuleBroken
    ("clinic.birth_after_contact") when the person was seen before that birth; `core.editing.Clashed`.
    """
    if unknown := changes.keys() - CORRECTABLE:
        raise TypeError(f"not corrected here: {sorted(unknown)}")
    person = registry.held_whole(patient)
    now = registry.document(person)
    mine = _meant(person, changes, birth, told, identifiers, phones, today)
    together = bring_together(edit, now=now, mine=mine)
    altered = {name: [now[name], value] for name, value in together.items() if value != now[name]}
    if not altered:
        return person
    keys = _keys(person, _numbers_of(now["phones"]))
    moved = _take_over(person, altered, by=by, today=today)
    save_checked(person, create=False)
    _index_again(person, keys, _numbers_of(together.get("phones", now["phones"])))
    if moved:
        Encounter.objects.bulk_update(moved, ["age_slot"], batch_size=500)
    journal.note("clinic.patient.corrected", person, *moved, by=by, changes=altered)
    return person


@transaction.atomic
def record_death(*, patient: Patient, on: dt.date, source: str, by: Any, today: dt.date) -> Patient:
    """Record when a person died and who said so; what is open stays open until somebody closes it.

    Raises RuleBroken: clinic.already_deceased, clinic.discharge_first while the person lies in a bed of ours (the
    discharge records the death), clinic.date_in_future, clinic.death_before_birth, clinic.death_before_contact.
    """
    patient = registry.held(patient)
    if stay := Admission.objects.open().filter(patient=patient).first():
        raise RuleBroken("clinic.discharge_first", stay=stay.pk)
    write_death(patient=patient, on=on, source=source, today=today)
    journal.note("clinic.patient.died", patient, by=by, on=on, source=patient.deceased_source)
    return patient


@transaction.atomic
def undo_death(*, patient: Patient, reason: str, by: Any) -> Patient:
    """Take back a death recorded in error. Raises RuleBroken: clinic.not_deceased, clinic.reason_missing."""
    patient = registry.held(patient)
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


# -- a new person ---------------------------------------------------------------------------------------------


def _belongings(
    patient: Patient, *, by: Any, today: dt.date, numbers: Numbers, phones: Phones, told: Iterable[allergy_rows.Said],
    answers: Iterable[consent_rows.Answer],
) -> dict[Any, list[Any]]:  # fmt: skip
    """Return the rows that belong to a new person, by table, unsaved."""
    more = phone_rows.told(phones, besides=patient.phone)
    return {
        Identifier: identifiers.rows_of(patient, identifiers.told(numbers, today=today), by=by),
        ContactPoint: phone_rows.rows_of(patient, more, by=by),
        Allergy: allergy_rows.rows_of(patient, told, told_on=today, by=by),
        Consent: consent_rows.rows_of(patient, list(answers), on=today, by=by),
    }


def _guardian(patient: Patient, told: households.Guardian | None, *, by: Any) -> tuple[list[Patient], Any]:
    """Return who moves into a household with a new person, and the row that says who answers for them."""
    if told is None:
        return [], None
    guardian = registry.held(told.patient)
    relation = households.relation_of(patient, guardian, told.kind, by=by, new=True)
    patient.guardian = patient.guardian or guardian.name
    moved = households.live_with(patient, guardian, by=by) if told.lives_with else []
    return [one for one in moved if one is not patient], relation


# -- a correction ---------------------------------------------------------------------------------------------


def _meant(
    person: Any, changes: dict[str, Any], birth: Birth | EllipsisType | None, told: Told | None, others: Numbers,
    phones: Phones | None, today: dt.date,
) -> dict[str, Any]:  # fmt: skip
    """Return what somebody means a person to read, as the document that `registry.document` gives."""
    mine = {name: normalise(value) if name in WORDS else value for name, value in changes.items()}
    if "village" in mine:
        mine["village"] = getattr(mine["village"], "pk", None)
    if "phone" in mine:
        mine["phone"] = _phone(mine["phone"])
    if birth is not ... or told:
        said = Patient()
        _tell(said, None if birth is ... else birth, told, today)
        mine["birth"] = registry.birth_document(said)
    kept = [(row["kind"], row["value"]) for row in person.numbers or []]
    for number in identifiers.told(others, today=today, kept=kept):
        mine[f"number_{number.kind}"] = registry.number_document(number._asdict())
    if phones is not None:
        first = mine.get("phone", person.phone)
        mine["phones"] = [list(pair) for pair in phone_rows.told(phones, besides=first)]
    return mine


def _take_over(person: Any, altered: dict[str, list[Any]], *, by: Any, today: dt.date) -> list[Encounter]:
    """Write what differs into a person, unsaved but for numbers and telephones; return contacts of another age."""
    standing = {kind: UUID(row["id"]) for kind, row in registry.newest_numbers(person).items()}
    for name, (_, value) in altered.items():
        if kind := name.removeprefix("number_") if name.startswith("number_") else "":
            identifiers.put(person, kind, standing.get(kind), value, by=by)
        elif name == "phones":
            phone_rows.put(person, [(phone, whose) for phone, whose in value], by=by)
        elif name == "birth":
            told = registry.with_birth(value or registry.NO_BIRTH)
            for column in registry.NO_BIRTH:
                setattr(person, column, getattr(told, column))
        else:
            setattr(person, "village_id" if name == "village" else name, value)
    if not person.name:
        raise RuleBroken("clinic.name_missing", field="family_name")
    return _age_contacts_again(person, today) if "birth" in altered else []


def _index_again(person: Patient, before: set[tuple[str, int | None]], phones: list[str]) -> None:
    """Let the search find a person as they are called and where they live now, and no longer as before."""
    after = {(row.key, row.village_id): row for row in key_rows(person, phones)}
    if gone := [key for key, _ in before - after.keys()]:
        NameKey.objects.filter(patient=person, key__in=gone).delete()
    create_many(NameKey, [row for pair, row in after.items() if pair not in before])


def _numbers_of(phones: list[list[str]]) -> list[str]:
    return [phone for phone, _ in phones]


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


# -- words, telephones, births ----------------------------------------------------------------------------------


def _write_words(patient: Patient, **words: str) -> None:
    for name, value in words.items():
        setattr(patient, name, normalise(value))
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


def _keys(patient: Patient, phones: Iterable[str]) -> set[tuple[str, int | None]]:
    return {(row.key, row.village_id) for row in key_rows(patient, phones)}
