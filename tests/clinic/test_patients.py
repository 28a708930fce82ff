"""Registering people, correcting what is written of them, recording a death."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clinic.models import Identifier, NameKey, Patient
from clinic.services import patients
from clinic.services.keys import key_rows
from core.ages import Birth
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import parse_patient_number, uuid7
from core.syncing import Change
from tests.builders import TODAY, a_patient, a_village, a_visit, somebody

pytestmark = pytest.mark.django_db


def refused(code: str, **how: object):
    return pytest.raises(RuleBroken, match=f"^{code}$")


def test_a_person_gets_the_next_number_of_the_desk():
    first, second = a_patient(), a_patient()
    assert parse_patient_number(second.number) == parse_patient_number(first.number) + 1


def test_a_person_registered_twice_under_one_id_is_kept_once():
    made = uuid7()
    a_patient(id=made)
    with pytest.raises(Conflict, match=r"^constraint.same_id$"):
        a_patient(id=made)
    assert Patient.objects.filter(id=made).count() == 1


def test_texts_are_brought_to_one_form():
    patient = a_patient(family_name="  Sok\u200b ", given_name="Dara  Rith", phone="០១២ ៣៤៥ ៦៧៨", guardian=" Chea ")
    assert (patient.family_name, patient.given_name, patient.guardian) == ("Sok", "Dara Rith", "Chea")
    assert patient.phone == "+85512345678"


def test_a_person_needs_a_name():
    with refused("clinic.name_missing"):
        a_patient(family_name=" ", given_name="\u200b")


def test_a_khmer_name_alone_is_enough():
    assert a_patient(family_name="", given_name="", given_name_km="ដារ៉ា").name == "ដារ៉ា"


def test_a_stated_age_is_kept_as_told_and_reads_the_same_that_day():
    patient = a_patient(told=(3, "m", TODAY))
    assert (patient.told_age, patient.told_unit, patient.told_on) == (3, "m", TODAY)
    assert patient.age_on(TODAY).months == 3


def test_age_zero_is_an_age():
    assert a_patient(told=(0, "d", TODAY)).age_on(TODAY).days == 0


def test_a_birth_in_the_future_is_refused():
    with refused("core.birth_in_future"):
        a_patient(birth=Birth.on(TODAY + timedelta(days=1)))


def test_an_age_told_tomorrow_is_refused():
    with refused("clinic.date_in_future"):
        a_patient(told=(3, "y", TODAY + timedelta(days=1)))


def test_other_numbers_are_kept_and_belong_to_one_person():
    patient = a_patient(identifiers=[("paper", "ក-១២"), ("register", "")])
    assert list(Identifier.objects.filter(patient=patient).values_list("kind", "value")) == [("paper", "ក-12")]
    with pytest.raises(Conflict, match="clinic_identifier_one_person"):
        a_patient(identifiers=[("paper", "ក-12")])


def test_a_household_shares_its_equity_card():
    a_patient(identifiers=[("equity", "E1")])
    assert a_patient(identifiers=[("equity", "E1")]).pk


def test_registering_is_noted_once_and_stamped():
    patient = a_patient()
    assert Entry.objects.filter(verb="clinic.patient.registered", patient_id=patient.id).count() == 1
    assert Change.objects.filter(resource="clinic.patient", record_id=patient.id).exists()


def test_a_correction_keeps_old_and_new():
    patient = a_patient(family_name="Sok", phone="012345678")
    patients.correct(patient=patient, by=somebody(), today=TODAY, family_name="Keo", phone="")
    changes = Entry.objects.get(verb="clinic.patient.corrected").detail["changes"]
    assert changes == {"family_name": ["Sok", "Keo"], "phone": ["+85512345678", ""]}


def test_a_correction_that_changes_nothing_writes_nothing():
    patient = a_patient(family_name="Sok")
    patients.correct(patient=patient, by=somebody(), today=TODAY, family_name=" Sok ")
    assert not Entry.objects.filter(verb="clinic.patient.corrected").exists()


def test_a_corrected_name_is_found_under_its_new_spelling_only():
    patient = a_patient(family_name="Sok", given_name="Dara")
    patients.correct(patient=patient, by=somebody(), today=TODAY, given_name="Bopha")
    keys = set(NameKey.objects.filter(patient=patient).values_list("key", flat=True))
    patient.refresh_from_db()
    assert keys == {row.key for row in key_rows(patient)} and "dr" not in keys


def test_a_corrected_birth_changes_the_age_of_every_contact():
    patient = a_patient(told=(4, "y", TODAY))
    visit = a_visit(patient)
    patients.correct(patient=patient, by=somebody(), today=TODAY, birth=Birth.on(date(2021, 11, 20)))
    visit.refresh_from_db()
    assert visit.age_slot == 85 + 5
    assert Change.objects.filter(resource="clinic.encounter", record_id=visit.id).exists()


def test_an_age_told_at_a_contact_gives_way_only_to_a_dated_birth():
    patient = a_patient()
    visit = a_visit(patient, told=(7, "y"))
    patients.correct(patient=patient, by=somebody(), today=TODAY, told=(9, "y", TODAY))
    visit.refresh_from_db()
    assert visit.age_slot == 85 + 7
    patients.correct(patient=patient, by=somebody(), today=TODAY, birth=Birth.in_year(2016, TODAY))
    visit.refresh_from_db()
    assert visit.age_slot == 85 + 10


def test_a_birth_that_turns_out_unknown_leaves_contacts_without_an_age():
    patient = a_patient(birth=Birth.on(date(2020, 1, 1)))
    visit = a_visit(patient)
    patients.correct(patient=patient, by=somebody(), today=TODAY, birth=None)
    patient.refresh_from_db()
    visit.refresh_from_db()
    assert (patient.birth, visit.age_slot) == (None, None)


def test_a_birth_after_a_known_contact_is_refused():
    patient = a_patient()
    a_visit(patient, on=TODAY - timedelta(days=10))
    with refused("clinic.birth_after_contact"):
        patients.correct(patient=patient, by=somebody(), today=TODAY, birth=Birth.on(TODAY - timedelta(days=9)))


def test_a_corrected_village_is_noted():
    village = a_village()
    patient = patients.correct(patient=a_patient(), by=somebody(), today=TODAY, village=village)
    assert Patient.objects.get(pk=patient.pk).village_id == village.pk


def test_a_death_is_a_dated_fact_with_a_source():
    patient = patients.record_death(patient=a_patient(), on=TODAY, source="Family", by=somebody(), today=TODAY)
    assert (patient.deceased_on, patient.deceased_source) == (TODAY, "Family")


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (TODAY + timedelta(days=1), "clinic.date_in_future"),
        (date(2019, 12, 31), "clinic.death_before_birth"),
        (date(2026, 11, 1), "clinic.death_before_contact"),
    ],
)
def test_a_death_that_cannot_be_is_refused_and_says_why(on, code):
    patient = a_patient(birth=Birth.on(date(2020, 1, 1)))
    a_visit(patient, on=date(2026, 11, 2))
    with refused(code):
        patients.record_death(patient=patient, on=on, source="Family", by=somebody(), today=TODAY)


def test_nobody_dies_twice():
    patient = patients.record_death(patient=a_patient(), on=TODAY, source="Family", by=somebody(), today=TODAY)
    with refused("clinic.already_deceased"):
        patients.record_death(patient=patient, on=TODAY, source="Chief", by=somebody(), today=TODAY)


def test_a_death_recorded_in_error_is_taken_back_with_a_reason():
    patient = patients.record_death(patient=a_patient(), on=TODAY, source="Family", by=somebody(), today=TODAY)
    with refused("clinic.reason_missing"):
        patients.undo_death(patient=patient, reason=" ", by=somebody())
    patients.undo_death(patient=patient, reason="Another person", by=somebody())
    assert Patient.objects.get(pk=patient.pk).deceased_on is None
    with refused("clinic.not_deceased"):
        patients.undo_death(patient=patient, reason="Again", by=somebody())


def test_a_mistyped_number_is_replaced_and_an_emptied_one_taken_away():
    patient = a_patient(identifiers=[("paper", "K-12"), ("national", "123456789")])
    patients.correct(patient=patient, by=somebody(), today=TODAY, identifiers=[("paper", "K-13"), ("national", "")])
    assert list(Identifier.objects.filter(patient=patient).values_list("kind", "value")) == [("paper", "K-13")]
    changes = Entry.objects.get(verb="clinic.patient.corrected").detail["changes"]
    was, now = changes["number_paper"]
    assert (was["value"], now["value"]) == ("K-12", "K-13")
    assert changes["number_national"][1] is None
