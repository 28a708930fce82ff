"""What a tablet is told: its people and sessions, each change once, never anybody out of its scope."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Patient
from clinic.services import patients
from core.audit.models import Read
from core.periods import CLINIC_TZ
from core.places.models import Village
from desk.merging import services as merges
from sync import cursor as cursors
from sync import feed
from sync.models import Held
from sync.services import history
from tests.builders import TODAY, a_checkup, a_patient, a_session, somebody
from tests.sync.doors import a_tablet, lend

QUIET = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
NOW = dt.datetime(2026, 11, 20, 8, tzinfo=CLINIC_TZ)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def tablet(mobile, administrator):
    return a_tablet(mobile, by=administrator)


@pytest.fixture
def villages(db):
    return list(Village.objects.order_by("pk")[:3])


def told(changes):
    return {c["id"]: c["state"] for c in changes}


def move(patient, village):
    return patients.correct(patient=patient, by=somebody(), today=TODAY, village=village)


# -- scope ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_tablet_without_a_checkout_is_told_of_nobody(tablet, villages):
    a_patient(village=villages[0])
    assert tablet.pull()[0] == []
    assert Read.objects.count() == 0


@pytest.mark.django_db
def test_it_is_told_of_the_people_and_sessions_of_its_villages_and_of_no_others(tablet, villages, administrator):
    inside, outside, nowhere = (a_patient(village=v) for v in (villages[0], villages[1], None))
    soon, late, gone = (a_session(village=villages[0], on=TODAY + dt.timedelta(days=d)) for d in (8, 9, -15))
    elsewhere = a_session(village=villages[1])
    lend(tablet, villages[0], by=administrator)
    changes, _ = tablet.pull()
    assert told(changes) == {str(inside.pk): "live", str(soon.pk): "live"}
    for other in (outside, nowhere, late, gone, elsewhere):
        assert str(other.pk) not in str(changes)


@pytest.mark.django_db
def test_a_page_ends_where_it_says_and_the_next_begins_there(tablet, villages, administrator):
    people = [a_patient(village=villages[0], given_name=f"N{i}") for i in range(7)]
    lend(tablet, villages[0], by=administrator)
    changes, cursor = tablet.pull(limit=3)
    assert [c["id"] for c in changes] == [str(p.pk) for p in people]
    assert [c["seq"] for c in changes] == sorted({c["seq"] for c in changes})
    assert tablet.pull(cursor, limit=3) == ([], cursor)


@pytest.mark.django_db
def test_the_document_is_the_whole_record(tablet, villages, administrator):
    patient = a_patient(village=villages[0], phone="012345678", family_name_km="សុខ")
    a_checkup(patient=patient, session=a_session(village=villages[0]))
    lend(tablet, villages[0], by=administrator)
    docs = {c["type"]: c["doc"] for c in tablet.pull()[0]}
    assert docs["patient"]["family_name_km"] == "សុខ"
    assert len(docs["patient"]["checkups"]) == 1
    assert docs["session"]["village"] == villages[0].pk


@pytest.mark.django_db
def test_a_check_up_moves_the_whole_record(tablet, villages, administrator):
    patient, session = a_patient(village=villages[0]), a_session(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    a_checkup(patient=patient, session=session)
    changes, _ = tablet.pull(cursor)
    assert len(next(c for c in changes if c["id"] == str(patient.pk))["doc"]["checkups"]) == 1


@pytest.mark.django_db
def test_who_moves_away_is_purged_until_the_tablet_has_moved_on(tablet, villages, administrator):
    patient = a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    _, before = tablet.pull()
    move(patient, villages[1])
    for _ in range(2):  # an answer that was lost is asked for again
        changes, after = tablet.pull(before)
        assert changes == [
            {"type": "patient", "id": str(patient.pk), "state": "purge", "doc": None}
            | {n: changes[0][n] for n in ("seq", "version")}
        ]
    assert Held.objects.filter(purged=True).count() == 1
    a_patient(village=villages[0])
    assert len(tablet.pull(after)[0]) == 1
    assert not Held.objects.filter(record_id=patient.pk).exists()
    move(patient, villages[2])
    assert str(patient.pk) not in told(tablet.pull(after)[0])  # it was told, and is nobody's business any more


@pytest.mark.django_db
def test_incident_b_who_moves_away_and_back_is_whole_again(tablet, villages, administrator):
    patient = a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    move(patient, villages[1])
    _, away = tablet.pull(cursor)
    move(patient, villages[0])
    assert told(tablet.pull(away)[0]) == told(tablet.pull(cursor)[0]) == {str(patient.pk): "live"}


@pytest.mark.django_db
def test_another_scope_begins_anew_by_itself_gives_what_came_and_takes_what_went(tablet, villages, administrator):
    one, other = a_patient(village=villages[0]), a_patient(village=villages[1])
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    lend(tablet, villages[1], by=administrator)
    changes, cursor = tablet.pull(cursor, limit=1)
    assert told(changes) == {str(one.pk): "purge", str(other.pk): "live"}
    assert tablet.pull(cursor) == ([], cursor)


@pytest.mark.django_db
def test_the_same_villages_on_the_same_days_are_the_same_scope(tablet, villages, administrator, clock):
    a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    clock.shift(dt.timedelta(hours=1))
    version = tablet.device.scope_version
    lend(tablet, villages[0], by=administrator)
    assert tablet.device.scope_version == version
    tablet.renew()
    assert tablet.pull(cursor)[0] == []


@pytest.mark.django_db
def test_when_the_checkout_is_over_everything_is_taken_back(tablet, villages, administrator, clock):
    patient = a_patient(village=villages[0])
    lend(tablet, villages[0], hours=10, by=administrator)
    _, cursor = tablet.pull()
    clock.shift(dt.timedelta(hours=10))
    tablet.renew()
    changes, cursor = tablet.pull(cursor)
    assert told(changes) == {str(patient.pk): "purge"}
    move(patient, villages[1])
    move(patient, villages[0])
    assert "Sok" not in str(tablet.pull(cursor)[0])


@pytest.mark.django_db
def test_a_session_that_moves_out_of_the_days_or_the_villages_is_purged(tablet, villages, administrator):
    from django.db import transaction

    from core.audit import journal

    session = a_session(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    with transaction.atomic():
        session.on = TODAY + dt.timedelta(days=60)
        session.save()
        journal.note("mobile_team.session.moved", session, by=somebody())
    assert told(tablet.pull(cursor)[0]) == {str(session.pk): "purge"}


@pytest.mark.django_db
def test_a_merged_person_says_into_whom(tablet, villages, administrator):
    winner, loser = (a_patient(village=villages[0]) for _ in range(2))
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull()
    merges.merge(winner=winner.pk, loser=loser.pk, reason="", by=somebody(), today=TODAY, at=timezone.now())
    docs = {c["id"]: c["doc"] for c in tablet.pull(cursor)[0]}
    assert docs[str(loser.pk)] == {"id": str(loser.pk), "merged_into": str(winner.pk)}
    assert docs[str(winner.pk)]["number"] == winner.number


@pytest.mark.django_db
def test_i11_a_record_that_leaves_while_the_page_is_read_is_not_told(tablet, villages, administrator, monkeypatch):
    patient = a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    read = feed._docs

    def meanwhile(rows, scope, *, today):
        move(patient, villages[1])
        return read(rows, scope, today=today)

    monkeypatch.setattr(feed, "_docs", meanwhile)
    changes = tablet.call("pull", cursor=None).said["changes"]
    assert told(changes) == {str(patient.pk): "purge"}
    assert Read.objects.filter(patient_id=patient.pk).count() == 0


# -- the log --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_record_that_was_pulled_is_a_look_in_the_log(tablet, villages, administrator, mobile):
    people = [a_patient(village=villages[0]) for _ in range(3)]
    lend(tablet, villages[0], by=administrator)
    _, cursor = tablet.pull(limit=2)
    assert sorted(Read.objects.filter(what="tablet", by=mobile).values_list("patient_id", flat=True)) == sorted(
        p.pk for p in people
    )
    tablet.pull(cursor)
    assert Read.objects.count() == 3


# -- cursors --------------------------------------------------------------------------------------------------


def refused(answer, status, code):
    assert (answer.status_code, answer.said["code"]) == (status, code), answer.content
    return answer.said


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["", "x", "a.b", 7, [], {}, "é", "." * 401, True])
def test_a_forged_cursor_is_refused(tablet, cursor):
    refused(tablet.call("pull", cursor=cursor), 400, "cursor_unreadable")


@pytest.mark.django_db
def test_a_cursor_that_was_altered_is_refused(tablet, villages, administrator):
    _, cursor = tablet.pull()
    for place in range(0, len(cursor), 7):
        other = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        refused(tablet.call("pull", cursor=other), 400, "cursor_unreadable")


@pytest.mark.django_db
def test_a_cursor_older_than_four_hundred_days_is_too_old(tablet, mobile, clock):
    _, cursor = tablet.pull()
    clock.shift(dt.timedelta(days=400))
    tablet.log_in(mobile)
    assert tablet.call("pull", cursor=cursor).status_code == 200
    clock.shift(dt.timedelta(days=1))
    tablet.log_in(mobile)
    refused(tablet.call("pull", cursor=cursor), 410, "cursor_too_old")
    assert tablet.call("pull", cursor=None).status_code == 200


@pytest.mark.django_db
def test_incident_a_a_cursor_of_another_history_is_told_the_new_one(tablet):
    _, cursor = tablet.pull()
    begun = history.rotate(why="restored", at=timezone.now())
    said = refused(tablet.call("pull", cursor=cursor), 409, "epoch_changed")
    assert said["server_epoch"] == str(begun.pk) == tablet.call("ping", method="get").said["server_epoch"]


@pytest.mark.django_db
def test_incident_a_a_restore_that_nobody_told_of_is_found_out_by_the_first_tablet(tablet, villages, administrator):
    lend(tablet, villages[0], by=administrator)
    at = history.current()
    ahead = cursors.Cursor(at.pk, feed.head(None).seq + 100, tablet.device.scope_version, TODAY).text()
    said = refused(tablet.call("pull", cursor=ahead), 409, "epoch_changed")
    assert said["server_epoch"] == str(history.current().pk) != str(at.pk)
    assert refused(tablet.call("pull", cursor=ahead), 409, "epoch_changed") == said
    assert tablet.call("pull", cursor=None).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("schema", "status"), [(1, 200), (None, 200), (2, 200), (0, 426), ("1", 422), (True, 422)])
def test_only_an_app_too_old_is_refused_and_only_here(tablet, schema, status):
    assert tablet.call("pull", cursor=None, schema=schema).status_code == status


@pytest.mark.django_db
def test_an_older_app_reads_what_it_knows(tablet, villages, administrator, monkeypatch):
    a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    monkeypatch.setattr(feed, "SCHEMA", 3)
    monkeypatch.setitem(feed.OLDER, 3, lambda told: told | {"doc": {"three": told["doc"]["number"]}})
    monkeypatch.setitem(feed.OLDER, 2, lambda told: told | {"doc": {"two": told["doc"]["three"]}})
    number = Patient.objects.get().number
    assert tablet.call("pull", cursor=None, schema=1).said["changes"][0]["doc"] == {"two": number}
    assert tablet.call("pull", cursor=None, schema=2).said["changes"][0]["doc"] == {"three": number}


# -- cost -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_costs_few_statements_however_much_it_holds(tablet, villages, administrator):
    sessions = [a_session(village=villages[0], on=TODAY - dt.timedelta(days=day)) for day in range(5)]
    for i in range(30):
        a_checkup(patient=a_patient(village=villages[0], given_name=f"N{i}"), session=sessions[i % 5])
    lend(tablet, villages[0], by=administrator)
    with CaptureQueriesContext(connection) as first:
        answer = tablet.call("pull", cursor=None, limit=25)
    assert {c["type"] for c in answer.said["changes"]} == {"patient"}
    with CaptureQueriesContext(connection) as last:
        answer = tablet.call("pull", cursor=answer.said["cursor"], limit=25)
    assert {c["type"] for c in answer.said["changes"]} == {"patient", "session"}
    asked = [[q["sql"] for q in seen if not q["sql"].startswith(QUIET)] for seen in (first, last)]
    assert len(asked[0]) <= 12, asked[0]
    assert len(asked[1]) <= 21, asked[1]  # with the sessions, what belongs to them, and the inbox


@pytest.mark.django_db
def test_pages_are_packed_for_who_can_unpack_them(tablet, villages, administrator):
    for _ in range(10):
        a_patient(village=villages[0])
    lend(tablet, villages[0], by=administrator)
    plain = tablet.call("pull", cursor=None)
    tablet.headers["Accept-Encoding"] = "gzip"
    packed = tablet.call("pull", cursor=None)
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) * 3 < len(plain.content)
