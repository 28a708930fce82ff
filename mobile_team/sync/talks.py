"""Health education on tablets: recorded, amended, taken back."""

from __future__ import annotations

from typing import Any

from core.documents import Document
from core.errors import RuleBroken
from core.ops import AMEND, CREATE, VOID, MissingParent, Op, Verdict
from mobile_team.models import Attendance, Education, Session
from mobile_team.selectors import talks as selectors
from mobile_team.services import talks
from mobile_team.sync import amended, differences, village_of

COUNTS = ("brushes", "pastes")


def apply(op: Op) -> Verdict:
    """Record a talk, write it anew, or take it back."""
    return {CREATE: _create, AMEND: _amend, VOID: _void}[op.kind](op)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    said, session = _said(doc), doc.key("session")
    if session and not Session.objects.called(session).exists():
        raise MissingParent("session", session)
    if session is None:
        said |= {"village": village_of(doc).pk, "on": _day(doc)}
    talks.record(id=op.record, session_id=session, by=op.by, today=op.today, **said)
    return Verdict("applied")


def _amend(op: Op) -> Verdict:
    try:
        talk = selectors.locked(op.record)
    except Education.DoesNotExist:
        raise MissingParent("education", op.record) from None
    write, clashes = differences(op, selectors.document(talk), _meant)
    if "village" in write:
        village_of(Document(write))
    if "on" in write:
        write["on"] = _day(Document(write))
    if write:
        talks.correct(talk_id=op.record, by=op.by, today=op.today, **write)
    return amended(clashes)


def _void(op: Op) -> Verdict:
    try:
        talks.void(talk_id=op.record, reason=Document(op.doc).text("reason"), by=op.by)
    except Education.DoesNotExist:
        raise MissingParent("education", op.record) from None
    return Verdict("applied")


def _meant(doc: Document) -> dict[str, Any]:
    """Return what is said of a talk, and nothing that is not, as `selectors.talks.document` gives it."""
    said = {name: value for name, value in _said(doc).items() if name in doc}
    if "village" in doc:
        said["village"] = doc.whole("village")
    if "on" in doc:
        said["on"] = _day(doc)
    return talks.meant(said)


def _said(doc: Document) -> dict[str, Any]:
    return {
        "topic": doc.one_of("topic", Education.Topic.values) if "topic" in doc else "",
        **{name: doc.text(name) for name in talks.WORDS}, "with_department": doc.flag("with_department"),
        **{name: doc.whole(name) or 0 for name in COUNTS}, "audiences": _audiences(doc.part("audiences")),
    }  # fmt: skip


def _audiences(doc: Document) -> dict[str, dict[str, int]]:
    """Return the heads by audience; one that nobody knows is refused, its heads would be lost without a word."""
    if odd := [name for name in doc.doc if name not in Attendance.Audience.values]:
        raise RuleBroken("core.not_a_choice", field=doc.field(str(odd[0])[:40]))
    return {name: {who: doc.part(name).whole(who) or 0 for who in Attendance.HEADS} for name in doc.doc}


def _day(doc: Document) -> Any:
    on = doc.day("on")
    if on is None:
        raise RuleBroken("core.not_a_day", field="on")
    return on
