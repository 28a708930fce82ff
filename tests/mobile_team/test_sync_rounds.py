"""Sessions, talks and kits as tablets send and read them: docs/sync/protocol.md, sections 4 and 5."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.ops import MissingParent, Op
from core.syncing import Change
from mobile_team.models import Attendance, Education, KitLine, Session, SessionAlias
from mobile_team.services import planning, routes
from mobile_team.sync import kits, sessions, talks
from tests.builders import TODAY, a_checkup, a_session, a_village, noon, somebody

pytestmark = pytest.mark.django_db

APPLY = {"session": sessions.apply, "education": talks.apply, "kit": kits.apply}
TALK = {
    "session": None, "on": TODAY.isoformat(), "topic": "teeth", "topic_text": "", "place": "Wat", "teachers": "Dara",
    "with_department": True, "brushes": 20, "pastes": 10, "note": "",
    "audiences": {"pupils": {"women": 1, "men": 0, "girls": 12, "boys": 9}},
}  # fmt: skip


def op(type: str, kind: str, doc: Any, record: Any = None, *, today: dt.date = TODAY) -> Any:
    """Apply one save of a tablet."""
    save = Op(
        id=uuid7(), type=type, record=record or uuid7(), kind=kind, doc=doc, at=noon(today), day=today, today=today,
        by=somebody(), device="T07",
    )  # fmt: skip
    return save, APPLY[type](save)


def amend(type: str, record: Any, set: dict[str, Any], was: dict[str, Any]) -> Any:
    return op(type, "amend", {"set": set, "was": was}, record)[1]


def a_talk(**more: Any) -> Education:
    save, verdict = op("education", "create", TALK | {"village": a_village().pk} | more)
    assert verdict.status == "applied"
    return Education.objects.get(pk=save.record)


def test_a_stop_no_route_foresaw_becomes_a_session() -> None:
    save, verdict = op(
        "session", "create", {"village": a_village().pk, "on": "2026-11-20", "place": " វត្ត ", "note": ""}
    )
    session = Session.objects.get(pk=save.record)
    assert (verdict.status, session.place, session.state) == ("applied", "វត្ត", "planned")


def test_two_tablets_that_make_one_session_keep_one_and_what_they_write_lands_there() -> None:
    doc = {"village": a_village().pk, "on": "2026-11-20", "place": "", "note": ""}
    first, _ = op("session", "create", doc)
    second, verdict = op("session", "create", doc)
    assert verdict.status == "merged"
    assert SessionAlias.objects.get().session_id == first.record
    assert op("session", "create", doc, second.record)[1].status == "merged"  # handed in once more
    assert a_talk(session=str(second.record)).session_id == first.record
    assert a_checkup(session=Session(pk=second.record)).session_id == first.record
    assert amend("session", second.record, {"note": "rain"}, {"note": ""}).status == "merged"
    assert Session.objects.get().note == "rain"
    assert sessions.docs([second.record]) == {
        second.record: {"id": str(second.record), "merged_into": str(first.record)}
    }
    assert Change.objects.filter(resource="mobile_team.session", record_id=second.record).exists()


@pytest.mark.parametrize(
    ("doc", "field"),
    [({"on": "2026-11-20"}, "village"), ({"village": 999_999_999, "on": "2026-11-20"}, "village"),
     ({"village": "1", "on": "2026-11-20"}, "village"), ({"village": 1, "on": "tomorrow"}, "on"),
     ({"village": 1}, "on")],
)  # fmt: skip
def test_a_session_that_cannot_be_read_names_the_field(doc: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        op("session", "create", doc)
    assert broken.value.field == field


def test_a_session_is_held_cancelled_and_planned_again_from_a_tablet() -> None:
    session = a_session()
    seen = {"state": "planned", "reason": ""}
    gone = {"state": "cancelled", "reason": "flood"}
    assert amend("session", session.pk, gone | {"note": "river"}, seen | {"note": ""}).status == "merged"
    session.refresh_from_db()
    assert (session.state, session.reason, session.note) == ("cancelled", "flood", "river")
    assert amend("session", session.pk, {"state": "planned"}, gone).status == "merged"
    assert amend("session", session.pk, {"state": "held"}, seen).status == "merged"
    session.refresh_from_db()
    assert (session.state, session.reason) == ("held", "")


def test_state_and_reason_stay_together_when_another_changed_one_of_them() -> None:
    session = a_session()
    planned = {"state": "planned", "reason": ""}
    amend("session", session.pk, {"state": "cancelled", "reason": "road"}, planned)
    verdict = amend(
        "session", session.pk, {"state": "cancelled", "reason": "flood", "note": "x"}, planned | {"note": ""}
    )
    assert [clash.field for clash in verdict.clashes] == ["reason"]
    session.refresh_from_db()
    assert (session.state, session.reason, session.note) == ("cancelled", "road", "x")
    verdict = amend("session", session.pk, {"state": "held"}, planned)
    assert {clash.field for clash in verdict.clashes} == {"state", "reason"}
    session.refresh_from_db()
    assert session.state == "cancelled"


def test_what_speaks_of_something_unknown_waits_for_it() -> None:
    stranger = uuid7()
    for what, kind, doc in (
        ("session", "amend", {"set": {"note": "x"}, "was": {"note": ""}}),
        ("education", "amend", {"set": {"note": "x"}, "was": {"note": ""}}),
        ("education", "void", {"reason": "x"}),
        ("kit", "amend", {"set": {"packed": 1}, "was": {"packed": 0}}),
    ):
        with pytest.raises(MissingParent) as missing:
            op(what, kind, doc, stranger)
        assert (missing.value.type, missing.value.id) == (what, stranger)
    for what, doc in (("education", TALK | {"session": str(stranger)}),
                      ("kit", {"session": str(stranger), "item": "brush", "packed": 3})):  # fmt: skip
        with pytest.raises(MissingParent) as missing:
            op(what, "create", doc)
        assert (missing.value.type, missing.value.id) == ("session", stranger)


def test_a_talk_in_a_session_takes_its_day_and_village_and_the_session_counts_as_held() -> None:
    session = a_session(on=TODAY - dt.timedelta(days=2))
    talk = a_talk(session=str(session.pk), village=None, on="2026-11-20")
    session.refresh_from_db()
    assert (talk.on, talk.village_id, session.state) == (session.on, session.village_id, "held")
    assert Attendance.objects.get().girls == 12


def test_two_amendments_of_a_talk_meet_field_by_field() -> None:
    talk = a_talk()
    heads = TALK["audiences"]
    more = {"pupils": {"girls": 14, "boys": 9, "women": 1}}
    assert amend("education", talk.pk, {"audiences": more}, {"audiences": heads}).status == "merged"
    verdict = amend("education", talk.pk, {"audiences": {}, "brushes": 22}, {"audiences": heads, "brushes": 20})
    assert [clash.field for clash in verdict.clashes] == ["audiences"]
    talk.refresh_from_db()
    assert (talk.brushes, Attendance.objects.get().girls) == (22, 14)
    assert amend("education", talk.pk, {"note": "again"}, {"note": "never seen"}).status == "conflict"


@pytest.mark.parametrize(
    "odd",
    [{"topic": "love"}, {"topic": "other"}, {"brushes": -1}, {"brushes": 2001}, {"brushes": "5"}, {"on": "2026-11-21"},
     {"audiences": {"cows": {"girls": 1}}}, {"audiences": {"pupils": {"girls": 2001}}}, {"audiences": []},
     {"teachers": "x" * 161}, {"place": {"a": 1}}, {"session": "no key"}, {"village": None}],
)  # fmt: skip
def test_a_talk_that_cannot_be_is_refused_whole(odd: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken):
        op("education", "create", TALK | {"village": a_village().pk} | odd)
    assert not Education.objects.exists()


def test_a_talk_taken_back_stays_readable_and_cannot_be_amended() -> None:
    talk = a_talk()
    op("education", "void", {"reason": "wrong village"}, talk.pk)
    talk.refresh_from_db()
    assert talk.void_reason == "wrong village"
    with pytest.raises(RuleBroken, match="talk_void"):
        amend("education", talk.pk, {"note": "x"}, {"note": ""})


def test_a_kit_is_packed_and_counted_back_on_two_tablets() -> None:
    session = a_session()
    save, _ = op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60})
    assert op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60}, save.record)[1]
    assert amend("kit", save.record, {"returned": 20, "lost": 0}, {"returned": None, "lost": None}).status == "merged"
    verdict = amend("kit", save.record, {"returned": 18, "note": "wet"}, {"returned": None, "note": ""})
    assert [(c.field, c.theirs, c.mine) for c in verdict.clashes] == [("returned", 20, 18)]
    line = KitLine.objects.get()
    assert (line.packed, line.returned, line.lost, line.note) == (60, 20, 0, "wet")


def test_a_second_line_of_one_item_is_refused_in_words() -> None:
    session = a_session()
    op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60})
    with pytest.raises(Conflict, match="mobile_kit_line_once"):
        op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60})


def test_a_session_is_read_with_kit_and_talks_in_few_statements() -> None:
    village = a_village()
    route = routes.save(name_km="ក", name_en="North", weekday=4, stops=[(village, "Wat")], by=somebody())
    (session,) = planning.plan(first=TODAY, last=TODAY, by=somebody()).made
    op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60})
    a_checkup(session=session)
    talk = a_talk(session=str(session.pk))
    others = [a_session(on=TODAY + dt.timedelta(days=n)) for n in range(1, 4)]
    with CaptureQueriesContext(
        connection,
    ) as seen:
        found = sessions.docs([session.pk, *(other.pk for other in others)])
    assert len(seen) <= 9
    doc = found[session.pk]
    assert (doc["village"], doc["on"], doc["state"], doc["stop"]) == (village.pk, "2026-11-20", "held", "village")
    assert doc["route"] == {"km": route.name_km, "en": "North"}
    assert doc["kit"][0]["counted"] == 21  # one child, and twenty to the group
    assert doc["talks"][0]["id"] == str(talk.pk)
    assert doc["talks"][0]["audiences"] == TALK["audiences"]
    assert set(sessions.coming([village], TODAY, TODAY)) == {session.pk}


def test_every_change_moves_the_session_in_the_feed() -> None:
    session = a_session()

    def seq() -> int:
        return Change.objects.get(resource="mobile_team.session", record_id=session.pk).seq

    before = seq()
    talk = a_talk(session=str(session.pk))
    kit, _ = op("kit", "create", {"session": str(session.pk), "item": "brush", "packed": 60})
    for change in (
        lambda: amend("education", talk.pk, {"note": "x"}, {"note": ""}),
        lambda: op("education", "void", {"reason": "x"}, talk.pk),
        lambda: amend("kit", kit.record, {"returned": 2}, {"returned": None}),
        lambda: amend("session", session.pk, {"note": "x"}, {"note": ""}),
    ):
        change()
        assert seq() > before
        before = seq()
    assert Entry.objects.filter(verb="mobile_team.kit.saved").count() == 2
