"""Two records of one person are noticed while registering, found at night, and decided once."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.forms import besides
from clinic.models import ContactPoint, Household, LikelyPair, Patient, Relation
from clinic.reasons import AGAINST, FOR, in_words
from clinic.rules.likeness import LIKELY, WORTH_A_LOOK, Described, likeness
from clinic.selectors import duplicates
from clinic.services import pairs, patients
from clinic.services.pairs import Shown
from core.ages import Birth
from core.audit.models import Entry
from core.errors import Conflict
from core.ids import uuid7
from tests.builders import TODAY, a_patient, a_village, noon, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db
State = LikelyPair.State


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def look(after: int = 0) -> pairs.Found:
    return pairs.look(after=after, by=None)


def standing() -> set[frozenset[Any]]:
    return {frozenset((row.one_id, row.other_id)) for row in LikelyPair.objects.all()}


class TestLikeness:
    nita = Described(names=("Prum Nita",), sex="F", birth=Birth.from_stated(4, "y", TODAY), village_id=1)

    def like(self, **other: Any) -> Any:
        return likeness(self.nita, Described(**({"names": ("Nita Prumh",), "sex": "F"} | other)))

    def test_each_reason_is_a_sentence(self):
        said = self.like(birth=Birth.from_stated(30, "y", TODAY), village_id=2, phones=frozenset({"+85512"}))
        assert [reason.words for reason in in_words(said.reasons)] == [
            "The names are the same.", "The sex is the same.", "They are at least 25 years apart.",
            "They live in different villages.",
        ]  # fmt: skip
        assert [reason.against for reason in in_words(said.reasons)] == [False, False, True, True]
        assert in_words(["nobody knows this any more"]) == []
        assert not FOR.keys() & AGAINST.keys()

    def test_another_sex_and_a_distant_age_speak_against(self):
        same = self.like(birth=self.nita.birth).score
        assert self.like(birth=self.nita.birth, sex="M").score == pytest.approx(same - 38)
        assert self.like(birth=Birth.from_stated(40, "y", TODAY)).score < LIKELY

    def test_one_national_card_is_one_person_whatever_the_names(self):
        card = frozenset({("national", "012345678")})
        said = likeness(Described(names=("Sok Dara",), numbers=card), Described(names=("Chea Vuthy",), numbers=card))
        assert said.score >= 100 and said.reasons == ["same_number:national", "other_name"]

    def test_two_different_national_cards_speak_against(self):
        one, other = (Described(names=("Sok Dara",), sex="M", numbers=frozenset({("national", n)})) for n in "12")
        assert likeness(one, other).score < LIKELY

    @pytest.mark.parametrize(
        ("shared", "reason"),
        [
            ({"phones": frozenset({"+85512345678"})}, "same_phone"),
            ({"guardian_ids": frozenset({"a"})}, "same_guardian"),
            ({"household_id": uuid7()}, "same_household"),
            ({"numbers": frozenset({("equity", "E1")})}, "same_card"),
        ],
    )
    def test_what_is_written_beside_the_name_counts_only_with_the_name(self, shared, reason):
        one, other = (Described(names=("Sok Dara",), **shared) for _ in range(2))
        assert reason in likeness(one, other).reasons
        stranger = Described(names=("Long Vanna",), **shared)
        assert (likeness(one, stranger).score, likeness(one, stranger).reasons) == (0, [])

    def test_sisters_of_one_household_are_not_proposed_for_what_they_share(self):
        shared = {"sex": "F", "village_id": 1, "phones": frozenset({"+85512345678"}), "household_id": uuid7(),
                  "guardian_ids": frozenset({"a"})}  # fmt: skip
        navy = Described(names=("Seng Navy",), birth=Birth.from_stated(16, "y", TODAY), **shared)
        neary = Described(names=("Seng Neary",), birth=Birth.from_stated(14, "y", TODAY), **shared)
        assert not likeness(navy, neary).worth_a_look
        twice = Described(names=("Seng Navi",), birth=Birth.from_stated(16, "y", TODAY), **shared)
        assert likeness(navy, twice).worth_a_look

    def test_two_empty_boxes_say_nothing(self):
        assert likeness(Described(names=("",)), Described(names=("",))).score == 0
        one = Described(names=("Sok Dara",), phone="", guardian="")
        assert likeness(one, one).reasons == ["same_name"]


class TestWhileRegistering:
    def likely(self, **said: Any) -> list[Any]:
        described = Described(**({"names": ("Prum Nita",), "sex": "F"} | said))
        return [(row.hit.patient, row.reasons) for row in duplicates.likely(described, today=TODAY)]

    def test_a_further_phone_brings_the_person(self):
        known = a_patient(family_name="Prum", given_name="Nita")
        ContactPoint.objects.create(patient=known, phone="+85512345678")
        [(found, reasons)] = self.likely(phone="+85512345678")
        assert found == known and "same_phone" in reasons

    def test_a_number_of_one_person_brings_them_under_any_name(self):
        known = a_patient(family_name="Keo", given_name="Dara", identifiers=[("national", "012345678")])
        [(found, reasons)] = self.likely(numbers=frozenset({("national", "012345678")}))
        assert found == known and reasons[0] == "same_number:national"

    def test_the_names_of_a_record_that_was_taken_up_still_bring_the_survivor(self):
        old, kept = a_patient(family_name="Prum", given_name="Nita"), a_patient(family_name="Chhay", given_name="Lina")
        Patient.objects.filter(pk=old.pk).update(merged_into=kept)
        assert [found for found, _ in self.likely()] == [kept]

    def test_household_and_guardian_are_compared(self):
        mother, home = a_patient(family_name="Mao", given_name="Sokha"), Household.objects.create()
        child = a_patient(family_name="Prum", given_name="Nita")
        Patient.objects.filter(pk=child.pk).update(household=home)
        Relation.objects.create(patient=child, guardian=mother, kind="mother")
        said = {"household_id": home.pk, "guardian_ids": frozenset({str(mother.pk)})}
        [(_, reasons)] = self.likely(**said)
        assert "same_household" in reasons and "same_guardian" in reasons

    def test_four_statements_at_most_however_many_are_alike(self, django_assert_max_num_queries):
        for _ in range(30):
            a_patient(family_name="Prum", given_name="Nita")
        with django_assert_max_num_queries(4):
            assert len(self.likely(phone="+85512345678", numbers=frozenset({("national", "1")}))) == 4


class TestRegisteredAnyway:
    def form(self, **said: Any) -> dict[str, Any]:
        return {"id": str(uuid7()), "family_name": "Prum", "given_name": "Nita", "sex": "F", "birth": "4"} | said

    def test_who_was_shown_is_remembered_with_the_new_person(self, nurse):
        known = a_patient(family_name="Prum", given_name="Nita", told=(4, "y", TODAY))
        client = client_of(nurse)
        shown = client.post(reverse("clinic:likely"), self.form())
        said = shown.context["shown"]
        assert "The names are the same." in shown.content.decode() and said in shown.content.decode()
        sent = self.form(besides=said)
        client.get("/about/")
        with CaptureQueriesContext(connection) as asked:
            assert client.post(reverse("clinic:register"), sent).status_code == 302
        assert len(asked) <= 12, [row["sql"][:90] for row in asked]
        pair = LikelyPair.objects.get()
        assert {str(pair.one_id), str(pair.other_id)} == {sent["id"], str(known.pk)}
        assert pair.registered_anyway and pair.state == State.OPEN and "same_name" in pair.reasons
        assert client.post(reverse("clinic:register"), sent).status_code == 302  # a double click
        assert LikelyPair.objects.count() == 1

    @pytest.mark.parametrize("forged", ["", "x", "\x00", "ក:ខ:គ", "a" * 10_000, "eyJhIjoxfQ:x:y"])
    def test_a_forged_box_remembers_nothing_and_breaks_nothing(self, nurse, forged):
        assert client_of(nurse).post(reverse("clinic:register"), self.form(besides=forged)).status_code == 302
        assert not LikelyPair.objects.exists()

    def test_a_refused_form_remembers_nothing(self, nurse):
        known = a_patient()
        said = besides.token([(known.pk, 70.0, ["same_name"])])
        answer = client_of(nurse).post(reverse("clinic:register"), self.form(besides=said, sex=""))
        assert answer.status_code == 422 and not LikelyPair.objects.exists()

    def test_the_pair_stays_on_the_list_when_nothing_else_agrees(self):
        known = a_patient(family_name="Prum", given_name="Nita")
        new = a_patient(family_name="Prum", given_name="Nita", besides=[Shown(known.pk, 63.0, ["same_name"])])
        look()
        assert standing() == {frozenset((known.pk, new.pk))}


class TestLookingAtEverybody:
    def twins(self, **said: Any) -> tuple[Patient, Patient]:
        given = {"family_name": "Prum", "given_name": "Nita", "told": (4, "y", TODAY), "village": a_village()} | said
        return a_patient(**given), a_patient(**(given | {"family_name": "Prom"}))

    def test_two_records_that_agree_in_name_age_and_village_are_found_once(self):
        one, other = self.twins()
        found = look()
        assert (found.people, standing()) == (2, {frozenset((one.pk, other.pk))})
        pair = LikelyPair.objects.get()
        assert pair.score >= WORTH_A_LOOK and "same_village" in pair.reasons and pair.one_id < pair.other_id
        look()
        assert LikelyPair.objects.count() == 1

    def test_one_slip_does_not_hide_a_pair_of_whom_all_else_agrees(self):
        one, other = self.twins(phone="012345678")
        Patient.objects.filter(pk=other.pk).update(sex="M", family_name="Prum")
        look()
        assert standing() == {frozenset((one.pk, other.pk))}

    def test_name_and_sex_alone_are_not_worth_a_look(self):
        self.twins(village=None, told=None)
        look()
        assert standing() == set()

    def test_only_what_changed_since_is_looked_at(self):
        one, other = self.twins()
        until = look().seq
        assert look(until).people == 0
        third = a_patient(family_name="Prum", given_name="Nita", told=(4, "y", TODAY), village=a_village())
        assert look(until).people == 1
        assert standing() == {
            frozenset(two) for two in ((one.pk, other.pk), (one.pk, third.pk), (other.pk, third.pk))
        }  # fmt: skip

    def test_an_open_pair_goes_when_a_correction_tells_them_apart(self):
        one, _ = self.twins()
        until = look().seq
        patients.correct(patient=one, by=somebody(), today=TODAY, family_name="Chhay", given_name="Lina")
        look(until)
        assert standing() == set()

    def test_what_was_decided_stays_decided(self):
        one, _ = self.twins()
        until = look().seq
        pair = pairs.distinct(id=LikelyPair.objects.get().pk, by=somebody(), at=noon())
        patients.correct(patient=one, by=somebody(), today=TODAY, phone="012345678")
        look(until)
        pair.refresh_from_db()
        assert (pair.state, pair.decided_at) == (State.DISTINCT, noon())

    def test_records_that_were_taken_up_are_left_out(self):
        one, other = self.twins()
        Patient.objects.filter(pk=other.pk).update(merged_into=one)
        look()
        assert standing() == set()

    def test_work_cut_off_goes_on_behind_the_last_whole_chunk(self, monkeypatch):
        monkeypatch.setattr(pairs, "CHUNK", 2)
        for _ in range(3):
            self.twins()
        told: list[tuple[int, int, int]] = []

        def stop(done, total, seq):
            told.append((done, total, seq))
            if len(told) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            pairs.look(after=0, by=None, progress=stop)
        assert [(done, total) for done, total, _ in told] == [(2, 6), (4, 6)]
        assert look(told[-1][2]).people == 2
        assert len(standing()) == 15

    def test_a_family_of_one_telephone_and_village_is_not_a_pair(self):
        village = a_village()
        for given in ("Dara", "Bopha", "Rith"):
            a_patient(family_name="Sok", given_name=given, phone="012345678", village=village, told=(4, "y", TODAY))
        look()
        assert standing() == set()


class TestDeciding:
    @pytest.fixture
    def pair(self, db: None) -> LikelyPair:
        one, other = sorted((a_patient(), a_patient()), key=lambda person: person.pk)
        return LikelyPair.objects.create(one=one, other=other, score=90)

    def test_two_different_people_is_remembered_with_who_said_so_and_can_be_taken_back(self, pair):
        by = somebody()
        pairs.distinct(id=pair.pk, by=by, at=noon())
        pairs.distinct(id=pair.pk, by=by, at=noon())
        pair.refresh_from_db()
        assert (pair.state, pair.decided_by) == (State.DISTINCT, by)
        assert Entry.objects.filter(verb="clinic.pair.distinct", patient_id=pair.one_id).count() == 1
        pairs.reopen(id=pair.pk, by=by)
        pair.refresh_from_db()
        assert (pair.state, pair.decided_by, pair.decided_at) == (State.OPEN, None, None)

    def test_a_merged_pair_is_not_decided_again(self, pair):
        LikelyPair.objects.update(state=State.MERGED)
        for decide in (lambda: pairs.distinct(id=pair.pk, by=somebody(), at=noon()),
                       lambda: pairs.reopen(id=pair.pk, by=somebody())):  # fmt: skip
            with pytest.raises(Conflict, match=r"^clinic.pair_decided$"):
                decide()
