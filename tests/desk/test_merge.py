"""Two records of one person become one: nothing is lost, old numbers still lead there, and it can be taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import (
    Allergy,
    ContactPoint,
    Encounter,
    LikelyPair,
    Merge,
    NameKey,
    Patient,
    Pregnancy,
    Relation,
)
from clinic.selectors import duplicates, people
from clinic.services import patients
from core.ages import Birth, slot_of
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import derived_id, uuid7
from core.syncing import Change
from desk.merging import services
from desk.merging.columns import GROUPS, KEPT, LOSER, WINNER
from desk.merging.services import Choice
from desk.merging.table import MOVING, TABLE, How
from mobile_team.models import DentalCheckup
from tests.builders import (
    TODAY,
    a_bed,
    a_checkup,
    a_patient,
    a_session,
    a_stay,
    a_village,
    a_visit,
    noon,
    somebody,
)
from tests.desk.merges import full, merge, refused, two, undo
from tests.threads import at_once


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=True):
        yield


# --- The table ------------------------------------------------------------------------------------------------------


def test_every_key_to_a_patient_is_in_the_table():
    keys = {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=False)
        if (field.one_to_one or field.many_to_one or field.many_to_many)
        and not field.auto_created
        and field.related_model is Patient
    }
    assert {(key.model, key.field) for key in TABLE} == keys
    assert len(TABLE) == len(keys)


def test_every_column_of_a_patient_is_chosen_or_kept():
    columns = {field.attname for field in Patient._meta.concrete_fields}
    chosen = [column for group in GROUPS for column in group.columns]
    assert len(chosen) == len(set(chosen)) and set(chosen) | KEPT == columns and not set(chosen) & KEPT


def test_what_moves_unless_the_survivor_has_the_same_follows_the_constraints_of_the_database():
    for key in TABLE:
        unique = [c for c in key.model._meta.constraints if key.field in getattr(c, "fields", ())]
        if unique and key.how is How.MOVES:  # an open stay and an open pregnancy are told of before the merge
            assert key.model._meta.label in {"clinic.Admission", "clinic.Pregnancy"}


# --- Moving ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestMerge:
    def test_everything_of_both_is_with_the_survivor(self):
        one, other = two()
        full(one, "a"), full(other, "b", day=TODAY - timedelta(days=30))
        had = {key.label: key.of(one.pk).count() + key.of(other.pk).count() for key in MOVING}
        merge(one, other)
        left = {key.label: key.of(other.pk).count() for key in MOVING if key.of(other.pk).exists()}
        # The same allergy, card, phone, photo and dose twice would be one too many: the second one stays behind.
        assert left == {
            "clinic.allergy.patient": 1, "clinic.identifier.patient": 1, "clinic.contactpoint.patient": 1,
            "clinic.photo.patient": 1,
        }  # fmt: skip
        now = {key.label: key.of(one.pk).count() + left.get(key.label, 0) for key in MOVING}
        assert now == had | {"clinic.patient.merged_into": 1}
        assert other.merged_into == one and all(had[key.label] for key in MOVING if key.model is not Patient)

    def test_the_more_exact_birth_and_the_fuller_name_are_proposed(self):
        one = a_patient(family_name="", told=(6, "y", TODAY))
        other = a_patient(
            birth=Birth.on(date(2020, 3, 4)), family_name_km="សុខ", given_name_km="ដារ៉ា", village=a_village()
        )
        merge(one, other)
        assert (one.birth_precision, one.birth_date, one.told_age) == ("day", date(2020, 3, 4), None)
        assert (one.family_name, one.name_khmer, one.village) == ("Sok", "សុខ ដារ៉ា", a_village())

    def test_what_is_chosen_stands(self):
        one, other = a_patient(guardian="Chea"), a_patient(family_name="Keo", guardian="Nhem")
        merge(one, other, latin=WINNER, guardian=LOSER)
        assert (one.family_name, one.guardian) == ("Sok", "Nhem")

    def test_ages_at_contacts_are_written_again_under_the_birth_that_stands(self):
        one = a_patient(told=(9, "y", TODAY))
        other = a_patient(birth=Birth.on(date(2020, 3, 4)))
        visit = a_visit(one, close=True)
        assert visit.age_slot != slot_of(date(2020, 3, 4), TODAY)
        merge(one, other)
        visit.refresh_from_db()
        assert visit.age_slot == slot_of(date(2020, 3, 4), TODAY)

    def test_a_birth_after_a_contact_is_refused_and_nothing_moves(self):
        one, other = a_patient(), a_patient(birth=Birth.on(date(2026, 11, 10)))
        a_visit(one, on=date(2026, 11, 1), close=True)
        with refused("clinic.birth_after_contact"):
            merge(one, other)
        assert Patient.objects.get(pk=other.pk).merged_into is None and not Merge.objects.exists()

    def test_a_death_before_a_contact_is_refused(self):
        one, other = two()
        patients.record_death(patient=other, on=TODAY - timedelta(days=2), source="family", by=somebody(), today=TODAY)
        a_visit(one, close=True)
        with refused("clinic.death_before_contact"):
            merge(one, other)
        merge(one, other, death=WINNER)
        assert one.deceased_on is None

    def test_a_death_comes_along_with_its_source(self):
        one, other = two()
        patients.record_death(patient=other, on=TODAY, source="family", by=somebody(), today=TODAY)
        merge(one, other)
        assert (one.deceased_on, one.deceased_source) == (TODAY, "family")

    def test_the_phone_that_was_not_chosen_is_kept_as_a_further_one(self):
        one, other = two(phone="012345678")
        patients.correct(patient=one, by=somebody(), today=TODAY, phone="098765432")
        merge(one, other)
        assert one.phone == "+85598765432"
        assert [row.phone for row in ContactPoint.objects.filter(patient=one)] == ["+85512345678"]
        assert NameKey.objects.filter(patient=one, key__startswith="#876543").exists()

    def test_no_allergy_known_gives_way_to_an_allergy(self):
        one, other = two()
        Patient.objects.filter(pk=one.pk).update(no_allergy_on=TODAY)
        Allergy.objects.create(patient=other, substance="penicillin", told_on=TODAY)
        act = merge(one, other)
        assert one.no_allergy_on is None
        assert [row["substance"] for row in people.alerts_of(one)] == ["penicillin"]
        undo(act)
        one.refresh_from_db()
        assert one.no_allergy_on == TODAY

    def test_none_known_of_either_is_kept_when_there_is_no_allergy(self):
        one, other = two()
        Patient.objects.filter(pk=other.pk).update(no_allergy_on=TODAY)
        merge(one, other)
        assert one.no_allergy_on == TODAY

    def test_two_who_lie_in_beds_are_told_so(self):
        one, other = two()
        a_stay(one, bed=a_bed(0)), a_stay(other, bed=a_bed(1))
        with pytest.raises(RuleBroken) as broken:
            merge(one, other)
        assert broken.value.code == "desk.merge_two_stays" and "M1, M2" in str(broken.value.params)

    def test_two_open_pregnancies_are_told_of(self):
        one, other = two()
        for patient in (one, other):
            Pregnancy.objects.create(patient=patient, edd=TODAY, reckoned="told")
        with refused("desk.merge_two_pregnancies"):
            merge(one, other)

    @pytest.mark.parametrize(
        "doubt",
        [
            {"identifiers": [("national", "987654321")]}, {"sex": "M"}, {"birth": Birth.on(date(1980, 1, 1))},
            {"family_name": "Long", "given_name": "Vanna"},
        ],
    )  # fmt: skip
    def test_what_speaks_strongly_against_must_be_looked_at(self, doubt):
        one = a_patient(birth=Birth.on(date(2020, 3, 4)), identifiers=[("national", "012345678")])
        other = a_patient(**({"birth": Birth.on(date(2020, 3, 4))} | doubt))
        with refused("desk.merge_be_sure"):
            merge(one, other, choice=Choice())
        merge(one, other, choice=Choice(sure=True))

    def test_guardian_and_child_who_turn_out_to_be_one_are_not_their_own_guardian(self):
        one, other = two()
        Relation.objects.create(patient=one, guardian=other, kind="other")
        merge(one, other)
        assert Relation.objects.get().guardian == other  # stays as it was, and is read of neither

    def test_a_checkup_that_came_along_refuses_a_second_one_in_its_session(self):
        one, other = two()
        session = a_session()
        a_checkup(session=session, patient=other)
        act = merge(one, other)
        with pytest.raises(Conflict, match="mobile_checkup_once"):
            a_checkup(session=session, patient=one)
        undo(act)
        assert DentalCheckup.objects.get().once == derived_id("mobile_team.checkup", session.pk, other.pk)
        a_checkup(session=session, patient=one)

    def test_two_checkups_of_one_session_stay_two(self):
        one, other = two()
        session = a_session()
        a_checkup(session=session, patient=one), a_checkup(session=session, patient=other)
        merge(one, other)
        assert DentalCheckup.objects.filter(encounter__patient=one).count() == 2

    def test_old_numbers_lead_to_the_last_survivor_of_a_chain(self):
        first, second, third = a_patient(), a_patient(), a_patient()
        a_visit(first, close=True)
        merge(second, first)
        merge(third, second)
        for one in (first, second, third):
            assert people.get(one.pk) == third
            one.refresh_from_db()
            assert people.survivor(one) == third
        assert Encounter.objects.get().patient == third

    def test_a_record_that_was_taken_up_takes_up_nobody(self):
        first, second, third = a_patient(), a_patient(), a_patient()
        merge(second, first)
        for winner, loser in ((first, third), (third, first)):
            with refused("clinic.merged_away"):
                merge(winner, loser)
        with refused("desk.merge_with_itself"):
            merge(third, third)
        with pytest.raises(Patient.DoesNotExist):
            services.merge(winner=third.pk, loser=uuid7(), reason="", by=somebody(), at=noon(), today=TODAY)

    def test_sent_twice_it_is_done_once(self):
        one, other = two()
        made = uuid7()
        assert merge(one, other, id=made) == merge(one, other, id=made)
        assert Entry.objects.filter(verb="desk.patients.merged").count() == 1

    def test_a_correction_since_the_page_was_opened_is_looked_at_first(self):
        one, other = two()
        from desk.merging.columns import fingerprint

        seen = fingerprint(one, other)
        patients.correct(patient=other, by=somebody(), today=TODAY, guardian="Chea")
        with refused("desk.merge_changed"):
            merge(one, other, choice=Choice(seen=seen))

    def test_one_entry_of_the_log_tells_everything_and_the_tablets_hear_of_it(self):
        one, other = two()
        full(one, "a"), full(other, "b", day=TODAY - timedelta(days=30))
        before = Change.objects.order_by("-seq")[0].seq
        act = merge(one, other)
        entry = Entry.objects.get(verb="desk.patients.merged")
        assert (entry.patient_id, entry.detail["winner"], entry.detail["loser"]) == (one.pk, one.number, other.number)
        assert entry.detail["moved"]["clinic.encounter.patient"] == 2
        stamped = set(Change.objects.filter(seq__gt=before).values_list("record_id", flat=True))
        moved = {key for label, ids in act.moved.items() for key in ids if label.split(".")[1] in {
            "encounter", "admission", "dispensing", "referral", "trip", "allergy", "consent", "relation", "pregnancy",
            "preventivedose"}}  # fmt: skip
        assert {one.pk, other.pk} <= stamped and {str(key) for key in stamped} >= moved

    def test_it_takes_a_bounded_number_of_statements_however_much_there_is(self):
        def cost(days: int) -> int:
            one, other = two()
            for n in range(days):
                for patient in (one, other):
                    a_visit(patient, on=TODAY - timedelta(days=n + 1), close=True)
            with CaptureQueriesContext(connection) as asked:
                merge(one, other)
            return len(asked)

        assert cost(1) == cost(40) <= 60

    def test_pairs_told_apart_from_the_loser_stay_apart_from_the_survivor(self):
        one, other = two()
        stranger = a_patient()
        low, high = sorted((other, stranger), key=lambda person: person.pk)
        LikelyPair.objects.create(one=low, other=high, score=80, state="distinct", decided_at=noon())
        act = merge(one, other)
        pair = LikelyPair.objects.exclude(one=low, other=high).get()
        assert {pair.one_id, pair.other_id} == {one.pk, stranger.pk} and pair.state == "distinct"
        undo(act)
        assert LikelyPair.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_two_administrators_who_merge_the_same_pair_one_gets_it(self):
        one, other = two()
        a_visit(other, close=True)
        somebody()
        done = at_once(lambda: merge(one, other), lambda: merge(other, one), lambda: merge(one, other))
        assert sorted(type(result).__name__ for result in done) == ["Conflict", "Conflict", "Merge"], done
        assert {str(result) for result in done if isinstance(result, Conflict)} == {"clinic.merged_away"}
        assert Merge.objects.count() == 1
        assert Encounter.objects.get().patient == Merge.objects.get().winner

    def test_chains_made_at_one_instant_end_at_one_survivor(self):
        first, second, third = a_patient(), a_patient(), a_patient()
        somebody()
        at_once(lambda: merge(second, first), lambda: merge(third, second))
        roots = {people.get(one.pk) for one in (second, third)}
        assert roots == {third}
        assert people.get(first.pk) in (first, third)
        assert Patient.objects.filter(merged_into__merged_into__isnull=False).count() == 0

    def test_a_row_written_at_the_very_instant_is_brought_home(self):
        one, other = two()
        act = merge(one, other)
        Encounter.objects.create(patient=other, kind="outpatient", on=TODAY)  # by one that had looked just before
        assert services.bring_home(by=None, today=TODAY) == 1
        assert services.bring_home(by=None, today=TODAY) == 0
        visit = Encounter.objects.get()
        assert visit.patient == one and visit.age_slot is not None
        undo(act)
        visit.refresh_from_db()
        assert visit.patient == other


@pytest.mark.django_db
def test_a_new_person_under_the_old_name_is_compared_with_the_survivor():
    one, other = a_patient(family_name="Chhay", given_name="Lina"), a_patient(family_name="Prum", given_name="Nita")
    merge(one, other, latin=WINNER)
    from clinic.rules.likeness import Described

    found = duplicates.likely(Described(names=("Prum Nita",), sex="F"), today=TODAY)
    assert [row.hit.patient for row in found] == [one]
