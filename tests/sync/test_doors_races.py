"""No writer hides behind the cursor: threads write while a tablet pulls, on SQLite and PostgreSQL."""

import threading
import time

import pytest
from django.db import transaction
from django.utils import timezone

from clinic.services import patients
from core.syncing import RECORD, Change
from sync import feed
from sync.models import Device, Held
from sync.services import devices
from tests.builders import TODAY, a_patient, a_village, somebody
from tests.sync.doors import Tablet, a_tablet, lend
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tablet(mobile, administrator):
    tablet = a_tablet(mobile, by=administrator)
    lend(tablet, a_village(), by=administrator)
    return tablet


def in_feed():
    return {str(pk): seq for pk, seq in Change.objects.filter(resource=RECORD).values_list("record_id", "seq")}


def test_a_tablet_that_pulls_while_many_write_misses_nothing(tablet):
    village, by = a_village(), somebody()
    writing = threading.Event()
    writing.set()

    def write(name):
        for i in range(12):
            patients.register(sex="F", family_name="Sok", given_name=f"{name}{i}", village=village, by=by, today=TODAY)

    seen, cursor = {}, None

    def pull():
        nonlocal cursor
        last = False
        while not last:
            last = not writing.is_set()
            before = cursor
            answer = tablet.call("pull", cursor=cursor, limit=5)
            assert answer.status_code == 200, answer.content
            for change in answer.said["changes"]:
                assert change["seq"] > seen.get("top", 0), "behind a cursor that was given out"
                seen[change["id"]] = change["seq"]
            seen["top"] = max((c["seq"] for c in answer.said["changes"]), default=seen.get("top", 0))
            cursor = answer.said["cursor"]
            last = last and not answer.said["has_more"] and before is not None
        return

    def writers():
        try:
            return at_once(*[lambda name=name: write(name) for name in "ABCD"])
        finally:
            writing.clear()

    results = at_once(writers, pull, seconds=120)
    assert results == [[None] * 4, None]
    while True:  # what came after the last page
        changes, cursor = tablet.pull(cursor)
        for change in changes:
            seen[change["id"]] = change["seq"]
        if not changes:
            break
    seen.pop("top")
    assert seen == in_feed()
    assert len(seen) == 48


def test_a_page_read_during_a_long_transaction_of_the_desk_ends_before_its_number(tablet):
    """The desk's number is taken at the end and held to the commit; a later number waits for it."""
    village, by = a_village(), somebody()
    first = a_patient(village=village)
    noted, go_on = threading.Event(), threading.Event()

    def long_one():
        with transaction.atomic():
            patient = patients.register(sex="M", family_name="Long", village=village, by=by, today=TODAY)
            noted.set()  # its number is taken, and not committed
            go_on.wait(30)
            return str(patient.pk)

    def quick_one():
        noted.wait(30)
        return str(a_patient(village=village, family_name="Quick", by=by).pk)

    def look():
        noted.wait(30)
        time.sleep(0.3)  # the quick one stands behind the long one now
        at, scope = feed.head(None), feed.scope_of(tablet.device, now=timezone.now())
        rows = feed._changes(tablet.device, scope, 0, at.seq, 500)
        go_on.set()
        return [str(row.record) for row in rows], at.seq

    long_pk, quick_pk, (during, head) = at_once(long_one, quick_one, look)
    assert during == [str(first.pk)]
    changes, _ = tablet.pull()
    assert [c["id"] for c in changes] == [str(first.pk), long_pk, quick_pk]
    assert all(c["seq"] > head for c in changes[1:])


def test_what_commits_between_the_statements_of_a_page_is_told_next_time(tablet, monkeypatch):
    """The head is read first, so a record of n+1 that is already there does not come before n."""
    village = a_village()
    one = a_patient(village=village)
    read = feed._changes

    def meanwhile(*args):
        a_patient(village=village, family_name="Late")
        patients.correct(patient=one, by=somebody(), today=TODAY, phone="012345678")  # moves behind the head
        monkeypatch.setattr(feed, "_changes", read)
        return read(*args)

    monkeypatch.setattr(feed, "_changes", meanwhile)
    during, cursor = tablet.pull()
    assert during == []
    after, _ = tablet.pull(cursor)
    assert {c["id"]: c["seq"] for c in after} == in_feed()


def test_a_page_asked_for_twice_at_once_is_one_page(tablet):
    for _ in range(5):
        a_patient(village=a_village())
    answers = at_once(*[lambda: tablet.call("pull", cursor=None)] * 4)
    assert len({str(a.said["changes"]) for a in answers}) == 1
    assert Held.objects.count() == 5


def test_a_log_in_asked_for_many_times_at_once_stops_nobody(tablet, mobile):
    body = tablet.asked(renewal=tablet.renewal)
    answers = at_once(*[lambda: tablet.call("session", **body)] * 5)
    assert {a.status_code for a in answers} == {200}
    assert len({a.said["device_token"] for a in answers}) == 1
    tablet._took(answers[3], keep=True)
    assert tablet.renew().status_code == 200


def test_a_code_read_by_two_tablets_at_once_lets_one_in(administrator):
    _, code = devices.invite(name="Blue", by=administrator, now=timezone.now())
    tablets = [Tablet() for _ in range(4)]
    answers = at_once(*[lambda t=t: t.call("enrol", code=code, db_id=t.db_id) for t in tablets])
    assert sorted(a.status_code for a in answers) == [200, 422, 422, 422]
    assert Device.objects.count() == 1


def test_tablets_let_in_at_once_have_codes_of_their_own(administrator):
    answers = at_once(*[lambda: Tablet().enrol(administrator)] * 4)
    assert sorted(a.said["device_code"] for a in answers) == ["T01", "T02", "T03", "T04"]


def test_a_checkout_asked_for_many_times_at_once_reserves_one_block(tablet):
    answers = at_once(*[lambda: tablet.call("checkout", villages=[a_village().pk], hours=24)] * 4)
    assert {a.status_code for a in answers} == {200}, [a.content for a in answers]
    assert len({str(a.said["numbers"]) for a in answers}) == 1
    assert len({a.said["scope_version"] for a in answers}) == 1


def test_a_tablet_revoked_while_it_pulls_gets_no_page_afterwards(tablet, administrator):
    a_patient(village=a_village())
    devices.revoke(device=tablet.device, reason="lost", by=administrator, at=timezone.now())
    answers = at_once(*[lambda: tablet.call("pull", cursor=None)] * 3)
    assert {a.status_code for a in answers} == {403}
