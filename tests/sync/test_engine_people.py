"""People registered and corrected on tablets: numbers, likely doubles, two who write one field, photos."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from clinic.models import Allergy, Consent, Identifier, LikelyPair, NumberBlock, Patient, Photo
from clinic.services import numbers
from clinic.services import patients as people
from clinic.sync import patient_docs
from clinic.sync.patients import birth_document
from core.ages import Birth
from core.ids import patient_number, uuid7
from sync import engine
from sync.models import Blob, Disagreement, PushedOp
from tests.builders import TODAY, a_patient, a_village, somebody
from tests.sync.ops import NOW, Tablet, a_person, a_tablet, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def tablet() -> Tablet:
    return a_tablet()


def amend(tablet, patient, set, was, **more):
    return tablet.op("patient", "amend", {"set": set, "was": was}, id=patient.pk, **more)


# -- numbers (incident F) --------------------------------------------------------------------------------------


def register(tablet, number):
    op = tablet.op("patient", doc=a_person(number=number))
    assert tablet.statuses(op) == ["applied"]
    return Patient.objects.get(pk=op["id"])


def test_a_number_out_of_the_tablets_own_block_stands_and_the_block_goes_on_behind_it(tablet):
    block = numbers.reserve(holder="T07", size=1000, by=somebody())
    assert register(tablet, patient_number(block.first + 4)).number == patient_number(block.first + 4)
    block.refresh_from_db()
    assert block.next == block.first + 5
    assert register(tablet, patient_number(block.first + 2)).number == patient_number(block.first + 2)
    block.refresh_from_db()
    assert block.next == block.first + 5


def test_a_number_that_somebody_has_already_is_kept_beside_a_new_one(tablet):
    block = numbers.reserve(holder="T07", size=1000, by=somebody())
    number = patient_number(block.first)
    register(tablet, number)
    second = register(tablet, number)
    assert second.number != number
    assert Identifier.objects.get(patient=second).value == number
    third = register(tablet, number)
    assert not Identifier.objects.filter(patient=third).exists()


@pytest.mark.parametrize("number", ["", "scribble", "SA-000001-9", "x" * 500, "៣៣"])
def test_nobody_is_refused_for_a_number_that_is_none(tablet, number):
    assert register(tablet, number).number.startswith("SA-")


def test_a_number_of_the_desk_or_of_another_tablet_is_not_taken_away_from_them(tablet):
    desk = NumberBlock.objects.get(holder="")
    other = numbers.reserve(holder="T08", size=1000, by=somebody())
    for block in (desk, other):
        assert register(tablet, patient_number(block.first + 7)).number != patient_number(block.first + 7)
        before = block.next
        block.refresh_from_db()
        assert block.next in (before, before + 1, before + 2)


def test_a_number_in_a_gap_between_blocks_stands_and_one_beyond_the_last_does_not(tablet):
    last = NumberBlock.objects.order_by("-last")[0].last
    NumberBlock.objects.create(holder="T08", first=last + 5001, last=last + 6000, next=last + 5001)
    assert register(tablet, patient_number(last + 17)).number == patient_number(last + 17)
    assert register(tablet, patient_number(last + 9000)).number != patient_number(last + 9000)


# -- likely doubles (incident E) -------------------------------------------------------------------------------


def test_incident_e_who_may_be_known_already_is_on_the_list_at_once(tablet):
    known = a_patient(family_name="Chan", given_name="Dara", sex="M", village=a_village(), phone="012345678")
    op = tablet.op("patient", doc=a_person(village=a_village().pk, phone="012 345 678"))
    tablet.push(op)
    pair = LikelyPair.objects.get()
    assert {str(pair.one_id), str(pair.other_id)} == {str(known.pk), op["id"]}
    assert (pair.state, pair.registered_anyway) == ("open", False)


def test_two_tablets_that_register_one_child_make_two_records_and_one_pair(tablet):
    other = a_tablet("T08")
    doc = a_person(village=a_village().pk, guardian="Chan Sophea", phone="012345678")
    assert tablet.statuses(tablet.op("patient", doc=doc)) == ["applied"]
    assert other.statuses(other.op("patient", doc=doc)) == ["applied"]
    assert (Patient.objects.count(), LikelyPair.objects.count()) == (2, 1)


# -- documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("4y", "stated"),
        ("7m", "stated"),
        ("2019", "year"),
        ("2019-05", "month"),
        ("2019-05-03", "day"),
        ("", "unknown"),
    ],
)
def test_a_birth_is_kept_as_it_was_told(tablet, text, precision):
    register_op = tablet.op("patient", doc=a_person(birth=text))
    assert tablet.statuses(register_op) == ["applied"]
    assert Patient.objects.get().birth_precision == precision


def test_an_age_is_as_told_on_the_day_of_the_save(tablet):
    op = tablet.op("patient", doc=a_person(birth="4y"), at=(NOW - timedelta(days=3)).isoformat())
    tablet.push(op)
    assert Patient.objects.get().told_on == TODAY - timedelta(days=3)


def test_consent_and_allergies_come_with_the_person(tablet):
    op = tablet.op("patient", doc=a_person(consent=False, guardian="Sophea", allergies=[{"substance": "Penicillin"}]))
    tablet.push(op)
    consent, allergy = Consent.objects.get(), Allergy.objects.get()
    assert (consent.purpose, consent.given, consent.said_by) == ("photo", False, "Sophea")
    assert (str(allergy.patient_id), allergy.told_on) == (op["id"], TODAY)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"sex": None}, "sex"),
        ({"birth": "soon"}, "birth"),
        ({"birth": 4}, "birth"),
        ({"village": "Trapeang"}, "village"),
        ({"village": 10**9}, "village"),
        ({"family_name": "x" * 10_000}, "family_name"),
        ({"family_name": 7}, "family_name"),
        ({"allergies": "many"}, "allergies"),
        ({"allergies": [{"substance": 7}]}, "allergies.0.substance"),
        ({"no_allergy": 1}, "no_allergy"),
        ({"consent": "yes"}, "consent"),
        ({"no_allergy": True, "allergies": [{"substance": "Bees"}]}, "allergy"),
    ],
)
def test_a_document_that_is_wrong_names_the_field(tablet, said, field):
    (result,) = tablet.push(tablet.op("patient", doc=a_person(**said)))
    assert (result["status"], list(result["fields"])) == ("quarantined", [field])
    assert result["fields"][field]


def test_the_roster_document_of_many_people_costs_few_statements(tablet, django_assert_max_num_queries):
    ids = [a_patient(given_name=f"N{n}").pk for n in range(5)]
    people.correct(patient=Patient.objects.get(pk=ids[0]), by=somebody(), today=TODAY, birth=Birth.on(TODAY))
    merged = a_patient()
    Patient.objects.filter(pk=merged.pk).update(merged_into=ids[1])
    with django_assert_max_num_queries(3):
        docs = patient_docs([*ids, merged.pk, uuid7()], today=TODAY)
    assert len(docs) == 6
    assert docs[merged.pk] == {"id": str(merged.pk), "merged_into": str(ids[1])}
    assert docs[ids[0]]["birth"] == {
        "date": "2026-11-20", "earliest": "2026-11-20", "latest": "2026-11-20", "precision": "day",
    }  # fmt: skip
    assert docs[ids[2]]["allergies"] == []


# -- amendments ------------------------------------------------------------------------------------------------


def test_what_nobody_else_touched_is_written(tablet):
    patient = a_patient(phone="012345678", guardian="Sophea")
    (result,) = tablet.push(amend(tablet, patient, {"phone": "012 999 999"}, {"phone": patient.phone}))
    patient.refresh_from_db()
    assert (result["status"], patient.phone, patient.guardian) == ("merged", "+85512999999", "Sophea")


def test_different_fields_of_one_person_come_together(tablet):
    patient = a_patient(phone="012345678", guardian="Sophea")
    people.correct(patient=patient, by=somebody(), today=TODAY, guardian="Vanna")
    op = amend(tablet, patient, {"phone": "012999999"}, {"phone": "+85512345678", "guardian": "Sophea"})
    assert tablet.statuses(op) == ["merged"]
    patient.refresh_from_db()
    assert (patient.phone, patient.guardian) == ("+85512999999", "Vanna")


def test_of_one_field_the_first_stands_and_the_other_waits_for_a_person(tablet):
    patient = a_patient(phone="012345678")
    other = a_tablet("T08")
    first = amend(tablet, patient, {"phone": "012111111"}, {"phone": "+85512345678"})
    second = amend(other, patient, {"phone": "012222222"}, {"phone": "+85512345678"})
    assert tablet.statuses(first) == ["merged"]
    (result,) = other.push(second)
    patient.refresh_from_db()
    row = Disagreement.objects.get()
    assert (result["status"], result["fields"], result["conflict_id"]) == ("conflict", ["phone"], str(row.pk))
    assert patient.phone == "+85512111111"
    assert (row.theirs, row.mine, row.patient_id) == ("+85512111111", "+85512222222", patient.pk)


def test_two_who_write_the_same_agree(tablet):
    patient = a_patient(phone="012345678")
    people.correct(patient=patient, by=somebody(), today=TODAY, phone="012999999")
    op = amend(tablet, patient, {"phone": "012 99 99 99"}, {"phone": "+85512345678"})
    assert tablet.statuses(op) == ["merged"]
    assert not Disagreement.objects.exists()


def test_an_identity_is_never_put_together_from_two_hands(tablet):
    patient = a_patient(family_name="Chan", given_name="Dara", sex="F", guardian="Sophea")
    was = {"family_name": "Chan", "given_name": "Dara", "sex": "F", "guardian": "Sophea"}
    people.correct(patient=patient, by=somebody(), today=TODAY, given_name="Darith")
    op = amend(tablet, patient, {"sex": "M", "guardian": "Vanna"}, was)
    (result,) = tablet.push(op)
    patient.refresh_from_db()
    assert (result["status"], result["fields"]) == ("conflict", ["sex"])
    assert (patient.given_name, patient.sex, patient.guardian) == ("Darith", "F", "Vanna")
    row = Disagreement.objects.get()
    assert (row.theirs, row.mine) == ("F", "M")


def test_a_corrected_birth_is_compared_as_the_roster_shows_it(tablet):
    patient = a_patient(told=(4, "y", TODAY))
    was = {"birth": birth_document(patient.birth)}
    op = amend(tablet, patient, {"birth": "2021-03-02"}, was)
    assert tablet.statuses(op) == ["merged"]
    patient.refresh_from_db()
    assert patient.birth_date.isoformat() == "2021-03-02"


def test_a_correction_of_what_this_tablet_itself_saved_needs_only_name_that_save(tablet):
    person = tablet.op("patient", doc=a_person(phone="012 345 678", birth="4y"))
    first = tablet.op("patient", "amend", {"set": {"phone": "012999999"}, "seen": person["op_id"]}, id=person["id"])
    then = {"set": {"phone": "012888888", "birth": "5y"}, "seen": first["op_id"]}
    second = tablet.op("patient", "amend", then, id=person["id"])
    assert tablet.statuses(person, first, second) == ["applied", "merged", "merged"]
    patient = Patient.objects.get()
    assert (patient.phone, patient.told_age) == ("+85512888888", 5)


def test_what_another_changed_since_that_save_is_not_overwritten(tablet):
    person = tablet.op("patient", doc=a_person(phone="012345678"))
    tablet.push(person)
    people.correct(patient=Patient.objects.get(), by=somebody(), today=TODAY, phone="012111111")
    op = tablet.op("patient", "amend", {"set": {"phone": "012999999"}, "seen": person["op_id"]}, id=person["id"])
    assert tablet.statuses(op) == ["conflict"]


def test_a_save_named_that_has_not_come_is_waited_for(tablet):
    person = tablet.op("patient", doc=a_person())
    between = tablet.op("patient", "amend", {"set": {"phone": "012111111"}, "was": {"phone": ""}}, id=person["id"])
    last = tablet.op("patient", "amend", {"set": {"phone": "012222222"}, "seen": between["op_id"]}, id=person["id"])
    assert tablet.statuses(person, last) == ["applied", "parked"]
    assert tablet.statuses(between) == ["merged"]
    assert (kept(last).status, Patient.objects.get().phone) == ("merged", "+85512222222")


def test_a_correction_of_a_merged_record_goes_to_who_took_it_up(tablet):
    kept_, gone = a_patient(guardian="Sophea"), a_patient(guardian="Sophea")
    Patient.objects.filter(pk=gone.pk).update(merged_into=kept_)
    assert tablet.statuses(amend(tablet, gone, {"guardian": "Vanna"}, {"guardian": "Sophea"})) == ["merged"]
    kept_.refresh_from_db()
    assert kept_.guardian == "Vanna"
    assert PushedOp.objects.get().patient_id == kept_.pk


def test_a_correction_that_a_rule_refuses_writes_nothing_of_it(tablet):
    patient = a_patient(guardian="Sophea")
    op = amend(tablet, patient, {"guardian": "Vanna", "phone": "x"}, {"guardian": "Sophea", "phone": ""})
    (result,) = tablet.push(op)
    patient.refresh_from_db()
    assert (result["status"], list(result["fields"]), patient.guardian) == ("quarantined", ["phone"], "Sophea")


@pytest.mark.parametrize("doc", [{}, {"set": 7}, {"set": {}, "was": []}, {"set": {"phone": None}, "seen": 3}])
def test_an_amendment_of_any_shape_is_kept(tablet, doc):
    patient = a_patient()
    (result,) = tablet.push(tablet.op("patient", "amend", doc, id=patient.pk))
    assert result["status"] in {"merged", "quarantined"}


# -- allergies -------------------------------------------------------------------------------------------------


def test_an_allergy_is_added_and_taken_back_once(tablet):
    patient = a_patient()
    add = tablet.op("allergy", doc={"patient": str(patient.pk), "substance": "Bees", "reaction": "", "severe": True})
    void = tablet.op("allergy", "void", {"reason": "another child"}, id=add["id"])
    again = tablet.op("allergy", "void", {"reason": "the same"}, id=add["id"])
    assert tablet.statuses(void) == ["parked"]
    assert tablet.statuses(add, again) == ["applied", "applied"]
    assert Allergy.objects.get().void_reason in {"another child", "the same"}
    assert kept(void).status == "applied"


def test_an_allergy_told_with_the_person_can_be_taken_back_before_they_came(tablet):
    allergy = str(uuid7())
    person = tablet.op("patient", doc=a_person(allergies=[{"id": allergy, "substance": "Bees"}]))
    void = tablet.op("allergy", "void", {"reason": "misheard"}, id=allergy)
    assert tablet.statuses(void) == ["parked"]
    tablet.push(person)
    assert kept(void).status == "applied"


# -- photos ----------------------------------------------------------------------------------------------------


def a_picture():
    file = BytesIO()
    Image.new("RGB", (40, 40), "brown").save(file, "JPEG")
    return file.getvalue()


def a_blob(tablet, content):
    return Blob.objects.create(
        sha256=hashlib.sha256(content).hexdigest(), size=len(content), content=content, whole=True,
        device=tablet.device,
    )  # fmt: skip


def test_a_photo_is_asked_for_until_it_comes_and_is_then_the_persons(tablet):
    content = a_picture()
    digest = hashlib.sha256(content).hexdigest()
    op = tablet.op("patient", doc=a_person(photo=digest, consent=True))
    assert tablet.take(op).want_blobs == [digest]
    a_blob(tablet, content)
    assert engine.blob_came(digest) == 1
    assert str(Photo.objects.get().patient_id) == op["id"]
    assert tablet.take().want_blobs == []
    assert engine.blob_came(digest) == 0


def test_a_photo_that_came_before_its_person_is_theirs_at_once(tablet):
    content = a_picture()
    blob = a_blob(tablet, content)
    op = tablet.op("patient", doc=a_person(photo=blob.sha256))
    assert tablet.take(op).want_blobs == []
    assert str(Photo.objects.get().patient_id) == op["id"]


def test_no_photo_is_kept_of_who_said_no(tablet):
    blob = a_blob(tablet, a_picture())
    tablet.push(tablet.op("patient", doc=a_person(photo=blob.sha256, consent=False)))
    assert not Photo.objects.exists()


def test_a_picture_that_is_none_is_not_asked_for_again(tablet):
    blob = a_blob(tablet, b"no picture")
    taken = tablet.take(tablet.op("patient", doc=a_person(photo=blob.sha256)))
    assert (taken.want_blobs, Photo.objects.count()) == ([], 0)
