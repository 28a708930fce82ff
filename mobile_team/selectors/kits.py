"""What was packed for a session, what became of it, and whether it adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from clinic.models import PreventiveDose
from mobile_team.models import DentalCheckup, Education, KitLine

DEWORMING = (KitLine.Item.MEBENDAZOLE.value, KitLine.Item.ALBENDAZOLE.value)
NUMBERS = ("packed", "given", "returned", "lost")
FACTS = (*NUMBERS, "note")


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
    """Return a line for every item that can be packed, in their order. Three statements, four without `rows`."""
    there = {row.item: row for row in (KitLine.objects.filter(session=session_id) if rows is None else rows)}
    counts = counted([session_id]).get(session_id, {})
    return [
        Line(item, there.get(item), counts.get(item, 0) if item in KitLine.COUNTED else None)
        for item in KitLine.Item.values
    ]  # fmt: skip


def counted(ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many brushes, pastes and doses were given in each session, as written. Three statements.

    From check-ups, from talks, and from the doses that belong to the contacts of the check-ups.
    """
    ids = list(ids)
    found: dict[UUID, dict[str, int]] = {}
    seen = DentalCheckup.objects.standing().filter(session__in=ids).order_by().values_list("session")
    given = seen.annotate(brush=Count("id", filter=Q(toothbrush=True)), paste=Count("id", filter=Q(toothpaste=True)))
    handed = Education.objects.filter(session__in=ids, void_reason="").order_by().values_list("session")
    for rows in (given, handed.annotate(brush=Sum("brushes"), paste=Sum("pastes"))):
        for session, brush, paste in rows:
            _add(found, session, brush=brush, paste=paste)
    doses = PreventiveDose.objects.filter(encounter__checkup__session__in=ids, void_reason="", what__in=DEWORMING)
    for session, what, n in doses.order_by().values_list("encounter__checkup__session", "what").annotate(n=Count("id")):
        _add(found, session, **{what: n})
    return found


def document(row: KitLine) -> dict[str, Any]:
    """Return what a tablet may say of a line of a kit."""
    return {name: getattr(row, name) for name in FACTS}


def _add(found: dict[UUID, dict[str, int]], session: Any, **counts: int) -> None:
    there = found.setdefault(session, {})
    for item, n in counts.items():
        there[item] = there.get(item, 0) + n
