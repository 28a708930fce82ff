"""What another room measures and gives at a contact of its own: rows checked but unsaved, as a contact begins.

The caller saves them with its own rows and notes all of it at once, so that one save in a village is one change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinic.models import Encounter, PreventiveDose, Vitals
from core.db import clean


def measured(
    contact: Encounter, *, id: UUID, at: dt.datetime, by: Any, weight: Decimal | None, height: Decimal | None
) -> list[Vitals]:
    """Return weight and height as measurements of the contact; nothing when neither was taken.

    Raises RuleBroken("core.invalid") with the field, for a value that no scale shows.
    """
    if weight is None and height is None:
        return []
    row = Vitals(id=id, encounter=contact, measured_at=at, recorded_by=by, weight=weight, height=height)
    clean(row)
    return [row]


def measured_anew(
    id: UUID, contact: Encounter, *, at: dt.datetime, weight: Decimal | None, height: Decimal | None
) -> Vitals:
    """Write weight and height of a set of measurements anew; the rest of it stays. One statement, noted by the caller.

    Raises what `measured` raises. What stood there is kept by the caller's earlier version.
    """
    row = Vitals(id=id, encounter=contact, measured_at=at, weight=weight, height=height)
    clean(row)
    Vitals.objects.filter(pk=id).update(weight=weight, height=height)
    return row


def take_back(contact: Encounter, *, vitals: Iterable[UUID], doses: Iterable[UUID], reason: str) -> list[Any]:
    """Mark measurements and doses of a contact as entered in error; return them for the caller's note.

    A statement for each of the two that has any.
    """
    found: list[Any] = []
    for model, keys in ((Vitals, list(vitals)), (PreventiveDose, list(doses))):
        if keys:
            rows: Any = model._default_manager.filter(pk__in=keys, encounter=contact, void_reason="")
            rows.update(void_reason=reason)
        whose = {"patient_id": contact.patient_id} if model is PreventiveDose else {"encounter": contact}
        found += [model(pk=key, **whose) for key in keys]
    return found
