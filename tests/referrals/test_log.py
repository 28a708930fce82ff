"""Fuel, response times and the log book of the ambulance; the pages of a trip; who keeps hospitals and vehicles."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
import time_machine

from core.audit.models import Entry, Read
from core.editing import Edit
from core.errors import RuleBroken
from core.ids import uuid7
from core.periods import Month
from referrals import rules, selectors
from referrals.models import Fuel, Hospital, Leg, Vehicle
from referrals.services import fuel, keeping
from referrals.services.trips import Arrival
from tests.builders import TODAY, a_patient, a_referral, somebody
from tests.people import client_of
from tests.referrals.road import LATER, a_leg, a_trip, back, minute, statements, text, url

pytestmark = pytest.mark.django_db
MONTH = Month.of(TODAY)


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


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


def test_response_times_are_the_middle_and_the_ninth_of_ten_over_emergencies_where_both_times_are_known():
    for n, (called, reached, handed) in enumerate(((-10, 60, 70), (-20, 120, 150), (None, 100, None))):
        begin = n * 150
        trip = a_trip(
            minutes=begin, odometer=1000 + n * 100, called=minute(begin + called) if called else None
        )  # fmt: skip
        arrival = Arrival(minute(begin + reached), minute(begin + handed) if handed else None, "Dr" if handed else "")
        back(trip, minutes=begin + 150, odometer=1050 + n * 100, arrival=arrival)
    assert selectors.waits(MONTH) == rules.Waits((15, 20, 2), (100, 120, 3), (20, 30, 2), (105, 140, 2), (125, 170, 2))
    assert rules.waits([]) == rules.Waits(None, None, None, None, None)


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
        ("fuel", {"vehicle": "770077"}, "Choose a vehicle"),
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
