"""How a stay ends: said once, corrected with a reason, taken back; two who correct it are brought together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.models import (
    Admission,
    Allergy,
    Bed,
    BedStay,
    Diagnosis,
    DischargeType,
    Encounter,
    EncounterVersion,
    Outcome,
    Patient,
    Treatment,
)
from clinic.selectors import stays
from clinic.services import admissions, discharges
from clinic.services.care import Line
from clinic.services.discharges import document
from clinic.services.patients import undo_death
from core.audit.models import Entry
from core.editing import MINE, Choice, Clashed, Edit
from core.errors import Conflict, RuleBroken
from core.shared_edit import plain
from tests.builders import (
    TODAY,
    a_bed,
    a_condition,
    a_discharge,
    a_patient,
    a_stay,
    a_visit,
    an_ending,
    noon,
    somebody,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def correct(stay: Admission, why="Misread", edit=None, **ending) -> Admission:
    return discharges.correct(
        id=stay.pk, ending=an_ending(**ending), why=why, edit=edit, by=somebody(), today=TODAY, at=noon()
    )


def undo(stay: Admission, reason="Wrong patient") -> Admission:
    return discharges.undo(id=stay.pk, reason=reason, by=somebody())


def last_bed(stay: Admission) -> BedStay:
    return BedStay.objects.filter(admission=stay).order_by("since", "id").last()  # type: ignore[return-value]


class TestTheEnd:
    def test_discharge_says_how_and_closes_the_contact(self):
        stay = a_discharge(a_stay(on=TODAY - 3 * DAY), summary="Well\nagain", advice="Rest")
        stay.refresh_from_db()
        assert (stay.discharged_on, stay.outcome, stay.summary) == (TODAY, Outcome.IMPROVED, "Well\nagain")
        assert (stay.encounter.status, stay.encounter.result, stay.encounter.advice) == ("closed", "treated", "Rest")
        assert last_bed(stay).until == TODAY

    @pytest.mark.parametrize(
        ("days", "code"), [(1, "clinic.date_in_future"), (-4, "clinic.discharge_before_admission")]
    )
    def test_a_discharge_outside_of_the_stay_is_refused(self, days, code):
        with pytest.raises(RuleBroken, match=f"^{code}$"):
            a_discharge(a_stay(on=TODAY - 3 * DAY), on=TODAY + days * DAY)

    def test_nobody_leaves_before_the_move_to_the_last_bed(self):
        stay = a_stay(on=TODAY - 5 * DAY)
        admissions.transfer(id=stay.pk, bed=a_bed(1), on=TODAY - DAY, by=somebody(), today=TODAY)
        with pytest.raises(RuleBroken, match=r"^clinic.discharge_before_move$"):
            a_discharge(stay, on=TODAY - 2 * DAY)

    def test_nobody_is_discharged_twice(self):
        stay = a_discharge(a_stay())
        with pytest.raises(RuleBroken, match=r"^clinic.discharged_already$"):
            a_discharge(stay)

    def test_the_day_to_come_back_is_after_the_discharge(self):
        stay = a_stay()
        with pytest.raises(RuleBroken, match=r"^clinic.come_back_before_discharge$"):
            a_discharge(stay, follow_up_on=TODAY)
        a_discharge(stay, follow_up_on=TODAY + 7 * DAY)
        assert Encounter.objects.get(admission=stay).follow_up_on == TODAY + 7 * DAY

    def test_who_is_referred_out_is_counted_as_referred(self):
        assert a_discharge(a_stay(), type=DischargeType.REFERRED).encounter.result == "referred"

    def test_diagnoses_at_discharge_replace_those_of_admission_which_stay_readable(self):
        stay = a_stay(diagnoses=[a_condition("fever"), a_condition("cough")])
        a_discharge(stay, diagnoses=[a_condition("dengue"), a_condition("fever")])
        rows = Diagnosis.objects.filter(encounter=stay.encounter).order_by("-primary")
        assert [(row.condition.key, row.primary) for row in rows] == [("dengue", True), ("fever", False)]
        assert EncounterVersion.objects.get().document["diagnoses"] == ["fever", "cough"]

    def test_the_same_diagnoses_again_make_no_version(self):
        stay = a_stay(diagnoses=[a_condition("fever"), a_condition("cough"), a_condition("dengue")])
        a_discharge(stay, diagnoses=stays.whole(stay.pk).conditions)
        assert not EncounterVersion.objects.exists()

    def test_medicine_to_take_home_is_apart_from_what_was_ordered(self):
        stay = a_stay()
        a_discharge(stay, take_home=[Line("Amoxicillin 500 mg", "1x3x5"), ("Paracetamol", "")])
        found = stays.whole(stay.pk)
        assert [(row.what, row.dose) for row in found.take_home] == [
            ("Amoxicillin 500 mg", "1x3x5"),
            ("Paracetamol", ""),
        ]
        assert found.orders == []

    def test_medicine_that_touches_an_allergy_asks_why(self):
        patient = a_patient()
        Allergy.objects.create(patient=patient, substance="Penicillin", atc="J01C", told_on=TODAY)
        stay = a_stay(patient)
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_touched$"):
            a_discharge(stay, take_home=[Line("Amoxicillin", "", "J01CA04")])
        a_discharge(stay, take_home=[Line("Amoxicillin", "", "J01CA04", "Was given before without harm")])
        assert Treatment.objects.get().despite == "Was given before without harm"


class TestDeath:
    def test_a_death_in_bed_is_recorded_with_the_discharge(self):
        stay = a_discharge(a_stay(), outcome=Outcome.DECEASED, follow_up_on=TODAY + DAY)
        assert stay.discharge_type == DischargeType.DECEASED
        assert Patient.objects.get(pk=stay.patient_id).deceased_on == TODAY
        assert Encounter.objects.get(admission=stay).follow_up_on is None
        assert Entry.objects.filter(verb="clinic.patient.died", patient_id=stay.patient_id).exists()

    def test_a_death_before_a_later_contact_takes_the_discharge_back_with_it(self):
        stay = a_stay(on=TODAY - 3 * DAY)
        a_visit(stay.patient)
        with pytest.raises(RuleBroken, match=r"^clinic.death_before_contact$"):
            a_discharge(stay, on=TODAY - DAY, type=DischargeType.DECEASED)
        assert Admission.objects.open().exists()

    def test_a_death_known_already_is_not_recorded_again(self):
        stay = a_stay(on=TODAY - 3 * DAY)
        Patient.objects.filter(pk=stay.patient_id).update(deceased_on=TODAY - DAY, deceased_source="family")
        with pytest.raises(RuleBroken, match=r"^clinic.date_after_death$"):
            a_discharge(stay, type=DischargeType.DECEASED)
        a_discharge(stay, on=TODAY - DAY, type=DischargeType.DECEASED)
        assert Patient.objects.get(pk=stay.patient_id).deceased_source == "family"
        assert not Entry.objects.filter(verb="clinic.patient.died").exists()

    def test_who_did_not_die_is_brought_back_by_the_administrator_first(self):
        stay = a_discharge(a_stay(), type=DischargeType.DECEASED)
        for change in (lambda: undo(stay), lambda: correct(stay, type=DischargeType.AUTHORIZED)):
            with pytest.raises(RuleBroken, match=r"^clinic.take_back_death_first$"):
                change()
        undo_death(patient=Patient.objects.get(pk=stay.patient_id), reason="Alive", by=somebody())
        correct(stay, type=DischargeType.AUTHORIZED)
        assert undo(stay).discharged_on is None

    def test_a_discharge_corrected_to_a_death_records_it(self):
        stay = a_discharge(a_stay(on=TODAY - 3 * DAY))
        correct(stay, on=TODAY - DAY, type=DischargeType.DECEASED)
        assert Patient.objects.get(pk=stay.patient_id).deceased_on == TODAY - DAY


class TestCorrections:
    def test_how_it_read_before_stays_with_who_and_why(self):
        stay = a_discharge(a_stay(on=TODAY - 5 * DAY), summary="Well")
        correct(stay, on=TODAY - DAY, summary="Better", why="The day was wrong")
        stay.refresh_from_db()
        assert (stay.discharged_on, stay.summary, last_bed(stay).until) == (TODAY - DAY, "Better", TODAY - DAY)
        version = EncounterVersion.objects.get()
        assert (version.why, version.document["summary"], version.number) == ("The day was wrong", "Well", 1)

    def test_a_correction_without_a_reason_is_refused_and_without_a_change_does_nothing(self):
        stay = a_discharge(a_stay())
        with pytest.raises(RuleBroken, match=r"^clinic.reason_missing$"):
            correct(stay, why=" ", summary="Better")
        correct(stay)
        assert not EncounterVersion.objects.exists()

    def test_a_later_day_meets_who_came_after(self):
        stay = a_discharge(a_stay(on=TODAY - 9 * DAY), on=TODAY - 5 * DAY)
        a_stay(on=TODAY - 4 * DAY)
        correct(stay, on=TODAY - 4 * DAY)
        with pytest.raises(Conflict, match=r"^clinic.bed_taken$"):
            correct(stay, on=TODAY - 3 * DAY)

    def test_a_stay_that_has_not_ended_has_nothing_to_correct(self):
        with pytest.raises(RuleBroken, match=r"^clinic.not_discharged$"):
            correct(a_stay())

    def test_two_who_correct_different_things_lose_nothing(self):
        stay = a_discharge(a_stay(), summary="Well", advice="Rest")
        was = plain(document(stays.whole(stay.pk)))
        correct(stay, summary="Well again", advice="Rest")
        correct(stay, summary="Well", advice="Rest and drink", edit=Edit(was))
        found = stays.whole(stay.pk).admission
        assert (found.summary, found.encounter.advice) == ("Well again", "Rest and drink")

    def test_two_who_correct_one_thing_are_asked(self):
        stay = a_discharge(a_stay(), summary="Well")
        was = plain(document(stays.whole(stay.pk)))
        correct(stay, summary="Well again")
        with pytest.raises(Clashed) as clashed:
            correct(stay, summary="Not well", edit=Edit(was))
        assert clashed.value.clashes[0] == ("summary", "Well again", "Not well")
        correct(stay, summary="Not well", edit=Edit(was, {"summary": Choice(MINE, "Well again")}))
        assert Admission.objects.get().summary == "Not well"


class TestTakenBack:
    def test_the_patient_lies_in_the_bed_again(self):
        stay = undo(a_discharge(a_stay(on=TODAY - 3 * DAY), on=TODAY - DAY, follow_up_on=TODAY + DAY))
        stay.refresh_from_db()
        encounter = Encounter.objects.get(admission=stay)
        assert (stay.discharged_on, stay.discharge_type, encounter.status) == (None, "", "open")
        assert (encounter.follow_up_on, last_bed(stay).until) == (None, None)
        assert EncounterVersion.objects.get().document["on"] == str(TODAY - DAY)
        assert a_discharge(stay).discharged_on == TODAY

    def test_not_when_somebody_else_lies_there_or_lay_there_since(self):
        stay = a_discharge(a_stay(on=TODAY - 5 * DAY), on=TODAY - 4 * DAY)
        other = a_stay(on=TODAY - 3 * DAY)
        with pytest.raises(Conflict, match=r"^clinic.bed_taken$"):
            undo(stay)
        a_discharge(other, on=TODAY - DAY)
        with pytest.raises(Conflict, match=r"^clinic.bed_was_taken$"):
            undo(stay)

    def test_not_when_the_person_lies_elsewhere(self):
        stay = a_discharge(a_stay(on=TODAY - 5 * DAY), on=TODAY - 4 * DAY)
        a_stay(stay.patient, bed=a_bed(1))
        with pytest.raises(Conflict, match=r"^clinic.already_admitted$"):
            undo(stay)

    def test_not_into_a_bed_out_of_use(self):
        stay = a_discharge(a_stay())
        Bed.objects.filter(pk=a_bed().pk).update(active=False)
        with pytest.raises(RuleBroken, match=r"^clinic.bed_missing$"):
            undo(stay)

    def test_not_without_a_reason(self):
        with pytest.raises(RuleBroken, match=r"^clinic.reason_missing$"):
            undo(a_discharge(a_stay()), "")
