"""What belongs to a person: telephones, numbers, allergies, consent, guardian, household; corrections by two nurses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clinic.models import Allergy, Consent, ContactPoint, DischargeType, Identifier, Outcome, Patient, Relation
from clinic.rules.identifiers import Number, check_digit, tidy
from clinic.rules.zodiac import ANIMALS, animal_of, likely_years
from clinic.selectors import households as families
from clinic.selectors import people, registry, search
from clinic.services import allergies, consents, households, patients
from clinic.services.allergies import Said
from clinic.services.consents import Answer
from clinic.services.encounters import Care
from clinic.services.households import Guardian
from core.ages import Birth, age_at
from core.audit.models import Entry
from core.editing import Choice, Clashed, Edit
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.syncing import Change
from desk import selectors as desk
from mobile_team import selectors as mobile_team
from tests.builders import TODAY, a_checkup, a_discharge, a_patient, a_stay, a_village, a_visit, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^{code}$")


def correct(patient, **changes):
    return patients.correct(patient=patient, by=somebody(), today=TODAY, **changes)


def card(until: date | None = None, level: str = "1", value: str = "E-12") -> Number:
    return Number("equity", value, level, None, until)


class TestNumbers:
    @pytest.mark.parametrize(
        ("kind", "typed", "kept"),
        [
            ("national", "១២៣ ៤៥៦ ៧៨៩", "123456789"), ("national", "IDKHM1234567897<<<<<<<<<<<<<<<", "123456789"),
            ("national", "", ""), ("birth", "១២៣/២០១៩", "123/2019"), ("equity", "090606-03101", "090606-03101"),
            ("ministry", "kh-0012", "KH-0012"), ("nssf", "12 34-567 890", "1234567890"), ("paper", "ក-១២", "ក-12"),
        ],
    )  # fmt: skip
    def test_each_kind_is_brought_to_one_form(self, kind, typed, kept):
        assert tidy(kind, typed) == kept

    @pytest.mark.parametrize(
        ("kind", "typed", "code"),
        [
            ("national", "12345678", "number_national"), ("national", "IDKHM1234567890", "number_check"),
            ("national", "abc", "number_national"), ("birth", "none", "number_shape"), ("nssf", "12a", "number_shape"),
            ("ministry", "??", "number_shape"), ("equity", "<b>1", "number_shape"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_such_a_number_is_refused(self, kind, typed, code):
        with refused(f"clinic.{code}"):
            tidy(kind, typed)

    def test_the_check_digit_is_that_of_icao(self):
        assert check_digit("AB2134<<<") == 5  # the examples of ICAO 9303 part 3, appendix A
        assert check_digit("520727") == 3

    def test_a_number_kept_before_a_rule_does_not_stop_a_correction(self):
        patient = a_patient()
        Identifier.objects.create(patient=patient, kind="national", value="12")
        said = [Number("national", "12")]
        assert correct(patient, identifiers=said, given_name="Bopha").given_name == "Bopha"

    def test_a_card_has_a_level_and_an_end(self):
        patient = a_patient(identifiers=[card(TODAY)])
        row = Identifier.objects.get(patient=patient)
        assert (row.value, row.level, row.valid_until) == ("E-12", "1", TODAY)
        with refused("clinic.level_without_card"):
            a_patient(identifiers=[Number("equity", "", "1")])
        with refused("clinic.date_in_future"):
            a_patient(identifiers=[Number("equity", "E-1", "", TODAY + timedelta(days=1))])
        with pytest.raises(Conflict, match="clinic_identifier_validity"):
            a_patient(identifiers=[Number("equity", "E-1", "", TODAY, TODAY - timedelta(days=1))])

    def test_an_older_number_of_one_kind_stays_when_the_newest_is_corrected(self):
        patient = a_patient(identifiers=[("paper", "K-1")])
        Identifier.objects.create(patient=patient, kind="paper", value="K-2")
        correct(patient, identifiers=[("paper", "K-3")])
        assert set(Identifier.objects.values_list("value", flat=True)) == {"K-1", "K-3"}


class TestPhones:
    def test_every_telephone_finds_the_person(self):
        patient = a_patient(phone="012345678", phones=[("097 123 4567", "chief"), ("012 345 678", "own")])
        assert [(row.phone, row.whose) for row in ContactPoint.objects.all()] == [("+855971234567", "chief")]
        for typed in ("0971234567", "4567", "012 345 678"):
            assert [hit.patient for hit in search.find(typed, today=TODAY)] == [patient]

    def test_a_telephone_taken_away_finds_nobody(self):
        patient = a_patient(phones=[("0971234567", "family")])
        correct(patient, phones=[("0881234567", "family")])
        assert search.find("0971234567", today=TODAY) == []
        assert [hit.patient for hit in search.find("0881234567", today=TODAY)] == [patient]

    def test_a_name_corrected_leaves_the_telephones_findable(self):
        patient = a_patient(phones=[("0971234567", "family")])
        correct(patient, given_name="Bopha")
        assert [hit.patient for hit in search.find("0971234567", today=TODAY)] == [patient]

    @pytest.mark.parametrize(
        ("phones", "code"),
        [([("12", "own")], "core.phone_unreadable"), ([("012345678", "dog")], "clinic.phone_whose"),
         ([(f"01234567{n}", "own") for n in range(7)], "clinic.phones_too_many")],
    )  # fmt: skip
    def test_what_is_no_telephone_is_refused(self, phones, code):
        with refused(code):
            a_patient(phones=phones)


class TestAllergies:
    def test_asked_at_registration_with_three_answers(self):
        assert a_patient(no_allergy=True).no_allergy_on == TODAY
        assert a_patient().no_allergy_on is None
        patient = a_patient(allergies=[Said("penicillins", "rash", True), Said("Bactrim"), Said("red ants")])
        rows = {row.substance: row for row in Allergy.objects.filter(patient=patient)}
        assert {name: row.atc for name, row in rows.items()} == {
            "Penicillins": "J01C",
            "Bactrim": "J01E",
            "red ants": "",
        }
        assert rows["Penicillins"].severe and rows["Penicillins"].reaction == "rash"
        with refused("clinic.allergy_or_none"):
            a_patient(no_allergy=True, allergies=[Said("latex")])

    def test_an_allergy_ends_that_none_was_known(self):
        patient = a_patient(no_allergy=True)
        made = uuid7()
        how = {"patient": patient, "told_on": TODAY, "by": somebody(), "today": TODAY}
        allergies.add(id=made, said=Said("ប៉េនីស៊ីលីន"), **how)
        patient.refresh_from_db()
        assert patient.no_allergy_on is None
        assert people.alerts_of(patient)[0]["atc"] == "J01C"
        with pytest.raises(Conflict, match="same_id"):
            allergies.add(id=made, said=Said("latex"), **how)
        with pytest.raises(Conflict, match="clinic_allergy_once"):
            allergies.add(said=Said("Penicillins"), **how)
        with refused("clinic.allergy_stands"):
            allergies.none_known(patient=patient, on=TODAY, by=somebody(), today=TODAY)

    def test_one_taken_back_with_a_reason_stands_no_more_and_may_come_again(self):
        patient = a_patient(allergies=[Said("latex")])
        row = Allergy.objects.get()
        with refused("clinic.reason_missing"):
            allergies.void(allergy=row, reason=" ", by=somebody())
        allergies.void(allergy=row, reason="Another person", by=somebody())
        with refused("clinic.allergy_void"):
            allergies.void(allergy=row, reason="Again", by=somebody())
        assert people.alerts_of(patient) == []
        allergies.none_known(patient=patient, on=TODAY, by=somebody(), today=TODAY)
        assert Patient.objects.get().no_allergy_on == TODAY

    def test_no_day_in_the_future(self):
        late = TODAY + timedelta(days=1)
        with refused("clinic.date_in_future"):
            allergies.add(patient=a_patient(), said=Said("latex"), told_on=late, by=somebody(), today=TODAY)
        with refused("clinic.date_in_future"):
            allergies.none_known(patient=a_patient(), on=late, by=somebody(), today=TODAY)


def test_the_newest_answer_of_a_purpose_is_kept_beside_the_older():
    patient = a_patient(consents=[Answer("record", True, "Mother")])
    consents.record(patient=patient, answer=Answer("record", False), on=TODAY, by=somebody(), today=TODAY)
    assert list(Consent.objects.order_by("id").values_list("given", "said_by")) == [(True, "Mother"), (False, "")]
    with refused("clinic.date_in_future"):
        late = TODAY + timedelta(days=1)
        consents.record(patient=patient, answer=Answer("call", True), on=late, by=somebody(), today=TODAY)


class TestFamily:
    @pytest.fixture
    def mother(self):
        return a_patient(given_name="Mum", told=(30, "y", TODAY), identifiers=[card()])

    @pytest.fixture
    def child(self, mother):
        return a_patient(given_name="Kid", told=(3, "y", TODAY), guardian_is=Guardian(mother, "mother", True))

    def test_a_child_registered_with_its_mother_lives_on_her_card(self, mother, child):
        family = families.family_of(child, TODAY)
        assert child.guardian == mother.name
        assert [one.patient for one in family.members] == [mother]
        assert [(one.patient, one.kind) for one in family.guardians] == [(mother, "mother")]
        assert (family.card.value, family.card.level_words, family.card.holder_id) == (
            "E-12", "Very poor (level 1)", mother.pk,
        )  # fmt: skip
        assert [one.patient for one in families.family_of(mother, TODAY).wards] == [child]

    def test_the_whole_family_comes_in_one_statement(self, child, django_assert_num_queries):
        with django_assert_num_queries(1):
            person = families.get_or_404(child.pk)
            family = families.family_of(person, TODAY)
            assert family.members[0].age.years == 30 and people.alerts_of(person) == []

    @pytest.mark.parametrize(("days", "expired"), [(-1, True), (0, False), (1, False)])
    def test_a_card_holds_to_its_last_day(self, days, expired):
        patient = a_patient(identifiers=[card(TODAY + timedelta(days=days))])
        assert families.family_of(patient, TODAY).card.expired is expired

    def test_a_card_that_holds_is_shown_before_one_that_has_expired(self, mother, child):
        Identifier.objects.filter(patient=mother).update(valid_until=TODAY - timedelta(days=1))
        correct(child, identifiers=[card(TODAY + timedelta(days=9), "2", "E-13")])
        assert families.family_of(mother, TODAY).card.value == "E-13"

    def test_people_join_and_leave(self, mother, child):
        aunt, alone = a_patient(), a_patient()
        mother.refresh_from_db()
        assert households.join(patient=aunt, other=child, by=somebody()).pk == mother.household_id
        with refused("clinic.household_same"):
            households.join(patient=aunt, other=mother, by=somebody())
        with refused("clinic.household_self"):
            households.join(patient=alone, other=alone, by=somebody())
        assert households.join(patient=mother, other=alone, by=somebody()).pk == mother.household_id
        households.leave(patient=aunt, by=somebody())
        with refused("clinic.household_none"):
            households.leave(patient=aunt, by=somebody())
        assert {one.patient for one in families.family_of(child, TODAY).members} == {mother, alone}

    def test_a_new_household_is_noted_with_everybody_it_changes(self):
        one, other = a_patient(), a_patient()
        household = households.join(patient=one, other=other, by=somebody())
        for resource, key in (("patient", one.pk), ("patient", other.pk), ("household", household.pk)):
            assert Change.objects.filter(resource=f"clinic.{resource}", record_id=key).exists()
        assert Entry.objects.filter(verb="clinic.household.joined").count() == 1

    @pytest.mark.parametrize(
        ("kind", "code"), [("father", "guardian_sex"), ("pet", "guardian_kind"), ("mother", "guardian_both_ways")]
    )
    def test_a_guardian_that_cannot_be_is_refused(self, mother, child, kind, code):
        young = a_patient(told=(30, "y", TODAY))
        households.relate(patient=young, guardian=mother, kind="sibling", by=somebody())
        Relation.objects.filter(patient=young).update(kind="mother")
        with refused(f"clinic.{code}"):
            households.relate(patient=mother, guardian=young, kind=kind, by=somebody())

    def test_a_mother_is_not_younger_than_her_child(self, mother, child):
        girl = a_patient(told=(1, "y", TODAY))
        with refused("clinic.guardian_younger"):
            households.relate(patient=child, guardian=girl, kind="mother", by=somebody())
        with refused("clinic.guardian_self"):
            households.relate(patient=child, guardian=child, kind="other", by=somebody())
        with pytest.raises(Conflict, match="clinic_guardian_once"):
            households.relate(patient=child, guardian=mother, kind="other", by=somebody())

    def test_who_answers_for_whom_is_taken_back(self, mother, child):
        households.unrelate(relation=Relation.objects.get(), by=somebody())
        assert families.family_of(child, TODAY).guardians == []
        assert Entry.objects.get(verb="clinic.relation.removed").detail["guardian"] == str(mother.pk)


class TestTwoNurses:
    def edit(self, patient, **choices):
        return Edit(registry.document(registry.get(patient.pk)), choices)

    def test_each_changes_another_field_and_both_stand(self):
        patient = a_patient(phone="012345678", identifiers=[("paper", "K-1")])
        seen = self.edit(patient)
        correct(patient, phone="012999999", phones=[("0971234567", "own")], identifiers=[("paper", "K-2")])
        done = correct(patient, edit=seen, phone="+85512345678", phones=[], identifiers=[("paper", "K-1")], payer="",
                       village=a_village(), given_name="Bopha")  # fmt: skip
        whole = registry.get(done.pk)
        assert (done.phone, done.given_name, done.village) == ("+85512999999", "Bopha", a_village())
        assert registry.other_phones(whole) == [("+855971234567", "own")]
        assert registry.newest_numbers(whole)["paper"]["value"] == "K-2"

    def test_one_field_changed_twice_is_asked_about_and_the_choice_holds(self):
        patient = a_patient(phone="012345678")
        seen = self.edit(patient)
        correct(patient, phone="012999999")
        with pytest.raises(Clashed) as clashed:
            correct(patient, edit=seen, phone="012888888")
        assert clashed.value.clashes[0][:2] == ("phone", "+85512999999")
        assert Patient.objects.get().phone == "+85512999999"
        chosen = {"phone": Choice("mine", "+85512999999")}
        assert correct(patient, edit=Edit(seen.was, chosen), phone="012888888").phone == "+85512888888"

    def test_a_birth_is_one_thing(self):
        patient = a_patient(told=(4, "y", TODAY))
        seen = self.edit(patient)
        correct(patient, birth=Birth.on(date(2021, 11, 20)))
        with pytest.raises(Clashed):
            correct(patient, edit=seen, told=(6, "y", TODAY))
        assert correct(patient, edit=seen, family_name="Keo").birth == Birth.on(date(2021, 11, 20))

    @pytest.mark.django_db(transaction=True)
    def test_at_the_same_instant_nothing_is_lost(self):
        patient = a_patient()
        seen, by = self.edit(patient), somebody()

        def save(**changes):
            return lambda: patients.correct(patient=patient, by=by, today=TODAY, edit=seen, **changes)

        done = at_once(save(family_name="Keo", phone=""), save(family_name="Sok", phone="012345678"))
        assert not [error for error in done if isinstance(error, Exception)]
        patient.refresh_from_db()
        assert (patient.family_name, patient.phone) == ("Keo", "+85512345678")


class TestDeath:
    def test_somebody_in_a_bed_is_discharged_first(self):
        patient = a_patient()
        stay = a_stay(patient)
        with refused("clinic.discharge_first") as said:
            patients.record_death(patient=patient, on=TODAY, source="Family", by=somebody(), today=TODAY)
        assert said.value.params["stay"] == stay.pk

    def test_the_discharge_records_the_death(self):
        ending = {"type": DischargeType.DECEASED, "outcome": Outcome.DECEASED}
        a_discharge(a_stay(a_patient()), **ending)
        assert Patient.objects.get().deceased_on == TODAY

    def test_nobody_ages_after_death(self):
        patient = a_patient(told=(4, "y", TODAY))
        dead = patients.record_death(patient=patient, on=TODAY, source="Family", by=somebody(), today=TODAY)
        assert dead.age_on(TODAY + timedelta(days=4000)).years == 4

    def test_nobody_is_asked_to_come_after_death(self):
        patient = a_patient()
        a_checkup(patient=patient, advised_to_come=True)
        a_visit(patient, on=TODAY - timedelta(days=3), care=Care(follow_up_on=TODAY))
        reminders = (lambda: mobile_team.advised(since=TODAY), lambda: desk.due_back(TODAY))
        assert len(reminders[0]()) == 1
        patients.record_death(patient=patient, on=TODAY, source="Family", by=somebody(), today=TODAY)
        assert [list(ask()) for ask in reminders] == [[], []]

    @pytest.mark.django_db(transaction=True)
    def test_two_nurses_recording_one_death_record_it_once(self):
        patient, by = a_patient(), somebody()

        def tell(source):
            return lambda: patients.record_death(patient=patient, on=TODAY, source=source, by=by, today=TODAY)

        done = at_once(tell("Family"), tell("Chief"))
        assert sorted(type(one).__name__ for one in done) == ["Patient", "RuleBroken"]


class TestAnimalYears:
    def test_the_year_begins_at_khmer_new_year(self):
        assert (animal_of(date(2026, 4, 13)), animal_of(date(2026, 4, 14))) == ("snake", "horse")
        assert animal_of(date(2020, 6, 1)) == "rat"

    def test_the_years_nearest_to_the_age_told_come_first(self):
        assert [row.year for row in likely_years("rat", today=TODAY, told=17)][:2] == [2008, 2020]
        assert likely_years("horse", today=TODAY)[0].year == 2026

    @pytest.mark.parametrize("animal", ANIMALS)
    @pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 4, 13), date(2026, 4, 14), date(2026, 12, 31)])
    def test_every_year_offered_is_of_the_animal_and_its_ages_are_true(self, animal, today):
        for row in likely_years(animal, today=today):
            first, last = date(row.year, 4, 14), min(date(row.year + 1, 4, 13), today)
            assert animal_of(first) == animal == animal_of(last)
            assert row.youngest <= age_at(last, today).years <= age_at(first, today).years <= row.oldest
