"""What goes along, arrivals, and the legs of a trip, through their services."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.audit.models import Entry
from core.errors import RuleBroken
from referrals import selectors
from referrals.models import Leg, Trip, Vehicle
from referrals.rules import Reading
from referrals.services import fuel, legs, referrals, trips
from referrals.services.legs import Way
from referrals.services.trips import Arrival, Leaving
from tests.builders import TODAY, a_referral, a_village, somebody
from tests.referrals.road import LATER, NOW, a_leg, a_trip, arrive, back, minute
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


# -- the call and what goes along -----------------------------------------------------------------------------


def test_a_trip_knows_when_it_was_called_for_and_whether_oxygen_goes_along():
    trip = a_trip(called=minute(-8), oxygen=True)
    assert (trip.called_at, trip.oxygen) == (minute(-8), True)


def test_a_call_lies_before_the_vehicle_leaves_and_not_weeks_before():
    with pytest.raises(RuleBroken, match="called_after_leaving"):
        a_trip(called=minute(1))
    with pytest.raises(RuleBroken, match="called_long_before"):
        a_trip(called=NOW - timedelta(days=31))
    assert a_trip(called=NOW - timedelta(days=30)).called_at


# -- arrival --------------------------------------------------------------------------------------------------


def test_an_arrival_and_a_hand_over_are_told_apart_and_move_the_referral_each_at_its_time():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    arrive(trip, at=minute(180))
    referral.refresh_from_db()
    assert (referral.state, referral.moved_at) == ("arrived", minute(180))
    done = arrive(trip, handed_over_at=minute(192), to="Dr Chan")
    referral.refresh_from_db()
    assert (referral.state, referral.moved_at, referral.received_by) == ("handed_over", minute(192), "Dr Chan")
    assert (done.reached_at, done.handed_over_at, done.handed_over_to) == (minute(180), minute(192), "Dr Chan")
    assert [(step.state, step.at) for step in selectors.steps_of(referral)][-2:] == [
        ("arrived", minute(180)), ("handed_over", minute(192)),
    ]  # fmt: skip


def test_an_arrival_told_on_the_return_gives_both_steps_their_own_time():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    back(trip, minutes=400, arrival=Arrival(minute(180), minute(192), "Dr Chan"))
    assert [step.at for step in selectors.steps_of(referral)][-2:] == [minute(180), minute(192)]


def test_an_arrival_told_on_the_referral_stands_in_the_log_too():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    given = {"referral": referral, "now": LATER, "by": somebody()}
    referrals.advance(to="arrived", at=minute(180), **given)
    referrals.advance(to="handed_over", at=minute(190), received_by="Dr Chan", **given)
    trip.refresh_from_db()
    assert (trip.reached_at, trip.handed_over_at, trip.handed_over_to) == (minute(180), minute(190), "Dr Chan")


def test_a_trip_without_a_referral_knows_who_took_the_patient_over():
    trip = arrive(a_trip(person_name="A man from the road"), at=minute(30), to="Dr Chan")
    assert (trip.handed_over_at, trip.handed_over_to) == (minute(30), "Dr Chan")


def test_an_arrival_that_cannot_be_is_refused():
    trip = a_trip()
    for wrong, code in (
        ({}, "arrival_missing"),
        ({"to": "Dr Chan"}, "arrival_missing"),
        ({"at": minute(-1)}, "arrival_outside_trip"),
        ({"at": LATER + timedelta(hours=1)}, "arrival_outside_trip"),
        ({"at": minute(30), "handed_over_at": minute(29), "to": "x"}, "handed_over_outside_trip"),
        ({"at": minute(30), "handed_over_at": minute(31)}, "handed_over_to_whom"),
    ):
        with pytest.raises(RuleBroken, match=code):
            arrive(trip, **wrong)
    with pytest.raises(RuleBroken, match="trip_has_no_arrival"):
        home = trips.take_deceased_home(
            leaving=Leaving(Vehicle.objects.create(plate="2", name_km="២", name_en="Two").pk, "Vuthy", NOW, 5),
            person_name="ឃឹម សុខា", village=a_village(), by=somebody(), now=LATER,
        )  # fmt: skip
        arrive(home, at=minute(30))
    back(trip)
    with pytest.raises(RuleBroken, match="trip_over"):
        arrive(trip, at=minute(30))


def test_a_vehicle_is_not_back_before_the_patient_was_handed_over():
    trip = a_trip()
    arrive(trip, at=minute(180), to="Dr Chan")
    with pytest.raises(RuleBroken, match="back_before_leaving"):
        back(trip, minutes=179)


def test_the_database_keeps_an_arrival_in_order():
    trip = a_trip()
    for wrong in (
        {"handed_over_at": minute(5)}, {"reached_at": minute(-5)}, {"returned_at": minute(5)}, {"odometer_in": 2000},
        {"reached_at": minute(5), "handed_over_at": minute(4)},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Trip.objects.filter(pk=trip.pk).update(**wrong)


# -- legs -----------------------------------------------------------------------------------------------------


def test_legs_follow_each_other_by_time_and_odometer():
    trip = a_trip()
    first = a_leg(trip, (0, 1000), (30, 1020), to="Village")
    second = a_leg(trip, (40, 1020), (180, 1150), carried="A mother and her child")
    assert [(leg.order, leg.kilometres) for leg in selectors.legs_of(trip)] == [(1, 20), (2, 130)]
    assert Entry.objects.filter(verb="referrals.leg.written").count() == 2
    for left, reached, code in (
        ((170, 1150), None, "leg_too_early"),
        ((190, 1149), None, "odometer_backwards"),
        ((190, 1150), (189, 1160), "leg_ends_before_it_began"),
        ((190, 1150), (200, 1149), "odometer_backwards"),
        ((24 * 60, 1150), None, "time_in_future"),
    ):
        with pytest.raises(RuleBroken, match=code):
            a_leg(trip, left, reached)
    assert (first.order, second.order) == (1, 2)


def test_the_database_keeps_no_leg_that_ended_by_half():
    leg = a_leg(a_trip(), (0, 1000))
    for wrong in ({"reached_at": minute(5)}, {"odometer_in": 1001}, {"reached_at": minute(-5), "odometer_in": 1001}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Leg.objects.filter(pk=leg.pk).update(**wrong)


def test_a_leg_begins_no_earlier_and_no_lower_than_its_trip():
    trip = a_trip()
    with pytest.raises(RuleBroken, match="leg_too_early"):
        a_leg(trip, (-1, 1000))
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        a_leg(trip, (0, 999))
    with pytest.raises(RuleBroken, match="leg_needs_places"):
        a_leg(trip, (0, 1000), to=" ")


def test_the_newest_leg_is_written_again_until_the_next_one_begins():
    trip = a_trip()
    leg = a_leg(trip, (0, 1000))
    with pytest.raises(RuleBroken, match="leg_under_way"):
        a_leg(trip, (40, 1020))
    again = a_leg(trip, (0, 1000), (30, 1020), id=leg.pk)
    assert (again.pk, again.odometer_in, Leg.objects.count()) == (leg.pk, 1020, 1)
    a_leg(trip, (40, 1020))
    with pytest.raises(RuleBroken, match="leg_not_the_last"):
        a_leg(trip, (0, 1000), (30, 1019), id=leg.pk)


def test_a_leg_under_way_ends_with_the_trip_and_no_trip_ends_before_its_last_leg():
    trip = a_trip()
    a_leg(trip, (30, 1050))
    with pytest.raises(RuleBroken, match="back_before_leg"):
        back(trip, minutes=29)
    with pytest.raises(RuleBroken, match="back_before_leg"):
        back(trip, minutes=60, odometer=1049)
    back(trip, minutes=60, odometer=1080)
    (leg,) = selectors.legs_of(trip)
    assert (leg.reached_at, leg.odometer_in) == (minute(60), 1080)
    ended = a_trip(minutes=90, odometer=1080)
    a_leg(ended, (90, 1080), (120, 1100))
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        back(ended, minutes=130, odometer=1099)
    with pytest.raises(RuleBroken, match="back_before_leg"):
        back(ended, minutes=119, odometer=1100)


def test_a_paper_log_is_copied_after_the_trip_within_what_the_trip_says():
    trip = a_trip()
    back(trip, minutes=60, odometer=1100)
    with pytest.raises(RuleBroken, match="leg_must_end"):
        a_leg(trip, (0, 1000))
    for reached in ((61, 1100), (60, 1101)):
        with pytest.raises(RuleBroken, match="leg_beyond_trip"):
            a_leg(trip, (0, 1000), reached)
    assert a_leg(trip, (0, 1000), (60, 1100)).kilometres == 100


def test_a_leg_stays_below_what_the_fuel_log_read_on_a_later_day():
    yesterday = NOW - timedelta(days=1)
    fuel.fill(
        vehicle_id=Vehicle.objects.get().pk, litres=Decimal(10), on=TODAY, odometer=1100, by=somebody(), today=TODAY
    )
    trip = a_trip(minutes=-24 * 60, odometer=1000)
    with pytest.raises(RuleBroken, match="odometer_ahead"):
        a_leg(trip, (-24 * 60, 1000), (-23 * 60, 1101))
    assert a_leg(trip, (-24 * 60, 1000), (-23 * 60, 1100)).left_at == yesterday


@pytest.mark.django_db(transaction=True)
def test_two_write_the_next_leg_at_once_and_one_is_kept():
    trip, by = a_trip(), somebody()
    way = Way("Sre Ambel", "Takeo", Reading(NOW, 1000))

    def write():
        return legs.write(trip=trip, way=way, by=by, now=LATER)

    results = at_once(*[write] * 4)
    assert sum(isinstance(result, Leg) for result in results) == 1
    assert {result.code for result in results if isinstance(result, RuleBroken)} == {"referrals.leg_under_way"}


@pytest.mark.django_db(transaction=True)
def test_a_leg_written_while_the_vehicle_comes_back_lies_within_the_trip():
    trip, by = a_trip(), somebody()

    def come():
        return trips.complete(trip=trip, returned_at=minute(60), odometer=1050, by=by, now=LATER)

    def go():
        return legs.write(trip=trip, way=Way("a", "b", Reading(NOW, 1000), Reading(minute(61), 1060)), by=by, now=LATER)

    at_once(come, go)
    trip.refresh_from_db()
    for leg in selectors.legs_of(trip):
        assert trip.returned_at is None or (leg.reached_at <= trip.returned_at and leg.odometer_in <= trip.odometer_in)


class TestLegs(TestCase):
    """Whatever legs are written, those that stand follow each other and lie within their trip."""

    moment = st.tuples(st.integers(-5, 125), st.integers(995, 1105))

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(moment, st.none() | moment), max_size=5), moment)
    def test_what_stands_never_runs_backwards(self, wanted, end):
        trip = a_trip()
        for left, reached in wanted:
            with suppress(RuleBroken):
                a_leg(trip, left, reached)
        with suppress(RuleBroken):
            back(trip, minutes=end[0], odometer=end[1])
        trip.refresh_from_db()
        readings = [(trip.departed_at, trip.odometer_out)]
        for leg in selectors.legs_of(trip):
            readings += [(leg.left_at, leg.odometer_out), (leg.reached_at, leg.odometer_in)]
        readings += [(trip.returned_at, trip.odometer_in)]
        known = [(at, km) for at, km in readings if at is not None]
        assert known == sorted(known)
        assert [km for _, km in known] == sorted(km for _, km in known)
