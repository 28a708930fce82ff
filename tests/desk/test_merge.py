"""Two records of one person become one: nothing is lost, old numbers still lead there, and it can be taken back."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import (
    Admission,
    Allergy,
    BedStay,
    CardPrint,
    Consent,
    ContactPoint,
    Encounter,
    Household,
    Identifier,
    LikelyPair,
    Merge,
    NameKey,
    Patient,
    Photo,
    Pregnancy,
    PreventiveDose,
    Relation,
)
from clinic.selectors import duplicates, people
from clinic.services import keys, patients
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
from pharmacy.services import dispensing
from referrals.models import Trip
from tests.builders import (
    TODAY,
    a_batch,
    a_bed,
    a_checkup,
    a_patient,
    a_referral,
    a_session,
    a_stay,
    a_village,
    a_visit,
    noon,
    somebody,
)
from tests.threads import at_once

MERGED, LATER = noon() + timedelta(minutes=30), noon() + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=True):
        yield


def merge(winner: Patient, loser: Patient, **given: Any) -> Merge:
    chosen = Choice({name: given.pop(name) for name in list(given) if name in {g.name for g in GROUPS}}, sure=True)
    told: dict[str, Any] = {"reason": "both cards", "by": somebody(), "at": MERGED, "today": TODAY, "choice": chosen}
    made = services.merge(winner=winner.pk, loser=loser.pk, **(told | given))
    winner.refresh_from_db()
    loser.refresh_from_db()
    return made


def undo(act: Merge, **given: Any) -> services.Undone:
    told: dict[str, Any] = {"reason": "it was her sister", "by": somebody(), "at": LATER, "today": TODAY}
    return services.undo(id=act.pk, **(told | given))


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


def two(**other: Any) -> tuple[Patient, Patient]:
    born = Birth.on(date(2020, 3, 4))
    return a_patient(birth=born), a_patient(**({"family_name": "Sokh", "birth": born} | other))


def full(patient: Patient, mark: str, *, day: date = TODAY) -> Patient:
    """Give a person something in every room."""
    by = somebody()
    visit = a_visit(patient, on=day - timedelta(days=3), close=True)
    stay = a_stay(patient, on=day - timedelta(days=2), bed=a_bed(ord(mark) % 2))
    Admission.objects.filter(pk=stay.pk).update(
        discharged_on=day - timedelta(days=1), discharge_type="DITY-0000E08", outcome="VIOU-0000V09"
    )
    BedStay.objects.filter(admission=stay).update(until=day - timedelta(days=1))
    a_checkup(session=a_session(on=day), patient=patient) if mark == "a" else None
    batch = a_batch(10, on=day)
    dispensing.dispense(
        patient=patient, medicine=batch.medicine, quantity=1, on=day, by=by, today=TODAY, encounter=visit
    )
    referral = a_referral(patient=patient)
    vehicle = apps.get_model("referrals", "Vehicle").objects.all()[0]
    Trip.objects.create(
        vehicle=vehicle, purpose="emergency", referral=referral, patient=patient, driver="Rith", departed_at=noon(),
        odometer_out=1, returned_at=LATER, odometer_in=2, recorded_by=by,
    )  # fmt: skip
    Allergy.objects.create(patient=patient, substance="penicillin", told_on=day)
    Allergy.objects.create(patient=patient, substance=f"prawns {mark}", told_on=day)
    Consent.objects.create(patient=patient, purpose="photo", given=True, on=day)
    Identifier.objects.create(patient=patient, kind="paper", value=f"K-{mark}")
    Identifier.objects.create(patient=patient, kind="equity", value="E-1")
    ContactPoint.objects.create(patient=patient, phone="+85511111111")
    ContactPoint.objects.create(patient=patient, phone=f"+8551222222{len(mark)}{ord(mark) % 10}")
    CardPrint.objects.create(patient=patient, reason="first")
    Photo.objects.create(patient=patient, content=mark.encode(), sha256=mark * 64)
    guardian = a_patient(family_name="Mao", given_name=f"Mother {mark}", sex="F")
    Relation.objects.create(patient=patient, guardian=guardian, kind="mother")
    Relation.objects.create(patient=a_patient(family_name="Mao", given_name=f"Child {mark}"), guardian=patient,
                            kind="mother")  # fmt: skip
    Pregnancy.objects.create(
        patient=patient, edd=day + timedelta(days=30), reckoned="told",
        **({} if mark == "a" else {"ended_on": day, "outcome": "live"}),
    )  # fmt: skip
    for what in ("mebendazole", f"{'vitamin_a' if mark == 'a' else 'albendazole'}"):
        PreventiveDose.objects.create(patient=patient, what=what, on=day)
    keys.rewrite(patient)
    return patient


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


# --- Taking back ----------------------------------------------------------------------------------------------------

_APART = {"audit.entry", "audit.read", "core.change", "core.clock", "clinic.merge", "accounts.user"}


def everything() -> dict[str, Any]:
    """Return every row of every table but the log and the feed; keys of names without their running number."""
    rows = {}
    for model in apps.get_models():
        if model._meta.label_lower in _APART or model._meta.app_label in {"places", "contenttypes", "axes", "auth"}:
            continue
        said = json.loads(serializers.serialize("json", model.objects.order_by("pk")))
        if model is NameKey:
            said = sorted([row["fields"] for row in said], key=str)
        rows[model._meta.label_lower] = said
    return rows


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
            from clinic.selectors import timeline

            stay = a_stay(one, visit=timeline.contact(visit.pk))
        undo(act)
        for row in (given, sent, stay):
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


@pytest.mark.django_db
def test_a_new_person_under_the_old_name_is_compared_with_the_survivor():
    one, other = a_patient(family_name="Chhay", given_name="Lina"), a_patient(family_name="Prum", given_name="Nita")
    merge(one, other, latin=WINNER)
    from clinic.rules.likeness import Described

    found = duplicates.likely(Described(names=("Prum Nita",), sex="F"), today=TODAY)
    assert [row.hit.patient for row in found] == [one]
