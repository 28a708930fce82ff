"""What is decided about a medicine itself, apart from where it lies."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.audit.journal import note
from core.db import save_checked
from pharmacy.models import Medicine


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
