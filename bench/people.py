"""Many people with contacts, made by bulk inserts and always the same."""

from __future__ import annotations

import datetime as dt
import random

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from clinic.models import Condition, Diagnosis, Encounter, NameKey, NumberBlock, Patient
from clinic.services.patients import key_rows
from core.accounts.models import User
from core.accounts.roles import Role
from core.ages import Birth, slot_of
from core.ids import derived_id, patient_number
from core.periods import local_day
from core.places.models import Village
from desk.demo.names import FAMILY, MEN, WOMEN

CONTACTS = 3
BATCH = 2000


def nurse() -> User:
    """Return the colleague who works in every measurement."""
    user, _ = User.objects.get_or_create(username="bench", defaults={"name": "Bench", "role": Role.ADMIN})
    return user


def browser(user: User) -> Client:
    """Return a logged-in browser that the configured server would let in."""
    host = next((name for name in settings.ALLOWED_HOSTS if "*" not in name), "localhost")
    client = Client(SERVER_NAME=host, headers={"x-forwarded-proto": "https"} if settings.HTTPS else None)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def today() -> dt.date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def made_up(number: int, chance: random.Random, by: User, villages: list[int]) -> Patient:
    """Return person `number`, unsaved."""
    sex = chance.choice("FM")
    family, given = chance.choice(FAMILY), chance.choice(WOMEN if sex == "F" else MEN)
    person = Patient(
        id=derived_id("bench", number), number=patient_number(number), sex=sex, family_name=family.latin,
        given_name=given.latin, family_name_km=family.km, given_name_km=given.km, recorded_by=by,
        phone=f"0{12_000_000 + number}", village_id=chance.choice(villages),
    )  # fmt: skip
    person.tell_birth(Birth.on(today() - dt.timedelta(days=chance.randrange(400, 30_000))))
    return person


@transaction.atomic
def people(size: int, *, contacts: int = CONTACTS) -> list[Patient]:
    """Make `size` people with so many closed contacts each in the last year, one diagnosis a contact."""
    chance, by = random.Random(2026), nurse()
    villages = list(Village.objects.order_by("id").values_list("id", flat=True)[:200])
    conditions = list(Condition.objects.order_by("id"))
    made = [made_up(number, chance, by, villages) for number in range(1, size + 1)]
    Patient.objects.bulk_create(made, batch_size=BATCH)
    NameKey.objects.bulk_create([key for person in made for key in key_rows(person)], batch_size=BATCH)
    NumberBlock.objects.filter(holder="").update(next=size + 1)
    visits = []
    for number, person in enumerate(made):
        assert person.birth_date is not None
        for which in range(contacts):
            on = today() - dt.timedelta(days=chance.randrange(1, 365))
            kind = chance.choice(["outpatient", "mobile"])
            visits.append(
                Encounter(
                    id=derived_id("bench-visit", number, which), patient=person, kind=kind, on=on,
                    village_id=person.village_id, age_slot=slot_of(person.birth_date, on), status="closed",
                    recorded_by=by,
                )
            )  # fmt: skip
    Encounter.objects.bulk_create(visits, batch_size=BATCH)
    Diagnosis.objects.bulk_create(
        [
            Diagnosis(
                id=derived_id("bench-diagnosis", visit.id), encounter=visit, condition=chance.choice(conditions),
                primary=True, recorded_by=by,
            )
            for visit in visits
        ],
        batch_size=BATCH,
    )  # fmt: skip
    return made
