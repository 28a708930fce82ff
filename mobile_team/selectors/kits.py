"""What was packed for a session, what became of it, and whether it adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from clinic.models import PreventiveDose
from mobile_team.models import DentalCheckup, Education, KitLine, Session

DEWORMING = (KitLine.Item.MEBENDAZOLE.value, KitLine.Item.ALBENDAZOLE.value)
NUMBERS = ("packed", "given", "returned", "lost")
FACTS = (*NUMBERS, "note")
COUNTS = tuple(f"n_{item}" for item in KitLine.COUNTED)


@dataclass(frozen=True)
class Line:
    """One item of a kit. `counted` is what check-ups, talks and doses say was given; None where nothing counts it."""

    item: str
    row: KitLine | None = None
    counted: int | None = None

    @property
    def words(self) -> Any:
        return KitLine.Item(self.item).label

    @property
    def packed(self) -> int:
        return self.row.packed if self.row else 0

    @property
    def given(self) -> int | None:
        """Return what was given: as counted, else as told."""
        return self.counted if self.counted is not None else self.row.given if self.row else None

    @property
    def told_otherwise(self) -> int | None:
        """Return what somebody told to have been given where the count says something else."""
        told = self.row.given if self.row else None
        return told if self.counted is not None and told not in (None, self.counted) else None

    @property
    def returned(self) -> int | None:
        return self.row.returned if self.row else None

    @property
    def lost(self) -> int | None:
        return self.row.lost if self.row else None

    @property
    def counted_back(self) -> bool:
        """Return whether anybody counted what came back."""
        return self.returned is not None

    @property
    def difference(self) -> int | None:
        """Return how many are missing (above zero) or too many (below); None until the kit was counted back."""
        if not self.counted_back:
            return None
        return self.packed - (self.given or 0) - (self.returned or 0) - (self.lost or 0)


def lines(session_id: UUID, rows: Iterable[KitLine] | None = None) -> list[Line]:
    """Return a line for every item that can be packed, in their order. One statement, two without `rows`."""
    there = KitLine.objects.filter(session=session_id) if rows is None else rows
    return of_kit(there, counted([session_id]).get(session_id, {}))


def of_kit(rows: Iterable[KitLine], counts: Mapping[str, int]) -> list[Line]:
    """Return a line for every item that can be packed, in their order, with what was counted of it."""
    there = {row.item: row for row in rows}
    return [
        Line(item, there.get(item), counts.get(item, 0) if item in KitLine.COUNTED else None)
        for item in KitLine.Item.values
    ]


def counted(ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many brushes, pastes and doses were given in each session, as written. One statement."""
    rows = with_counts(Session.objects.filter(pk__in=list(ids))).values_list("pk", *COUNTS)
    return {pk: dict(zip(KitLine.COUNTED, counts, strict=True)) for pk, *counts in rows}


def with_counts(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Annotate sessions with `n_brush` and so on: what was given there.

    From check-ups, from talks, and from the doses that belong to the contacts of the check-ups.
    """
    seen = DentalCheckup.objects.standing().filter(session=OuterRef("pk"))
    handed = Education.objects.filter(session=OuterRef("pk"), void_reason="")
    doses = PreventiveDose.objects.filter(encounter__checkup__session=OuterRef("pk"), void_reason="")
    return sessions.annotate(
        n_brush=_count(seen.filter(toothbrush=True)) + _sum(handed, "brushes"),
        n_paste=_count(seen.filter(toothpaste=True)) + _sum(handed, "pastes"),
        n_mebendazole=_count(doses.filter(what="mebendazole")),
        n_albendazole=_count(doses.filter(what="albendazole")),
    )


def _count(rows: QuerySet[Any]) -> Any:
    return _sum(rows.annotate(one=Value(1)), "one")


def _sum(rows: QuerySet[Any], column: str) -> Any:
    """Return the sum of a column of the outer row's own rows; 0 for none."""
    summed = rows.order_by().annotate(same=Value(1)).values("same").annotate(n=Sum(column)).values("n")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))


def document(row: KitLine) -> dict[str, Any]:
    """Return what a tablet may say of a line of a kit."""
    return {name: getattr(row, name) for name in FACTS}
