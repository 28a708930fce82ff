"""The other numbers of a person, as rows: checked, in the one form in which they are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from clinic.models import Identifier, Patient
from clinic.rules.identifiers import Number, tidy
from core.db import broken_constraints, clean, save_checked
from core.errors import RuleBroken

EQUITY = Identifier.Kind.EQUITY


def told(
    numbers: Iterable[Number | tuple[Any, ...]], *, today: dt.date, kept: Collection[tuple[str, str]] = ()
) -> list[Number]:
    """Return numbers, also given as (kind, value), as they are kept; an empty value says that there is none.

    Those `kept` already were written before today's rules and stay. Raises RuleBroken: what `rules.identifiers.tidy`
    raises, clinic.number_unknown_kind, clinic.level_without_card, clinic.date_in_future.
    """
    found: dict[tuple[str, str], Number] = {}
    for said in numbers:
        number = Number(*said)
        if number.kind not in Identifier.Kind.values:
            raise RuleBroken("clinic.number_unknown_kind", field="identifiers")
        try:
            if (number.kind, number.value) not in kept:
                number = number._replace(value=tidy(number.kind, number.value))
        except RuleBroken as broken:
            raise RuleBroken(broken.code, field="identifiers", **broken.params) from broken
        if number.level and number.kind != EQUITY:
            raise RuleBroken("constraint.clinic_identifier_level_of_equity", field="identifiers")
        if number.value == "" and (number.level or number.issued_on or number.valid_until):
            raise RuleBroken("clinic.level_without_card", field="identifiers")
        if number.issued_on and number.issued_on > today:
            raise RuleBroken("clinic.date_in_future", field="identifiers")
        found[number.kind, number.value] = number
    return list(found.values())


def rows_of(patient: Patient, numbers: Iterable[Number], *, by: Any) -> list[Identifier]:
    """Return rows for numbers as they are kept, unsaved; empty ones are left out."""
    return [Identifier(patient=patient, recorded_by=by, **number._asdict()) for number in numbers if number.value]


def put(patient: Patient, kind: str, standing: UUID | None, number: dict[str, Any] | None, *, by: Any) -> None:
    """Let the number `standing` read as the document `number` says: written, written over, or taken away."""
    if number is None:
        Identifier.objects.filter(pk=standing or UUID(int=0)).delete()
        return
    days = {name: number[name] and dt.date.fromisoformat(number[name]) for name in ("issued_on", "valid_until")}
    row = Identifier(patient=patient, kind=kind, value=number["value"], level=number["level"], recorded_by=by, **days)
    if standing is None:
        save_checked(row)
        return
    clean(row)
    with broken_constraints():
        Identifier.objects.filter(pk=standing).update(value=row.value, level=row.level, **days)
