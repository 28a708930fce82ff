"""What is decided about a medicine itself, apart from where it lies."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from core.editing import Edit, bring_together
from pharmacy import rules
from pharmacy.models import Medicine
from pharmacy.selectors.formulary import FIELDS, document


@transaction.atomic
def add(*, by: Any, **fields: Any) -> Medicine:
    """Add a medicine to the formulary; `fields` are those of `FIELDS`.

    Raises RuleBroken("pharmacy.atc_unreadable"), Conflict("constraint.pharmacy_medicine_once").
    """
    medicine = Medicine(**_right(fields))
    save_checked(medicine)
    note("pharmacy.medicine.added", medicine, by=by, medicine=medicine.pk, **document(medicine))
    return medicine


@transaction.atomic
def change(*, medicine_id: int, by: Any, edit: Edit | None = None, **fields: Any) -> Medicine:
    """Change what is said of a medicine; with an `edit` what others changed meanwhile stands.

    Raises Medicine.DoesNotExist, `core.editing.Clashed`, and what `add` raises.
    """
    medicine = Medicine.objects.select_for_update().get(pk=medicine_id)
    before = document(medicine)
    for name, value in bring_together(edit, now=before, mine=_right(fields)).items():
        setattr(medicine, name, value)
    save_checked(medicine)
    note("pharmacy.medicine.changed", medicine, by=by, medicine=medicine.pk, before=before, after=document(medicine))
    return medicine


def _right(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - set(FIELDS)
    if unknown:
        raise TypeError(f"a medicine has no {', '.join(sorted(unknown))}")
    return fields | {"atc": rules.an_atc(fields["atc"])}


@transaction.atomic
def set_reorder_level(*, medicine_id: int, level: int, by: Any) -> Medicine:
    """Say at how many units a medicine runs low; 0 is never.

    Raises Medicine.DoesNotExist.
    """
    medicine = Medicine.objects.select_for_update().get(pk=medicine_id)
    before, medicine.reorder_at = medicine.reorder_at, level
    save_checked(medicine)
    note("pharmacy.medicine.reorder_level_set", medicine, by=by, medicine=medicine.pk, before=before, level=level)
    return medicine
