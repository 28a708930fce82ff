"""The telephones of a person beside the first one, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinic.models import ContactPoint, Patient
from core.db import create_many
from core.errors import RuleBroken
from core.phones import parse_phone

MOST = 6

Phones = list[tuple[str, str]]


def told(phones: Iterable[tuple[str, str]], *, besides: str = "") -> Phones:
    """Return (phone, whose) as they are kept, each once, without the first telephone `besides`.

    Raises RuleBroken: core.phone_unreadable, clinic.phones_too_many, clinic.phone_whose.
    """
    found: dict[str, str] = {}
    for text, whose in phones:
        if not text:
            continue
        if whose not in ContactPoint.Whose.values:
            raise RuleBroken("clinic.phone_whose", field="phones")
        try:
            found.setdefault(parse_phone(text), whose)
        except RuleBroken as broken:
            raise RuleBroken(broken.code, field="phones") from broken
    found.pop(besides, None)
    if len(found) > MOST:
        raise RuleBroken("clinic.phones_too_many", field="phones", most=MOST)
    return list(found.items())


def rows_of(patient: Patient, phones: Phones, *, by: Any) -> list[ContactPoint]:
    """Return rows for telephones as they are kept, unsaved."""
    return [ContactPoint(patient=patient, phone=phone, whose=whose, recorded_by=by) for phone, whose in phones]


def put(patient: Patient, phones: Phones, *, by: Any) -> None:
    """Let a person have exactly these telephones beside the first one."""
    ContactPoint.objects.filter(patient=patient).delete()
    create_many(ContactPoint, rows_of(patient, phones, by=by))
