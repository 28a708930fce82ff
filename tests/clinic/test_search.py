"""One box finds people: by name in either script and order, by number, telephone, other numbers and village."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_any
from hypothesis import strategies as st

from clinic.models import ContactPoint, Identifier, NameKey, Patient
from clinic.rules.likeness import Described
from clinic.selectors import catalogue, duplicates, search
from clinic.selectors.lexicon import GAZETTEER
from clinic.services import keys, patients
from core.ages import Birth
from core.names import words
from core.places.models import Village
from tests.builders import TODAY, a_patient, a_village, a_visit, somebody

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [hit.patient.name_latin or hit.patient.name_khmer for hit in search.find(text, today=TODAY)]


@pytest.fixture(autouse=True)
def people(db):
    for family, given in [
        ("Chea", "Vuthy"), ("Srey", "Sophea"), ("Sok", "Dara"), ("Sak", "Dara"), ("Keo", "Sreymom"), ("Sokha", "Bopha"),
    ]:  # fmt: skip
        a_patient(family_name=family, given_name=given)


@pytest.mark.parametrize(
    "typed", ["Chea Vuthy", "Jea Wuthy", "jea vuthy", "Vuthy Chea", "CHEA", "wuthy", "Chea Vut", "Che"]
)
def test_spellings_orders_and_beginnings_find_one_person(typed):
    assert found(typed)[0] == "Chea Vuthy"


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Srei", "Srey Sophea"), ("Sopheap Srei", "Srey Sophea"), ("Srey Mom", "Keo Sreymom"), ("dara sokh", "Sok Dara")],
)
def test_other_ways_of_writing_find_the_person_first(typed, name):
    assert found(typed)[0] == name


def test_sok_is_not_sak():
    assert "Sak Dara" not in found("Sok")
    assert found("Sak Dara") == ["Sak Dara"]


def test_khmer_names_are_found_whole_in_part_and_without_the_space():
    a_patient(family_name="", given_name="", family_name_km="សុខ", given_name_km="ដារ៉ា")
    for typed in ["សុខ ដារ៉ា", "ដារ៉ា សុខ", "សុខដារ៉ា", "ដារ៉ា", "សុខ", "សុខដា"]:
        assert "សុខ ដារ៉ា" in found(typed), typed


@pytest.mark.parametrize(
    "typed", ["012 345 678", "+855 12 345 678", "85512345678", "០១២៣៤៥៦៧៨", "012-345-678", "5678", "៦៧៨", "345678"]
)
def test_a_telephone_is_found_in_any_form_and_by_its_end(typed):
    a_patient(family_name="Nhem", given_name="Rith", phone="012345678")
    a_patient(family_name="Nhem", given_name="Rom", phone="0979998881")
    assert found(typed) == ["Nhem Rith"]


def test_a_patient_number_is_found_as_printed_as_typed_and_as_scanned():
    patient = a_patient(family_name="Ouk", given_name="Ratana")
    digits = patient.number.removeprefix("SA-").replace("-", "")
    for typed in [patient.number, patient.number.lower(), digits, f"https://clinic/c/{patient.number}"]:
        assert found(typed) == ["Ouk Ratana"], typed
    assert found(digits[:-1].lstrip("0").zfill(3)) == ["Ouk Ratana"]


def test_a_number_with_a_wrong_digit_finds_nobody():
    patient = a_patient()
    last = int(patient.number[-1])
    assert found(f"{patient.number[:-1]}{(last + 1) % 10}") == []


def test_an_old_paper_number_finds_its_person():
    a_patient(family_name="Ouk", given_name="Ratana", identifiers=[("paper", "K-0012")])
    assert found("k-0012") == ["Ouk Ratana"]


def test_a_village_finds_its_people_after_those_of_that_name():
    village = a_village()
    a_patient(family_name="Prak", given_name="Nita", village=village)
    assert "Prak Nita" in found(village.name_en)


@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b", "%", "'; --", "(", "\x00", "ៗ", "a" * 5000, "១" * 300, "SA-", "+855"]
)
def test_odd_texts_find_nobody_and_break_nothing(typed):
    assert isinstance(found(typed), list)


def test_people_are_told_apart_by_age_and_last_visit():
    patient = a_patient(family_name="Ouk", given_name="Ratana", told=(4, "y", TODAY), phone="012345678")
    a_visit(patient)
    hit = search.find("Ouk Ratana", today=TODAY)[0]
    assert (hit.age.years, hit.last_visit, hit.phone_end) == (4, TODAY, "678")


@pytest.mark.parametrize("typed", ["Sok Dara", "Sok", "Zzz Qqq", "012345678", "SA-000001-3", "ដារ៉ា", "5678"])
def test_a_search_asks_at_most_five_times_and_never_counts(typed, django_assert_max_num_queries):
    with django_assert_max_num_queries(5) as asked:
        search.find(typed, today=TODAY)
    assert not any("COUNT(" in query["sql"] for query in asked.captured_queries)


# -- what else a box is asked ----------------------------------------------------------------------------


def look(text: str) -> search.Found:
    return search.look(text, today=TODAY)


def test_another_telephone_finds_its_person_and_says_so():
    patient = a_patient(family_name="Ouk", given_name="Ratana", phone="012345678")
    ContactPoint.objects.create(patient=patient, phone="+85597555123", whose="neighbour")
    keys.rewrite(patient)
    [hit] = look("097 555 123").hits
    assert (hit.patient, hit.why.kind) == (patient, "phone") and look("012345678").hits[0].why.kind == ""


@pytest.mark.parametrize("typed", ["01234", "012 34", "០១២៣៤"])
def test_a_telephone_is_found_while_it_is_typed(typed):
    patient = a_patient(family_name="Ouk", given_name="Ratana", phone="012345678")
    assert [hit.patient for hit in look(typed).hits] == [patient]


@pytest.mark.parametrize("typed", ["K-0012/07", "k 0012 07", "K001207", "k-០០១២.០៧"])
def test_another_number_is_found_however_it_is_punctuated(typed):
    patient = a_patient(family_name="Ouk", given_name="Ratana")
    Identifier.objects.create(patient=patient, kind="equity", value="K-0012/07")
    [hit] = look(typed).hits
    assert (hit.patient, hit.why.kind, hit.why.said) == (patient, "equity", "K-0012/07")


def test_a_wrong_digit_of_a_patient_number_is_spoken_of_and_a_telephone_is_not_taken_for_one():
    patient = a_patient()
    wrong = f"{patient.number[:-1]}{(int(patient.number[-1]) + 1) % 10}"
    assert look(wrong).wrong_digit and look(wrong.replace("-", "")[2:]).wrong_digit
    assert not look("012345678").wrong_digit and not look(patient.number).wrong_digit


def merged(loser: Patient, winner: Patient) -> None:
    Patient.objects.filter(pk=loser.pk).update(merged_into=winner)


def test_a_record_merged_away_is_found_by_its_name_and_number_and_shown_as_the_survivor_once():
    loser = a_patient(family_name="Ouk", given_name="Ratana")
    winner = a_patient(family_name="Ouk", given_name="Vichet")
    merged(loser, winner)
    for typed, why in [
        ("Ouk Ratana", "old_name"),
        (loser.number, "old_number"),
        (winner.number, ""),
        ("ouk vichet", ""),
    ]:
        assert [(hit.patient, hit.why.kind) for hit in look(typed).hits] == [(winner, why)], typed
    assert len(look("ouk").hits) == 1


def test_the_dead_are_found_after_the_living_of_the_same_name():
    dead = a_patient(family_name="Ouk", given_name="Ratana")
    living = a_patient(family_name="Ouk", given_name="Ratana")
    a_visit(dead)
    Patient.objects.filter(pk=dead.pk).update(deceased_on=TODAY)
    assert [hit.patient for hit in look("ratana ouk").hits] == [living, dead]


def test_a_name_and_a_village_find_who_lives_there():
    there, here = Village.objects.order_by("id")[:2]
    a_patient(family_name="Prak", given_name="Nita", village=there)
    patient = a_patient(family_name="Prak", given_name="Nita", village=here)
    for typed in [
        f"prak {here.name_en}",
        f"nita {here.name_en[:8]}",
        f"{here.name_km} prak",
        f"prak nita {here.name_en}",
    ]:
        assert look(typed).hits[0].patient == patient, typed


def test_a_person_who_moves_is_found_in_the_new_village():
    old, new = Village.objects.order_by("id")[:2]
    patient = a_patient(family_name="Prak", given_name="Nita", village=old)
    patients.correct(patient=patient, by=somebody(), today=TODAY, village=new)
    assert look(f"prak {new.name_en}").hits[0].patient == patient


def test_a_name_and_the_end_of_a_telephone_find_one_of_many():
    a_patient(family_name="Prak", given_name="Nita", phone="012345678")
    patient = a_patient(family_name="Prak", given_name="Nita", phone="097555123")
    assert [hit.patient for hit in look("prak nita 123").hits] == [patient]


def test_of_a_frequent_name_those_seen_lately_come_first_then_the_catchment_then_the_alphabet():
    ours, far = Village.objects.filter(catchment=False).order_by("id")[:2]
    Village.objects.filter(pk=ours.pk).update(catchment=True)
    GAZETTEER.read_at = float("-inf")
    for given in ("Bopha", "Anna"):
        a_patient(family_name="Tep", given_name=given, village=far)
    a_patient(family_name="Tep", given_name="Zeda", village=ours)
    seen = a_patient(family_name="Tep", given_name="Yuth", village=far)
    a_visit(seen)
    assert found("tep") == ["Tep Yuth", "Tep Zeda", "Tep Anna", "Tep Bopha"]
    GAZETTEER.read_at = float("-inf")


def test_more_people_than_fit_are_spoken_of_without_counting_them(django_assert_max_num_queries):
    for at in range(25):
        a_patient(family_name="Tep", given_name="Dara", phone=f"0123450{at:02d}")
    with django_assert_max_num_queries(5):
        answer = look("tep")
    assert (len(answer.hits), answer.more) == (20, True)
    assert not look("Chea Vuthy").more


@pytest.mark.parametrize("typed", ["viki", "vikiii", "vikiiir", "vikiiiro"])
def test_a_name_that_begins_as_typed_comes_before_one_that_only_sounds_so(typed):
    for given in ("Vikeiiro", "Vikiiiro"):
        a_patient(family_name="Thach", given_name=given)
    assert found(typed) == ["Thach Vikiiiro", "Thach Vikeiiro"]


def test_a_name_of_one_script_is_ranked_below_one_in_the_letters_typed():
    a_patient(family_name="", given_name="", family_name_km="សុខ", given_name_km="តារា")
    assert found("sok dara")[0] == "Sok Dara" and "សុខ តារា" in found("sok dara")
    a_patient(family_name="Tep", given_name="Visal")
    assert found("ទេព វិសាល") == ["Tep Visal"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_any(
    st.lists(st.text("abcdefghiklmnoprstuvy", min_size=2, max_size=9), min_size=2, max_size=2, unique=True),
    st.lists(st.text("កខគងចជញដតថទធនបផពភមយរលវសហអាិីុូេ", min_size=2, max_size=7), min_size=2, max_size=2),
)
def test_everybody_is_found_by_their_own_full_name_in_either_order_and_script(latin, khmer):
    family, given_name = (word for word in khmer)
    if len(words(" ".join(khmer))) != 2:
        return
    patient = a_patient(family_name=latin[0], given_name=latin[1], family_name_km=family, given_name_km=given_name)
    for typed in (" ".join(latin), " ".join(latin[::-1]), " ".join(khmer), " ".join(khmer[::-1])):
        assert patient in [hit.patient for hit in look(typed).hits], typed
    NameKey.objects.filter(patient=patient).delete()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_any(st.text(max_size=60))
def test_any_text_is_answered(text):
    assert isinstance(look(text), search.Found)


class TestDuplicates:
    def likely(self, **given: object) -> list[tuple[str, list[str]]]:
        person = Described(**({"names": ("Sok Dara",), "sex": "F"} | given))  # type: ignore[arg-type]
        return [(row.hit.patient.name_latin, row.reasons) for row in duplicates.likely(person, today=TODAY)]

    def test_a_name_and_an_age_make_somebody_likely_with_reasons(self):
        a_patient(family_name="Prum", given_name="Nita", told=(4, "y", TODAY))
        found = self.likely(names=("Nita Prom", ""), birth=Birth.from_stated(4, "y", TODAY))
        assert found == [("Prum Nita", ["like_name", "same_sex", "same_age"])] or found == []
        found = self.likely(names=("Nita Prum", ""), birth=Birth.from_stated(4, "y", TODAY))
        assert found == [("Prum Nita", ["same_name", "same_sex", "same_age"])]

    def test_a_telephone_alone_never_makes_somebody_likely(self):
        a_patient(family_name="Prum", given_name="Nita", phone="012345678")
        assert self.likely(names=("Long Vanna", ""), phone="+85512345678") == []
        assert self.likely(names=("", ""), phone="+85512345678") == []

    def test_two_empty_boxes_are_no_likeness(self):
        assert [reasons for _, reasons in self.likely(sex="")] == []

    def test_another_sex_or_a_far_age_makes_somebody_unlikely(self):
        a_patient(family_name="Prum", given_name="Nita", told=(60, "y", TODAY))
        assert self.likely(names=("Prum Nita",), birth=Birth.from_stated(4, "y", TODAY)) == []
        assert self.likely(names=("Prum Nita",), sex="M") == []

    def test_village_and_guardian_count(self):
        village = a_village()
        a_patient(family_name="Prum", given_name="Nita", village=village, guardian="Chea Sophal")
        [(_, reasons)] = self.likely(names=("Prum Nita",), village_id=village.id, guardian="chea sophal")
        assert reasons == ["same_name", "same_sex", "same_village", "same_guardian"]

    def test_it_takes_three_statements(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            self.likely()


class TestConditions:
    @pytest.mark.parametrize("typed", ["diarrhoea", "Diarr", "ជំងឺរាក", "A09", "a09", "រាក", "diarhoea"])
    def test_a_condition_is_found_in_khmer_english_by_key_and_code(self, typed):
        assert catalogue.find(typed)[0].key == "diarrhoea"

    def test_nothing_typed_offers_the_common_ones(self):
        assert all(row.common for row in catalogue.find(""))

    def test_keys_and_codes_keep_their_order_and_unknown_words_are_named(self):
        found, unknown = catalogue.by_keys(["cold", "A09", "plague"])
        assert ([row.key for row in found], unknown) == (["cold", "diarrhoea"], ["plague"])
