"""The list of medicines itself: what the centre may have, whether it lies anywhere or not."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, Subquery

from pharmacy.models import Medicine
from pharmacy.selectors.stock import PAGE, matching

FIELDS = ("name", "name_km", "form", "strength", "atc", "group", "note", "pack", "reorder_at", "active")


def document(medicine: Medicine) -> dict[str, Any]:
    """Return what is said of a medicine, in plain values, for an edit that others may make too."""
    return {name: getattr(medicine, name) for name in FIELDS}


def page(
    *, text: str = "", unused: bool = False, after: int | None = None
) -> tuple[list[Medicine], int | None]:  # fmt: skip
    """Return one page of medicines by name, in use or out of it, and the key of the next page: one statement."""
    rows = after_key(matching(Medicine.objects.filter(active=not unused), text), after)
    found = list(rows.order_by("name", "id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def after_key(rows: QuerySet[Any], after: int | None) -> QuerySet[Any]:
    """Return the medicines that come after one of them by (name, id)."""
    if after is None:
        return rows
    name = Subquery(Medicine.objects.filter(pk=after).values("name"))
    return rows.filter(Q(name__gt=name) | Q(name=name, id__gt=after))


def groups() -> list[str]:
    """Return the groups in use, to be offered again."""
    return list(Medicine.objects.exclude(group="").order_by("group").values_list("group", flat=True).distinct())
