"""Legs, arrivals, fuel, response times and the log book of the ambulance; who keeps hospitals and vehicles."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.audit.models import Entry, Read
from core.editing import Edit
from core.errors import RuleBroken
from core.ids import uuid7
from core.periods import Month
from referrals import rules, selectors
from referrals.models import Fuel, Hospital, Leg, Trip, Vehicle
from referrals.rules import Reading
from referrals.services import fuel, keeping, legs, referrals, trips
from referrals.services.legs import Way
from referrals.services.trips import Arrival, Leaving
from tests.builders import TODAY, a_patient, a_referral, a_village, noon, somebody
from tests.people import client_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
NOW = noon(TODAY)
LATER = NOW + timedelta(hours=8)
MONTH = Month.of(TODAY)


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


def url(name, *args):
    return reverse(f"referrals:{name}", args=args)


def statements(call):
    with CaptureQueriesContext(connection) as seen:
        response = call()
    return response, len(seen)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def minute(n):
    return NOW + timedelta(minutes=n)


def a_trip(*, minutes=0, odometer=1000, called=None, oxygen=False, **given):
    leaving = Leaving(Vehicle.objects.all()[0].pk, "Vuthy", minute(minutes), odometer, called_at=called, oxygen=oxygen)
    return trips.dispatch(leaving=leaving, **({"purpose": "emergency", "by": somebody(), "now": LATER} | given))


def back(trip, *, minutes=60, odometer=1100, **given):
    return trips.complete(trip=trip, returned_at=minute(minutes), odometer=odometer, by=somebody(), now=LATER, **given)


def a_leg(trip, left, reached=None, *, id=None, to="Takeo", **given):
    """Write a leg from (minute, odometer) to (minute, odometer)."""
    begin, end = Reading(minute(left[0]), left[1]), reached and Reading(minute(reached[0]), reached[1])
    way = Way("Sre Ambel", to, begin, end, **given)
    return legs.write(trip=trip, way=way, by=somebody(), now=LATER, id=id)


def arrive(trip, **given):
    return trips.arrive(trip=trip, arrival=Arrival(**given), by=somebody(), now=LATER)


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


def test_a_leg_of_a_trip_entered_late_stays_below_the_trip_that_followed():
    back(a_trip(minutes=60, odometer=1100), minutes=90, odometer=1200)
    early = a_trip(minutes=0, odometer=1000)
    with pytest.raises(RuleBroken, match="odometer_ahead"):
        a_leg(early, (0, 1000), (30, 1101))
    assert a_leg(early, (0, 1000), (30, 1100))


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


# -- fuel -----------------------------------------------------------------------------------------------------


def fill(**given):
    defaults = {"vehicle_id": Vehicle.objects.all()[0].pk, "litres": Decimal(40), "on": TODAY, "today": TODAY}
    return fuel.fill(**(defaults | {"by": somebody()} | given))


def test_fuel_of_the_log_and_of_trips_adds_up_and_what_is_taken_back_counts_no_more():
    back(a_trip(), fuel_litres=Decimal("12.5"))
    wrong = fill(riel=200_000)
    fill(litres=Decimal("30.5"), riel=150_000)
    fuel.take_back(fuel=wrong, reason="entered twice", by=somebody())
    total = selectors.trips_total(MONTH)
    assert (total.litres, total.riel, total.kilometres) == (Decimal("43.0"), 150_000, 100)
    assert total.vehicles[0].per_hundred == Decimal("43.0")
    assert len(selectors.fuel(MONTH)) == 2


def test_fuel_that_cannot_be_is_refused():
    back(a_trip(minutes=-24 * 60, odometer=1000), minutes=-23 * 60, odometer=1100)
    for wrong, code in (
        ({"on": TODAY + timedelta(days=1)}, "fuel_in_future"),
        ({"vehicle_id": 999}, "no_such_vehicle"),
        ({"litres": Decimal(0)}, "fuel_some"),
        ({"litres": Decimal(501)}, "fuel_some"),
        ({"odometer": 1099}, "odometer_backwards"),
        ({"on": TODAY - timedelta(days=2), "odometer": 1001}, "odometer_ahead"),
    ):
        with pytest.raises(RuleBroken, match=code):
            fill(**wrong)
    row = fill(odometer=1100)
    with pytest.raises(RuleBroken, match="say_why"):
        fuel.take_back(fuel=row, reason=" ", by=somebody())
    fuel.take_back(fuel=row, reason="wrong", by=somebody())
    with pytest.raises(RuleBroken, match="taken_back_already"):
        fuel.take_back(fuel=row, reason="wrong", by=somebody())


# -- response times and the log book --------------------------------------------------------------------------


def test_response_times_are_medians_over_emergencies_where_both_times_are_known():
    for n, (called, reached, handed) in enumerate(((-10, 60, 70), (-20, 120, 150), (None, 100, None))):
        begin = n * 150
        trip = a_trip(
            minutes=begin, odometer=1000 + n * 100, called=minute(begin + called) if called else None
        )  # fmt: skip
        arrival = Arrival(minute(begin + reached), minute(begin + handed) if handed else None, "Dr" if handed else "")
        back(trip, minutes=begin + 150, odometer=1050 + n * 100, arrival=arrival)
    assert selectors.waits(MONTH) == rules.Waits((15, 2), (100, 3), (20, 2), (125, 2))
    assert rules.waits([]) == rules.Waits(None, None, None, None)


def test_the_log_book_prints_every_trip_of_the_month(referral_desk):
    for n in range(60):
        trip = a_trip(minutes=n * 7, odometer=1000 + n * 10, person_name=f"Traveller{n:02d}", called=minute(n * 7 - 2))
        back(trip, minutes=n * 7 + 5, odometer=1010 + n * 10, fuel_litres=Decimal("1.5"))
    known = a_trip(minutes=60 * 7, odometer=1600, patient=a_patient())
    browser = client_of(referral_desk)
    response, count = statements(lambda: browser.get(url("log") + f"?month={MONTH}"))
    assert response["Content-Type"] == "application/pdf"
    assert count <= 8
    document = pypdfium2.PdfDocument(response.content)
    whole = "".join(page.get_textpage().get_text_range() for page in document)
    assert all(f"Traveller{n:02d}" in whole for n in range(60))
    assert len(document) > 1
    assert Read.objects.filter(what="ambulance log").get().patient_id == known.patient_id


def test_the_pages_of_the_log_keep_their_budgets(referral_desk):
    browser = client_of(referral_desk)
    for n in range(4):
        back(a_trip(minutes=n * 20, odometer=1000 + n * 10), minutes=n * 20 + 10, odometer=1010 + n * 10)
    fill()
    open_trip = a_trip(minutes=90, odometer=1040, called=minute(80))
    a_leg(open_trip, (90, 1040))
    for page in (url("trips"), url("fuel"), url("trip", open_trip.pk)):
        response, count = statements(lambda page=page: browser.get(page))
        assert (response.status_code, count <= 8) == (200, True), (page, count)
    assert "on the road" in text(browser.get(url("trips")))


def test_arrival_leg_and_fuel_are_written_in_the_browser_within_the_budget(referral_desk):
    browser, referral = client_of(referral_desk), a_referral()
    trip = a_trip(referral_id=referral.pk)
    leg = {"id": uuid7(), "place_from": "Sre Ambel", "place_to": "តាកែវ", "left_at": "20/11/2026 12:00",
           "odometer_out": "1,000", "carried": "Sok Sreymom"}  # fmt: skip
    for data in (leg, leg, leg | {"reached_at": "20/11/2026 15:00", "odometer_in": "១១៥០"}):
        response, count = statements(lambda data=data: browser.post(url("leg", trip.pk), data))
        assert (response.status_code, count <= 12) == (302, True)
    assert Leg.objects.get().odometer_in == 1150
    arrival = {"arrived_at": "20/11/2026 15:00", "handed_over_at": "20/11/2026 15:12", "received_by": "Dr Chan"}
    response, count = statements(lambda: browser.post(url("arrive", trip.pk), arrival))
    assert (response.status_code, count <= 12) == (302, True), count
    assert "Dr Chan" in text(browser.get(url("trip", trip.pk)))
    fuel_row = {"id": uuid7(), "vehicle": trip.vehicle_id, "on": "20/11/2026", "litres": "40,5", "riel": "210,000"}
    for _ in range(2):
        response, count = statements(lambda: browser.post(url("fuel"), fuel_row))
        assert (response.status_code, count <= 12) == (302, True)
    row = Fuel.objects.get()
    assert (row.litres, row.riel) == (Decimal("40.5"), 210_000)
    response, count = statements(lambda: browser.post(url("fuel_take_back", row.pk), {"reason": "twice"}))
    assert (response.status_code, count <= 12) == (302, True)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("leg", {"place_to": ""}, "required"),
        ("leg", {"odometer_out": "999"}, "cannot run backwards"),
        ("leg", {"reached_at": "20/11/2026 15:00"}, "neither"),
        ("leg", {"left_at": "20/11/2026 11:00"}, "had not ended"),
        ("leg", {"odometer_out": "9" * 30}, "whole number"),
        ("arrive", {"arrived_at": "20/11/2026 11:00"}, "between leaving and coming back"),
        ("arrive", {"handed_over_at": "20/11/2026 15:00"}, "who took the patient over"),
        ("fuel", {"litres": "0"}, "greater than or equal"),
        ("fuel", {"on": "21/11/2026"}, "in the future"),
        ("fuel", {"vehicle": "77"}, "Choose a vehicle"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(referral_desk, name, wrong, said):
    trip = a_trip()
    good = {"id": uuid7(), "place_from": "kept as typed", "place_to": "Takeo", "left_at": "20/11/2026 12:00",
            "odometer_out": "1000", "arrived_at": "20/11/2026 14:00", "vehicle": trip.vehicle_id, "litres": "4",
            "on": "20/11/2026", "note": "kept as typed", "carried": ""}  # fmt: skip
    address = url(name) if name == "fuel" else url(name, trip.pk)
    response = client_of(referral_desk).post(address, good | wrong)
    assert response.status_code == 422
    assert said in text(response)
    if name != "arrive":
        assert "kept as typed" in response.content.decode()


def test_only_those_who_drive_write_the_log(nurse):
    browser, trip = client_of(nurse), a_trip()
    assert browser.get(url("fuel")).status_code == 200
    for page in (url("leg", trip.pk), url("arrive", trip.pk), url("fuel"), url("fuel_take_back", uuid7())):
        assert browser.post(page, {}).status_code == 403
    assert browser.get(url("keeping")).status_code == 403


def test_nothing_there_is_answered_calmly(administrator):
    browser = client_of(administrator)
    leg = {"place_from": "a", "place_to": "b", "left_at": "20/11/2026 12:00", "odometer_out": "1"}
    assert browser.post(url("leg", uuid7()), leg).status_code == 404
    assert browser.post(url("arrive", uuid7()), {"arrived_at": "20/11/2026 12:00"}).status_code == 404
    assert browser.get(url("fuel_take_back", uuid7())).status_code == 404
    assert browser.get(url("hospital", 10**30)).status_code == 404
    assert browser.get(url("vehicle", 999)).status_code == 404
    for query in ("?month=x", "?month=0000-00", "?month=9999-12", "?month=" + "1" * 500):
        assert browser.get(url("log") + query).status_code == 200


# -- hospitals and vehicles -----------------------------------------------------------------------------------


def test_an_administrator_adds_and_changes_hospitals_and_vehicles_within_the_budget(administrator):
    browser = client_of(administrator)
    response, count = statements(lambda: browser.get(url("keeping")))
    assert (response.status_code, count <= 8) == (200, True)
    new = {
        "name_km": "មន្ទីរពេទ្យកាល់ម៉ែត",
        "name_en": "Calmette",
        "phone": "023 426 948",
        "distance_km": "១៨០",
        "active": "on",
    }
    response, count = statements(lambda: browser.post(url("hospital_new"), new))
    assert (response.status_code, count <= 12) == (302, True)
    hospital = Hospital.objects.get(name_en="Calmette")
    assert (hospital.distance_km, selectors.hospitals()[-1]) == (180, hospital)
    page = browser.get(url("hospital", hospital.pk)).content.decode()
    was = re.search(r'name="was" value="([^"]+)"', page)[1]
    response, count = statements(lambda: browser.post(url("hospital", hospital.pk), new | {"active": "", "was": was}))
    assert (response.status_code, count <= 12) == (302, True)
    assert hospital not in selectors.hospitals()
    assert browser.post(url("vehicle_new"), {"name_en": "Van", "plate": "2A-1234", "active": "on"}).status_code == 302
    assert Vehicle.objects.get(plate="2A-1234").name_km == "Van"
    assert set(Entry.objects.filter(verb__contains="hospital").values_list("verb", flat=True)) == {
        "referrals.hospital.added", "referrals.hospital.changed",
    }  # fmt: skip


def test_what_is_wrong_with_a_vehicle_is_said_beside_its_field(administrator):
    browser, vehicle = client_of(administrator), Vehicle.objects.get()
    for wrong, said in (
        ({"plate": ""}, "required"),
        ({"plate": vehicle.plate}, "Another vehicle"),
        ({"name_km": "", "name_en": " "}, "Write a name"),
    ):
        response = browser.post(url("vehicle_new"), {"name_km": "ឡាន", "plate": "X-1", "active": "on"} | wrong)
        assert response.status_code == 422
        assert said in text(response)
    a_trip()
    response = browser.post(url("vehicle", vehicle.pk), {"name_km": "ឡាន", "plate": vehicle.plate})
    assert response.status_code == 422
    assert "on the road" in text(response)


def test_two_who_change_one_hospital_lose_nothing():
    hospital = Hospital.objects.all()[0]
    was = keeping.document(hospital)
    keeping.save_hospital(hospital=hospital, by=somebody(), **(was | {"phone": "032 931 001"}))
    keeping.save_hospital(hospital=hospital, by=somebody(), edit=Edit(was), **(was | {"distance_km": 151}))
    hospital.refresh_from_db()
    assert (hospital.phone, hospital.distance_km) == ("032 931 001", 151)
