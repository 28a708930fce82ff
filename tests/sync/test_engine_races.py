"""Things that happen at the same instant: real threads, real commits, on both engines (incidents L and G)."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from django.db import connection

from clinic.models import Patient
from clinic.services import patients as people
from core.audit.journal import broken_at
from core.audit.models import Entry
from core.errors import Conflict
from core.ids import uuid7
from core.ops import Verdict
from core.syncing import Clock
from mobile_team.models import DentalCheckup
from pharmacy.models import Donation, ReceiptBook
from pharmacy.services import books
from sync import engine, waking
from sync.models import Disagreement, PushedOp, Stream, Ticket
from sync.resources import RESOURCES
from sync.services import inbox
from tests.builders import TODAY, a_patient, a_session, somebody
from tests.people import a_user
from tests.sync.ops import NOW, a_person, a_tablet, kept
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def fine(results: list[Any]) -> list[Any]:
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def test_incident_l_one_op_sent_twice_at_the_same_instant_is_applied_once():
    tablet = a_tablet()
    ops = [tablet.op("patient", doc=a_person(given_name=f"N{n}")) for n in range(8)]
    for _ in range(3):
        told = fine(at_once(*[lambda: tablet.push(*ops)] * 4))
        assert {one["status"] for results in told for one in results} <= {"applied", "duplicate"}
    assert Patient.objects.count() == PushedOp.objects.count() == len(ops)
    assert Entry.objects.filter(verb="clinic.patient.registered").count() == len(ops)
    assert (broken_at(), Ticket.objects.count()) == (None, 0)


def test_of_one_key_with_two_contents_at_the_same_instant_one_stands_and_both_are_kept():
    tablet = a_tablet()
    op = tablet.op("patient", doc=a_person())
    other = op | {"doc": a_person(given_name="Other")}
    told = fine(at_once(lambda: tablet.push(op), lambda: tablet.push(other)))
    assert sorted(one["status"] for (one,) in told) == ["applied", "quarantined"]
    assert (Patient.objects.count(), PushedOp.objects.count()) == (1, 2)


@pytest.mark.parametrize("round_", range(6))
def test_incident_g_parent_and_child_at_the_same_instant_both_land(round_):
    tablet, other = a_tablet("T07"), a_tablet("T08")
    session = a_session()
    person = tablet.op("patient", doc=a_person())
    checkup = other.op("checkup", doc={"patient": person["id"], "session": str(session.pk)})
    fine(at_once(lambda: tablet.push(person), lambda: other.push(checkup)))
    assert [kept(person).status, kept(checkup).status] == ["applied", "applied"]


@pytest.mark.parametrize("last", ["parent", "child"])
def test_neither_order_of_two_commits_leaves_a_child_asleep(last, monkeypatch):
    """Neither sees the other, for neither is committed; either may be the last to be.

    SQLite lets one of them write at a time, so there the two simply follow each other.
    """
    tablet, other = a_tablet("T07"), a_tablet("T08")
    person = tablet.op("patient", doc=a_person())
    checkup = other.op("checkup", doc={"patient": person["id"], "session": str(a_session().pk)})
    written, go_on = {"parent": Event(), "child": Event()}, {"parent": Event(), "child": Event()}
    before = engine._write

    def write(chunk, around, way, refused):
        done = before(chunk, around, way, refused)
        name = "parent" if chunk[0][0].row.type == "patient" else "child"
        written[name].set()
        if connection.vendor == "postgresql":
            go_on[name].wait(5)
        return done

    def conduct():
        first = "child" if last == "parent" else "parent"
        if connection.vendor == "postgresql":
            # The clock holds the second back as soon as it writes what it noted; a child that parks notes nothing.
            assert written["child"].wait(5)
            assert written["parent"].wait(5)
        go_on[first].set()
        Event().wait(0.3)
        go_on[last].set()

    monkeypatch.setattr(engine, "_write", write)
    fine(at_once(lambda: tablet.push(person), lambda: other.push(checkup), conduct))
    assert [kept(person).status, kept(checkup).status] == ["applied", "applied"]
    assert DentalCheckup.objects.count() == 1


@pytest.mark.parametrize("parked", [False, True])
def test_a_reference_to_what_is_not_there_breaks_one_op_and_not_those_beside_it(parked, monkeypatch):
    """Such a key is checked only at the commit, when every savepoint is behind."""

    def dangle(op):
        if op.doc["given_name"] == "Bad":
            given = {"id": op.record, "number": "x", "sex": "M", "given_name": "Bad", "village_id": 10**9}
            Patient.objects.create(recorded_by=op.by, **given)
            return Verdict("applied", patient=op.record)
        return before(op)

    before = RESOURCES["patient"].apply
    monkeypatch.setitem(RESOURCES, "patient", replace(RESOURCES["patient"], apply=dangle))
    tablet = a_tablet()
    first = tablet.op("patient", doc=a_person(given_name="First"))
    ops = [tablet.op("patient", doc=a_person(given_name=name)) for name in ("One", "Bad", "Two")]
    if parked:
        ops[1]["after"] = [first["op_id"]]
        assert tablet.statuses(*ops) == ["applied", "parked", "applied"]
        tablet.push(first)
    else:
        assert tablet.statuses(*ops) == ["applied", "quarantined", "applied"]
    assert (kept(ops[1]).status, kept(ops[1]).code) == ("quarantined", "constraint.foreign_key")
    assert Ticket.objects.count() == 1
    assert not Patient.objects.filter(given_name="Bad").exists()
    assert broken_at() is None


def test_one_sleeper_woken_by_many_lands_once():
    tablet = a_tablet()
    session = a_session()
    person = tablet.op("patient", doc=a_person())
    checkup = tablet.op("checkup", doc={"patient": person["id"], "session": str(session.pk)})
    tablet.push(checkup)
    a_patient(id=person["id"])
    fine(at_once(*[lambda: waking.wake({person["id"]}, now=NOW)] * 4))
    assert (kept(checkup).status, DentalCheckup.objects.count()) == ("applied", 1)
    assert Entry.objects.filter(verb="mobile_team.checkup.recorded").count() == 1


def test_sleepers_left_by_a_server_that_died_are_found_at_night():
    tablet = a_tablet()
    person = tablet.op("patient", doc=a_person())
    checkup = tablet.op("checkup", doc={"patient": person["id"], "session": str(a_session().pk)})
    tablet.push(checkup)
    a_patient(id=person["id"])
    assert waking.wake_all(now=NOW) == 0
    assert kept(checkup).status == "applied"


def test_two_tablets_and_the_desk_change_one_telephone_and_nothing_is_lost():
    """I5: each acknowledged value is current, was replaced by who had seen it, or is in the inbox."""
    patient = a_patient(phone="012345678")
    one, two, desk = a_tablet("T07"), a_tablet("T08"), somebody()

    def amend(tablet, phone):
        doc = {"set": {"phone": phone}, "was": {"phone": "+85512345678"}}
        return tablet.push(tablet.op("patient", "amend", doc, id=patient.pk))

    fine(
        at_once(
            lambda: amend(one, "012111111"), lambda: amend(two, "012222222"),
            lambda: people.correct(patient=patient, by=desk, today=TODAY, phone="012333333"),
        )
    )  # fmt: skip
    changes = Entry.objects.filter(verb="clinic.patient.corrected").order_by("seq")
    written = [entry.detail["changes"]["phone"] for entry in changes]
    chain = ["+85512345678"]
    for was, now in written:
        assert was == chain[-1]
        chain.append(now)
    known = set(chain) | set(Disagreement.objects.values_list("mine", flat=True))
    assert known == {"+85512345678", "+85512111111", "+85512222222", "+85512333333"}
    patient.refresh_from_db()
    assert patient.phone == chain[-1]


def test_two_who_settle_one_disagreement_differently_are_not_both_right():
    tablet, desk, other = a_tablet(), somebody(), a_user("nurse", "other", name="Other")
    patient = a_patient(phone="012345678")
    doc = {"set": {"phone": "012222222"}, "was": {"phone": "+85512000000"}}
    tablet.push(tablet.op("patient", "amend", doc, id=patient.pk))
    row = Disagreement.objects.get()
    told = at_once(
        lambda: inbox.settle(id=row.pk, take=True, by=desk, at=NOW),
        lambda: inbox.settle(id=row.pk, take=False, by=other, at=NOW),
    )
    assert sorted(isinstance(one, Conflict) for one in told) == [False, True]
    row.refresh_from_db()
    patient.refresh_from_db()
    assert (patient.phone == "+85512222222") == (row.state == "taken")


def test_a_ticket_released_and_rejected_at_once_ends_one_way():
    tablet, desk = a_tablet(), somebody()
    op = tablet.op("patient", doc=a_person(sex="?"))
    tablet.push(op)
    ticket = Ticket.objects.get()
    told = at_once(
        lambda: inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "F"}, by=desk, at=NOW),
        lambda: inbox.reject(id=ticket.pk, reason="a joke", by=desk, at=NOW),
        lambda: inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "M"}, by=desk, at=NOW),
    )
    assert sum(isinstance(one, Conflict) for one in told) == 2
    ticket.refresh_from_db()
    assert (Patient.objects.count() == 1) == (ticket.state == "released") == (kept(op).status == "applied")


def test_tablets_and_desk_at_once_leave_one_chain_and_whole_books():
    tablets = [a_tablet(f"T{n:02}") for n in range(1, 4)]
    session, desk = a_session(), somebody()

    def a_day(tablet):
        ops = []
        for n in range(12):
            person = tablet.op("patient", doc=a_person(given_name=f"{tablet.device.code}{n}"))
            gift = {"number": n + 1, "on": TODAY.isoformat(), "currency": "KHR", "minor": 1000}
            ops += [
                person, tablet.op("checkup", doc={"patient": person["id"], "session": str(session.pk)}),
                tablet.op("donation", doc=gift),
            ]  # fmt: skip
        ops.append(tablet.op("donation", "void", {"reason": "mistake"}, id=ops[2]["id"]))
        return {one["status"] for one in tablet.push(*ops)}

    def at_the_desk():
        for n in range(8):
            people.register(by=desk, today=TODAY, sex="F", family_name="Desk", given_name=f"N{n}", id=uuid7())

    told = fine(at_once(*[lambda tablet=tablet: a_day(tablet) for tablet in tablets], at_the_desk))
    assert told[:3] == [{"applied"}] * 3
    assert Patient.objects.count() == 3 * 12 + 8
    assert len(set(Patient.objects.values_list("number", flat=True))) == Patient.objects.count()
    assert (DentalCheckup.objects.count(), Donation.objects.count()) == (36, 36)
    assert set(ReceiptBook.objects.exclude(pk="D").values_list("last_number", flat=True)) == {12}
    assert set(Stream.objects.values_list("contiguous_seq", flat=True)) == {37}
    assert (broken_at(), books.first_broken()) == (None, None)
    assert Clock.objects.count() == 1
