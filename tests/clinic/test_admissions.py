"""Admitted and moved: one open stay a person, one person a bed, also in the past, whoever is quickest."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from clinic.models import Admission, Bed, BedStay, Diagnosis, Encounter, Patient
from clinic.selectors import timeline, wards
from clinic.services import admissions, discharges
from clinic.services.encounters import Care
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
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
from tests.threads import at_once

DAY = timedelta(days=1)


def lain(stay: Admission) -> list[tuple]:
    """Where somebody lay: (bed, since, until) in order."""
    rows = BedStay.objects.filter(admission=stay).order_by("since", "id")
    return [(row.bed.label, row.since, row.until) for row in rows.select_related("bed")]


def move(stay: Admission, bed: Bed, on=TODAY, **given) -> Admission:
    return admissions.transfer(id=stay.pk, bed=bed, on=on, **({"by": somebody(), "today": TODAY} | given))


def late(patient=None, *, on, until, bed=None, **given) -> Admission:
    """A stay that is over, written today from paper."""
    return discharges.write_late(
        patient=patient or a_patient(), bed=bed or a_bed(), on=on, ending=an_ending(until), by=somebody(), today=TODAY,
        at=noon(), **given,
    )  # fmt: skip


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
        a_discharge(a_stay())
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
        assert move(stay, a_bed(2)).bed == a_bed(2)
        with pytest.raises(Conflict, match=r"^clinic.bed_taken$"):
            move(other, a_bed(2))
        assert Entry.objects.get(verb="clinic.admission.moved").detail["bed"] == [a_bed().label, a_bed(2).label]
        assert lain(stay) == [("M1", TODAY, TODAY), ("M3", TODAY, None)]

    def test_a_move_has_its_day_and_is_not_before_the_bed_it_leaves(self):
        stay = a_stay(on=TODAY - 5 * DAY)
        move(stay, a_bed(1), TODAY - 2 * DAY)
        assert lain(stay) == [("M1", TODAY - 5 * DAY, TODAY - 2 * DAY), ("M2", TODAY - 2 * DAY, None)]
        with pytest.raises(RuleBroken, match=r"^clinic.move_before_bed$"):
            move(stay, a_bed(2), TODAY - 3 * DAY)
        with pytest.raises(RuleBroken, match=r"^clinic.date_in_future$"):
            move(stay, a_bed(2), TODAY + DAY)

    def test_a_move_to_the_same_bed_changes_nothing(self):
        stay = a_stay()
        move(stay, a_bed())
        assert lain(stay) == [("M1", TODAY, None)]

    def test_somebody_merged_away_is_admitted_as_the_one_who_stands(self):
        kept, gone = a_patient(), a_patient()
        Patient.objects.filter(pk=gone.pk).update(merged_into=kept)
        assert a_stay(Patient.objects.get(pk=gone.pk)).patient_id == kept.pk

    def test_nobody_is_admitted_after_death(self):
        patient = a_patient()
        Patient.objects.filter(pk=patient.pk).update(deceased_on=TODAY - DAY)
        with pytest.raises(RuleBroken, match=r"^clinic.date_after_death$"):
            a_stay(Patient.objects.get(pk=patient.pk))

    def test_a_stay_entered_in_error_frees_its_bed(self):
        stay = a_stay()
        admissions.void(id=stay.pk, reason="The neighbour was meant", by=somebody())
        assert a_stay().bed == a_bed()
        with pytest.raises(RuleBroken, match=r"^clinic.stay_void$"):
            move(stay, a_bed(2))

    def test_the_board_shows_who_lies_where(self):
        stay = a_stay()
        board = wards.board()
        assert [place.stay for place in board.rooms[0].places] == [stay, None, None, None]
        assert [room.free for room in board.rooms] == [3, 4, 4]


@pytest.mark.django_db
class TestThePast:
    """A stay written late meets those that were there."""

    def test_a_bed_held_somebody_else_then(self):
        late(a_patient(family_name="Keo", given_name="Bopha"), on=TODAY - 9 * DAY, until=TODAY - 5 * DAY)
        for first, last in ((10, 8), (8, 6), (6, 2), (10, 2), (7, 7)):
            with pytest.raises(Conflict, match=r"^clinic.bed_was_taken$") as refused:
                late(on=TODAY - first * DAY, until=TODAY - last * DAY)
            assert refused.value.params == {
                "who": "Keo Bopha", "since": str(TODAY - 9 * DAY), "until": str(TODAY - 5 * DAY)
            }  # fmt: skip

    def test_one_leaves_and_the_next_comes_on_one_day(self):
        late(on=TODAY - 9 * DAY, until=TODAY - 5 * DAY)
        late(on=TODAY - 12 * DAY, until=TODAY - 9 * DAY)
        late(on=TODAY - 5 * DAY, until=TODAY - 5 * DAY)
        assert a_stay(on=TODAY - 5 * DAY).bed == a_bed()
        assert Admission.objects.count() == 4

    def test_an_admission_put_back_meets_who_lay_there_since(self):
        late(on=TODAY - 3 * DAY, until=TODAY - DAY)
        with pytest.raises(Conflict, match=r"^clinic.bed_was_taken$"):
            a_stay(on=TODAY - 6 * DAY)
        assert a_stay(on=TODAY - DAY).bed == a_bed()

    def test_a_bed_that_is_taken_now_was_free_then(self):
        a_stay(on=TODAY - DAY)
        past = late(on=TODAY - 6 * DAY, until=TODAY - DAY)
        assert lain(past) == [("M1", TODAY - 6 * DAY, TODAY - DAY)]
        assert past.encounter.status == "closed"

    def test_a_person_lies_in_one_place_at_a_time_in_the_past_too(self):
        patient = a_patient()
        late(patient, on=TODAY - 9 * DAY, until=TODAY - 5 * DAY)
        with pytest.raises(Conflict, match=r"^clinic.stays_meet$"):
            late(patient, bed=a_bed(1), on=TODAY - 7 * DAY, until=TODAY - 6 * DAY)
        with pytest.raises(Conflict, match=r"^clinic.stays_meet$"):
            a_stay(patient, bed=a_bed(1), on=TODAY - 7 * DAY)
        assert a_stay(patient, bed=a_bed(1), on=TODAY - 5 * DAY).pk

    def test_a_move_put_back_meets_who_lay_there_then(self):
        late(bed=a_bed(1), on=TODAY - 4 * DAY, until=TODAY - 2 * DAY)
        stay = a_stay(on=TODAY - 6 * DAY)
        with pytest.raises(Conflict, match=r"^clinic.bed_was_taken$"):
            move(stay, a_bed(1), TODAY - 3 * DAY)
        move(stay, a_bed(1), TODAY - 2 * DAY)

    def test_a_stay_entered_in_error_is_in_nobodys_way(self):
        admissions.void(id=late(on=TODAY - 9 * DAY, until=TODAY).pk, reason="Other person", by=somebody())
        assert late(on=TODAY - 9 * DAY, until=TODAY).pk

    def test_how_a_late_stay_ended_is_checked_beside_its_own_day(self):
        with pytest.raises(RuleBroken, match=r"^clinic.discharge_before_admission$") as refused:
            late(on=TODAY - 2 * DAY, until=TODAY - 3 * DAY)
        assert refused.value.field == "left_on"


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

    def test_a_bed_given_by_a_move_and_by_an_admission_at_once_goes_to_one(self):
        stay, patient, by = a_stay(), a_patient(), somebody()
        results = at_once(lambda: move(stay, a_bed(1), by=by), lambda: a_stay(patient, by=by, bed=a_bed(1)))
        assert sorted(type(result).__name__ for result in results) == ["Admission", "Conflict"]
        assert {getattr(result, "code", None) for result in results} == {None, "clinic.bed_taken"}
        assert Admission.objects.open().filter(bed=a_bed(1)).count() == 1
        assert BedStay.objects.filter(until=None, bed=a_bed(1)).count() == 1

    def test_two_who_change_beds_with_each_other_at_once_are_told(self):
        one, other, by = a_stay(), a_stay(bed=a_bed(1)), somebody()
        results = at_once(lambda: move(one, a_bed(1), by=by), lambda: move(other, a_bed(), by=by))
        assert [getattr(result, "code", None) for result in results] == ["clinic.bed_taken"] * 2

    def test_a_patient_moved_and_discharged_at_once_is_either_but_whole(self):
        stay, by = a_stay(), somebody()
        results = at_once(lambda: move(stay, a_bed(1), by=by), lambda: a_discharge(stay, by=by))
        assert {getattr(result, "code", None) for result in results} <= {None, "clinic.discharged_already"}
        stay.refresh_from_db()
        assert stay.discharged_on == TODAY
        assert BedStay.objects.filter(admission=stay, until=None).count() == 0
        assert lain(stay)[-1][0] == stay.bed.label

    def test_two_stays_from_paper_written_at_once_into_one_bed_and_time_are_one(self):
        ada, bo, by = a_patient(), a_patient(), somebody()
        given = {"bed": a_bed(), "on": TODAY - 5 * DAY, "by": by, "today": TODAY, "at": noon()}
        results = at_once(
            *(lambda p=p: discharges.write_late(patient=p, ending=an_ending(TODAY - DAY), **given) for p in (ada, bo))
        )
        assert sorted(getattr(result, "code", "") for result in results) == ["", "clinic.bed_was_taken"]

    def test_a_discharge_taken_back_while_the_bed_is_given_away_leaves_one_in_it(self):
        stay, patient, by = a_discharge(a_stay()), a_patient(), somebody()
        results = at_once(
            lambda: discharges.undo(id=stay.pk, reason="Wrong patient", by=by), lambda: a_stay(patient, by=by)
        )
        assert {getattr(result, "code", None) for result in results} == {None, "clinic.bed_taken"}
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
        a_discharge(a_stay(patient, visit=timeline.contact(visit.id)))
        with pytest.raises(RuleBroken, match=r"^clinic.visit_admitted_already$"):
            a_stay(patient, visit=timeline.contact(visit.id))

    def test_another_persons_visit_is_refused(self):
        with pytest.raises(RuleBroken, match=r"^clinic.visit_of_another$"):
            a_stay(a_patient(), visit=timeline.contact(a_visit().id))

    def test_a_stay_does_not_begin_before_its_visit(self):
        patient = a_patient()
        with pytest.raises(RuleBroken, match=r"^clinic.admission_before_visit$"):
            a_stay(patient, on=TODAY - timedelta(days=1), visit=timeline.contact(a_visit(patient).id))


@pytest.mark.django_db
def test_stays_from_before_get_the_row_of_their_bed_once():
    write = import_module("clinic.migrations.0006_write_where_each_stay_lay").forward
    open_stay, over = a_stay(on=TODAY - 3 * DAY), late(bed=a_bed(1), on=TODAY - 5 * DAY, until=TODAY - DAY)
    admissions.admit(patient=a_patient(), bed=None, on=TODAY, by=somebody(), today=TODAY, at=noon())
    BedStay.objects.all().delete()
    for _ in range(2):
        write(apps, None)
    assert lain(open_stay) == [("M1", TODAY - 3 * DAY, None)]
    assert lain(over) == [("M2", TODAY - 5 * DAY, TODAY - DAY)]
    assert BedStay.objects.count() == 2
