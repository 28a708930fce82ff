"""What is written of a person, all of it, and the same as one plain document that two edits can be compared in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from clinic.models import ContactPoint, Identifier, Patient, Photo
from clinic.selectors import people
from core.gather import gather

NAMES = ("family_name", "given_name", "family_name_km", "given_name_km")
PLAIN = (*NAMES, "sex", "phone", "guardian", "payer")
KINDS: tuple[str, ...] = tuple(Identifier.Kind.values)
SHARED = (Identifier.Kind.EQUITY, Identifier.Kind.FAMILY)  # numbers of a household, not of one person
NO_BIRTH: dict[str, Any] = {
    "birth_date": None, "birth_earliest": None, "birth_latest": None, "birth_precision": "unknown", "told_age": None,
    "told_unit": "", "told_on": None,
}  # fmt: skip


def written(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add `numbers`, `phones` and `photo_sha` to people; no statement more."""
    return rows.annotate(
        numbers=gather(
            Identifier.objects.all(), "patient", id="id", kind="kind", value="value", level="level",
            issued_on="issued_on", valid_until="valid_until",
        ),
        phones=gather(ContactPoint.objects.all(), "patient", id="id", phone="phone", whose="whose"),
        photo_sha=Subquery(Photo.objects.filter(patient=OuterRef("pk")).values("sha256")[:1]),
    )  # fmt: skip


def get(id: UUID) -> Any:
    """Return a person with everything that is written of them and the village's path, in one statement; None."""
    rows = people.standing(id).select_related("village__commune__district__province")
    return written(people.with_alerts(rows)).first()


def get_or_404(id: UUID) -> Any:
    """Return what `get` returns; raises Http404 when nobody has this id."""
    person = get(id)
    if person is None:
        raise Http404
    return person


def held(patient: Patient) -> Patient:
    """Return the person whose record stands, held against other writers until the transaction ends."""
    return Patient.objects.select_for_update().get(pk=patient.merged_into_id or patient.pk)


def held_whole(patient: Patient) -> Any:
    """Return what `held` returns with everything that is written of the person; one statement too."""
    rows = Patient.objects.select_for_update(of=("self",)).filter(pk=patient.merged_into_id or patient.pk)
    return written(rows).get()


def taken(numbers: Iterable[tuple[str, str]], *, besides: UUID) -> str:
    """Return the kind of the first of these (kind, value) that somebody else has already, "" for none."""
    wanted = [(kind, value) for kind, value in numbers if value]
    rows = Identifier.objects.filter(value__in=[value for _, value in wanted]).exclude(patient=besides)
    others = set(rows.exclude(kind__in=SHARED).values_list("kind", "value")) if wanted else set()
    return next((kind for kind, value in wanted if (kind, value) in others), "")


def newest_numbers(person: Any) -> dict[str, dict[str, Any]]:
    """Return the newest number of each kind; older ones of a kind stay beside it and keep finding the person."""
    return {row["kind"]: row for row in sorted(person.numbers or [], key=lambda row: row["id"])}


def other_phones(person: Any) -> list[tuple[str, str]]:
    """Return the telephones beside the first one, as (phone, whose), in the order in which they were written."""
    return [(row["phone"], row["whose"]) for row in sorted(person.phones or [], key=lambda row: row["id"])]


def document(person: Any) -> dict[str, Any]:
    """Return what can be corrected of a person, as plain JSON by the names of the form's boxes."""
    numbers = newest_numbers(person)
    return {
        **{name: getattr(person, name) for name in PLAIN},
        "village": person.village_id, "birth": birth_document(person),
        "phones": [list(pair) for pair in other_phones(person)],
        **{f"number_{kind}": number_document(numbers.get(kind)) for kind in KINDS},
    }  # fmt: skip


def birth_document(person: Patient) -> dict[str, Any] | None:
    """Return what was said of the birth, None when nothing was."""
    if person.birth_date is None:
        return None
    days = ("birth_date", "birth_earliest", "birth_latest", "told_on")
    said = {name: _iso(getattr(person, name)) for name in days}
    return said | {name: getattr(person, name) for name in ("birth_precision", "told_age", "told_unit")}


def with_birth(said: dict[str, Any]) -> Patient:
    """Return a nameless person of whose birth this document is."""
    fields = {column: Patient._meta.get_field(column) for column in said}
    return Patient(**{column: fields[column].to_python(value) for column, value in said.items()})  # type: ignore[union-attr]


def number_document(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return one number without its id, None for none."""
    if row is None or not row["value"]:
        return None
    said = {"value": row["value"], "level": row["level"]}
    return said | {name: _iso(row[name]) for name in ("issued_on", "valid_until")}


def _iso(day: dt.date | str | None) -> str | None:
    return day.isoformat() if isinstance(day, dt.date) else day
