"""What each of two records has: the counts of every room, for the page that lays them side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.models import LikelyPair, Merge, Patient
from clinic.selectors.people import with_alerts
from core.gather import gather
from desk.merging.table import MOVING


def sides(one: UUID, other: UUID) -> tuple[Any, Any]:
    """Return two records, or their survivors, with allergies and what they have by room in `had`; None when unknown.

    One statement.
    """
    counts = {f"n{place}": _count(place) for place in range(len(MOVING))}
    kept = Patient.objects.filter(pk__in=[one, other]).values(root=Coalesce("merged_into", "pk"))
    rows: Any = with_alerts(Patient.objects.filter(pk__in=kept).select_related("village", "household"))
    taken_up = gather(Patient.objects.all(), "merged_into", id="id")
    found: dict[UUID, Any] = {}
    for row in rows.annotate(**counts, took=taken_up):
        row.had = [getattr(row, name) for name in counts]
        found |= {row.pk: row} | {UUID(said["id"]): row for said in row.took or []}
    return found.get(one), found.get(other)


def had(*both: Any) -> list[tuple[Any, tuple[int, ...]]]:
    """Return, by room, how many rows each side has; rooms where nobody has any are left out."""
    rows = zip(MOVING, zip(*(one.had for one in both), strict=True), strict=True)
    return [(key.words, counts) for key, counts in rows if any(counts)]


def _count(place: int) -> Coalesce:
    key = MOVING[place]
    rows = key.model._default_manager.filter(**{key.field: OuterRef("pk")}).order_by().values(key.field)
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


# --- The lists -------------------------------------------------------------------------------------------------------

PAGE = 20


def pairs(state: str, *, before: tuple[int, UUID] | None = None, limit: int = PAGE) -> list[LikelyPair]:
    """Return one page of pairs whose records both stand, the likeliest first by (score, id); one statement."""
    rows: QuerySet[LikelyPair] = LikelyPair.objects.filter(
        state=state, one__merged_into=None, other__merged_into=None
    ).select_related("one__village", "other__village", "decided_by")
    if before:
        score, key = before
        rows = rows.filter(score__lte=score).exclude(score=score, id__lte=key)
    return list(rows.order_by("-score", "id")[:limit])


def merges(*, before: UUID | None = None, limit: int = PAGE) -> list[Merge]:
    """Return one page of merges, the newest first; one statement."""
    rows = Merge.objects.select_related("winner", "loser", "recorded_by", "undone_by").order_by("-id")
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def taken_up(patient: Patient) -> list[Merge]:
    """Return the merges by which a record took up others, the newest first."""
    return list(Merge.objects.filter(winner=patient, undone_at=None).select_related("loser").order_by("-id"))
