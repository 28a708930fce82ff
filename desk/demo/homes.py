"""What the desk knows of people beyond a register: who lives together, who answers for whom, allergies, cards."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection

from clinic.models import (
    Allergy,
    CardPrint,
    Consent,
    ContactPoint,
    EquityLevel,
    Household,
    Patient,
    Relation,
)
from clinic.rules.allergies import allergens
from clinic.selectors import queue
from core.audit import journal
from core.db import create_many
from core.ids import derived_id
from core.phones import parse_phone
from desk.demo.calendar import DAY
from desk.demo.cast import Cast
from desk.demo.chance import Chance
from desk.demo.people import Person

LEVELS = {EquityLevel.POOR_1: 0.4, EquityLevel.POOR_2: 0.45, EquityLevel.AT_RISK: 0.15}
REACTIONS = ("កន្ទួល រមាស់", "ហើមមុខ", "ពិបាកដកដង្ហើម", "ក្អួត")  # rash; swollen face; breathless; vomits
HOUSE = 2  # parts of a reference that name the house: village and number
CARDS_SINCE = 500  # days


def card(value: str, today: dt.date) -> dict[str, Any]:
    """Return how poor a household's equity card says it is, and how long it holds."""
    chance = Chance("equity", value)
    issued = today - chance.between(40, 1200) * DAY
    return {"level": chance.weighted(LEVELS), "issued_on": issued, "valid_until": issued + 1095 * DAY}


def tell(cast: Cast, people: Iterable[Person]) -> None:
    """Write down households and all that belongs to the people in them, at once."""
    homes: dict[str, list[tuple[Person, Patient]]] = defaultdict(list)
    for person in people:
        if person.ref in cast.patients:
            homes["-".join(person.ref.split("-")[:HOUSE])].append((person, cast.patients[person.ref]))
    families = {home: family for home, family in homes.items() if len(family) > 1}
    houses = [
        Household(id=derived_id("demo-house", home), village=family[0][1].village, recorded_by=cast.nurse)
        for home, family in families.items()
    ]
    create_many(Household, houses)
    for house, family in zip(houses, families.values(), strict=True):
        for _, patient in family:
            patient.household = house
    known = [pair for family in homes.values() for pair in family]
    relations = [row for family in families.values() for row in _guardians(family, cast)]
    allergic = _allergies(cast, [patient for _, patient in known])
    create_many(Relation, relations)
    create_many(Allergy, allergic)
    _ask_about_allergies(cast, {row.patient_id for row in allergic}, [patient for _, patient in known])
    consents = _consents(cast, [patient for _, patient in known])
    create_many(Consent, consents)
    create_many(ContactPoint, _phones(cast, [patient for _, patient in known]))
    CardPrint.objects.bulk_create(_cards(cast, homes))
    patients = [patient for _, patient in known]
    _write(patients)
    journal.note("desk.demo.homes_told", None, *houses, *relations, *allergic, *consents, *patients, by=cast.nurse)


def _write(patients: list[Patient]) -> None:
    """Write two columns of many people row by row: one CASE over all (`bulk_update`) takes ten times longer."""
    columns: list[Any] = [Patient._meta.get_field(name) for name in ("household", "no_allergy_on", "id")]
    rows = [
        [field.get_db_prep_save(getattr(patient, field.attname), connection) for field in columns]
        for patient in patients
    ]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE clinic_patient SET household_id = %s, no_allergy_on = %s WHERE id = %s", rows)


def _guardians(family: list[tuple[Person, Patient]], cast: Cast) -> Iterable[Relation]:
    by_name = {person.name_km: patient for person, patient in family}
    for person, patient in family:
        guardian = by_name.get(person.guardian)
        if guardian and guardian is not patient and patient.guardian:
            kind = Relation.Kind.MOTHER if guardian.sex == "F" else Relation.Kind.FATHER
            yield Relation(patient=patient, guardian=guardian, kind=kind, recorded_by=cast.nurse)


def _allergies(cast: Cast, patients: list[Patient]) -> list[Allergy]:
    """Let a few react to something: nobody whom the open work treats, but the first who waits."""
    chance, kinds = Chance("allergies", cast.today.year), list(allergens().values())
    free = {cast.patients[person.ref].pk for person in cast.waiting}
    waits = queue.today(cast.today)[0].patient
    rows = [_allergy(waits, next(row for row in kinds if row.kind == Allergy.Kind.MEDICINE), chance, cast)]
    rows += [
        _allergy(patient, chance.early(kinds), chance, cast)
        for patient in patients
        if chance.happens(0.04) and patient.pk in free and patient.pk != waits.pk
    ]
    return rows


def _allergy(patient: Patient, row: Any, chance: Chance, cast: Cast) -> Allergy:
    return Allergy(
        patient=patient, kind=row.kind, substance=row.english, atc=row.atc, reaction=chance.one(REACTIONS),
        severe=chance.happens(0.15), told_on=cast.today - chance.between(1, 400) * DAY, recorded_by=cast.nurse,
    )  # fmt: skip


def _ask_about_allergies(cast: Cast, allergic: set[Any], patients: list[Patient]) -> None:
    chance = Chance("asked", cast.today.year)
    for patient in patients:
        if chance.happens(0.6) and patient.pk not in allergic and not patient.deceased_on:
            patient.no_allergy_on = cast.today - chance.between(0, 400) * DAY


def _consents(cast: Cast, patients: list[Patient]) -> list[Consent]:
    chance = Chance("consents", cast.today.year)
    return [
        Consent(
            patient=patient, purpose=purpose, given=chance.happens(0.97), on=cast.today - chance.between(1, 400) * DAY,
            recorded_by=cast.nurse,
        )
        for patient in patients
        if chance.happens(0.1)
        for purpose in (Consent.Purpose.RECORD, Consent.Purpose.SHARE)
    ]  # fmt: skip


def _phones(cast: Cast, patients: list[Patient]) -> list[ContactPoint]:
    """Let some without a telephone be reached through the chief of their village."""
    chance = Chance("chiefs", cast.today.year)
    return [
        ContactPoint(
            patient=patient, phone=parse_phone(f"012 {700_000 + (patient.village_id or 0) % 100_000}"),
            whose=ContactPoint.Whose.CHIEF, recorded_by=cast.nurse,
        )
        for patient in patients
        if not patient.phone and chance.happens(0.5)
    ]  # fmt: skip


def _cards(cast: Cast, homes: dict[str, list[tuple[Person, Patient]]]) -> list[CardPrint]:
    """Let many households have their cards, printed on one sheet; now and then one was lost."""
    chance, rows = Chance("cards", cast.today.year), []
    for home, family in homes.items():
        if not chance.happens(0.55):
            continue
        at = cast.now - chance.between(1, CARDS_SINCE) * DAY
        sheet = derived_id("demo-cards", home)
        rows += [_print(patient, "first", sheet, at, cast) for _, patient in family]
        if chance.happens(0.08) and at < cast.now - 30 * DAY:
            _, patient = chance.one(family)
            rows.append(_print(patient, "lost", derived_id(sheet, "lost"), at + 29 * DAY, cast))
    return rows


def _print(patient: Patient, reason: str, sheet: Any, at: dt.datetime, cast: Cast) -> CardPrint:
    return CardPrint(patient=patient, reason=reason, sheet=sheet, recorded_at=at, recorded_by=cast.nurse)
