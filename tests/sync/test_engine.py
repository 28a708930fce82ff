"""What becomes of an op: each status of the protocol, and that none is ever lost (docs/sync/protocol.md, section 3)."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError

from clinic.models import Allergy, Patient
from core.accounts.roles import Role
from core.audit.journal import broken_at
from core.audit.models import Entry
from core.errors import RuleBroken
from core.ids import derived_id, uuid7
from core.syncing import Change
from mobile_team.models import DentalCheckup, Session
from sync import engine, trying
from sync.envelope import canonical
from sync.models import DeviceUser, PushedOp, Stream, Ticket
from sync.resources import RESOURCES
from tests.builders import TODAY, a_session, a_village
from tests.people import a_user
from tests.sync.ops import NOW, Tablet, a_person, a_tablet, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


def checkup_of(tablet, patient, session, **said):
    doc = {"patient": str(patient), "session": str(session.pk), "toothbrush": True, "observed_at": NOW.isoformat()}
    return tablet.op("checkup", doc=doc | said)


# -- applied, kept, numbered -----------------------------------------------------------------------------------


def test_a_person_registered_in_a_village_is_a_patient_of_the_centre(tablet):
    op = tablet.op("patient", doc=a_person(village=a_village().pk, guardian="Chan Sophea"))
    (result,) = tablet.push(op)
    patient = Patient.objects.get(pk=op["id"])
    assert (result["status"], result["op_id"]) == ("applied", op["op_id"])
    assert (patient.family_name, patient.told_age, patient.told_on) == ("Chan", 4, TODAY)
    assert patient.number.startswith("SA-")
    assert result["version"] == Change.objects.get(resource="clinic.record", record_id=patient.pk).seq


def test_what_was_sent_is_kept_byte_for_byte(tablet):
    op = tablet.op("patient", doc=a_person(unknown_field={"z": [1, "ក"], "a": None}), new_thing="later")
    tablet.push(op)
    row = kept(op)
    text = json.dumps(op, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert row.raw == text
    assert row.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_the_log_says_by_which_save_of_which_tablet_a_record_came(tablet):
    op = tablet.op("patient", doc=a_person())
    tablet.push(op)
    entry = Entry.objects.get(verb="clinic.patient.registered")
    assert entry.detail["via"] == {"op": op["op_id"], "device": "T07"}
    assert entry.by == tablet.user


def test_each_applied_op_is_one_entry_of_an_unbroken_chain(tablet):
    ops = [tablet.op("patient", doc=a_person(given_name=f"Dara{n}")) for n in range(25)]
    assert set(tablet.statuses(*ops)) == {"applied"}
    entries = Entry.objects.filter(verb="clinic.patient.registered")
    assert [entry.detail["via"]["op"] for entry in entries.order_by("seq")] == [op["op_id"] for op in ops]
    assert broken_at() is None


def test_results_stand_in_the_order_sent(tablet):
    ops = [tablet.op("patient", doc=a_person(sex="M" if n % 2 else "?")) for n in range(6)]
    assert [one["op_id"] for one in tablet.push(*ops)] == [op["op_id"] for op in ops]


def test_a_stream_is_told_up_to_where_it_has_no_gap(tablet):
    one, two, three = (tablet.op("patient", doc=a_person()) for _ in range(3))
    assert tablet.take(one, three).contiguous == 1
    assert tablet.take(two).contiguous == 3
    assert Stream.objects.get().contiguous_seq == 3


def test_the_device_is_remembered_as_it_described_itself(tablet):
    envelope = tablet.envelope() | {"pending": 312, "sent_at": (NOW - timedelta(minutes=4)).isoformat()}
    engine.take(device=tablet.device, envelope=envelope, now=NOW)
    tablet.device.refresh_from_db()
    assert (tablet.device.pending, tablet.device.skew_ms, tablet.device.sent_at) == (312, 240_000, NOW)


# -- duplicates (incidents C and D) ----------------------------------------------------------------------------


def test_incident_c_a_record_sent_again_touches_nothing(tablet):
    op = tablet.op("patient", doc=a_person())
    (first,) = tablet.push(op)
    before = list(Change.objects.values_list("resource", "record_id", "seq"))
    (again,) = tablet.push(op)
    assert (again["status"], again["first"], again["version"]) == ("duplicate", "applied", first["version"])
    assert list(Change.objects.values_list("resource", "record_id", "seq")) == before
    assert Entry.objects.filter(verb="clinic.patient.registered").count() == 1


def test_incident_d_every_child_keeps_the_id_the_tablet_gave_it(tablet):
    ids = [str(uuid7()), str(uuid7())]
    told = [
        {"id": ids[0], "substance": "Penicillin", "reaction": "rash", "severe": True},
        {"id": ids[1], "substance": "Bees"},
    ]
    op = tablet.op("patient", doc=a_person(allergies=told))
    tablet.push(op)
    tablet.push(op)
    assert {str(row.pk) for row in Allergy.objects.all()} == set(ids)


def test_an_op_twice_in_one_batch_is_applied_once(tablet):
    op = tablet.op("patient", doc=a_person())
    assert tablet.statuses(op, op) == ["applied", "duplicate"]
    assert Patient.objects.count() == 1


def test_the_same_key_with_other_bytes_goes_to_a_person_and_the_first_stands(tablet):
    op = tablet.op("patient", doc=a_person())
    tablet.push(op)
    other = op | {"doc": a_person(family_name="Somebody Else")}
    (result,) = tablet.push(other)
    digest = hashlib.sha256(canonical(other).encode()).hexdigest()
    row = PushedOp.objects.get(pk=derived_id("sync other bytes", UUID(op["op_id"]), digest))
    assert (result["status"], result["code"], result["op_id"]) == ("quarantined", "sync.other_bytes", op["op_id"])
    assert (row.raw, kept(op).status) == (canonical(other), "applied")
    assert Patient.objects.get().family_name == "Chan"
    assert tablet.statuses(other) == ["duplicate"]


def test_a_refused_op_sent_again_gets_the_answer_it_got(tablet):
    op = tablet.op("patient", doc=a_person(sex="?"))
    (first,) = tablet.push(op)
    (again,) = tablet.push(op)
    told = ("code", "fields", "ticket")
    assert (again["status"], again["first"]) == ("duplicate", "quarantined")
    assert [again[name] for name in told] == [first[name] for name in told]
    assert Ticket.objects.count() == 1


# -- quarantined -----------------------------------------------------------------------------------------------


def test_what_a_rule_refuses_is_kept_with_the_words_a_nurse_would_see(tablet):
    op = tablet.op("patient", doc=a_person(phone="12"))
    (result,) = tablet.push(op)
    ticket = Ticket.objects.get(op=op["op_id"])
    assert result | {"version": None} == {
        "op_id": op["op_id"], "status": "quarantined", "version": None, "code": "core.phone_unreadable",
        "fields": {"phone": "This is not a phone number. Write it like 012 345 678."}, "ticket": ticket.number,
    }  # fmt: skip
    assert (kept(op).patient_id, Patient.objects.count()) == (UUID(op["id"]), 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "spaceship"}, "sync.unknown_type"),
        ({"type": "allergy", "kind": "amend"}, "sync.unknown_type"),
        ({"actor": str(uuid7())}, "sync.unknown_actor"),
        ({"actor": None}, "sync.unknown_actor"),
        ({"schema": 9}, "sync.unknown_schema"),
        ({"doc": "words"}, "sync.op_unreadable"),
        ({"doc": {"family_name": "a\x00b", "sex": "M"}}, "sync.op_unreadable"),
        ({"doc": {"family_name": "a\ud800b", "sex": "M"}}, "sync.op_unreadable"),
        ({"kind": "explode"}, "sync.op_unreadable"),
        ({"seq": "7"}, "sync.op_unreadable"),
        ({"sealed": "AAAA", "seal_kid": "none", "doc": None}, "sync.seal_key_unknown"),
    ],
)
def test_poison_is_kept_says_why_and_holds_up_nobody(tablet, change, code):
    poison, good = tablet.op("patient", doc=a_person()) | change, tablet.op("patient", doc=a_person())
    first, second = tablet.push(poison, good)
    assert (first["status"], first["code"], second["status"]) == ("quarantined", code, "applied")
    assert first["ticket"]
    assert tablet.statuses(poison, good) == ["duplicate", "duplicate"]


def test_who_may_not_do_it_at_the_desk_may_not_do_it_on_a_tablet():
    tablet = a_tablet(role=Role.DONOR)
    (result,) = tablet.push(tablet.op("patient", doc=a_person()))
    assert (result["status"], result["code"]) == ("quarantined", "sync.not_allowed")


def test_who_no_longer_may_log_in_has_their_saves_looked_at(tablet):
    tablet.user.is_active = False
    tablet.user.save()
    assert tablet.push(tablet.op("patient", doc=a_person()))[0]["code"] == "sync.unknown_actor"


def test_a_colleague_of_another_tablet_is_a_stranger_on_this_one(tablet):
    other = a_user(Role.MOBILE, "other")
    op = tablet.op("patient", doc=a_person(), actor=str(other.pk))
    assert tablet.push(op)[0]["code"] == "sync.unknown_actor"
    DeviceUser.objects.create(device=tablet.device, user=other, first_at=NOW)
    second = tablet.op("patient", doc=a_person(), actor=str(other.pk))
    assert tablet.push(second)[0]["status"] == "applied"
    assert Patient.objects.get().recorded_by == other


def test_what_nobody_foresaw_is_kept_logged_and_passed_over(tablet, monkeypatch, caplog):
    def fall(op):
        if op.doc["given_name"] == "Bad":
            raise ZeroDivisionError
        return before(op)

    before = RESOURCES["patient"].apply
    monkeypatch.setitem(RESOURCES, "patient", replace(RESOURCES["patient"], apply=fall))
    bad, good = (tablet.op("patient", doc=a_person(given_name=name)) for name in ("Bad", "Good"))
    with caplog.at_level(logging.ERROR, "clinic.sync"):
        first, second = tablet.push(bad, good)
    assert (first["code"], second["status"]) == ("sync.unforeseen", "applied")
    assert "ZeroDivisionError" in caplog.text
    assert bad["op_id"] in caplog.text


def test_what_one_op_noted_before_it_failed_is_not_in_the_log(tablet, monkeypatch):
    def fall(op):
        before(op)
        raise RuleBroken("sync.unforeseen")

    before = RESOURCES["patient"].apply
    monkeypatch.setitem(RESOURCES, "patient", replace(RESOURCES["patient"], apply=fall))
    tablet.push(tablet.op("patient", doc=a_person()))
    assert not Entry.objects.filter(verb="clinic.patient.registered").exists()
    assert (Patient.objects.count(), broken_at()) == (0, None)


# -- groups ----------------------------------------------------------------------------------------------------


def test_a_group_lands_together(tablet):
    group, session = str(uuid7()), a_session()
    person = tablet.op("patient", doc=a_person(), group=group)
    checkup = checkup_of(tablet, person["id"], session) | {"group": group, "after": [person["op_id"]]}
    assert tablet.statuses(person, checkup) == ["applied", "applied"]


def test_a_group_of_which_one_is_refused_is_refused_whole(tablet):
    group, session = str(uuid7()), a_session()
    person = tablet.op("patient", doc=a_person(), group=group)
    wrong = checkup_of(tablet, person["id"], session, teeth={"99": "1"}) | {"group": group}
    alone = tablet.op("patient", doc=a_person(given_name="Alone"))
    first, second, third = tablet.push(person, wrong, alone)
    assert [one["status"] for one in (first, second, third)] == ["quarantined", "quarantined", "applied"]
    assert first["code"] == "sync.group_refused"
    assert "teeth" in second["fields"]
    assert [one.given_name for one in Patient.objects.all()] == ["Alone"]


def test_a_group_longer_than_a_transaction_takes_is_still_one(tablet):
    group = str(uuid7())
    ops = [tablet.op("patient", doc=a_person(given_name=f"N{n}"), group=group) for n in range(30)]
    assert set(tablet.statuses(*ops)) == {"applied"}
    group = str(uuid7())
    ops = [tablet.op("patient", doc=a_person(sex="M" if n < 29 else "?"), group=group) for n in range(30)]
    assert set(tablet.statuses(*ops)) == {"quarantined"}
    assert Patient.objects.count() == 30


# -- parked (incident G) ---------------------------------------------------------------------------------------


def test_incident_g_a_child_before_its_parent_waits_and_lands_when_it_comes(tablet):
    session = a_session()
    person = tablet.op("patient", doc=a_person())
    checkup = checkup_of(tablet, person["id"], session)
    assert tablet.statuses(checkup) == ["parked"]
    assert (kept(checkup).waits_type, kept(checkup).waits_id) == ("patient", UUID(person["id"]))
    assert tablet.statuses(person) == ["applied"]
    assert kept(checkup).status == "applied"
    assert DentalCheckup.objects.get().patient_id == UUID(person["id"])


def test_a_child_sent_before_its_parent_in_one_batch_has_landed_when_the_answer_comes(tablet):
    session = a_session()
    person = tablet.op("patient", doc=a_person())
    assert tablet.statuses(checkup_of(tablet, person["id"], session), person) == ["applied", "applied"]


def test_a_chain_of_sleepers_wakes_link_by_link(tablet):
    village = a_village()
    person = tablet.op("patient", doc=a_person())
    session = tablet.op("session", doc={"village": village.pk, "on": TODAY.isoformat()})
    checkup = tablet.op("checkup", doc={"patient": person["id"], "session": session["id"]})
    amend = tablet.op("checkup", "amend", {"set": {"toothbrush": True}, "was": {"toothbrush": False}}, id=checkup["id"])
    void = tablet.op("checkup", "void", {"reason": "wrong child"}, id=checkup["id"], after=[amend["op_id"]])
    assert tablet.statuses(void, amend, checkup) == ["parked"] * 3
    assert tablet.statuses(session) == ["applied"]
    assert kept(checkup).waits_type == "patient"
    assert tablet.statuses(person) == ["applied"]
    assert [kept(op).status for op in (checkup, amend, void)] == ["applied", "merged", "applied"]


def test_an_op_waits_for_the_ops_it_comes_after(tablet):
    person = tablet.op("patient", doc=a_person())
    tablet.push(person)
    first = tablet.op("patient", "amend", {"set": {"phone": "012345678"}, "was": {"phone": ""}}, id=person["id"])
    second = tablet.op(
        "patient", "amend", {"set": {"phone": "012345679"}, "was": {"phone": "012345678"}}, id=person["id"],
        after=[first["op_id"]],
    )  # fmt: skip
    assert tablet.statuses(second) == ["parked"]
    tablet.push(first)
    assert kept(second).status in {"merged", "conflict"}


def test_children_of_a_refused_parent_sleep_until_somebody_decides(tablet):
    person = tablet.op("patient", doc=a_person(sex="?"))
    checkup = checkup_of(tablet, person["id"], a_session())
    assert tablet.statuses(person, checkup) == ["quarantined", "parked"]


def test_sleepers_that_a_dying_server_left_wake_when_their_parent_is_sent_again(tablet):
    person = tablet.op("patient", doc=a_person())
    checkup = checkup_of(tablet, person["id"], a_session())
    tablet.push(person)
    tablet.push(checkup)
    # As after a kill between the commit of the parent and the look for its children.
    DentalCheckup.objects.all().delete()
    PushedOp.objects.filter(pk=checkup["op_id"]).update(status="parked", waits_type="patient", waits_id=person["id"])
    (result,) = tablet.push(person)
    assert result["status"] == "duplicate"
    assert kept(checkup).status != "parked"


# -- escrow, files, busy databases -----------------------------------------------------------------------------


def test_what_a_revoked_tablet_hands_in_is_kept_and_touches_nothing(tablet):
    op = tablet.op("patient", doc=a_person())
    (result,) = tablet.push(op, way="escrow")
    assert (result["status"], result["code"]) == ("quarantined", "sync.escrow")
    assert (kept(op).way, Patient.objects.count()) == ("escrow", 0)


def test_a_file_is_taken_as_a_push_is_and_says_who_brought_it(tablet, administrator):
    op = tablet.op("patient", doc=a_person())
    assert tablet.statuses(op, way="file", by=administrator) == ["applied"]
    assert tablet.statuses(op) == ["duplicate"]
    assert Entry.objects.get(verb="clinic.patient.registered").detail["via"]["brought_by"] == administrator.username


def test_a_database_that_is_locked_loses_nothing_and_asks_to_send_again(tablet, monkeypatch):
    op = tablet.op("patient", doc=a_person())

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(trying, "PAUSE", 0)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_write", locked)
        (result,) = tablet.push(op)
    assert (result["status"], result["after_s"]) == ("retry", engine.AFTER_S)
    assert not PushedOp.objects.exists()
    assert tablet.statuses(op) == ["applied"]


# -- clocks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "skew_ms", "day", "suspect"),
    [
        (NOW - timedelta(hours=1), 0, TODAY, False),
        (NOW - timedelta(days=2), 0, TODAY - timedelta(days=2), False),
        (NOW - timedelta(days=2), 60_000, TODAY - timedelta(days=2), False),
        (NOW - timedelta(days=2), 86_400_000, TODAY - timedelta(days=1), False),
        (NOW + timedelta(hours=20), 0, TODAY, False),
        (NOW + timedelta(days=400), 0, TODAY, True),
        (NOW - timedelta(days=3650), 0, TODAY, True),
        (None, 0, TODAY, True),
        (NOW, 10**18, TODAY, True),
    ],
)
def test_no_clock_refuses_anything_and_no_day_is_in_the_future(tablet, at, skew_ms, day, suspect):
    op = tablet.op("patient", doc=a_person(), at=at.isoformat() if at else "yesterday", skew_ms=skew_ms)
    assert tablet.statuses(op) == ["applied"]
    assert Patient.objects.get().told_on == day
    assert kept(op).clock_suspect is suspect


def test_a_session_is_held_by_a_check_up_whatever_the_clock(tablet):
    session = a_session()
    person = tablet.op("patient", doc=a_person())
    checkup = checkup_of(tablet, person["id"], session) | {"at": "1970-01-01T00:00:00+07:00", "clock_suspect": True}
    assert tablet.statuses(person, checkup) == ["applied", "applied"]
    assert Session.objects.get().state == "held"
