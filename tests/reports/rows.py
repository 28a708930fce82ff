"""Rows as the figures meet them, written without services so that a test can say exactly what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from clinic.models import Admission, Diagnosis, Encounter, Patient
from core.ages import Birth, slot_of
from core.ids import uuid7
from mobile_team.models import DentalCheckup
from tests.builders import a_condition

NOON = dt.datetime(2025, 1, 1, 5, tzinfo=dt.UTC)


def a_person(*, sex: str = "F", born: dt.date | None = None, name: str = "Sreymom") -> Patient:
    """Return a saved patient."""
    patient = Patient(number=f"T{uuid7().hex[-12:]}", family_name="Sok", given_name=name, sex=sex)
    patient.tell_birth(Birth.on(born) if born else None)
    patient.save()
    return patient


def a_contact(
    on: dt.date,
    kind: str = "outpatient",
    *,
    patient: Patient | None = None,
    conditions: Sequence[str] = (),
    void: bool = False,
    gave: str = "",
    **given: Any,
) -> Encounter:
    """Return a saved contact; an in-patient has a stay, a mobile one a check-up (`gave="education brush"`)."""
    patient = patient or a_person(born=dt.date(1990, 5, 17))
    slot = slot_of(patient.birth_date, on) if patient.birth_date else None
    contact = Encounter(patient=patient, kind=kind, on=on, age_slot=slot)
    contact.status, contact.void_reason = ("void", "by mistake") if void else ("closed", "")
    for name, value in given.items():
        setattr(contact, name, value)
    contact.save()
    if kind == "inpatient":
        Admission(encounter=contact, patient=patient, admitted_on=on, discharged_on=on, void=void).save()
    if kind == "mobile":
        DentalCheckup(
            encounter=contact, observed_at=NOON, dental_education="education" in gave, toothbrush="brush" in gave,
            toothpaste="paste" in gave,
        ).save()  # fmt: skip
    Diagnosis.objects.bulk_create(Diagnosis(encounter=contact, condition=a_condition(key)) for key in conditions)
    return contact
