"""Referrals and trips through their services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.audit.models import Entry
from core.errors import Conflict, NotAllowed, RuleBroken
from core.ids import uuid7
from core.periods import Month
from referrals import rules, selectors
from referrals.catalogue import load
from referrals.models import Hospital, Referral, Step, Trip, Vehicle
from referrals.services import referrals, trips
from referrals.services.referrals import Answer
from referrals.services.trips import Arrival, Back, Leaving
from tests.builders import TODAY, a_patient, a_referral, a_village, a_visit, noon, somebody
from tests.threads import at_once

pytestmark = pytest.mark.django_db

NOW = noon(TODAY)
LATER = NOW + timedelta(hours=8)


def advance(referral, to, *, minutes=0, by=None, note="", **given):
    at = NOW + timedelta(minutes=minutes)
    return referrals.advance(referral=referral, to=to, at=at, now=LATER, by=by or somebody(), note=note, **given)


def leaving(*, minutes=0, odometer=1000, vehicle=None, driver="Vuthy"):
    vehicle = vehicle or Vehicle.objects.get()
    return Leaving(vehicle.pk, driver, NOW + timedelta(minutes=minutes), odometer)


def a_trip(*, minutes=0, odometer=1000, vehicle=None, **given):
    defaults = {"purpose": "emergency", "by": somebody(), "now": LATER}
    return trips.dispatch(leaving=leaving(minutes=minutes, odometer=odometer, vehicle=vehicle), **(defaults | given))


def back(trip, *, minutes=60, odometer=1100, **given):
    at = NOW + timedelta(minutes=minutes)
    return trips.complete(trip=trip, returned_at=at, odometer=odometer, by=somebody(), now=LATER, **given)


# -- referrals ----------------------------------------------------------------------------------------------


def test_a_new_database_offers_takeo_first_and_one_ambulance():
    assert [hospital.code for hospital in selectors.hospitals()] == ["210301", "070401", "090201"]
    assert Vehicle.objects.count() == 1


def test_loading_the_catalogue_again_changes_nothing():
    from django.apps import apps

    Hospital.objects.filter(code="070401").update(name_en="Kampot Hospital")
    load(apps.get_model)
    assert Hospital.objects.count() == 3
    assert Hospital.objects.get(code="070401").name_en == "Kampot Hospital"


def test_slips_are_numbered_without_a_gap_within_a_year():
    assert [a_referral().number for _ in range(3)] == ["R26-0001", "R26-0002", "R26-0003"]
    with pytest.raises(RuleBroken):
        a_referral(reason=" ")
    assert a_referral().number == "R26-0004"
    last_year = NOW - timedelta(days=365)
    assert a_referral(at=last_year, now=NOW).number == "R25-0001"


def test_a_referral_sent_twice_is_kept_once_and_uses_one_number():
    key = uuid7()
    a_referral(id=key)
    with pytest.raises(Conflict, match="same_id"):
        a_referral(id=key)
    assert a_referral().number == "R26-0002"
    assert Step.objects.count() == 2


def test_a_referral_begins_from_the_patients_own_visit():
    visit = a_visit()
    assert a_referral(patient=visit.patient, encounter=visit).encounter == visit
    with pytest.raises(RuleBroken, match="not_their_visit"):
        a_referral(encounter=visit)


def test_a_referral_is_not_dated_in_the_future():
    with pytest.raises(RuleBroken, match="time_in_future"):
        a_referral(at=NOW, now=NOW - timedelta(hours=1))


def test_the_usual_way_leaves_a_step_with_time_person_and_note():
    referral = a_referral()
    for minutes, state in enumerate(("called", "departed", "arrived", "handed_over")):
        referral = advance(referral, state, minutes=minutes, received_by="Dr Chan" if state == "handed_over" else "")
    answer = Answer(on=TODAY, words="Pneumonia, recovered", outcome="VIOU-0000V09", channel="phone")
    answered = referrals.record_answer(referral=referral, answer=answer, by=somebody(), now=LATER)
    assert answered.state == "answered"
    assert answered.received_by == "Dr Chan"
    steps = selectors.steps_of(answered)
    assert [step.state for step in steps] == list(rules.MAIN_WAY)
    assert all(step.recorded_by for step in steps)
    assert Entry.objects.filter(verb__startswith="referrals.referral.", patient_id=referral.patient_id).count() == 6


def test_a_referral_is_cancelled_only_with_a_word_why():
    referral = a_referral()
    with pytest.raises(RuleBroken, match="say_why"):
        referrals.cancel(referral=referral, at=NOW, now=LATER, by=somebody(), reason=" ")
    assert referrals.cancel(referral=referral, at=NOW, now=LATER, by=somebody(), reason="better").state == "cancelled"
    with pytest.raises(RuleBroken, match="step_not_allowed"):
        advance(referral, "called")


def test_the_family_may_go_by_itself_and_arrive_late_after_all():
    referral = a_referral()
    referrals.own_transport(referral=referral, at=NOW, now=LATER, by=somebody())
    referrals.did_not_arrive(referral=referral, at=NOW, now=LATER, by=somebody(), reason="not seen there")
    assert advance(referral, "arrived").state == "arrived"


def test_a_step_is_not_before_the_last_one_nor_in_the_future():
    referral = advance(a_referral(), "called", minutes=30)
    with pytest.raises(RuleBroken, match="time_before_last_step"):
        advance(referral, "departed", minutes=29)
    with pytest.raises(RuleBroken, match="time_in_future"):
        advance(referral, "departed", minutes=24 * 60)


def test_a_step_is_taken_only_by_those_whose_task_it_is(nurse, referral_desk):
    referral = advance(a_referral(), "called", by=nurse)
    with pytest.raises(NotAllowed):
        advance(referral, "departed", by=nurse)
    assert advance(referral, "departed", by=referral_desk).state == "departed"


def test_an_answer_needs_words_and_a_possible_date():
    referral = advance(advance(a_referral(), "departed"), "arrived")
    for wrong, code in (
        ({"words": " "}, "answer_missing"),
        ({"on": TODAY - timedelta(days=1)}, "answer_before_referral"),
        ({"on": TODAY + timedelta(days=1)}, "answer_in_future"),
        ({"outcome": "VIOU-NONE"}, "outcome_unknown"),
        ({"channel": "pigeon"}, "channel_unknown"),
        ({"received_at": NOW - timedelta(days=1)}, "received_before_referral"),
        ({"received_at": LATER + timedelta(minutes=1)}, "received_in_future"),
    ):
        answer = Answer(**({"on": TODAY, "words": "x"} | wrong))
        with pytest.raises(RuleBroken, match=code):
            referrals.record_answer(referral=referral, answer=answer, by=somebody(), now=LATER)
    with pytest.raises(RuleBroken, match="answer_needs_words"):
        advance(referral, "answered")


def test_the_database_refuses_an_answered_referral_without_a_date():
    referral = a_referral()
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(state="answered")
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(state="flying")


class TestWalks(TestCase):
    """Any row of steps, in any order: the service does what the table says, and nothing else."""

    @settings(max_examples=25)
    @given(st.lists(st.sampled_from(sorted(set(Referral.State.values) - {"answered"})), max_size=6))
    def test_no_row_of_steps_leaves_the_table(self, wanted):
        referral, expected = a_referral(), ["drafted"]
        for minutes, to in enumerate(wanted):
            if to in rules.TRANSITIONS[expected[-1]]:
                advance(referral, to, minutes=minutes, note="why")
                expected.append(to)
            else:
                with pytest.raises(RuleBroken, match="step_not_allowed"):
                    advance(referral, to, minutes=minutes, note="why")
        referral.refresh_from_db()
        assert referral.state == expected[-1]
        assert [step.state for step in selectors.steps_of(referral)] == expected


@pytest.mark.django_db(transaction=True)
def test_two_people_move_one_referral_at_once_and_one_step_is_kept():
    referral, by = a_referral(), somebody()

    def call():
        return referrals.advance(referral=referral, to="called", at=NOW, now=LATER, by=by)

    results = at_once(*[call] * 4)
    assert sum(isinstance(result, Referral) for result in results) == 1
    assert sum(isinstance(result, RuleBroken) for result in results) == 3
    assert Step.objects.filter(state="called").count() == 1


@pytest.mark.django_db(transaction=True)
def test_slips_written_at_once_have_numbers_without_gap_or_twin():
    patient, by, hospital = a_patient(), somebody(), Hospital.objects.all()[0]

    def write():
        return referrals.draft(patient=patient, hospital=hospital, reason="Fever", at=NOW, now=LATER, by=by).number

    assert sorted(at_once(*[write] * 6)) == [f"R26-{n:04d}" for n in range(1, 7)]


# -- trips --------------------------------------------------------------------------------------------------


def test_sending_the_ambulance_puts_the_referral_on_the_way():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    referral.refresh_from_db()
    assert (referral.state, trip.patient_id) == ("departed", referral.patient_id)
    with pytest.raises(RuleBroken, match="step_not_allowed"):
        a_trip(referral_id=referral.pk, vehicle=Vehicle.objects.create(plate="2", name_km="២", name_en="Two"))
    assert Trip.objects.count() == 1


def test_coming_back_tells_arrival_and_handing_over():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    arrived = NOW + timedelta(minutes=30)
    done = back(trip, arrival=Arrival(arrived, to="Dr Chan"), fuel_litres=Decimal("12.5"))
    referral.refresh_from_db()
    assert (referral.state, referral.received_by, referral.moved_at) == ("handed_over", "Dr Chan", arrived)
    assert (done.kilometres, done.is_open) == (100, False)


def test_an_arrival_lies_within_its_trip():
    trip = a_trip(referral_id=a_referral().pk)
    for minutes in (-1, 61):
        with pytest.raises(RuleBroken, match="arrival_outside_trip"):
            back(trip, arrival=Arrival(NOW + timedelta(minutes=minutes)))
    trip.refresh_from_db()
    assert trip.is_open


def test_a_vehicle_is_on_one_trip_at_a_time():
    a_trip()
    with pytest.raises(Conflict, match="referrals_vehicle_on_one_trip"):
        a_trip(minutes=5)


def test_an_odometer_never_runs_backwards():
    trip = a_trip(odometer=1000)
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        back(trip, odometer=999)
    back(trip, odometer=1100)
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        a_trip(minutes=90, odometer=1099)
    back(a_trip(minutes=90, odometer=1100), minutes=120, odometer=1200)
    with pytest.raises(RuleBroken, match="odometer_ahead"):
        a_trip(minutes=70, odometer=1100, back=Back(NOW + timedelta(minutes=80), 1101))


def test_a_trip_entered_late_does_not_lie_within_another():
    back(a_trip(), minutes=60)
    with pytest.raises(RuleBroken, match="vehicle_was_out"):
        a_trip(minutes=30, odometer=1100)
    with pytest.raises(RuleBroken, match="left_again"):
        a_trip(minutes=-60, odometer=900)
    with pytest.raises(RuleBroken, match="vehicle_was_out"):
        a_trip(minutes=-60, odometer=900, back=Back(NOW + timedelta(minutes=10), 950))
    assert a_trip(minutes=-60, odometer=900, back=Back(NOW, 1000)).kilometres == 100


def test_a_trip_ends_once_after_it_began_and_not_in_the_future():
    trip = a_trip()
    with pytest.raises(RuleBroken, match="back_before_leaving"):
        back(trip, minutes=-1)
    with pytest.raises(RuleBroken, match="time_in_future"):
        back(trip, minutes=24 * 60)
    back(trip)
    with pytest.raises(RuleBroken, match="trip_over"):
        back(trip)


def test_a_trip_sent_twice_is_kept_once():
    key, referral = uuid7(), a_referral()
    first = a_trip(id=key, referral_id=referral.pk)
    assert a_trip(id=key, referral_id=referral.pk) == first
    back(first)
    assert a_trip(id=key, referral_id=referral.pk) == first
    assert Trip.objects.count() == Step.objects.filter(state="departed").count() == 1


def test_a_vehicle_out_of_use_is_not_sent():
    Vehicle.objects.update(active=False)
    with pytest.raises(RuleBroken, match="no_such_vehicle"):
        a_trip()


def test_the_deceased_is_taken_home_known_or_only_named():
    known = a_patient()
    home = {"by": somebody(), "now": LATER, "village": a_village()}
    trip = trips.take_deceased_home(leaving=leaving(), patient=known, family_contact="the eldest son", **home)
    assert (trip.purpose, trip.patient, trip.referral) == ("deceased_home", known, None)
    back(trip)
    named = trips.take_deceased_home(leaving=leaving(minutes=90, odometer=1100), person_name="ឃឹម សុខា", **home)
    assert named.traveller == "ឃឹម សុខា"


def test_the_journey_home_needs_a_name_and_a_place():
    given = {"leaving": leaving(), "by": somebody(), "now": LATER}
    with pytest.raises(RuleBroken, match="deceased_needs_a_name"):
        trips.take_deceased_home(village=a_village(), **given)
    with pytest.raises(RuleBroken, match="deceased_needs_a_place"):
        trips.take_deceased_home(person_name="Khim Sokha", **given)
    with pytest.raises(RuleBroken, match="deceased_has_its_own_form"):
        a_trip(purpose="deceased_home")


def test_the_database_keeps_the_journey_home_apart_from_referrals():
    trip = a_trip(referral_id=a_referral().pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Trip.objects.filter(pk=trip.pk).update(purpose="deceased_home")


def test_no_trip_has_a_charge_and_none_a_clinical_word():
    fields = {field.name for field in Trip._meta.get_fields()}
    assert not fields & {"charge", "price", "amount", "fee", "currency", "diagnosis", "cause", "reason", "findings"}


@pytest.mark.django_db(transaction=True)
def test_two_send_the_same_ambulance_at_once_and_one_gets_it():
    vehicle, by = Vehicle.objects.get(), somebody()

    def send():
        return trips.dispatch(leaving=Leaving(vehicle.pk, "Vuthy", NOW, 1000), purpose="emergency", by=by, now=LATER)

    results = at_once(*[send] * 4)
    assert sum(isinstance(result, Trip) for result in results) == 1
    refused = {result.code for result in results if isinstance(result, RuleBroken)}
    assert refused == {"constraint.referrals_vehicle_on_one_trip"}
    assert Trip.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_comes_back_while_another_sends_and_the_odometer_never_runs_backwards():
    trip, vehicle, by = a_trip(odometer=1000), Vehicle.objects.get(), somebody()

    def come():
        return trips.complete(trip=trip, returned_at=LATER, odometer=1200, by=by, now=LATER)

    def send():
        return trips.dispatch(leaving=Leaving(vehicle.pk, "Vuthy", LATER, 1100), purpose="emergency", by=by, now=LATER)

    came, sent = at_once(come, send)
    assert isinstance(came, Trip)
    assert isinstance(sent, RuleBroken)


# -- selectors ----------------------------------------------------------------------------------------------


def test_a_referral_unanswered_for_more_than_thirty_days_is_listed():
    old, due = NOW - timedelta(days=31), NOW - timedelta(days=30)
    late, in_time, draft = a_referral(at=old, now=NOW), a_referral(at=due, now=NOW), a_referral(at=old, now=NOW)
    for referral in (late, in_time):
        referrals.own_transport(referral=referral, at=NOW, now=LATER, by=somebody())
    assert list(selectors.unanswered(TODAY)) == [late]
    assert set(selectors.open_referrals()) == {late, in_time, draft}


def test_the_month_adds_up_kilometres_and_fuel_and_pages_by_key(monkeypatch):
    monkeypatch.setattr("referrals.selectors.road.PAGE", 2)
    made = []
    for n in range(5):
        trip = a_trip(minutes=n * 20, odometer=1000 + n * 10)
        made.append(back(trip, minutes=n * 20 + 10, odometer=1010 + n * 10, fuel_litres=Decimal("1.5")))
    month = Month.of(TODAY)
    total = selectors.trips_total(month)
    assert (total.count, total.kilometres, total.litres) == (5, 50, Decimal("7.5"))
    assert selectors.trips_total(month.next()).count == 0
    seen, before = [], None
    while page := selectors.trips(month, before=before):
        seen += page[:2]
        before = page[:2][-1]
    assert seen == made[::-1]
