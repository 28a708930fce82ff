"""The rounds of the mobile team: sessions planned, held and cancelled, and the villages they reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from mobile_team.models import Session
from reports.sources.source import Dimension, Shown, Source
from reports.sources.words import joined
from reports.spans import Span


def _sessions(span: Span) -> Any:
    return Session.objects.filter(on__range=(span.first, span.last))


def in_state(*states: str) -> Callable[[Any], Q]:
    """Keep sessions that stand in one of these states."""
    return lambda _: Q(state__in=states)


def first_of_a_village(*states: str) -> Callable[[Any], Q]:
    """Keep one session a village: the first of these days; a village has one session a day."""

    def counted(span: Any) -> Q:
        same = Session.objects.filter(state__in=states, on__gte=span.first_day, on__lt=OuterRef("on"))
        return Q(state__in=states) & Q(~Exists(same.filter(village=OuterRef("village"))))

    return counted


def _shown(row: Any) -> Shown:
    state = joined(row.get_state_display(), row.get_reason_display() if row.reason else "")
    return Shown(str(row.village), joined(row.route, state), reverse("mobile_team:session", args=[row.pk]))


SESSIONS = Source(
    _sessions, _shown, related=("village", "route"),
    dimensions={
        "route": Dimension("route_id", numbered=True),
        "village": Dimension("village_id", numbered=True),
        "commune": Dimension("village__commune_id", numbered=True),
        "district": Dimension("village__commune__district_id", numbered=True),
        "state": Dimension("state", tuple(Session.State.values)),
        "reason": Dimension("reason", tuple(Session.Reason.values)),
    },
)  # fmt: skip
