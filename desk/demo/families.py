"""What a register has no column for: children's guardians and the equity cards of poor households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from clinic.models import Identifier, Patient
from core.accounts.models import User
from core.ages import age_at
from core.audit import journal
from core.audit.journal import Note
from core.db import create_many
from desk.demo import homes
from desk.demo.people import Person

OF_AGE = 15


def by_reference() -> dict[str, Patient]:
    """Return everybody a register brought, by reference."""
    numbers = Identifier.objects.filter(kind=Identifier.Kind.REGISTER).select_related("patient")
    return {number.value: number.patient for number in numbers}


@transaction.atomic
def tell(people: Iterable[Person], today: dt.date, *, by: User) -> dict[str, Patient]:
    """Write guardians and cards onto the people who are in the database, all at once; return those by reference."""
    patients = by_reference()
    here = [(person, patients[person.ref]) for person in people if person.ref in patients]
    guarded = []
    for person, patient in here:
        if person.guardian and not patient.guardian and age_at(person.born, today).years < OF_AGE:
            patient.guardian = person.guardian
            guarded.append(patient)
    has_card = set(Identifier.objects.filter(kind=Identifier.Kind.EQUITY).values_list("patient", flat=True))
    cards = [
        Identifier(
            patient=patient,
            kind=Identifier.Kind.EQUITY,
            value=person.card,
            recorded_by=by,
            **homes.card(person.card, today),
        )
        for person, patient in here
        if person.card and patient.pk not in has_card
    ]  # fmt: skip
    Patient.objects.bulk_update(guarded, ["guardian"], batch_size=500)
    create_many(Identifier, cards)
    told = {patient.pk: patient for patient in [*guarded, *(card.patient for card in cards)]}
    journal.note_many([Note("desk.demo.family_told", patient) for patient in told.values()], by=by)
    return patients
