"""Health education: talks, and who listened. Unnamed heads, never mixed with contacts."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from mobile_team.models import Attendance, Education
from reports.sources.source import Dimension, Part, Shown, Source
from reports.sources.words import joined
from reports.spans import Span

HEADS = tuple(
    Part(who, {"sex": sex, "grown": grown})
    for who, sex, grown in (
        ("women", "F", "adult"), ("men", "M", "adult"), ("girls", "F", "child"), ("boys", "M", "child"),
    )
)  # fmt: skip


def _talks(span: Span) -> Any:
    return Education.objects.filter(on__range=(span.first, span.last), void_reason="")


def _audiences(span: Span) -> Any:
    return Attendance.objects.filter(education__in=_talks(span).values("pk"))


def _dimensions(talk: str = "") -> dict[str, Dimension]:
    return {
        "topic": Dimension(f"{talk}topic", tuple(Education.Topic.values)),
        "village": Dimension(f"{talk}village_id", numbered=True),
        "commune": Dimension(f"{talk}village__commune_id", numbered=True),
        "district": Dimension(f"{talk}village__commune__district_id", numbered=True),
        "route": Dimension(f"{talk}session__route_id", numbered=True),
    }


def _talk(talk: Any) -> Shown:
    more = joined(talk.village, talk.place, talk.teachers)
    return Shown(talk.topic_text or str(talk.get_topic_display()), more, reverse("mobile_team:talk", args=[talk.pk]))


def _audience(row: Any) -> Shown:
    said = _talk(row.education)
    return Shown(said.words, joined(row.get_audience_display(), said.more), said.href)


TALKS = Source(_talks, _talk, dimensions=_dimensions(), related=("village",))
LISTENERS = Source(
    _audiences, _audience, "education__on", related=("education__village",),
    dimensions=_dimensions("education__") | {
        "audience": Dimension("audience", tuple(Attendance.Audience.values)),
    },
)  # fmt: skip
