"""Every key to a patient in every room, and what a merge does with it; a test finds one that is missing here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models import (
    Admission,
    Allergy,
    CardPrint,
    Consent,
    ContactPoint,
    Encounter,
    Identifier,
    LikelyPair,
    Merge,
    NameKey,
    Patient,
    Photo,
    Pregnancy,
    PreventiveDose,
    Relation,
)
from core.db import broken_constraints
from pharmacy.models import AidCase, Dispensing
from referrals.models import Referral, Trip


class How(Enum):
    """What a merge does with the rows of one key."""

    MOVES = "moves"
    MOVES_UNLESS_SAME = "moves unless the survivor has the same"
    STAYS = "stays with the record that was taken up"


@dataclass(frozen=True)
class Key:
    """One key to a patient. Two rows are the same when the columns in `same` agree and neither is void.

    `other` is the second key of a row that ties two people together: nobody may become tied to themselves. `hangs_on`
    names the contact or referral that such a row may belong to, which it follows when a merge is taken back; those
    must stand above it.
    """

    model: type[models.Model]
    field: str
    how: How
    words: Any = ""
    same: tuple[str, ...] = ()
    other: str = ""
    hangs_on: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name under which a merge remembers what it moved."""
        return f"{self.model._meta.label_lower}.{self.field}"

    def of(self, patient: UUID) -> models.QuerySet[Any]:
        """Return the rows of a person."""
        return self.model._default_manager.filter(**{f"{self.field}_id": patient})

    def movable(self, loser: UUID, winner: UUID) -> list[UUID]:
        """Return the rows of the loser that can become the winner's; one statement."""
        if self.how is How.MOVES:
            return list(self.of(loser).values_list("pk", flat=True))
        void = any(field.name == "void_reason" for field in self.model._meta.fields)
        columns = ["pk", f"{self.field}_id", *self.same, *([self.other] if self.other else [])]
        rows = self.model._default_manager.filter(**{f"{self.field}__in": [loser, winner]})
        said = [tuple(row) for row in rows.values_list(*columns, *(["void_reason"] if void else []))]
        standing = [row for row in said if not (void and row[-1])]
        width = 2 + len(self.same)
        taken = {row[2:width] for row in standing if row[1] == winner}
        stays = {row[0] for row in standing if row[1] == loser and row[2:width] in taken}
        if self.other:
            stays |= {row[0] for row in said if row[width] in (loser, winner)}
        return [row[0] for row in said if row[1] == loser and row[0] not in stays]

    def give(self, ids: list[UUID], to: UUID) -> None:
        """Let rows be of another person; one statement. Raises Conflict when the database refuses it."""
        with broken_constraints():
            self.model._default_manager.filter(pk__in=ids).update(**{f"{self.field}_id": to})


MOVES, UNLESS_SAME, STAYS = How.MOVES, How.MOVES_UNLESS_SAME, How.STAYS

TABLE = (
    # Encounters first: what hangs on a contact follows it.
    Key(Encounter, "patient", MOVES, _("Contacts")),
    Key(Admission, "patient", MOVES, _("Stays"), hangs_on=("encounter",)),
    Key(Pregnancy, "patient", MOVES, _("Pregnancies")),
    Key(PreventiveDose, "patient", UNLESS_SAME, _("Preventive doses"), same=("what", "on"), hangs_on=("encounter",)),
    Key(Dispensing, "patient", MOVES, _("Medicine given"), hangs_on=("encounter",)),
    Key(Referral, "patient", MOVES, _("Referrals"), hangs_on=("encounter",)),
    Key(AidCase, "patient", MOVES, _("Help with costs"), hangs_on=("encounter", "referral")),
    Key(Trip, "patient", MOVES, _("Journeys"), hangs_on=("referral",)),
    Key(Allergy, "patient", UNLESS_SAME, _("Allergies"), same=("substance",)),
    Key(Consent, "patient", MOVES, _("Consents")),
    Key(Identifier, "patient", UNLESS_SAME, _("Other numbers"), same=("kind", "value")),
    Key(ContactPoint, "patient", UNLESS_SAME, _("Further phones"), same=("phone",)),
    Key(Photo, "patient", UNLESS_SAME, _("Photo")),  # a person has one: any is the same
    Key(CardPrint, "patient", MOVES, _("Printed cards")),
    Key(Relation, "patient", UNLESS_SAME, _("Parents and guardians"), same=("guardian_id",), other="guardian_id"),
    Key(Relation, "guardian", UNLESS_SAME, _("Guardian of"), same=("patient_id",), other="patient_id"),
    Key(Patient, "merged_into", MOVES, _("Records taken up before")),  # so that every old number is one step away
    Key(NameKey, "patient", STAYS),  # by an old name the survivor is found through `merged_into`
    Key(LikelyPair, "one", STAYS),
    Key(LikelyPair, "other", STAYS),
    Key(Merge, "winner", STAYS),
    Key(Merge, "loser", STAYS),
)
MOVING = tuple(key for key in TABLE if key.how is not STAYS)
