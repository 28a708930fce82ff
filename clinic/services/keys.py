"""What the search box needs to find a person: written with the person, and again when name, phone or village change."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.models import ContactPoint, NameKey, Patient
from clinic.rules.likeness import phone_keys
from core.db import create_many
from core.names import name_keys

NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")


def key_rows(patient: Patient, phones: Iterable[str] = ()) -> list[NameKey]:
    """Return the keys of a person, unsaved; `phones` are the telephones beside the first one.

    A bulk import writes the same rows.
    """
    keys = name_keys(*(getattr(patient, name) for name in NAMES))
    for phone in (patient.phone, *phones):
        keys |= phone_keys(phone)
    return [NameKey(key=key, village_id=patient.village_id, patient=patient) for key in sorted(keys)]


def rewrite(patient: Patient) -> None:
    """Write a person's keys again, by what is written of them and their telephones now; three statements."""
    phones = ContactPoint.objects.filter(patient=patient).values_list("phone", flat=True)
    NameKey.objects.filter(patient=patient).delete()
    create_many(NameKey, key_rows(patient, phones))
