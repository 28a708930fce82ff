"""What people decide: which of two values stands, and what becomes of a save that was refused."""

from __future__ import annotations

import pytest

from clinic.models import Allergy, Patient
from clinic.services import patients as people
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from mobile_team.models import DentalCheckup
from sync.models import Disagreement, PushedOp, Ticket
from sync.services import inbox
from tests.builders import TODAY, a_patient, a_session, somebody
from tests.sync.ops import NOW, Tablet, a_person, a_tablet, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


@pytest.fixture
def differing(tablet) -> Disagreement:
    """A telephone that desk and tablet changed differently."""
    patient = a_patient(phone="012345678")
    people.correct(patient=patient, by=somebody(), today=TODAY, phone="012111111")
    said = {"set": {"phone": "012 222 222"}, "was": {"phone": "+85512345678"}}
    tablet.push(tablet.op("patient", "amend", said, id=patient.pk))
    return Disagreement.objects.get()


def settle(row, *, take, by):
    return inbox.settle(id=row.pk, take=take, by=by, at=NOW)


# -- disagreements ---------------------------------------------------------------------------------------------


def test_the_tablets_value_is_taken_through_the_same_service(differing, nurse):
    assert settle(differing, take=True, by=nurse).state == "taken"
    assert Patient.objects.get().phone == "+85512222222"
    assert Entry.objects.filter(verb="clinic.patient.corrected").latest("seq").by == nurse
    note = Entry.objects.get(verb="sync.disagreement.settled")
    assert (note.detail["field"], note.detail["taken"]) == ("phone", True)


def test_what_stood_is_kept(differing, nurse):
    assert settle(differing, take=False, by=nurse).state == "kept"
    assert Patient.objects.get().phone == "+85512111111"


def test_who_decides_second_is_told(differing, nurse, administrator):
    settle(differing, take=False, by=nurse)
    with pytest.raises(Conflict, match=r"sync\.decided_already"):
        settle(differing, take=True, by=administrator)
    assert settle(differing, take=False, by=administrator).decided_by == nurse


def test_a_value_that_changed_since_it_was_shown_is_not_overwritten_unseen(differing, nurse):
    people.correct(patient=Patient.objects.get(), by=somebody(), today=TODAY, phone="012333333")
    with pytest.raises(Conflict, match=r"core\.changed_meanwhile"):
        settle(differing, take=True, by=nurse)
    differing.refresh_from_db()
    assert (differing.state, differing.theirs) == ("open", "+85512333333")
    assert settle(differing, take=True, by=nurse).state == "taken"
    assert Patient.objects.get().phone == "+85512222222"


def test_a_birth_told_on_another_day_is_taken_as_told_then(tablet, nurse):
    patient = a_patient(told=(4, "y", TODAY))
    tablet.push(tablet.op("patient", "amend", {"set": {"birth": "2020-02-03"}, "was": {"birth": None}}, id=patient.pk))
    row = Disagreement.objects.get()
    assert row.theirs["precision"] == "stated"
    settle(row, take=True, by=nurse)
    patient.refresh_from_db()
    assert patient.birth_date.isoformat() == "2020-02-03"


# -- tickets ---------------------------------------------------------------------------------------------------


def a_refused_person(tablet, **said):
    op = tablet.op("patient", doc=a_person(**({"sex": "?"} | said)))
    tablet.push(op)
    return op, Ticket.objects.get(op=op["op_id"])


def test_a_save_put_right_lands_and_what_was_sent_stays_as_it_was(tablet, nurse):
    op, ticket = a_refused_person(tablet)
    raw = kept(op).raw
    inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "M"}, by=nurse, at=NOW)
    ticket.refresh_from_db()
    patient = Patient.objects.get(pk=op["id"])
    assert (patient.sex, patient.recorded_by) == ("M", tablet.user)
    assert (kept(op).status, kept(op).raw, kept(op).code, kept(op).fields) == ("applied", raw, "", [])
    assert (ticket.state, ticket.decided_by, ticket.amended["sex"]) == ("released", nurse, "M")
    assert Entry.objects.get(verb="sync.op.released").patient_id == patient.pk
    assert tablet.push(op)[0] | {"version": 0, "server_seq": 0} == {
        "op_id": op["op_id"], "status": "duplicate", "first": "applied", "version": 0, "server_seq": 0,
    }  # fmt: skip


def test_a_save_still_wrong_stays_in_the_inbox_with_nothing_changed(tablet, nurse):
    op, ticket = a_refused_person(tablet)
    with pytest.raises(RuleBroken, match=r"core\.phone_unreadable"):
        inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "M", "phone": "12"}, by=nurse, at=NOW)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.amended, Patient.objects.count()) == ("open", None, 0)
    assert not Entry.objects.filter(verb="sync.op.released").exists()


def test_what_waited_for_a_released_save_lands_with_it(tablet, nurse):
    op, ticket = a_refused_person(tablet)
    checkup = tablet.op("checkup", doc={"patient": op["id"], "session": str(a_session().pk)})
    assert tablet.statuses(checkup) == ["parked"]
    inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "M"}, by=nurse, at=NOW)
    assert kept(checkup).status == "applied"


def test_a_save_set_aside_brings_what_waited_for_it_into_the_inbox(tablet, nurse):
    op, ticket = a_refused_person(tablet)
    session = str(a_session().pk)
    before, after = (tablet.op("checkup", doc={"patient": op["id"], "session": session}) for _ in range(2))
    tablet.push(before)
    inbox.reject(id=ticket.pk, reason="a joke", by=nurse, at=NOW)
    tablet.push(after)
    assert [kept(one).code for one in (before, after)] == ["sync.parent_rejected"] * 2
    assert kept(op).status == "rejected"
    assert (tablet.push(op)[0]["status"], tablet.push(op)[0]["first"]) == ("duplicate", "rejected")


def test_a_save_is_set_aside_only_with_a_reason(tablet, nurse):
    _, ticket = a_refused_person(tablet)
    with pytest.raises(RuleBroken, match=r"sync\.reason_missing"):
        inbox.reject(id=ticket.pk, reason="  ", by=nurse, at=NOW)


def test_what_was_decided_is_not_decided_again(tablet, nurse):
    op, ticket = a_refused_person(tablet)
    inbox.reject(id=ticket.pk, reason="a joke", by=nurse, at=NOW)
    with pytest.raises(Conflict, match=r"sync\.decided_already"):
        inbox.release(id=ticket.pk, amended=op["doc"] | {"sex": "M"}, by=nurse, at=NOW)
    with pytest.raises(Conflict, match=r"sync\.decided_already"):
        inbox.reject(id=ticket.pk, reason="again", by=nurse, at=NOW)


def test_a_released_group_lands_whole(tablet, nurse):
    group = str(uuid7())
    person = tablet.op("patient", doc=a_person(sex="?"), group=group)
    doc = {"patient": person["id"], "session": str(a_session().pk)}
    checkup = tablet.op("checkup", doc=doc, group=group, after=[person["op_id"]])
    assert tablet.statuses(person, checkup) == ["quarantined", "quarantined"]
    ticket = Ticket.objects.get(op=person["op_id"])
    inbox.release(id=ticket.pk, amended=person["doc"] | {"sex": "M"}, by=nurse, at=NOW)
    assert [kept(op).status for op in (person, checkup)] == ["applied", "applied"]
    assert not Ticket.objects.filter(state="open").exists()


def test_a_rejected_group_is_rejected_whole(tablet, nurse):
    group = str(uuid7())
    ops = [tablet.op("patient", doc=a_person(sex=sex), group=group) for sex in "M?"]
    tablet.push(*ops)
    inbox.reject(id=Ticket.objects.get(op=ops[0]["op_id"]).pk, reason="a joke", by=nurse, at=NOW)
    assert [kept(op).status for op in ops] == ["rejected", "rejected"]


def test_who_releases_what_a_revoked_tablet_handed_in_vouches_for_it(tablet, nurse):
    op = tablet.op("patient", doc=a_person(), actor=str(uuid7()))
    tablet.push(op, way="escrow")
    inbox.release(id=Ticket.objects.get().pk, by=nurse, at=NOW)
    assert Patient.objects.get().recorded_by == nurse


def test_a_released_save_may_wait_once_more_and_comes_back_when_it_is_refused_then(tablet, nurse):
    person = tablet.op("patient", doc=a_person())
    checkup = tablet.op("checkup", doc={"patient": person["id"], "session": str(a_session().pk), "teeth": {"99": "1"}})
    tablet.push(checkup, way="escrow")
    ticket = Ticket.objects.get()
    inbox.release(id=ticket.pk, by=nurse, at=NOW)
    assert kept(checkup).status == "parked"
    tablet.push(person)
    ticket.refresh_from_db()
    assert (kept(checkup).status, ticket.state, DentalCheckup.objects.count()) == ("quarantined", "open", 0)


def test_an_allergy_that_stands_already_is_for_a_person_to_see(tablet):
    patient = a_patient()
    doc = {"patient": str(patient.pk), "substance": "Bees", "severe": False}
    first, second = tablet.op("allergy", doc=doc), tablet.op("allergy", doc=doc | {"severe": True})
    assert tablet.statuses(first, second) == ["applied", "quarantined"]
    assert Allergy.objects.count() == 1


@pytest.mark.parametrize("amended", [[], "words", {"a": "\x00"}, 7])
def test_a_document_put_right_into_nonsense_is_refused(tablet, nurse, amended):
    _, ticket = a_refused_person(tablet)
    with pytest.raises(RuleBroken):
        inbox.release(id=ticket.pk, amended=amended, by=nurse, at=NOW)
    assert PushedOp.objects.get().status == "quarantined"
