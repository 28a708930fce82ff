"""Stays: admitted, moved, discharged; one open stay a person and one person a bed, whoever is quickest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.models import Admission, Bed, Diagnosis, DischargeType, Encounter, Outcome, Patient
from clinic.selectors import timeline, wards
from clinic.services import admissions
from clinic.services.encounters import Care
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from tests.builders import TODAY, a_bed, a_condition, a_patient, a_stay, a_visit, noon, somebody
from tests.threads import at_once

AUTHORIZED, IMPROVED = DischargeType.AUTHORIZED, Outcome.IMPROVED


def discharge(stay: Admission, **given: object) -> Admission:
    how = {"on": TODAY, "type": AUTHORIZED, "outcome": IMPROVED, "by": somebody(), "today": TODAY, "at": noon()}
    return admissions.discharge(admission=stay, **(how | given))  # type: ignore[arg-type]


@pytest.mark.django_db
class TestOneAtATime:
    def test_a_second_person_in_a_bed_is_told_who_lies_there(self):
        a_stay(a_patient(family_name="Keo", given_name="Bopha"))
        with pytest.raises(Conflict) as refused:
            a_stay()
        assert (refused.value.code, refused.value.field) == ("clinic.bed_taken", "bed")
        assert refused.value.params["who"] == "Keo Bopha"
        assert Encounter.objects.count() == 1

    def test_a_second_open_stay_is_refused(self):
        patient = a_patient()
        a_stay(patient)
        with pytest.raises(Conflict, match=r"^clinic.already_admitted$"):
            a_stay(patient, bed=a_bed(1))

    def test_a_bed_is_free_again_after_discharge(self):
        discharge(a_stay())
        assert a_stay().bed == a_bed()

    def test_a_bed_out_of_use_is_refused(self):
        Bed.objects.filter(pk=a_bed().pk).update(active=False)
        with pytest.raises(RuleBroken, match=r"^clinic.bed_missing$"):
            a_stay(bed=Bed.objects.get(pk=a_bed().pk))

    def test_a_stay_sent_twice_is_kept_once(self):
        made, patient = uuid7(), a_patient()
        a_stay(patient, id=made)
        with pytest.raises(Conflict, match=r"^constraint.same_id$"):
            a_stay(patient, id=made, bed=a_bed(1))

    def test_a_patient_moves_to_a_free_bed_only(self):
        stay, other = a_stay(), a_stay(bed=a_bed(1))
        assert admissions.transfer(admission=stay, bed=a_bed(2), by=somebody()).bed == a_bed(2)
        with pytest.raises(Conflict, match=r"^clinic.bed_taken$"):
            admissions.transfer(admission=other, bed=a_bed(2), by=somebody())
        assert Entry.objects.get(verb="clinic.admission.moved").detail["bed"] == [a_bed().label, a_bed(2).label]

    def test_the_board_shows_who_lies_where(self):
        stay = a_stay()
        board = wards.board()
        assert [place.stay for place in board.rooms[0].places] == [stay, None, None, None]
        assert [room.free for room in board.rooms] == [3, 4, 4]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_nurses_give_the_last_bed_away_and_one_is_told(self):
        ada, bo, by = a_patient(), a_patient(), somebody()
        results = at_once(*(lambda p=p: a_stay(p, by=by, bed=a_bed()) for p in (ada, bo)))
        assert sorted(type(result).__name__ for result in results) == ["Admission", "Conflict"]
        assert {getattr(result, "code", None) for result in results} == {None, "clinic.bed_taken"}
        assert Admission.objects.count() == Encounter.objects.count() == 1

    def test_one_patient_admitted_twice_at_once_lies_in_one_bed(self):
        patient, by = a_patient(), somebody()
        results = at_once(*(lambda n=n: a_stay(patient, by=by, bed=a_bed(n)) for n in (0, 1)))
        assert {getattr(result, "code", None) for result in results} == {None, "clinic.already_admitted"}
        assert Admission.objects.open().count() == 1

    def test_numbers_drawn_at_once_differ(self):
        by = somebody()
        made = at_once(*(lambda: a_patient(by=by) for _ in range(6)))
        assert len({patient.number for patient in made}) == 6

    def test_one_registration_sent_twice_at_once_is_one_person(self):
        made, by = uuid7(), somebody()
        results = at_once(*(lambda: a_patient(id=made, by=by) for _ in range(3)))
        assert sorted(getattr(result, "code", "") for result in results)[1:] == ["constraint.same_id"] * 2
        assert Patient.objects.count() == 1


@pytest.mark.django_db
class TestAStay:
    def test_a_visit_that_ends_in_admission_is_counted_once_as_hospitalised(self):
        patient = a_patient()
        visit = a_visit(patient, care=Care(complaint="Fever", diagnoses=[a_condition("fever"), a_condition("cough")]))
        stay = a_stay(patient, visit=timeline.contact(visit.id))
        visit.refresh_from_db()
        assert list(Encounter.objects.contacts()) == [stay.encounter]
        assert (visit.status, visit.result, visit.admitted_as) == ("closed", "admitted", stay.encounter)
        carried = Diagnosis.objects.filter(encounter=stay.encounter).order_by("-primary")
        assert [(row.condition.key, row.primary) for row in carried] == [("fever", True), ("cough", False)]
        assert stay.encounter.complaint == "Fever"

    def test_a_visit_leads_to_one_stay(self):
        patient = a_patient()
        visit = a_visit(patient)
        discharge(a_stay(patient, visit=timeline.contact(visit.id)))
        with pytest.raises(RuleBroken, match=r"^clinic.visit_admitted_already$"):
            a_stay(patient, visit=timeline.contact(visit.id))

    def test_another_persons_visit_is_refused(self):
        with pytest.raises(RuleBroken, match=r"^clinic.visit_of_another$"):
            a_stay(a_patient(), visit=timeline.contact(a_visit().id))

    def test_a_stay_does_not_begin_before_its_visit(self):
        patient = a_patient()
        with pytest.raises(RuleBroken, match=r"^clinic.admission_before_visit$"):
            a_stay(patient, on=TODAY - timedelta(days=1), visit=timeline.contact(a_visit(patient).id))

    def test_discharge_says_how_and_closes_the_contact(self):
        stay = discharge(a_stay(on=TODAY - timedelta(days=3)), summary="Well\nagain")
        assert (stay.discharged_on, stay.outcome, stay.summary) == (TODAY, IMPROVED, "Well\nagain")
        assert (stay.encounter.status, stay.encounter.result) == ("closed", "treated")

    @pytest.mark.parametrize(
        ("days", "code"), [(1, "clinic.date_in_future"), (-4, "clinic.discharge_before_admission")]
    )
    def test_a_discharge_outside_of_the_stay_is_refused(self, days, code):
        with pytest.raises(RuleBroken, match=f"^{code}$"):
            discharge(a_stay(on=TODAY - timedelta(days=3)), on=TODAY + timedelta(days=days))

    def test_nobody_is_discharged_twice(self):
        stay = discharge(a_stay())
        with pytest.raises(RuleBroken, match=r"^clinic.discharged_already$"):
            discharge(stay)

    def test_a_death_in_bed_is_recorded_with_the_discharge(self):
        stay = discharge(a_stay(), outcome=Outcome.DECEASED)
        assert stay.discharge_type == DischargeType.DECEASED
        assert Patient.objects.get(pk=stay.patient_id).deceased_on == TODAY
        assert Entry.objects.filter(verb="clinic.patient.died", patient_id=stay.patient_id).exists()

    def test_a_death_before_a_later_contact_takes_the_discharge_back_with_it(self):
        stay = a_stay(on=TODAY - timedelta(days=3))
        a_visit(stay.patient)
        with pytest.raises(RuleBroken, match=r"^clinic.death_before_contact$"):
            discharge(stay, on=TODAY - timedelta(days=1), type=DischargeType.DECEASED)
        assert Admission.objects.open().exists()
