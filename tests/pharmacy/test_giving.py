"""By a prescription: all of it, a part, none; what is owed until it is given, what comes back, what speaks against."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from clinic.services import allergies, pregnancies
from clinic.services.allergies import Said
from clinic.services.encounters import Care, save_visit
from clinic.services.pregnancies import Dated
from core.audit.journal import broken_at
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from pharmacy.models import Dispensing, Move
from pharmacy.selectors import giving, history, stock
from pharmacy.services import books, dispensing, returns
from pharmacy.services import stock as shelves
from tests.builders import TODAY, a_batch, a_medicine, a_patient, noon, somebody
from tests.pharmacy.giving import AMOXICILLIN, PARACETAMOL, a_prescription, given, line_of

pytestmark = pytest.mark.django_db
COMMON = {"on": TODAY, "today": TODAY}


@contextmanager
def refused(code: str, field: str | None = None):
    with pytest.raises(RuleBroken) as broken:
        yield broken
    assert broken.value.code == code
    if field:
        assert broken.value.field == field


@pytest.fixture(autouse=True)
def _books_stay_whole(db):
    yield
    assert books.first_broken() is None
    assert broken_at() is None


def amoxicillin():
    return a_medicine("Amoxicillin", "500 mg")


def state(visit):
    return [(line.given, line.owed, line.is_settled) for line in giving.of_visit(visit.pk, TODAY).lines]


def left() -> int:
    return sum(held.quantity for held in stock.held(a_medicine()))


def test_a_whole_prescription_is_given_in_one_act_the_soonest_to_expire_first():
    soon, late = a_batch(6, expires_on=date(2027, 1, 31)), a_batch(90)
    a_batch(50, medicine=amoxicillin())
    visit = a_prescription(PARACETAMOL, AMOXICILLIN)
    rows = given(visit, line_of(visit), line_of(visit, amoxicillin(), 10, n=1, ordered=10))
    assert {(m.batch_id, m.quantity) for m in rows[0].moves.all()} == {(soon.pk, 6), (late.pk, 9)}
    assert state(visit) == [(15, 0, True), (10, 0, True)]
    assert {(row.encounter_id, row.patient_id) for row in rows} == {(visit.pk, visit.patient_id)}
    assert Entry.objects.filter(verb="pharmacy.medicine.dispensed").count() == 2


def test_when_one_line_cannot_be_given_none_is():
    a_batch(90)
    visit = a_prescription(PARACETAMOL, AMOXICILLIN)
    with refused("pharmacy.not_enough", "quantity") as broken:
        given(visit, line_of(visit), line_of(visit, amoxicillin(), 10, n=1))
    assert broken.value.params["line"] == 1
    assert not Dispensing.objects.exists() and left() == 90


def test_two_lines_of_one_medicine_share_what_lies_there():
    a_batch(20)
    visit = a_prescription(PARACETAMOL, ("Paracetamol syrup", "5 ml x3x3", "N02BE01"))
    with refused("pharmacy.not_enough", "quantity") as broken:
        given(visit, line_of(visit), line_of(visit, quantity=6, n=1, despite="two children"))
    assert broken.value.params["available"] == 5


def test_expired_and_recalled_batches_are_never_given():
    a_batch(90, on=TODAY - timedelta(days=9), expires_on=TODAY - timedelta(days=1))
    bad = a_batch(90)
    bad.recalled_on, bad.recalled_why = TODAY, "cracked"
    bad.save()
    visit = a_prescription()
    with refused("pharmacy.not_enough", "quantity"):
        given(visit)
    bad.recalled_on, bad.recalled_why = None, ""  # the log knows of no recall
    bad.save()


def test_a_part_is_given_and_the_rest_is_owed_until_it_is_given():
    a_batch(100)
    visit = a_prescription()
    given(visit, line_of(visit, quantity=5))
    assert state(visit) == [(5, 10, False)]
    given(visit, line_of(visit, quantity=10))
    assert state(visit) == [(15, 0, True)]


def test_all_of_it_may_be_owed_when_nothing_is_there():
    visit = a_prescription()
    given(visit, line_of(visit, quantity=0))
    assert state(visit) == [(0, 15, False)]
    a_batch(100)
    given(visit)
    assert state(visit) == [(15, 0, True)]


def test_what_is_owed_can_be_dropped_with_a_reason():
    a_batch(100)
    visit = a_prescription()
    given(visit, line_of(visit, quantity=5))
    (row,) = given(visit, line_of(visit, quantity=0, dropped="bought in town"))
    assert state(visit) == [(5, 0, True)]
    assert Entry.objects.get(verb="pharmacy.prescription.dropped").subject_id == row.pk
    returns.void(dispensing_id=row.pk, reason="he came", by=somebody(), **COMMON)
    assert state(visit) == [(5, 10, False)]


def test_the_same_form_sent_twice_gives_once():
    a_batch(100)
    visit = a_prescription()
    line = line_of(visit, despite="again")
    given(visit, line)
    with pytest.raises(Conflict) as broken:
        given(visit, line)
    assert broken.value.code == "constraint.same_id"
    assert left() == 85


def test_what_was_given_already_is_given_again_only_with_a_reason():
    a_batch(100)
    visit = a_prescription()
    given(visit)
    with refused("pharmacy.warned", "despite") as broken:
        given(visit, line_of(visit, quantity=5))
    assert broken.value.params["codes"] == ["given:15"]
    given(visit, line_of(visit, quantity=5, despite="fell into the river"))
    assert Dispensing.objects.order_by("-id")[0].despite == "fell into the river"


def test_lines_of_another_visit_and_an_empty_form_are_refused():
    a_batch(100)
    visit, other = a_prescription(), a_prescription()
    with refused("pharmacy.not_of_this_visit"):
        given(visit, line_of(other))
    with refused("pharmacy.nothing_chosen"):
        dispensing.give(visit=visit.pk, lines=[], by=somebody(), **COMMON)
    with refused("pharmacy.before_the_visit", "on"):
        given(visit, on=TODAY - timedelta(days=1))
    with refused("pharmacy.date_in_future", "on"):
        given(visit, on=TODAY + timedelta(days=1))
    with refused("pharmacy.not_a_shelf", "place"):
        given(visit, place="patients")
    with refused("pharmacy.nothing", "quantity"):
        given(visit, line_of(visit, quantity=0, ordered=None))


def test_an_allergy_asks_for_a_reason_which_is_kept_with_what_was_given():
    a_batch(100, medicine=amoxicillin())
    patient = a_patient()
    visit = a_prescription((*AMOXICILLIN, ""), patient=patient)
    allergies.add(patient=patient, said=Said("penicillins"), told_on=TODAY, by=somebody(), today=TODAY)
    line = line_of(visit, amoxicillin(), 10, ordered=10)
    with refused("pharmacy.warned", "despite"):
        given(visit, line)
    (row,) = given(visit, line_of(visit, amoxicillin(), 10, ordered=10, despite="took it twice before"))
    assert row.warned == ["allergy:Penicillins"]
    assert row.despite == "took it twice before"
    assert Entry.objects.get(verb="pharmacy.medicine.dispensed").detail["warned"] == ["allergy:Penicillins"]


def test_a_reason_is_kept_only_where_something_spoke_against_it():
    a_batch(100)
    visit = a_prescription()
    assert given(visit, line_of(visit, despite="no reason at all"))[0].despite == ""


def test_an_open_pregnancy_speaks_against_doxycycline_until_it_ends():
    doxycycline, mother = a_medicine("Doxycycline", "100 mg"), a_patient()
    a_batch(100, medicine=doxycycline)
    begun = pregnancies.begin(
        patient=mother, dated=Dated(lmp=TODAY - timedelta(days=70)), on=TODAY, by=somebody(), today=TODAY
    )
    give = {"patient": mother, "medicine": doxycycline, "quantity": 10, "by": somebody(), **COMMON}
    with refused("pharmacy.warned", "despite") as broken:
        dispensing.dispense(**give)
    assert broken.value.params["codes"] == ["pregnancy:tetracyclines_pregnant"]
    pregnancies.end(id=begun.pk, outcome="live", on=TODAY, by=somebody(), today=TODAY)
    assert dispensing.dispense(**give).warned == []


def test_a_child_and_the_same_class_twice_are_told_without_a_prescription_too():
    a_batch(100, medicine=amoxicillin())
    child = a_patient(told=(4, "y", TODAY))
    give = {"patient": child, "medicine": amoxicillin(), "quantity": 5, "by": somebody(), **COMMON}
    dispensing.dispense(**give, directions="1x1x5")
    with refused("pharmacy.warned", "despite") as broken:
        dispensing.dispense(**give)
    assert broken.value.params["codes"] == ["same:Amoxicillin"]
    later = {"on": TODAY + timedelta(days=5), "today": TODAY + timedelta(days=5)}
    assert dispensing.dispense(**give | later).warned == []


class TestWhatComesBack:
    def test_unused_tablets_go_to_a_shelf_or_to_waste_and_never_more_than_were_given(self):
        batch, visit = a_batch(100), a_prescription()
        (row,) = given(visit)
        back = {"dispensing": row, "by": somebody(), **COMMON}
        returns.bring_back(quantities={batch.pk: 4}, target="dispensary", **back)
        returns.bring_back(quantities={batch.pk: 1}, target="waste", **back)
        assert left() == 89
        assert Move.objects.filter(why="returned", dispensing=row).count() == 2
        with refused("pharmacy.more_than_given"):
            returns.bring_back(quantities={batch.pk: 11}, target="waste", **back)
        assert state(visit) == [(15, 0, True)], "what was brought back is not owed again"
        (seen,) = history.of_patient(visit.patient_id)
        assert (seen.quantity, seen.back) == (10, 5)

    def test_nothing_comes_back_of_a_batch_that_was_not_given_nor_before_it_was(self):
        batch = a_batch(100)
        (row,) = given(a_prescription())
        other = a_batch(5)
        back = {"dispensing": row, "target": "waste", "by": somebody(), "today": TODAY}
        with refused("pharmacy.more_than_given"):
            returns.bring_back(quantities={other.pk: 1}, on=TODAY, **back)
        with refused("pharmacy.more_than_given"):
            returns.bring_back(quantities={uuid7(): 1}, on=TODAY, **back)
        with refused("pharmacy.nothing_chosen"):
            returns.bring_back(quantities={batch.pk: 0}, on=TODAY, **back)
        with refused("pharmacy.before_the_mistake", "on"):
            returns.bring_back(quantities={batch.pk: 1}, on=TODAY - timedelta(days=1), **back)
        with refused("pharmacy.not_a_shelf", "target"):
            returns.bring_back(quantities={batch.pk: 1}, on=TODAY, **back | {"target": "count"})

    def test_what_expired_meanwhile_goes_only_to_waste(self):
        batch = a_batch(100, expires_on=TODAY)
        (row,) = given(a_prescription())
        day = {"on": TODAY + timedelta(days=1), "today": TODAY + timedelta(days=1)}
        back = {"dispensing": row, "quantities": {batch.pk: 2}, "by": somebody(), **day}
        with refused("pharmacy.only_to_waste", "target"):
            returns.bring_back(target="dispensary", **back)
        returns.bring_back(target="waste", **back)

    def test_a_mistake_is_taken_back_whole_and_the_line_waits_again(self):
        a_batch(6, expires_on=date(2027, 1, 31))
        a_batch(90)
        visit = a_prescription()
        (row,) = given(visit)
        with refused("pharmacy.reason_missing", "reason"):
            returns.void(dispensing_id=row.pk, reason=" ", by=somebody(), **COMMON)
        returns.void(dispensing_id=row.pk, reason="wrong patient", by=somebody(), **COMMON)
        assert left() == 96 and state(visit) == [(0, 0, False)]
        assert history.of_patient(visit.patient_id) == []
        with refused("pharmacy.dispensing_void"):
            returns.void(dispensing_id=row.pk, reason="again", by=somebody(), **COMMON)
        with refused("pharmacy.dispensing_void"):
            back = {"quantities": {Move.objects.first().batch_id: 1}, "target": "waste"}
            returns.bring_back(dispensing=Dispensing.objects.get(), by=somebody(), **back, **COMMON)

    def test_what_was_brought_back_in_part_is_not_taken_back_as_a_mistake(self):
        batch = a_batch(100)
        (row,) = given(a_prescription())
        (back,) = returns.bring_back(
            dispensing=row, quantities={batch.pk: 4}, target="dispensary", by=somebody(), **COMMON
        )
        with refused("pharmacy.returned_since"):
            returns.void(dispensing_id=row.pk, reason="mistake", by=somebody(), **COMMON)
        with refused("pharmacy.returned_since"):
            shelves.reverse(move=row.moves.get(target="patients"), reason="mistake", by=somebody(), **COMMON)
        shelves.reverse(move=back, reason="counted wrongly", by=somebody(), **COMMON)
        returns.void(dispensing_id=row.pk, reason="mistake", by=somebody(), **COMMON)
        assert left() == 100


class TestWhoWaits:
    def names(self, found):
        rows, _more = found
        return [one.encounter.pk for one in rows]

    def test_those_wait_of_whose_medicine_something_is_to_be_done(self):
        a_batch(100)
        waits, done, empty = a_prescription(), a_prescription(), a_prescription(("", "", ""))
        given(done)
        assert self.names(giving.waiting(TODAY)) == [waits.pk]
        assert empty.pk not in self.names(giving.waiting(TODAY))

    def test_what_is_owed_is_listed_until_it_is_given_or_dropped(self):
        a_batch(100, on=TODAY - timedelta(days=5))
        visits = [a_prescription(on=TODAY - timedelta(days=n)) for n in (1, 2)]
        for visit in visits:
            given(visit, line_of(visit, quantity=5), on=visit.on)
        assert self.names(giving.owed(TODAY)) == [v.pk for v in sorted(visits, key=lambda v: v.pk, reverse=True)]
        given(visits[0], line_of(visits[0], quantity=10))
        given(visits[1], line_of(visits[1], quantity=0, dropped="moved away"))
        assert self.names(giving.owed(TODAY)) == []

    def test_pages_go_on_by_key(self):
        visits = [a_prescription().pk for _ in range(5)]
        first, more = giving.waiting(TODAY, limit=3)
        second, end = giving.waiting(TODAY, after=more, limit=3)
        assert [one.encounter.pk for one in (*first, *second)] == visits
        assert end is None

    def test_what_is_no_medicine_of_ours_keeps_nobody_waiting(self):
        a_prescription(("Dressing of a wound", "", ""))
        found, _more = giving.waiting(TODAY)
        assert giving.unsettled(found, giving.formulary()) == []


def test_a_visit_cannot_lose_the_line_by_which_medicine_was_given():
    a_batch(100)
    visit = a_prescription(PARACETAMOL, AMOXICILLIN)
    (row,) = given(visit)
    save = {"id": visit.pk, "by": somebody(), "today": TODAY, "at": noon()}
    with refused("clinic.treatment_given", "treatments"):
        save_visit(care=Care(treatments=[AMOXICILLIN]), **save)
    save_visit(care=Care(treatments=[("Paracetamol tablet 500 mg", "1x3x7", "N02BE01")]), **save)
    assert Dispensing.objects.get(pk=row.pk).treatment.dose == "1x3x7"
    returns.void(dispensing_id=row.pk, reason="not his", by=somebody(), **COMMON)
    save_visit(care=Care(), **save)
