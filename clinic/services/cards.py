"""Print patient cards; every print is remembered with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from clinic.models import CardPrint, Patient
from core.audit import journal
from core.audit.journal import Note
from core.db import create_many
from core.errors import RuleBroken
from core.ids import derived_id

Reason = CardPrint.Reason


@transaction.atomic
def print_cards(*, patients: Sequence[Patient], sheet: UUID, by: Any, again: str = "") -> list[CardPrint]:
    """Remember that cards of these people (of `selectors.cards.chosen`) leave the printer together as one `sheet`.

    Who has no card yet gets the first; `again` says why the others get another. Raises RuleBroken:
    clinic.card_for_nobody, clinic.card_again_why; Conflict("constraint.same_id") for a sheet sent twice.
    """
    if not patients:
        raise RuleBroken("clinic.card_for_nobody")
    if again not in {Reason.LOST, Reason.DAMAGED, Reason.CHANGED} and (known := _who_has_one(patients)):
        raise RuleBroken("clinic.card_again_why", field="again", name=known[0].name, count=len(known))
    rows = [
        CardPrint(
            id=derived_id(sheet, patient.id), sheet=sheet, patient=patient, recorded_by=by,
            reason=again if patient.prints else Reason.FIRST,  # type: ignore[attr-defined]
        )
        for patient in patients
    ]  # fmt: skip
    create_many(CardPrint, rows)
    journal.note_many([Note("clinic.card.printed", row, detail={"reason": row.reason}) for row in rows], by=by)
    return rows


def _who_has_one(patients: Sequence[Patient]) -> list[Patient]:
    return [patient for patient in patients if patient.prints]  # type: ignore[attr-defined]
