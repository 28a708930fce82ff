"""Who lives with a person, who answers for whom, and the equity card that holds for all of them: one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404

from clinic.models import EquityLevel, Identifier, Patient, Relation, Sex
from clinic.selectors import people
from core.ages import Age
from core.gather import gather

_PERSON = (
    "id", "number", "family_name", "given_name", "family_name_km", "given_name_km", "sex", "birth_date",
    "birth_precision", "deceased_on",
)  # fmt: skip


@dataclass(frozen=True)
class Relative:
    """One person of a family; `kind` says what they are to the other, where they are a guardian or a ward."""

    patient: Patient
    age: Age | None
    kind: str = ""
    relation_id: UUID | None = None

    @property
    def kind_words(self) -> str:
        """Return who a guardian is, in words."""
        return str(Relation.Kind(self.kind).label) if self.kind else ""


@dataclass(frozen=True)
class Card:
    """An equity card, and whose it is; one of any member holds for the whole household."""

    value: str
    level: str
    issued_on: dt.date | None
    valid_until: dt.date | None
    expired: bool
    holder_id: UUID

    @property
    def level_words(self) -> str:
        """Return how poor the card says the household is, in words."""
        return str(EquityLevel(self.level).label) if self.level else ""


@dataclass(frozen=True)
class Family:
    """What the record shows of the people around one person."""

    members: list[Relative] = field(default_factory=list)
    guardians: list[Relative] = field(default_factory=list)
    wards: list[Relative] = field(default_factory=list)
    card: Card | None = None


def with_family(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    """Add what `family_of` reads to people, so that a page asks for it in the statement it needs anyway."""
    lives = Patient.objects.filter(merged_into=None)
    cards = Identifier.objects.filter(kind=Identifier.Kind.EQUITY)
    fields = {name: name for name in ("id", "value", "level", "issued_on", "valid_until")} | {"holder": "patient_id"}
    return rows.annotate(
        household_people=gather(lives, "household", outer="household", **_person("")),
        household_cards=gather(
            cards.filter(patient__merged_into=None), "patient__household", outer="household", **fields
        ),
        own_cards=gather(cards, "patient", **fields),
        guardian_rows=gather(Relation.objects.all(), "patient", relation="id", kind="kind", **_person("guardian__")),
        ward_rows=gather(Relation.objects.all(), "guardian", relation="id", kind="kind", **_person("patient__")),
    )  # fmt: skip


def get_or_404(id: UUID) -> Any:
    """Return a person ready for `family_of`, with village and allergies, in one statement; raises Http404."""
    person = with_family(people.with_alerts(people.standing(id).select_related("village"))).first()
    if person is None:
        raise Http404
    return person


def family_of(person: Any, today: dt.date) -> Family:
    """Return the family of a person brought by `with_family`; without it, one statement asks."""
    if not hasattr(person, "household_people"):
        person = with_family(Patient.objects.filter(pk=person.pk)).get()
    members = [row for row in person.household_people or [] if UUID(row["id"]) != person.pk]
    return Family(
        members=_relatives(members, today), guardians=_relatives(person.guardian_rows, today),
        wards=_relatives(person.ward_rows, today),
        card=_best([*(person.own_cards or []), *(person.household_cards or [])], today),
    )  # fmt: skip


def _person(path: str) -> dict[str, Any]:
    return {name: F(f"{path}{name}") for name in _PERSON}


def _relatives(rows: list[dict[str, Any]] | None, today: dt.date) -> list[Relative]:
    """Return people out of gathered rows, the eldest first."""
    found = [_relative(row, today) for row in rows or []]
    return sorted(found, key=lambda one: (one.patient.birth_date or dt.date.max, one.patient.number))


def _relative(row: dict[str, Any], today: dt.date) -> Relative:
    said = {name: row[name] for name in _PERSON} | {"id": UUID(row["id"]), "sex": Sex(row["sex"])}
    person = Patient(**(said | {name: _day(row[name]) for name in ("birth_date", "deceased_on")}))
    relation = row.get("relation")
    return Relative(person, person.age_on(today), row.get("kind", ""), UUID(relation) if relation else None)


def _best(rows: list[dict[str, Any]], today: dt.date) -> Card | None:
    """Return the card that holds: one that has not expired before one that has, the newest of those."""
    cards = [_card(row, today) for row in sorted(rows, key=lambda row: row["id"], reverse=True)]
    return max(cards, key=lambda card: (not card.expired, card.valid_until or dt.date.min), default=None)


def _card(row: dict[str, Any], today: dt.date) -> Card:
    until = _day(row["valid_until"])
    return Card(
        row["value"], row["level"], _day(row["issued_on"]), until, bool(until and until < today), UUID(row["holder"])
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
