"""Write contacts as a register file, in the columns that every register has (docs/how-to/import_a_register.md)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable

from desk.demo.people import Person
from desk.demo.year import Contact
from desk.register.reading import COLUMNS

_WRITTEN = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def as_csv(contacts: Iterable[Contact]) -> bytes:
    """Return the register as CSV in UTF-8; the same contacts give the same bytes."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_row, contacts))
    return file.getvalue().encode()


def _row(contact: Contact) -> dict[str, str]:
    person, seen = contact.person, contact.service == "mobile"
    return {
        "patient_ref": person.ref,
        "family_name": person.family.latin,
        "given_name": person.given.latin,
        "family_name_km": person.family.km,
        "given_name_km": person.given.km,
        "sex": person.sex,
        **_birth(person, contact.on),
        "village_code": person.village,
        "phone": person.phone,
        "contact_date": contact.on.isoformat(),
        "service": contact.service,
        "conditions": ";".join(contact.conditions),
        "discharge_date": contact.discharged_on.isoformat() if contact.discharged_on else "",
        "outcome": contact.outcome,
        **dict.fromkeys(("dental_education", "toothbrush", "toothpaste"), "y" if seen else ""),
    }


def _birth(person: Person, on: dt.date) -> dict[str, str]:
    if person.told == "age":
        return {"age": "{}{}".format(*person.age_told(on))}
    return {"birth_date": person.born.strftime(_WRITTEN[person.told])} if person.told in _WRITTEN else {}
