"""Questions about health education. Heads are a number of their own: nothing here adds them to contacts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Sum, Value
from django.db.models.functions import Coalesce

from core.gather import gather
from mobile_team.models import Attendance, Education

PAGE = 40
HEADS = Attendance.HEADS
AUDIENCES = gather(Attendance.objects.all(), "education", audience="audience", **{name: name for name in HEADS})


def locked(id: UUID) -> Any:
    """Return a talk with its audiences, locked until the transaction ends. Raises Education.DoesNotExist."""
    talk: Any = Education.objects.select_for_update().get(pk=id)
    talk.counts = list(talk.audiences.values("audience", *HEADS))
    return talk


def document(talk: Any) -> dict[str, Any]:
    """Return a talk as tablets send and read it; `talk.counts` are its audiences."""
    return {
        "session": str(talk.session_id) if talk.session_id else None, "village": talk.village_id,
        "on": talk.on.isoformat(), "topic": talk.topic, "topic_text": talk.topic_text, "place": talk.place,
        "teachers": talk.teachers, "with_department": talk.with_department, "brushes": talk.brushes,
        "pastes": talk.pastes, "note": talk.note, "audiences": audiences(talk),
    }  # fmt: skip


def audiences(talk: Any) -> dict[str, dict[str, int]]:
    """Return {audience: {women, men, girls, boys}} of a talk, in the order in which audiences are named."""
    found = {row["audience"]: {who: row[who] for who in HEADS} for row in talk.counts or []}
    return {name: found[name] for name in Attendance.Audience.values if name in found}


def of_sessions(ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return the talks of each session in the order in which they were written, void ones too. One statement."""
    found: dict[UUID, list[Any]] = {}
    for talk in Education.objects.filter(session__in=list(ids)).annotate(counts=AUDIENCES).order_by("id"):
        found.setdefault(talk.session_id, []).append(talk)  # type: ignore[arg-type]
    return found


def between(first: date, last: date) -> list[Any]:
    """Return the standing talks of some days with village and audiences, in order. One statement."""
    rows = Education.objects.filter(on__range=(first, last), void_reason="").select_related("village")
    return list(rows.annotate(counts=AUDIENCES).order_by("on", "id"))


def talk(id: UUID) -> Any | None:
    """Return one talk with its village, session, writer and audiences. One statement."""
    rows = Education.objects.select_related("village__commune__district__province", "session", "recorded_by")
    return rows.annotate(counts=AUDIENCES).filter(pk=id).first()


def page(first: date, last: date, *, before: tuple[date, UUID] | None = None) -> tuple[list[Any], Any | None]:
    """Return a page of the talks of some days, newest first, and the talk after which the next page begins."""
    rows = Education.objects.filter(on__range=(first, last)).select_related("village__commune")
    if before:
        on, key = before
        rows = rows.filter(on__lte=on).exclude(on=on, id__gte=key)
    found: list[Any] = list(rows.annotate(counts=AUDIENCES).order_by("-on", "-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None


@dataclass(frozen=True)
class Heads:
    """How many talks were held and how many listened: unnamed heads, and who they were."""

    talks: int = 0
    women: int = 0
    men: int = 0
    girls: int = 0
    boys: int = 0
    brushes: int = 0
    pastes: int = 0

    @property
    def all(self) -> int:
        return self.women + self.men + self.girls + self.boys

    def __add__(self, other: Heads) -> Heads:
        return Heads(*(mine + theirs for mine, theirs in zip(_parts(self), _parts(other), strict=True)))


def _parts(heads: Heads) -> tuple[int, ...]:
    return (heads.talks, heads.women, heads.men, heads.girls, heads.boys, heads.brushes, heads.pastes)


def heads_of(talk: Any) -> Heads:
    """Return the heads of one talk; none of a void one."""
    if talk.void_reason:
        return Heads()
    sums = {who: sum(row[who] for row in talk.counts or []) for who in HEADS}
    return Heads(talks=1, **sums, brushes=talk.brushes, pastes=talk.pastes)


def heads_between(first: date, last: date) -> Heads:
    """Return how many talks were held in some days and how many listened. Two statements."""
    rows = Education.objects.filter(on__range=(first, last), void_reason="")
    handed = rows.aggregate(talks=Coalesce(Sum(Value(1)), 0), **{n: Coalesce(Sum(n), 0) for n in ("brushes", "pastes")})
    listened = Attendance.objects.filter(education__in=rows.values("pk"))
    return Heads(**handed, **listened.aggregate(**{who: Coalesce(Sum(F(who)), 0) for who in HEADS}))
