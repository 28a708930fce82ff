"""Health education: record a talk and who listened, correct it, take it back. Heads are counted, never contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit import journal
from core.db import create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from mobile_team.models import Attendance, Education, Session
from mobile_team.selectors import talks

WORDS = ("topic_text", "place", "teachers", "note")
FACTS = ("topic", *WORDS, "with_department", "brushes", "pastes")
WHERE = ("village", "on")  # of a talk in a session these are the session's
Heads = Mapping[str, Mapping[str, int]]  # {"villagers": {"women": 12, "men": 3, "girls": 0, "boys": 0}}


def record(*, by: Any, today: date, id: UUID | None = None, session_id: UUID | None = None, **said: Any) -> Education:
    """Record a talk that was held, with its audiences; its session counts as held from then on.

    `said` are village (its key) and on, unless there is a session; topic, topic_text, place, teachers,
    with_department, brushes, pastes, note; audiences as `Heads`. Sent twice with the same `id`, it is kept once.
    Raises RuleBroken: mobile_team.no_such_session, mobile_team.session_in_future, mobile_team.talk_in_future,
    mobile_team.no_village, and what a row refuses.
    """
    try:
        return _record(id=id or uuid7(), session_id=session_id, by=by, today=today, said=said)
    except Conflict as conflict:
        if id is None or conflict.code != "constraint.same_id":
            raise
        kept = Education.objects.filter(pk=id).first()
        if kept is None:
            raise
        return kept


@transaction.atomic
def _record(*, id: UUID, session_id: UUID | None, by: Any, today: date, said: dict[str, Any]) -> Education:
    held = _held(session_id, today)
    talk = Education(id=id, session=held, recorded_by=by)
    _tell(talk, said)
    if held:
        talk.village_id, talk.on = held.village_id, held.on
    _check(talk, today)
    save_checked(talk)
    audiences = said.get("audiences", {})
    create_many(Attendance, _rows(talk, audiences, by))
    journal.note("mobile_team.talk.recorded", talk, *([held] if held else []), by=by, heads=heads(audiences))
    return talk


@transaction.atomic
def correct(*, talk_id: UUID, by: Any, today: date, edit: Edit | None = None, **said: Any) -> Education:
    """Correct a talk; only what is said changes, the log keeps old and new. `audiences` is one field.

    With an `edit` what others changed meanwhile stands, field by field. Raises Education.DoesNotExist;
    RuleBroken: mobile_team.talk_void, mobile_team.session_says_when, mobile_team.talk_in_future, and what a row
    refuses; `core.editing.Clashed`.
    """
    talk = talks.locked(talk_id)
    if talk.void_reason:
        raise RuleBroken("mobile_team.talk_void")
    now = talks.document(talk)
    together = bring_together(edit, now=now, mine=meant(said))
    altered = {name: [now[name], value] for name, value in together.items() if value != now[name]}
    if not altered:
        return talk
    if talk.session_id and (odd := [name for name in WHERE if name in altered]):
        raise RuleBroken("mobile_team.session_says_when", field=odd[0])
    _tell(talk, {name: value for name, (_, value) in altered.items()})
    _check(talk, today)
    save_checked(talk, create=False)
    if "audiences" in altered:
        _replace(talk, altered["audiences"][1], by)
    journal.note("mobile_team.talk.corrected", talk, *_session_of(talk), by=by, changes=altered)
    return talk


@transaction.atomic
def void(*, talk_id: UUID, reason: str, by: Any) -> Education:
    """Mark a talk as entered in error; it stays readable and is counted no more.

    Raises Education.DoesNotExist, RuleBroken("mobile_team.reason_missing") or ("mobile_team.talk_void").
    """
    if not (reason := normalise(reason)):
        raise RuleBroken("mobile_team.reason_missing", field="reason")
    talk = Education.objects.select_for_update().get(pk=talk_id)
    if talk.void_reason:
        raise RuleBroken("mobile_team.talk_void")
    talk.void_reason = reason
    save_checked(talk, create=False)
    journal.note("mobile_team.talk.voided", talk, *_session_of(talk), by=by, reason=reason)
    return talk


def meant(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody says of a talk in the form of `talks.document`: plain JSON, words normalised."""
    plain: dict[str, Any] = {name: normalise(value) if name in WORDS else value for name, value in said.items()}
    if "on" in plain:
        plain["on"] = plain["on"].isoformat()
    if "audiences" in plain:
        plain["audiences"] = {
            name: {who: count.get(who, 0) for who in Attendance.HEADS}
            for name, count in plain["audiences"].items() if any(count.values())
        }  # fmt: skip
    return plain


def heads(audiences: Heads) -> int:
    """Return how many listened in all."""
    return sum(sum(count.values()) for count in audiences.values())


def _held(session_id: UUID | None, today: date) -> Session | None:
    if session_id is None:
        return None
    held = Session.objects.hold(session_id)
    if held is None:
        raise RuleBroken("mobile_team.no_such_session")
    if held.on > today:
        raise RuleBroken("mobile_team.session_in_future")
    return held


def _tell(talk: Education, said: Mapping[str, Any]) -> None:
    for name in (*FACTS, "on"):
        if name in said:
            setattr(talk, name, normalise(said[name]) if name in WORDS else said[name])
    if isinstance(talk.on, str):
        talk.on = date.fromisoformat(talk.on)
    if "village" in said:
        talk.village_id = said["village"]


def _check(talk: Education, today: date) -> None:
    if talk.village_id is None:
        raise RuleBroken("mobile_team.no_village", field="village")
    if talk.on is None or talk.on > today:
        raise RuleBroken("mobile_team.talk_in_future", field="on")
    if talk.topic == Education.Topic.OTHER and not talk.topic_text:
        raise RuleBroken("constraint.mobile_other_topic_named", field="topic_text")


def _rows(talk: Education, audiences: Heads, by: Any) -> list[Attendance]:
    return [
        Attendance(education=talk, audience=audience, recorded_by=by, **count)
        for audience, count in audiences.items() if any(count.values())
    ]  # fmt: skip


def _replace(talk: Education, audiences: Heads, by: Any) -> None:
    """Write the audiences anew: a handful of rows, each no more than four numbers."""
    Attendance.objects.filter(education=talk).delete()
    create_many(Attendance, _rows(talk, audiences, by))


def _session_of(talk: Education) -> Iterable[Session]:
    """Return a talk's session, whose page and document show the talk."""
    return [Session(pk=talk.session_id)] if talk.session_id else []
