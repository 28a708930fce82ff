"""Notes, measurements, orders and doses of a stay: nothing is edited, mistakes are marked, danger is asked about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from clinic import course, endings
from clinic.models import Allergy, MedicineGiven, StayNote, Treatment, Vitals
from clinic.selectors import stays
from clinic.services import admissions, bedside, notes
from clinic.services.care import Line
from core.ages import Birth
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.periods import local_day
from tests.builders import TODAY, a_discharge, a_patient, a_stay, noon, somebody
from tests.threads import at_once

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = noon()
State = MedicineGiven.State


def a_note(stay, text="Sleeps well", **given) -> StayNote:
    return notes.write(**({"stay_id": stay.pk, "text": text, "at": NOW, "now": NOW, "by": somebody()} | given))


def better(note, text="Sleeps badly", **given) -> StayNote:
    given = {"why": "Heard wrong", "at": note.at, "now": NOW, "by": somebody()} | given
    return notes.supersede(note_id=note.pk, text=text, **given)


def measured(stay, at=NOW, now=NOW, id=None, **values) -> Vitals:
    return bedside.measure(stay_id=stay.pk, values=values, at=at, now=now, by=somebody(), id=id)


def an_order(stay, *line, **given) -> Treatment:
    lines = [Line(*(line or ("Paracetamol 500 mg", "1x3")))]
    return bedside.order(**({"stay_id": stay.pk, "lines": lines, "by": somebody(), "now": NOW} | given))[0]


def a_dose(stay, order=None, **given) -> MedicineGiven:
    given = {"at": NOW, "now": NOW, "by": somebody()} | given
    return bedside.give(stay_id=stay.pk, order_id=order.pk if order else None, **given)


@pytest.mark.django_db
class TestNotes:
    def test_they_stand_newest_first_by_when_it_was_seen(self):
        stay = a_stay(on=TODAY - 3 * DAY)
        a_note(stay, "today")
        a_note(stay, "two days ago", at=NOW - 2 * DAY, kind=StayNote.Kind.ORDER)
        assert [note.text for note in stays.whole(stay.pk).notes] == ["today", "two days ago"]

    def test_a_better_note_supersedes_and_the_earlier_one_stays_readable(self):
        stay = a_stay()
        second = better(better(a_note(stay, "one"), "two"), "three", why="Once more")
        (note,) = stays.whole(stay.pk).notes
        assert (note.pk, note.text, note.why) == (second.pk, "three", "Once more")
        assert [earlier.text for earlier in note.earlier] == ["two", "one"]
        assert note.recorded_by.name == "Som Body"
        assert StayNote.objects.count() == 3

    def test_a_note_is_changed_once_and_the_second_nurse_is_told_by_whom(self):
        note = a_note(a_stay())
        better(note)
        with pytest.raises(Conflict, match=r"^clinic.note_changed_already$") as refused:
            better(note, "Mine")
        assert refused.value.params["who"] == "Som Body"

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"text": " \u200b"}, "note_empty"), ({"at": NOW + HOUR}, "moment_in_future"),
            ({"at": NOW - 4 * DAY}, "moment_before_stay"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_refused(self, given, code):
        with pytest.raises(RuleBroken, match=f"^clinic.{code}$"):
            a_note(a_stay(on=TODAY - 3 * DAY), **given)

    def test_a_late_note_after_midnight_has_the_clinics_day(self):
        stay = a_stay()
        a_note(stay, at=NOW.replace(hour=0, minute=5))
        with pytest.raises(RuleBroken, match=r"^clinic.moment_before_stay$"):
            a_note(stay, at=NOW.replace(hour=0, minute=5) - 10 * timedelta(minutes=1))
        assert local_day(StayNote.objects.get().at) == TODAY

    def test_a_stay_that_is_over_takes_what_was_seen_in_it_and_no_more(self):
        stay = a_discharge(a_stay(on=TODAY - 3 * DAY), on=TODAY - DAY)
        a_note(stay, at=NOW - 2 * DAY)
        with pytest.raises(RuleBroken, match=r"^clinic.moment_after_stay$"):
            a_note(stay)

    def test_a_note_sent_twice_is_kept_once(self):
        stay, made = a_stay(), uuid7()
        note = a_note(stay, id=made)
        again = uuid7()
        with pytest.raises(Conflict, match=r"^constraint.same_id$"):
            a_note(stay, id=made)
        better(note, id=again)
        with pytest.raises(Conflict, match=r"^constraint.same_id$"):
            better(note, id=again)

    def test_nothing_is_written_in_a_stay_entered_in_error(self):
        stay = a_stay()
        admissions.void(id=stay.pk, reason="Error", by=somebody())
        with pytest.raises(RuleBroken, match=r"^clinic.stay_void$"):
            a_note(stay)


@pytest.mark.django_db
class TestMeasurements:
    def test_every_set_stands_in_time_and_two_make_a_picture(self):
        stay = a_stay(on=TODAY - 2 * DAY)
        measured(stay, temperature=Decimal("38.2"), systolic=120, diastolic=80)
        measured(stay, NOW - 2 * DAY, temperature=Decimal("39.4"), systolic=110, diastolic=70)
        found = stays.whole(stay.pk)
        assert [str(row.temperature) for row in found.vitals] == ["39.4", "38.2"]
        pictures = course.charts(found)
        assert len(pictures) == 2
        assert pictures[1].count("<circle") == 4  # both blood pressures twice
        assert "18/11 12:00: 39.4" in pictures[0]

    def test_what_is_unusual_for_the_age_is_marked(self):
        child = a_patient(birth=Birth.on(TODAY - 400 * DAY))
        stay = a_stay(child)
        measured(stay, respiratory_rate=54)
        _, ((label, value, odd),) = course.newest(stays.whole(stay.pk))
        assert (value, odd.is_high) == ("54", True) and "Breaths" in label

    def test_a_mistaken_set_is_marked_and_not_drawn(self):
        stay = a_stay()
        row = measured(stay, temperature=Decimal("34"))
        measured(stay, temperature=Decimal("37"))
        with pytest.raises(RuleBroken, match=r"^clinic.reason_missing$"):
            bedside.void_vitals(id=row.pk, reason=" ", by=somebody())
        bedside.void_vitals(id=row.pk, reason="Other patient", by=somebody())
        with pytest.raises(RuleBroken, match=r"^clinic.void_already$"):
            bedside.void_vitals(id=row.pk, reason="Again", by=somebody())
        found = stays.whole(stay.pk)
        assert len(found.vitals) == 2 and len(found.standing_vitals) == 1
        assert course.charts(found) == []
        assert len(course.table(found)["rows"]) == 2

    def test_nothing_measured_and_pressures_upside_down_are_refused(self):
        stay = a_stay()
        with pytest.raises(RuleBroken, match=r"^clinic.nothing_measured$"):
            measured(stay, temperature=None)
        with pytest.raises(RuleBroken, match=r"^clinic.pressure_upside_down$"):
            measured(stay, systolic=80, diastolic=120)
        with pytest.raises(RuleBroken):
            measured(stay, temperature=Decimal("60"))


@pytest.mark.django_db
class TestMedicine:
    def test_an_order_runs_until_it_is_stopped_once(self):
        stay = a_stay()
        order = an_order(stay)
        bedside.stop(order_id=order.pk, by=somebody(), at=NOW)
        bedside.stop(order_id=order.pk, by=somebody(), at=NOW + HOUR)
        (found,) = stays.whole(stay.pk).orders
        assert found.stopped_at == NOW
        with pytest.raises(RuleBroken, match=r"^clinic.order_stopped$"):
            a_dose(stay, order, at=NOW + HOUR, now=NOW + HOUR)
        assert a_dose(stay, order, at=NOW - HOUR).what == "Paracetamol 500 mg"

    def test_an_order_sent_twice_is_kept_once(self):
        stay, made = a_stay(), uuid7()
        an_order(stay, id=made)
        with pytest.raises(Conflict, match=r"^constraint.same_id$"):
            an_order(stay, id=made)

    def test_nothing_is_ordered_for_who_has_left(self):
        stay = a_discharge(a_stay())
        with pytest.raises(RuleBroken, match=r"^clinic.discharged_already$"):
            an_order(stay)

    def test_an_empty_order_is_refused(self):
        with pytest.raises(RuleBroken, match=r"^clinic.order_empty$"):
            an_order(a_stay(), " ", "1x3")

    def test_what_was_not_given_says_why(self):
        stay = a_stay()
        order = an_order(stay)
        for state in (State.REFUSED, State.MISSING):
            with pytest.raises(RuleBroken, match=r"^clinic.reason_missing$"):
                a_dose(stay, order, state=state)
        assert a_dose(stay, order, state=State.REFUSED, reason="Vomits").reason == "Vomits"

    def test_an_allergy_is_weighed_once_with_the_order(self):
        patient = a_patient()
        Allergy.objects.create(patient=patient, substance="Penicillin", atc="J01C", told_on=TODAY)
        stay = a_stay(patient)
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_touched$"):
            an_order(stay, "Ampicillin", "1 g", "J01CA01")
        order = an_order(stay, "Ampicillin", "1 g", "J01CA01", "Nothing else here")
        assert a_dose(stay, order).state == State.GIVEN

    def test_an_allergy_told_after_the_order_is_asked_about(self):
        stay = a_stay()
        order = an_order(stay, "Ampicillin", "1 g", "J01CA01")
        Allergy.objects.create(patient=stay.patient, substance="Penicillin", atc="J01C", told_on=TODAY)
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_given$"):
            a_dose(stay, order)
        with pytest.raises(RuleBroken, match=r"^clinic.allergy_given$"):
            a_dose(stay, line=Line("Amoxicillin"))
        assert a_dose(stay, order, reason="Only a rash, years ago").pk

    def test_the_same_order_twice_within_half_an_hour_asks_why(self):
        stay = a_stay()
        order = an_order(stay)
        first = a_dose(stay, order, at=NOW - 20 * timedelta(minutes=1))
        with pytest.raises(Conflict, match=r"^clinic.given_just_now$") as refused:
            a_dose(stay, order)
        assert refused.value.params == {"who": "Som Body", "at": "11:40", "medicine": "Paracetamol 500 mg"}
        a_dose(stay, order, reason="Vomited the first")
        bedside.void_given(id=first.pk, reason="Other patient", by=somebody())
        a_dose(stay, order, at=NOW - 2 * HOUR)

    def test_an_order_of_another_stay_cannot_be_given(self):
        order = an_order(a_stay())
        a_discharge(order.encounter.admission)
        with pytest.raises(Treatment.DoesNotExist):
            a_dose(a_stay(), order)

    def test_a_mistaken_dose_stays_readable(self):
        stay = a_stay()
        dose = a_dose(stay, line=Line("Oral rehydration salts", "200 ml"))
        bedside.void_given(id=dose.pk, reason="Was the neighbour", by=somebody())
        (found,) = stays.whole(stay.pk).given
        assert (found.void_reason, found.what, found.treatment_id) == (
            "Was the neighbour",
            "Oral rehydration salts",
            None,
        )


@pytest.mark.django_db
def test_a_summary_is_drafted_from_what_was_written():
    stay = a_stay(on=TODAY - DAY, reason="Fever")
    measured(stay, NOW - DAY, temperature=Decimal("39.4"))
    measured(stay, temperature=Decimal("37"))
    a_note(stay, "Drinks again")
    a_note(stay, "Washed", kind=StayNote.Kind.NURSING)
    an_order(stay)
    assert endings.draft(stays.whole(stay.pk)).split("\n") == [
        "Came with: Fever", "At admission: Temperature (°C) 39.4", "20/11: Drinks again",
        "Treated with: Paracetamol 500 mg", "At the end: Temperature (°C) 37",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_nurses_write_notes_at_once_and_both_stand(self):
        stay, by = a_stay(), somebody()
        at_once(*(lambda n=n: a_note(stay, f"note {n}", by=by) for n in range(4)))
        assert StayNote.objects.count() == 4

    def test_two_nurses_tap_given_at_once_and_one_is_told(self):
        stay, by = a_stay(), somebody()
        order = an_order(stay, by=by)
        results = at_once(*(lambda: a_dose(stay, order, by=by) for _ in range(2)))
        assert sorted(getattr(result, "code", "") for result in results) == ["", "clinic.given_just_now"]

    def test_two_nurses_better_one_note_at_once_and_one_is_told(self):
        by = somebody()
        note = a_note(a_stay(), by=by)
        results = at_once(*(lambda n=n: better(note, f"text {n}", by=by) for n in range(2)))
        assert sorted(getattr(result, "code", "") for result in results) == ["", "clinic.note_changed_already"]
