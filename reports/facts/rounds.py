"""Villages: which the team meant to reach, which it reached, and how many were seen there."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Q
from django.db.models.functions import Cast, Substr

from clinic.models import Encounter
from core.places.models import Village
from mobile_team.models import Session
from reports import small
from reports.spans import Span


@dataclass(frozen=True)
class Reached:
    """One village: sessions in the plan, held, cancelled; contacts of the mobile team with its people or at its stop.

    `hidden` says that the number of contacts is not shown where village detail leaves the house. `village` is None for
    contacts that name no village.
    """

    village: Village | None
    planned: int
    held: int
    cancelled: int
    contacts: int
    hidden: bool


def villages(span: Span) -> list[Reached]:
    """Return every village in the plan or with a contact of the mobile team, in their order: three statements."""
    plan = _sessions(span)
    by_month = _contacts(span)
    contacts: Counter[Any] = Counter()
    for month in by_month.values():
        contacts.update(month)
    known = Village.objects.filter(pk__in=[*plan, *filter(None, contacts)]).select_related("commune")
    keys = [*known.order_by("commune__code", "code"), *([None] if contacts[None] else [])]
    # A village of the plan where nobody was seen is a nought that others can hide behind.
    noughts = dict.fromkeys((village.pk if village else None for village in keys), 0)
    hidden = small.hidden_over([noughts | month for month in by_month.values()])
    nothing = {"planned": 0, "held": 0, "cancelled": 0}
    found = []
    for village in keys:
        key = village.pk if village else None
        found.append(Reached(village, **plan.get(key, nothing), contacts=contacts[key], hidden=key in hidden))
    return found


def _sessions(span: Span) -> dict[Any, dict[str, int]]:
    states = Session.State
    rows: Any = Session.objects.filter(on__range=(span.first, span.last)).order_by().values("village")
    counted = rows.annotate(
        planned=Count("pk"), held=Count("pk", filter=Q(state=states.HELD)),
        cancelled=Count("pk", filter=Q(state=states.CANCELLED)),
    )  # fmt: skip
    return {row.pop("village"): row for row in counted}


def _contacts(span: Span) -> dict[str, dict[Any, int]]:
    rows: Any = Encounter.objects.contacts().filter(kind="mobile", on__range=(span.first, span.last)).order_by()
    found: dict[str, dict[Any, int]] = defaultdict(dict)
    month = Substr(Cast("on", CharField()), 1, 7)
    for text, village, number in rows.values_list(month, "village").annotate(n=Count("pk")):
        found[text][village] = number
    return found
