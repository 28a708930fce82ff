"""A correction supersedes and never overwrites; the work of two nurses in one visit is brought together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Allergy, Diagnosis, Encounter, EncounterVersion, Treatment
from clinic.selectors import catalogue, people, timeline
from clinic.services import care as writing
from clinic.services import encounters
from clinic.services.care import document, figure, of_document, written
from clinic.services.encounters import Care, Line
from core.accounts.roles import Role
from core.audit.models import Entry
from core.editing import MINE, THEIRS, Choice, Clashed, Edit
from core.errors import Conflict, RuleBroken
from core.syncing import Change
from tests.builders import TODAY, a_condition, a_patient, a_visit, noon, somebody
from tests.people import a_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def care(*keys: str, **given: object) -> Care:
    return Care(**{"diagnoses": [a_condition(key) for key in keys], **given})  # type: ignore[arg-type]


def save(visit, what: Care, **how):
    return encounters.save_visit(id=visit.id, care=what, today=TODAY, at=noon(), **({"by": somebody()} | how))


def reading(visit) -> dict:
    return document(written(timeline.contact(visit.id)), visit.id)


def edit_of(visit, **choices: Choice) -> Edit:
    return Edit(reading(visit), choices)


class TestEarlierVersions:
    def test_a_correction_keeps_how_the_visit_read_and_says_who_and_why(self):
        visit = a_visit(care=care("fever", "cold", complaint="Hot"), close=True)
        before, nurse = reading(visit), a_user(Role.NURSE)
        save(visit, care("worms", complaint="Belly"), correcting=True, why="Another child's sheet", by=nurse)
        kept = EncounterVersion.objects.get(encounter=visit)
        assert (kept.number, kept.why, kept.recorded_by) == (1, "Another child's sheet", nurse)
        assert {name: kept.document[name] for name in before} == before
        assert reading(visit)["diagnoses"] == ["worms"]

    def test_a_closed_visit_is_not_corrected_without_a_reason(self):
        visit = a_visit(care=care("fever"), close=True)
        with pytest.raises(RuleBroken) as broken:
            save(visit, care("cold"), correcting=True, why=" \u200b")
        assert (broken.value.code, broken.value.field) == ("clinic.reason_missing", "why")
        assert not EncounterVersion.objects.exists()

    def test_filling_in_what_was_empty_supersedes_nothing(self):
        visit = a_visit(care=Care(complaint="Cough", urgency=3))
        save(visit, care("cold", complaint="Cough", urgency=2, new_case=False, vitals={"weight": Decimal(12)}))
        assert not EncounterVersion.objects.exists()

    @pytest.mark.parametrize(
        "changed",
        [{"complaint": "Fever"}, {"vitals": {"weight": Decimal(13)}}, {"treatments": []}, {"advice": ""},
         {"follow_up_on": None}, {"result": "referred"}],
    )  # fmt: skip
    def test_changing_anything_that_was_said_keeps_a_version(self, changed):
        said = {
            "complaint": "Cough", "vitals": {"weight": Decimal(12)}, "treatments": [("ORS", "")], "advice": "Drink",
            "follow_up_on": TODAY.replace(day=28), "result": "treated",
        }  # fmt: skip
        visit = a_visit(care=care("cold", **said))
        save(visit, care("cold", **said))
        assert not EncounterVersion.objects.exists()
        save(visit, care("cold", **(said | changed)))
        assert EncounterVersion.objects.count() == 1

    def test_versions_are_numbered_one_after_the_other(self):
        visit = a_visit(care=care("fever"))
        for key in ("cold", "worms", "fever"):
            save(visit, care(key))
        kept = EncounterVersion.objects.order_by("number")
        assert [(n.number, *n.document["diagnoses"]) for n in kept] == [(1, "fever"), (2, "cold"), (3, "worms")]
        assert timeline.contact(visit.id).versions == 3

    def test_rows_taken_away_are_stamped_so_that_tablets_forget_them(self):
        visit = a_visit(care=care("fever", treatments=[("ORS", ""), ("Zinc", "")]))
        gone = [*Diagnosis.objects.values_list("id", flat=True), *Treatment.objects.values_list("id", flat=True)[1:]]
        seq = Change.objects.order_by("-seq")[0].seq
        save(visit, care("cold", treatments=[("ORS", "")]))
        assert set(gone) <= set(Change.objects.filter(seq__gt=seq).values_list("record_id", flat=True))
        assert not Diagnosis.objects.filter(pk__in=gone).exists()

    def test_a_document_reads_back_as_the_same_care(self):
        line = Line("Paracetamol", "1x3x3", "N02BE01", "asked")
        taken = {"weight": Decimal("12.50"), "oxygen": 97}
        said = care("fever", "cold", "worms", complaint="a\nb", vitals=taken, treatments=[line], follow_up_on=TODAY)
        visit = a_visit()
        first = document(said, visit.id)
        assert document(of_document(first), visit.id) == first
        assert first["weight"] == "12.5" and first["diagnoses"][0] == "fever"

    @pytest.mark.parametrize(("value", "words"), [("38.50", "38.5"), ("10", "10"), ("100.0", "100"), (7, "7")])
    def test_a_figure_has_no_zeros_that_nobody_measured(self, value, words):
        assert figure(Decimal(value)) == words

    def test_the_order_of_the_other_diagnoses_is_no_change(self):
        visit = a_visit(care=care("fever", "cold", "worms"))
        save(visit, care("fever", "worms", "cold"))
        assert not EncounterVersion.objects.exists()

    def test_measurements_marked_as_wrong_are_left_out(self):
        visit = a_visit(care=Care(vitals={"weight": Decimal(90)}))
        timeline.contact(visit.id).vitals[0].__class__.objects.update(void_reason="Other child")
        found = timeline.contact(visit.id)
        assert found.newest_vitals is None
        assert timeline.of(visit.patient, measured=True) == []


class TestHowOftenTheDatabaseIsAsked:
    """All statements of a request but its session; PostgreSQL asks once more, for the lock."""

    LOCK = int(connection.features.has_select_for_update)

    def statements(self, visit, what: Care, **how) -> int:
        somebody()
        catalogue.conditions()
        with CaptureQueriesContext(connection) as queries:
            save(visit, what, **how)
        return len(queries) - 1  # `save` above asks who writes

    def test_a_visit_filled_in_or_corrected_in_one_place_stays_within_the_budget(self):
        full = {"vitals": {"weight": Decimal(12)}, "treatments": [("ORS", "1x3x3")], "advice": "Drink"}
        visit = a_visit(care=Care(complaint="Cough"))
        assert self.statements(visit, care("cold", complaint="Cough", **full), close=True) <= 11 + self.LOCK
        less = {"correcting": True, "why": "Slip"}
        assert self.statements(visit, care("cold", complaint="Fever", **full), **less) <= 11 + self.LOCK

    def test_a_correction_that_replaces_everything_needs_three_more(self):
        visit = a_visit(
            care=care("fever", "cold", vitals={"weight": Decimal(12)}, treatments=[("ORS", ""), ("Zinc", "")])
        )
        other = care("worms", complaint="Belly", vitals={"weight": Decimal(13)}, treatments=[("Mebendazole", "1 stat")])
        assert self.statements(visit, other) <= 14 + self.LOCK


class TestTwoNurses:
    def test_each_keeps_what_only_she_changed(self):
        visit = a_visit(care=Care(complaint="Cough"))
        seen = edit_of(visit)
        save(visit, Care(complaint="Cough", vitals={"weight": Decimal(12)}), edit=seen)
        saved = save(visit, care("cold", complaint="Cough for 3 days"), edit=seen)
        now = reading(visit)
        assert (now["complaint"], now["weight"], now["diagnoses"]) == ("Cough for 3 days", "12", ["cold"])
        assert saved.meanwhile == ("weight",)

    def test_one_field_changed_by_both_is_asked_about_and_nothing_is_written(self):
        visit = a_visit(care=Care(complaint="Cough"))
        seen = edit_of(visit)
        save(visit, Care(complaint="Fever"), edit=seen)
        with pytest.raises(Clashed) as clashed:
            save(visit, care("cold", complaint="Asthma"), edit=seen)
        assert [(c.field, c.theirs, c.mine) for c in clashed.value.clashes] == [("complaint", "Fever", "Asthma")]
        assert reading(visit)["diagnoses"] == []

    @pytest.mark.parametrize(("keep", "stands"), [(MINE, "Asthma"), (THEIRS, "Fever")])
    def test_the_choice_stands(self, keep, stands):
        visit = a_visit(care=Care(complaint="Cough"))
        seen = edit_of(visit, complaint=Choice(keep, "Fever"))
        save(visit, Care(complaint="Fever"))
        save(visit, Care(complaint="Asthma"), edit=seen)
        assert reading(visit)["complaint"] == stands

    def test_what_the_other_took_away_stays_away(self):
        visit = a_visit(care=care("cold", treatments=[("ORS", "")]))
        seen = edit_of(visit)
        save(visit, care("cold"), edit=seen)
        save(visit, care("cold", treatments=[("ORS", "")], advice="Drink"), edit=seen)
        now = reading(visit)
        assert (now["treatments"], now["advice"]) == ([], "Drink")


@pytest.mark.django_db(transaction=True)
class TestAtTheSameInstant:
    """Real threads, on whichever engine the tests run."""

    def test_two_nurses_save_different_things_and_both_stand(self):
        visit = a_visit(care=Care(complaint="Cough"))
        seen, one, two, cold = edit_of(visit), somebody(), a_user(Role.NURSE), care("cold", complaint="Cough")
        results = at_once(
            lambda: save(visit, Care(complaint="Cough", vitals={"weight": Decimal(12)}), edit=seen, by=one),
            lambda: save(visit, cold, edit=seen, by=two),
        )
        assert all(isinstance(result, encounters.Saved) for result in results), results
        now = reading(visit)
        assert (now["weight"], now["diagnoses"]) == ("12", ["cold"])

    def test_two_nurses_change_one_field_and_one_of_them_is_asked(self):
        visit = a_visit(care=Care(complaint="Cough"))
        seen, one, two = edit_of(visit), somebody(), a_user(Role.NURSE)
        results = at_once(
            lambda: save(visit, Care(complaint="Fever"), edit=seen, by=one),
            lambda: save(visit, Care(complaint="Asthma"), edit=seen, by=two),
        )
        assert sorted(type(result).__name__ for result in results) == ["Clashed", "Saved"]
        assert reading(visit)["complaint"] in {"Fever", "Asthma"}
        assert EncounterVersion.objects.count() == 1

    def test_many_corrections_leave_every_version_and_no_gap(self):
        visit, by = a_visit(care=Care(complaint="0")), somebody()
        results = at_once(*[lambda n=n: save(visit, Care(complaint=str(n)), by=by) for n in range(1, 6)])
        assert all(isinstance(result, encounters.Saved) for result in results), results
        kept = EncounterVersion.objects.order_by("number")
        assert [row.number for row in kept] == [1, 2, 3, 4, 5]
        assert {row.document["complaint"] for row in kept} | {reading(visit)["complaint"]} == set("012345")

    def test_one_of_two_takes_a_person_in(self):
        visit, one, two = a_visit(), somebody(), a_user(Role.NURSE, name="Keo")
        results = at_once(
            lambda: encounters.take_in(id=visit.id, by=one, at=noon()),
            lambda: encounters.take_in(id=visit.id, by=two, at=noon()),
        )
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "Encounter"]
        assert Entry.objects.filter(verb="clinic.visit.taken_in").count() == 1


class TestTakingIn:
    def test_taking_in_twice_changes_nothing(self):
        visit = a_visit()
        encounters.take_in(id=visit.id, by=somebody(), at=noon())
        encounters.take_in(id=visit.id, by=somebody(), at=noon().replace(hour=15))
        visit.refresh_from_db()
        assert (visit.seen_by, visit.seen_at) == (somebody(), noon())

    def test_taking_over_needs_the_colleague_who_was_seen(self):
        visit, other = a_visit(), a_user(Role.NURSE, name="Keo Bopha")
        encounters.take_in(id=visit.id, by=somebody(), at=noon())
        with pytest.raises(Conflict) as taken:
            encounters.take_in(id=visit.id, by=other, at=noon())
        assert taken.value.params["who"] == "Som Body"
        encounters.take_in(id=visit.id, by=other, at=noon(), instead_of=somebody().pk)
        assert Encounter.objects.get().seen_by == other

    def test_a_closed_visit_takes_nobody_in(self):
        with pytest.raises(RuleBroken, match=r"^clinic.visit_closed$"):
            encounters.take_in(id=a_visit(close=True, care=Care(result="left")).id, by=a_user(Role.NURSE), at=noon())

    def test_who_closes_a_visit_that_nobody_took_in_has_seen_the_person(self):
        visit = a_visit()
        save(visit, care("cold", result="treated"), close=True)
        assert Encounter.objects.get().seen_by == somebody()


class TestAllergies:
    @pytest.fixture
    def allergic(self):
        person = a_patient()
        Allergy.objects.create(
            patient=person, substance="Penicillins", atc="J01C", told_on=TODAY, recorded_by=somebody()
        )
        return people.get(person.id)

    AMOXICILLIN = Line("Amoxicillin capsule 250 mg", "1x3x5", "J01CA04")

    def test_a_medicine_that_touches_an_allergy_is_refused_until_a_reason_is_written(self, allergic):
        with pytest.raises(RuleBroken) as broken:
            a_visit(allergic, care=care("cold", treatments=[self.AMOXICILLIN]))
        assert (broken.value.code, broken.value.field) == ("clinic.allergy_touched", "treatments")
        visit = a_visit(allergic, care=care("cold", treatments=[self.AMOXICILLIN._replace(despite="No other here")]))
        assert Treatment.objects.get().despite == "No other here"
        detail = Entry.objects.get(verb="clinic.visit.opened", subject_id=visit.id).detail
        assert detail["despite"] == [["Amoxicillin capsule 250 mg", "No other here"]]

    def test_a_name_written_by_hand_is_recognised_too(self, allergic):
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_touched$"):
            a_visit(allergic, care=care("cold", treatments=[("amoxicilline 500", "1x3x5")]))

    def test_saving_asks_as_opening_does(self, allergic):
        visit = a_visit(allergic)
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_touched$"):
            save(visit, care("cold", treatments=[self.AMOXICILLIN]))

    def test_what_stood_before_the_allergy_was_known_is_not_asked_about(self):
        person = a_patient()
        visit = a_visit(person, care=care("cold", treatments=[self.AMOXICILLIN]))
        Allergy.objects.create(patient=person, substance="Penicillins", atc="J01C", told_on=TODAY)
        save(visit, care("cold", treatments=[self.AMOXICILLIN], advice="Stop it"))
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_touched$"):
            save(visit, care("cold", treatments=[self.AMOXICILLIN, ("Ampicillin", "", "J01CA01")], advice="Stop it"))

    def test_a_medicine_that_touches_nothing_is_given_freely(self, allergic):
        a_visit(allergic, care=care("cold", treatments=[Line("Paracetamol", "1x3x3", "N02BE01")]))
        assert Treatment.objects.count() == 1


def test_care_that_measures_what_nobody_measures_is_a_mistake_of_ours():
    with pytest.raises(TypeError):
        a_visit(care=Care(vitals={"mood": 3}))


def test_written_care_is_what_was_given():
    said = care("fever", complaint="Hot", treatments=[("ORS", "2 sachets")])
    visit = a_visit(care=said)
    assert writing.document(written(timeline.contact(visit.id)), visit.id) == writing.document(
        writing.as_stored(said), visit.id
    )
