"""Which of two values stands when two records become one: chosen column by column, the better filled one proposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from clinic.models import Patient
from core.ages import Precision

WINNER, LOSER = "winner", "loser"
_EXACT = [Precision.DAY, Precision.MONTH, Precision.YEAR, Precision.STATED, Precision.UNKNOWN]


@dataclass(frozen=True)
class Group:
    """Columns that are chosen together, since half of one answer and half of another would be no answer."""

    name: str
    words: Any
    columns: tuple[str, ...]

    def values(self, patient: Patient) -> tuple[Any, ...]:
        """Return what a record says."""
        return tuple(getattr(patient, column) for column in self.columns)

    def filled(self, patient: Patient) -> int:
        """Return how much a record says."""
        return sum(value not in (None, "") for value in self.values(patient))


GROUPS = (
    Group("khmer", _("Name in Khmer"), ("family_name_km", "given_name_km")),
    Group("latin", _("Name in Latin letters"), ("family_name", "given_name")),
    Group("sex", _("Sex"), ("sex",)),
    Group(
        "birth", _("Birth or age"),
        ("birth_precision", "birth_date", "birth_earliest", "birth_latest", "told_age", "told_unit", "told_on"),
    ),
    Group("village", _("Village"), ("village_id",)),
    Group("phone", _("Phone"), ("phone",)),
    Group("guardian", _("Parent or guardian"), ("guardian",)),
    Group("household", _("Household"), ("household_id",)),
    Group("payer", _("Who pays"), ("payer",)),
    Group("death", _("Death"), ("deceased_on", "deceased_source")),
)  # fmt: skip
# What is not chosen: who the record is, and what follows from the allergies of both.
KEPT = frozenset({"id", "number", "recorded_at", "recorded_by_id", "merged_into_id", "no_allergy_on"})


def differing(winner: Patient, loser: Patient) -> list[Group]:
    """Return the groups in which the two records differ."""
    return [group for group in GROUPS if group.values(winner) != group.values(loser)]


def proposed(group: Group, winner: Patient, loser: Patient) -> str:
    """Return whose value is proposed: the more exact birth, else the better filled one, else the survivor's."""
    if group.name == "birth":
        exact = [_EXACT.index(Precision(patient.birth_precision)) for patient in (winner, loser)]
        return LOSER if exact[1] < exact[0] else WINNER
    return LOSER if group.filled(loser) > group.filled(winner) else WINNER


def chosen(winner: Patient, loser: Patient, choices: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return the survivor's columns that change, each as [before, after]; what is not chosen is as proposed."""
    changes: dict[str, list[Any]] = {}
    for group in differing(winner, loser):
        if choices.get(group.name, proposed(group, winner, loser)) == LOSER:
            changes |= {
                column: [getattr(winner, column), getattr(loser, column)]
                for column in group.columns
                if getattr(winner, column) != getattr(loser, column)
            }
    return changes


def fingerprint(winner: Patient, loser: Patient) -> str:
    """Return a short word for how the two records read; it is another one once somebody corrects either."""
    said = [[group.values(patient) for group in GROUPS] + [str(patient.merged_into_id)] for patient in (winner, loser)]
    return hashlib.sha256(json.dumps(said, cls=DjangoJSONEncoder).encode()).hexdigest()[:32]
