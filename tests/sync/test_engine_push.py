"""The door of a push: who comes in, what is too much, and what an answer says (docs/sync/protocol.md, 1 and 3)."""

from __future__ import annotations

import json
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Patient
from sync import admission, engine
from sync.auth import Refused
from sync.models import PushedOp, Stream
from sync.sealing import current_key, seal
from sync.services import history
from tests.builders import a_session
from tests.sync.doors import Tablet
from tests.sync.ops import Tablet as Ops
from tests.sync.ops import a_person

pytestmark = pytest.mark.django_db

STATEMENTS_A_PUSH = 18  # around the ops: log-in, history, people, known ones, log, clock, feed, rows, stream
STATEMENTS_A_CHECKUP = 12
STATEMENTS_A_PERSON = 16


@pytest.fixture
def door(administrator, mobile) -> Tablet:
    """A tablet that was let in, with somebody logged in on it."""
    tablet = Tablet()
    tablet.enrol(administrator)
    tablet.log_in(mobile)
    return tablet


@pytest.fixture
def saves(door, mobile) -> Ops:
    """Saves of that tablet."""
    return Ops(door.device, mobile)


def push(door, *ops, **more):
    body = {
        "device_id": door.device_id, "db_id": door.db_id, "server_epoch": str(history.current().pk), "schema": 1,
        "batch_id": str(uuid4()), "sent_at": timezone.now().isoformat(), "pending": len(ops), "oldest_at": None,
        "ops": list(ops),
    }  # fmt: skip
    return door.call("push", **(body | more))


def test_a_push_is_answered_op_by_op_with_how_far_the_store_is_kept(door, saves):
    answer = push(door, saves.op("patient", doc=a_person()), saves.op("patient", doc=a_person(sex="?")))
    assert answer.status_code == 200
    assert [one["status"] for one in answer.said["results"]] == ["applied", "quarantined"]
    assert answer.said["ack"] == {"db_id": door.db_id, "contiguous_seq": 2, "durable_seq": 0}
    assert (answer.said["want_blobs"], answer["Cache-Control"]) == ([], "no-store")


def test_the_words_of_a_refusal_are_in_the_language_of_who_reads_them(door, saves):
    op = saves.op("patient", doc=a_person(phone="12"))
    english = push(door, op).said["results"][0]["fields"]["phone"]
    door.headers["Accept-Language"] = "km"
    khmer = push(door, op).said["results"][0]["fields"]["phone"]
    assert english.startswith("This is not a phone number")
    assert khmer != english


def test_sealed_ops_land_and_are_kept_sealed(door, saves, mobile):
    key = current_key()
    op = saves.op("patient")
    plain = {"doc": a_person(given_name="Secret"), "actor": str(mobile.pk)}
    for part in ("doc", "actor"):
        del op[part]
    op |= {"seal_kid": key.kid, "sealed": seal(key.public, key.kid, op, plain)}
    assert push(door, op).said["results"][0]["status"] == "applied"
    assert Patient.objects.get().given_name == "Secret"
    assert "Secret" not in PushedOp.objects.get().raw
    assert push(door, op).said["results"][0]["status"] == "duplicate"


def test_a_sealed_op_put_into_another_envelope_is_kept_unopened(door, saves, mobile):
    key = current_key()
    op = saves.op("patient")
    sealed = seal(key.public, key.kid, op, {"doc": a_person(), "actor": str(mobile.pk)})
    other = {name: value for name, value in saves.op("patient").items() if name not in ("doc", "actor")}
    (result,) = push(door, other | {"seal_kid": key.kid, "sealed": sealed}).said["results"]
    assert (result["status"], result["code"], Patient.objects.count()) == ("quarantined", "sync.seal_broken", 0)


# -- noes, each before anything was taken ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"db_id": str(uuid4())}, 409, "db_id_conflict"),
        ({"device_id": str(uuid4())}, 409, "db_id_conflict"),
        ({"server_epoch": str(uuid4())}, 409, "epoch_changed"),
        ({"server_epoch": None}, 409, "epoch_changed"),
        ({"ops": "all"}, 400, "sync.envelope_unreadable"),
        ({"db_id": 7}, 400, "sync.envelope_unreadable"),
        ({"ops": [{}] * 51}, 413, "too_large"),
        ({"ops": ["x" * 300_000]}, 413, "too_large"),
    ],
)
def test_what_cannot_be_meant_for_this_server_is_refused_whole(door, saves, more, status, code):
    answer = push(door, saves.op("patient", doc=a_person()), **more)
    assert (answer.status_code, answer.said["code"]) == (status, code)
    assert not PushedOp.objects.exists()
    assert not Stream.objects.exists()


def test_a_restored_server_says_which_history_it_goes_on_with(door, saves):
    before = str(history.current().pk)
    begun = history.rotate(why="restored", at=timezone.now())
    answer = push(door, saves.op("patient", doc=a_person()), server_epoch=before)
    assert (answer.status_code, answer.said["server_epoch"]) == (409, str(begun.pk))


def test_nobody_pushes_without_a_log_in(door, saves):
    door.access = "x" * 43
    assert push(door, saves.op("patient", doc=a_person())).status_code == 401
    assert not PushedOp.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "null", '"words"', "[" * 5000, '{"ops": NaN}', "\x00"])
def test_a_body_that_is_none_is_never_a_fault_of_the_server(door, body):
    answer = door.client.generic(
        "POST", "/api/sync/v1/push", body, content_type="application/json",
        headers={"Authorization": f"Bearer {door.access}"},
    )  # fmt: skip
    assert answer.status_code == 400


def test_a_third_push_on_one_machine_is_asked_to_come_back(door, saves):
    op = saves.op("patient", doc=a_person())
    with ExitStack() as stack:
        for _ in range(admission.PLACES):
            stack.enter_context(admission.place())
        answer = push(door, op)
        assert (answer.status_code, answer.said["code"]) == (503, "busy")
        assert 1 <= int(answer["Retry-After"]) <= 4
    assert push(door, op).said["results"][0]["status"] == "applied"


def test_places_are_given_back_whatever_happens():
    for _ in range(2 * admission.PLACES):
        with pytest.raises(ZeroDivisionError), admission.place():
            raise ZeroDivisionError
    with admission.place(), admission.place():
        pass


def test_a_machine_without_file_locks_counts_its_places_too(monkeypatch):
    monkeypatch.setattr(admission, "fcntl", None)
    with admission.place(), admission.place(), pytest.raises(Refused), admission.place():
        pass
    with admission.place():
        pass


def test_a_database_that_goes_away_is_never_answered_as_taken(door, saves, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    op = saves.op("patient", doc=a_person())
    with monkeypatch.context() as patched:
        patched.setattr(engine.keeping.PushedOp.objects, "bulk_create", gone)
        patched.setattr("sync.trying.PAUSE", 0)
        (result,) = push(door, op).said["results"]
    assert (result["status"], Patient.objects.count()) == ("retry", 0)
    assert push(door, op).said["results"][0]["status"] == "applied"


# -- what it costs ---------------------------------------------------------------------------------------------


def statements(door, ops):
    with CaptureQueriesContext(connection) as caught:
        answer = push(door, *ops)
    assert {one["status"] for one in answer.said["results"]} == {"applied"}
    plain = [q["sql"] for q in caught.captured_queries if "SAVEPOINT" not in q["sql"]]
    return len(plain)


def test_a_save_costs_few_statements_and_what_surrounds_it_is_shared(door, saves):
    session = str(a_session(on=timezone.localdate()).pk)
    people = [saves.op("patient", doc=a_person(given_name=f"N{n}")) for n in range(20)]
    assert statements(door, people) <= STATEMENTS_A_PUSH + 20 * STATEMENTS_A_PERSON
    doc = {"session": session, "teeth": {"55": "B"}, "weight": "16.5", "toothbrush": True}
    checkups = [saves.op("checkup", doc=doc | {"patient": one["id"]}) for one in people]
    assert statements(door, checkups) <= STATEMENTS_A_PUSH + 20 * STATEMENTS_A_CHECKUP


def test_what_was_seen_before_costs_next_to_nothing(door, saves):
    ops = [saves.op("patient", doc=a_person(given_name=f"N{n}")) for n in range(50)]
    push(door, *ops)
    with CaptureQueriesContext(connection) as caught:
        answer = push(door, *ops)
    assert {one["status"] for one in answer.said["results"]} == {"duplicate"}
    assert len([q for q in caught.captured_queries if "SAVEPOINT" not in q["sql"]]) <= STATEMENTS_A_PUSH


def test_the_largest_push_that_is_allowed_is_taken(door, saves):
    ops = [saves.op("patient", doc=a_person(given_name=f"N{n}", note="x" * 4000)) for n in range(50)]
    assert len(json.dumps({"ops": ops})) < 256 * 1024
    assert {one["status"] for one in push(door, *ops).said["results"]} == {"applied"}
