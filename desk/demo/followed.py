"""What a register has no column for: growth, pressure, pregnancies, doses to prevent, on the contacts of both years."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from clinic.models import AntenatalContact, Diagnosis, Encounter, Patient, Pregnancy, PreventiveDose, Vitals
from clinic.rules import antenatal, growth, prevention
from core.ages import Precision, age_at
from core.audit import journal
from core.db import create_many
from desk.demo.calendar import DAY
from desk.demo.cast import Cast
from desk.demo.chance import Chance

CHILD, SMALL = 1826, 183  # days: WHO's standards end, the arm is measured from here
EARLIEST, LATEST = 8, 27  # weeks at the first contact of a pregnancy
ELDER = 40  # years from which pressure is taken more often than not
Kind = Encounter.Kind


class Seen(NamedTuple):
    """One contact of a year: its row, whose it is, on which day, of what kind."""

    id: UUID
    patient: Patient
    on: dt.date
    kind: str


def tell(cast: Cast) -> None:
    """Write measurements, pregnancies and doses onto contacts that the registers brought, at once."""
    patients = {patient.pk: patient for patient in cast.patients.values()}
    weighed = set(Vitals.objects.values_list("encounter", flat=True))  # today's work came before
    rows = Encounter.objects.contacts().filter(kind__in=[Kind.OUTPATIENT, Kind.OUTREACH], on__lt=cast.today)
    contacts = [
        Seen(key, patients[whose], on, kind)
        for key, whose, on, kind in rows.order_by("on", "id").values_list("id", "patient_id", "on", "kind")
        if whose in patients
    ]
    measured = [row for seen in contacts if seen.id not in weighed for row in _measured(cast, seen)]
    pregnancies, antenatal_contacts = _pregnancies(cast, contacts)
    doses = _doses(cast, contacts)
    for model, made in (
        (Vitals, measured), (Pregnancy, pregnancies), (AntenatalContact, antenatal_contacts), (PreventiveDose, doses),
    ):  # fmt: skip
        create_many(model, made)
    everything: list[Any] = [*measured, *pregnancies, *antenatal_contacts, *doses]
    journal.note("desk.demo.years_told", None, *everything, by=cast.nurse)


# --- Measurements -----------------------------------------------------------------------------------------------------


def _measured(cast: Cast, seen: Seen) -> Iterable[Vitals]:
    """Weigh and measure children, take the pressure of the old; the same child keeps to its own curve."""
    patient, chance = seen.patient, Chance("measured", seen.id)
    if patient.birth_date is None or patient.birth_date > seen.on:
        return
    days = (seen.on - patient.birth_date).days
    at = cast.hour(seen.on, 9, 30)
    if days < CHILD and patient.birth_precision == Precision.DAY:
        if chance.happens(0.75 if seen.kind == Kind.OUTPATIENT else 0.3):
            yield Vitals(encounter_id=seen.id, measured_at=at, recorded_by=cast.nurse, **_growth(patient, days, chance))
    elif days > ELDER * 365 and seen.kind == Kind.OUTPATIENT and chance.happens(0.6):
        high = Chance("pressure", patient.pk).between(108, 158) + chance.between(-6, 6)
        weight = Decimal(Chance("weight", patient.pk).between(42, 71) + chance.between(-1, 1))
        yield Vitals(
            encounter_id=seen.id, measured_at=at, systolic=high, diastolic=high * 3 // 5 + chance.between(-4, 4),
            heart_rate=chance.between(62, 92), weight=weight, recorded_by=cast.nurse,
        )  # fmt: skip


def _growth(patient: Patient, days: int, chance: Chance) -> dict[str, Any]:
    own = Chance("growth", patient.pk)
    long, heavy = (sum(own.between(-90, 90) for _ in range(3)) / 150 - 0.7 for _ in range(2))
    height, weight = (
        _value(indicator, patient.sex, days, z + chance.between(-12, 12) / 100)
        for indicator, z in (("height_for_age", long), ("weight_for_age", (heavy + long) / 2))
    )
    said = {"height": round(height, 1), "weight": round(weight, 2)}
    if days >= SMALL and chance.happens(0.6):
        said["muac"] = Decimal(round(142 + 9 * heavy + days / 200))
    return said


def _value(indicator: str, sex: str, days: int, z: float) -> Decimal:
    row = growth.for_age(indicator, sex, days)
    assert row is not None, f"{indicator} has no age of {days} days"
    return Decimal(row.value_at(z))


# --- Pregnancies ------------------------------------------------------------------------------------------------------


def _pregnancies(cast: Cast, contacts: list[Seen]) -> tuple[list[Pregnancy], list[AntenatalContact]]:
    """Make pregnancies of the contacts about one; the last may be open still."""
    about = set(Diagnosis.objects.filter(condition__key="pregnancy").values_list("encounter", flat=True))
    of_woman: dict[UUID, list[Seen]] = defaultdict(list)
    for seen in contacts:
        if seen.id in about and seen.patient.sex == "F":
            of_woman[seen.patient.pk].append(seen)
    pregnancies: list[Pregnancy] = []
    found: list[AntenatalContact] = []
    for visits in of_woman.values():
        current: Pregnancy | None = None
        for seen in visits:
            if current is None or (current.ended_on and seen.on > current.ended_on):
                free = (seen.on - current.ended_on).days // 7 - 6 if current and current.ended_on else LATEST
                if free < EARLIEST:  # soon after a birth: a look at the mother
                    continue
                current = _pregnancy(cast, seen, min(free, LATEST))
                pregnancies.append(current)
            found.append(_antenatal(current, seen, cast))
    return pregnancies, found


def _pregnancy(cast: Cast, first: Seen, latest: int) -> Pregnancy:
    chance = Chance("pregnancy", first.id)
    edd = antenatal.due_from_weeks(chance.between(EARLIEST, latest), chance.between(0, 6), on=first.on)
    born = edd + chance.between(-12, 8) * DAY
    ended = born if born < cast.today else None
    para = chance.between(0, 4)
    return Pregnancy(
        patient=first.patient, edd=edd, lmp=edd - antenatal.TERM * DAY, reckoned=Pregnancy.Reckoned.LMP,
        gravida=para + 1, para=para, abortions=0, living=para,
        ended_on=ended, outcome=Pregnancy.Outcome.LIVE if ended else "",
        recorded_at=cast.hour(first.on, 10), recorded_by=cast.nurse,
    )  # fmt: skip


def _antenatal(pregnancy: Pregnancy, seen: Seen, cast: Cast) -> AntenatalContact:
    chance = Chance("antenatal", seen.id)
    far = antenatal.gestation(pregnancy.edd, seen.on)
    weeks = far.weeks if far else 0
    return AntenatalContact(
        encounter_id=seen.id, pregnancy=pregnancy, recorded_by=cast.nurse,
        fundal_height=Decimal(weeks + chance.between(-2, 2)) if weeks >= 20 else None,
        fetal_heart_rate=chance.between(122, 158) if weeks >= 18 else None,
        haemoglobin=Decimal(chance.between(92, 131)) / 10, urine_protein="neg" if chance.happens(0.93) else "trace",
        tetanus=chance.happens(0.4), iron_tablets=chance.one((60, 90)),
    )  # fmt: skip


# --- Doses to prevent -------------------------------------------------------------------------------------------------


def _doses(cast: Cast, contacts: list[Seen]) -> list[PreventiveDose]:
    """Give children what was due when they were seen, most of the time."""
    chance, rows = Chance("doses", cast.today.year), list[PreventiveDose]()
    last: dict[UUID, dict[str, dt.date]] = defaultdict(dict)
    for whose, what, on in PreventiveDose.objects.values_list("patient", "what", "on"):
        last[whose][prevention.against(what)] = on
    for seen in contacts:
        patient = seen.patient
        if patient.birth_date is None or patient.birth_date > seen.on or not chance.happens(0.35):
            continue
        for due in prevention.due(age_at(patient.birth_date, seen.on), on=seen.on, last=last[patient.pk]):
            last[patient.pk][due.dose.against] = seen.on
            rows.append(PreventiveDose(
                patient=patient, encounter_id=seen.id, what=due.dose.what, dose=due.dose.amount, on=seen.on,
                recorded_by=cast.nurse,
            ))  # fmt: skip
    return rows
