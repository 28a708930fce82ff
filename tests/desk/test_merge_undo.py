"""A merge taken back leaves everything as it was, but for what was written since."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import (
    Allergy,
    Encounter,
    Household,
    LikelyPair,
    Merge,
    Patient,
)
from clinic.selectors import people
from clinic.services import patients
from core.ages import Birth
from core.audit.models import Entry
from desk.merging.columns import GROUPS, LOSER, WINNER
from pharmacy.services import dispensing
from tests.builders import (
    TODAY,
    a_batch,
    a_patient,
    a_referral,
    a_stay,
    a_visit,
    an_aid_case,
    noon,
    somebody,
)
from tests.desk.merges import LATER, everything, full, merge, refused, two, undo


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=True):
        yield


@pytest.mark.django_db
class TestUndo:
    def test_everything_is_as_it_was(self):
        one, other = two(phone="012345678", family_name_km="សុខ")
        full(one, "a"), full(other, "b", day=TODAY - timedelta(days=30))
        before = everything()
        act = merge(one, other, latin=LOSER, phone=LOSER, khmer=LOSER)
        assert everything() != before
        undone = undo(act)
        assert everything() == before
        assert (dict(undone.rows), undone.groups) == ({}, ())

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_whatever_two_records_say_and_whatever_is_chosen(self, data):
        birth = st.one_of(
            st.none(), st.dates(date(2000, 1, 1), date(2024, 1, 1)).map(Birth.on),
            st.integers(3, 20).map(lambda age: Birth.from_stated(age, "y", TODAY)),
        )  # fmt: skip
        said = st.fixed_dictionaries({
            "family_name": st.sampled_from(["Sok", "Sokh", ""]), "given_name": st.sampled_from(["Dara", "Dara Rith"]),
            "family_name_km": st.sampled_from(["", "សុខ"]), "sex": st.sampled_from("FM"), "birth": birth,
            "phone": st.sampled_from(["", "012345678", "098765432"]), "guardian": st.sampled_from(["", "Chea"]),
        })  # fmt: skip
        pair = [a_patient(**data.draw(said)) for _ in range(2)]
        for patient in pair:
            for n in data.draw(st.lists(st.integers(1, 300), max_size=3, unique=True)):
                a_visit(patient, on=TODAY - timedelta(days=n), close=True)
            Patient.objects.filter(pk=patient.pk).update(
                no_allergy_on=data.draw(st.sampled_from([None, TODAY])),
                household=data.draw(st.sampled_from([None, Household.objects.first()])),
            )
            for substance in data.draw(st.sets(st.sampled_from(["penicillin", "prawns"]))):
                Allergy.objects.create(patient=patient, substance=substance, told_on=TODAY)
        before = everything()
        sides = {group.name: data.draw(st.sampled_from([WINNER, LOSER])) for group in GROUPS}
        undo(merge(*pair, **sides))
        assert everything() == before

    def test_a_correction_since_stands_and_the_rest_goes_back(self):
        one, other = two(guardian="Chea", phone="012345678")
        act = merge(one, other)
        patients.correct(patient=one, by=somebody(), today=TODAY, guardian="Nhem")
        assert undo(act).groups == ("guardian",)
        one.refresh_from_db()
        assert (one.guardian, one.phone) == ("Nhem", "")

    def test_what_was_written_since_stays_with_the_survivor(self):
        one, other = two()
        old = a_visit(other, on=TODAY - timedelta(days=9), close=True)
        act = merge(one, other)
        with time_machine.travel(LATER):
            new = a_visit(one, close=True)
        undone = undo(act)
        assert [Encounter.objects.get(pk=visit.pk).patient for visit in (old, new)] == [other, one]
        assert dict(undone.rows) == {"clinic.encounter.patient": 1}

    def test_what_hangs_on_what_goes_back_goes_with_it(self):
        one, other = two()
        visit = a_visit(other, close=True)
        act = merge(one, other)
        with time_machine.travel(LATER):
            one.refresh_from_db()
            visit.refresh_from_db()
            batch = a_batch(10)
            given = dispensing.dispense(
                patient=one, medicine=batch.medicine, quantity=1, on=TODAY, by=somebody(), today=TODAY, encounter=visit
            )
            sent = a_referral(patient=one, encounter=visit, at=LATER)
            helped, carried = an_aid_case(one, encounter=visit), an_aid_case(one, referral=sent.pk)
            from clinic.selectors import timeline

            stay = a_stay(one, visit=timeline.contact(visit.pk))
        undo(act)
        for row in (given, sent, stay, helped, carried):
            row.refresh_from_db()
            assert row.patient == other
        assert Encounter.objects.get(admission=stay).patient == other

    def test_two_different_people_are_remembered(self):
        one, other = two()
        undo(merge(one, other), distinct=True)
        pair = LikelyPair.objects.get()
        assert pair.state == "distinct" and {pair.one_id, pair.other_id} == {one.pk, other.pk}

    def test_a_pair_is_open_again_or_apart_as_it_was(self):
        one, other = two()
        low, high = sorted((one, other), key=lambda person: person.pk)
        pair = LikelyPair.objects.create(one=low, other=high, score=90)
        act = merge(one, other)
        pair.refresh_from_db()
        assert pair.state == "merged"
        undo(act)
        pair.refresh_from_db()
        assert (pair.state, pair.decided_at) == ("open", None)

    def test_the_later_merge_is_taken_back_first(self):
        first, second, third = a_patient(), a_patient(), a_patient()
        a_visit(first, close=True)
        before = everything()
        earlier, later = merge(second, first), merge(third, second)
        with refused("desk.undo_later_merge_first"):
            undo(earlier)
        undo(later)
        assert people.get(first.pk) == second and Encounter.objects.get().patient == second
        undo(earlier)
        assert everything() == before

    def test_it_is_taken_back_once_and_with_a_reason(self):
        one, other = two()
        act = merge(one, other)
        with refused("clinic.reason_missing"):
            undo(act, reason="  ")
        undo(act)
        with refused("desk.merge_undone"):
            undo(act)
        merge(one, other)
        assert Merge.objects.filter(undone_at=None).count() == 1

    def test_the_log_keeps_both_acts(self):
        one, other = two()
        undo(merge(one, other))
        assert [e.verb for e in Entry.objects.filter(verb__startswith="desk.patients").order_by("seq")] == [
            "desk.patients.merged", "desk.patients.merge_undone",
        ]  # fmt: skip
