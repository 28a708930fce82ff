"""What was written wrong is put right: late trips, the log, a trip that never was, the slip, the answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.audit.models import Entry
from core.editing import Clashed, Edit
from core.errors import NotAllowed, RuleBroken
from core.ids import uuid7
from core.periods import CLINIC_TZ, Month
from referrals import selectors
from referrals.models import Hospital, Referral, Trip, Vehicle
from referrals.services import corrections, editing, fuel, referrals, trips
from referrals.services.referrals import Answer
from referrals.services.trips import Arrival, Back, Leaving
from tests.builders import TODAY, a_patient, a_referral, a_village, somebody
from tests.people import client_of
from tests.referrals.road import LATER, NOW, a_leg, a_trip, arrive, back, minute, statements, text, url
from tests.referrals.truths import assert_true_of_the_road

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


def put_right(trip, **said):
    return corrections.correct(trip=trip, reason="misread", by=somebody(), now=LATER, **said)


# -- copied from paper ----------------------------------------------------------------------------------------


def test_a_trip_of_yesterday_is_copied_while_the_vehicle_is_out_again():
    out = a_trip(minutes=0, odometer=2000)
    referral = a_referral(at=minute(-24 * 60), now=LATER)
    told = Back(minute(-18 * 60), 1900, Decimal("31.5"), Arrival(minute(-21 * 60), minute(-20 * 60), "Dr Chan"))
    trip = a_trip(minutes=-24 * 60, odometer=1600, referral_id=referral.pk, back=told)
    referral.refresh_from_db()
    assert (referral.state, referral.received_by) == ("handed_over", "Dr Chan")
    assert [step.state for step in selectors.steps_of(referral)] == ["drafted", "departed", "arrived", "handed_over"]
    assert (trip.kilometres, trip.fuel_litres, trip.is_open) == (300, Decimal("31.5"), False)
    out.refresh_from_db()
    assert out.is_open
    assert Entry.objects.filter(verb="referrals.trip.dispatched").count() == 2


@pytest.mark.parametrize(
    ("minutes", "odometer", "end", "code"),
    [
        (-60, 900, (10, 1000), "vehicle_was_out"),  # the vehicle is out since NOW
        (-60, 900, (0, 1001), "odometer_ahead"),
        (-60, 900, (-30, 899), "odometer_backwards"),
        (-60, 900, (-61, 950), "back_before_leaving"),
        (10, 1000, (20, 1010), "vehicle_was_out"),
    ],
)
def test_a_copied_trip_fits_between_the_others(minutes, odometer, end, code):
    a_trip(odometer=1000)
    with pytest.raises(RuleBroken, match=code):
        a_trip(minutes=minutes, odometer=odometer, back=Back(minute(end[0]), end[1]))


def test_trips_that_meet_in_one_minute_follow_each_other():
    back(a_trip(minutes=0, odometer=1000), minutes=60, odometer=1100)
    a_trip(minutes=-60, odometer=900, back=Back(minute(0), 1000))
    assert back(a_trip(minutes=60, odometer=1100), minutes=60, odometer=1100).kilometres == 0
    a_trip(minutes=60, odometer=1100)
    assert_true_of_the_road()


def test_a_trip_over_midnight_belongs_to_the_month_in_which_it_left():
    at = datetime(2026, 10, 31, 23, 30, tzinfo=CLINIC_TZ)
    leaving = Leaving(Vehicle.objects.get().pk, "Vuthy", at, 1000, called_at=at - timedelta(minutes=20))
    told = Back(at + timedelta(hours=7), 1300, None, Arrival(at + timedelta(hours=3)))
    trips.dispatch(leaving=leaving, purpose="emergency", by=somebody(), now=LATER, back=told)
    assert selectors.trips_total(Month("2026-10")).kilometres == 300
    assert selectors.trips_total(Month("2026-11")).count == 0
    waits = selectors.waits(Month("2026-10"))
    assert (waits.leaving.median, waits.arriving.median) == (20, 200)


def test_what_the_fuel_log_read_binds_the_trips_of_other_days():
    told = {"litres": Decimal(10), "vehicle_id": Vehicle.objects.get().pk, "by": somebody(), "today": TODAY}
    fuel.fill(on=TODAY - timedelta(days=1), odometer=1500, **told)
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        a_trip(odometer=1499)
    with pytest.raises(RuleBroken, match="odometer_ahead"):
        a_trip(minutes=-48 * 60, odometer=1400, back=Back(minute(-47 * 60), 1501))
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        fuel.fill(on=TODAY, odometer=1499, **told)
    assert a_trip(odometer=1500)


# -- corrections of the log -----------------------------------------------------------------------------------


def test_a_misread_odometer_is_put_right_and_the_next_trip_may_leave_again():
    trip = back(a_trip(), odometer=11000)  # a nought too many
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        a_trip(minutes=90, odometer=1100)
    put_right(trip, odometer_in=1100)
    assert a_trip(minutes=90, odometer=1100)
    entry = Entry.objects.get(verb="referrals.trip.corrected")
    assert (entry.detail["changes"], entry.detail["reason"]) == ({"odometer_in": [11000, 1100]}, "misread")


def test_a_correction_that_could_not_have_been_written_is_refused():
    back(a_trip(), minutes=60, odometer=1100)
    trip = back(a_trip(minutes=90, odometer=1100), minutes=150, odometer=1200)
    a_leg(trip, (100, 1120), (140, 1190))
    for wrong, code in (
        ({"departed_at": minute(59)}, "vehicle_was_out"),
        ({"departed_at": minute(101)}, "leg_outside_trip"),
        ({"odometer_out": 1099}, "odometer_backwards"),
        ({"odometer_out": 1121}, "leg_outside_trip"),
        ({"odometer_in": 1189}, "leg_outside_trip"),
        ({"returned_at": minute(139)}, "leg_outside_trip"),
        ({"returned_at": minute(89)}, "back_before_leaving"),
        ({"returned_at": LATER + timedelta(minutes=1)}, "time_in_future"),
        ({"returned_at": None}, "return_missing"),
        ({"called_at": minute(91)}, "called_after_leaving"),
        ({"driver": " "}, "driver_missing"),
        ({"reached_at": minute(80)}, "arrival_outside_trip"),
        ({"handed_over_to": "Dr Chan"}, "arrival_missing"),
        ({"handed_over_at": minute(100), "reached_at": minute(99)}, "handed_over_to_whom"),
    ):
        with pytest.raises(RuleBroken, match=code):
            put_right(trip, **wrong)
    with pytest.raises(RuleBroken, match="say_why"):
        corrections.correct(trip=trip, reason=" ", by=somebody(), now=LATER, driver="Rith")
    assert_true_of_the_road()


def test_a_trip_under_way_is_put_right_too_but_gets_no_return():
    trip = put_right(a_trip(), departed_at=minute(-10), driver="Rith", returned_at=minute(5), odometer_in=1001)
    assert (trip.departed_at, trip.driver, trip.is_open) == (minute(-10), "Rith", True)


def test_who_was_taken_home_is_linked_once_it_is_known():
    leaving, village = Leaving(Vehicle.objects.get().pk, "Vuthy", NOW, 1000), a_village()
    trip = trips.take_deceased_home(
        leaving=leaving, person_name="not known", village=village, by=somebody(), now=LATER, back=Back(minute(60), 1040)
    )
    known = a_patient()
    put_right(trip, patient_id=known.pk, person_name="")
    assert list(selectors.trips_of_patient(known.pk)) == [trip]
    with pytest.raises(RuleBroken, match="deceased_needs_a_name"):
        put_right(trip, patient_id=None, person_name=" ")
    with pytest.raises(RuleBroken, match="deceased_needs_a_place"):
        put_right(trip, village_id=None)
    assert not {"escort", "oxygen", "reached_at", "note"} & set(corrections.may_be_corrected(trip))


def test_two_who_correct_one_trip_lose_nothing():
    trip = back(a_trip())
    was = editing.document(trip, corrections.TOLD)
    put_right(trip, driver="Rith")
    put_right(trip, edit=Edit(was), driver="Vuthy", odometer_in=1101)
    trip.refresh_from_db()
    assert (trip.driver, trip.odometer_in) == ("Rith", 1101)
    with pytest.raises(Clashed):
        put_right(trip, edit=Edit(was), driver="Somebody else")


# -- taken back -----------------------------------------------------------------------------------------------


def test_a_trip_that_never_was_counts_no_more_and_its_vehicle_is_free():
    referral = a_referral()
    trip = a_trip(referral_id=referral.pk)
    corrections.take_back(trip=trip, reason="the engine did not start", by=somebody(), now=LATER)
    referral.refresh_from_db()
    assert referral.state == "did_not_arrive"
    assert selectors.trips_total(Month.of(TODAY)).count == 0
    assert not selectors.open_trips()
    assert len(selectors.trips(Month.of(TODAY))) == 1  # it stays readable
    again = trips.dispatch(
        leaving=Leaving(trip.vehicle_id, "Rith", LATER, 900), purpose="emergency", referral_id=referral.pk,
        by=somebody(), now=LATER,
    )  # fmt: skip
    referral.refresh_from_db()
    assert (referral.state, again.is_open) == ("departed", True)
    for deed in (
        lambda: corrections.take_back(trip=trip, reason="again", by=somebody(), now=LATER),
        lambda: put_right(trip, driver="Rith"),
        lambda: a_leg(trip, (0, 1000)),
    ):
        with pytest.raises(RuleBroken, match="trip_taken_back"):
            deed()
    with pytest.raises(RuleBroken, match="trip_over"):
        arrive(trip, at=minute(5))
    assert_true_of_the_road()


def test_the_database_keeps_a_vehicle_on_one_standing_trip():
    trip = a_trip()
    corrections.take_back(trip=trip, reason="never was", by=somebody(), now=LATER)
    a_trip(minutes=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Trip.objects.filter(pk=trip.pk).update(void_reason="")


def test_who_did_not_arrive_may_go_by_own_transport_or_be_given_up():
    for to in ("own_transport", "cancelled"):
        referral = a_referral()
        given = {"referral": referral, "at": NOW, "now": LATER, "by": somebody(), "note": "the bridge is gone"}
        for state in ("departed", "did_not_arrive", to):
            referrals.advance(to=state, **given)
        referral.refresh_from_db()
        assert referral.state == to


# -- the slip and the answer ----------------------------------------------------------------------------------


def test_a_slip_is_sent_to_another_hospital_until_the_patient_leaves():
    referral, other = a_referral(), Hospital.objects.order_by("-order")[0]
    referrals.change(referral=referral, by=somebody(), hospital_id=other.pk, findings="a\nb")
    referral.refresh_from_db()
    assert (referral.hospital, referral.findings) == (other, "a\nb")
    assert "hospital_id" in Entry.objects.get(verb="referrals.referral.changed").detail["changes"]
    with pytest.raises(RuleBroken, match="reason_missing"):
        referrals.change(referral=referral, by=somebody(), reason=" ")
    with pytest.raises(RuleBroken, match="no_such_hospital"):
        referrals.change(referral=referral, by=somebody(), hospital_id=77_777)
    a_trip(referral_id=referral.pk)
    with pytest.raises(RuleBroken, match="slip_has_left"):
        referrals.change(referral=referral, by=somebody(), reason="Better known now")


def test_only_those_who_refer_change_a_slip(pharmacist):
    with pytest.raises(NotAllowed):
        referrals.change(referral=a_referral(), by=pharmacist, reason="x")


def test_a_paper_that_says_more_than_the_telephone_completes_the_answer(nurse, referral_desk):
    referral = a_referral(by=nurse)
    referrals.own_transport(referral=referral, at=NOW, now=LATER, by=nurse)
    common = {"referral": referral, "now": LATER}
    referrals.record_answer(answer=Answer(on=TODAY, diagnosis="Dengue", channel="phone"), by=nurse, **common)
    was = editing.document(Referral.objects.get(), referrals.ANSWER)
    more = Answer(on=TODAY, diagnosis="Dengue", channel="paper", treatment="Fluids", received_at=minute(30))
    for _ in range(2):  # the second is a second click
        referrals.record_answer(answer=more, by=referral_desk, edit=Edit(was), **common)
    referral.refresh_from_db()
    assert (referral.answer_treatment, referral.answer_by, referral.state) == ("Fluids", "paper", "answered")
    assert list(selectors.news_for(nurse, TODAY)) == [referral]  # it is news again
    assert Entry.objects.filter(verb="referrals.referral.answer_changed").count() == 1
    assert [step.state for step in selectors.steps_of(referral)].count("answered") == 1
    with pytest.raises(Clashed):
        referrals.record_answer(
            answer=Answer(on=TODAY, treatment="Nothing"), by=nurse, edit=Edit(was), **common
        )  # fmt: skip


# -- the pages ------------------------------------------------------------------------------------------------


def was_of(page):
    return re.search(r'name="was" value="([^"]+)"', page.content.decode())[1]


def test_slip_answer_and_trip_are_put_right_in_the_browser_within_the_budgets(referral_desk):
    browser, referral = client_of(referral_desk), a_referral()
    other = Hospital.objects.order_by("-order")[0]
    page, count = statements(lambda: browser.get(url("change", referral.pk)))
    assert (page.status_code, count <= 8) == (200, True), count
    data = {"was": was_of(page), "hospital": other.pk, "urgency": "1", "reason": "ថ្មី"}
    answer, count = statements(lambda: browser.post(url("change", referral.pk), data))
    assert (answer.status_code, count <= 12) == (302, True), count
    trip = a_trip(referral_id=referral.pk)
    assert browser.get(url("change", referral.pk)).status_code == 302
    answer = browser.post(url("change", referral.pk), data)
    assert (answer.status_code, "has left with this slip" in text(answer)) == (422, True)
    page, count = statements(lambda: browser.get(url("trip_correct", trip.pk)))
    assert (page.status_code, count <= 8) == (200, True), count
    data = {"was": was_of(page), "driver": "Rith", "departed_at": "20/11/2026 12:00", "odometer_out": "១០០១",
            "reason": "misread"}  # fmt: skip
    answer, count = statements(lambda: browser.post(url("trip_correct", trip.pk), data))
    assert (answer.status_code, count <= 12) == (302, True), count
    trip.refresh_from_db()
    assert (trip.driver, trip.odometer_out) == ("Rith", 1001)
    for wrong, said in (({"reason": ""}, "required"), ({"odometer_out": "-1"}, "greater than"),
                        ({"departed_at": "21/11/2026 12:00"}, "in the future")):  # fmt: skip
        answer = browser.post(url("trip_correct", trip.pk), data | {"was": "", "driver": "kept"} | wrong)
        assert (answer.status_code, said in text(answer)) == (422, True)
        assert 'value="kept"' in answer.content.decode()
    assert browser.post(url("trip_take_back", trip.pk), {"reason": ""}).status_code == 422
    answer, count = statements(lambda: browser.post(url("trip_take_back", trip.pk), {"reason": "never left"}))
    assert (answer.status_code, count <= 12) == (302, True), count
    assert "counts no more" in text(browser.get(url("trip", trip.pk)))
    assert "never left" in text(browser.get(url("trips")))
    assert browser.get(url("trip_correct", trip.pk)).status_code == 302


def test_an_answer_that_stands_is_completed_in_the_browser(nurse):
    browser, referral = client_of(nurse), a_referral(by=nurse)
    referrals.own_transport(referral=referral, at=NOW, now=LATER, by=nurse)
    page = browser.get(url("answer", referral.pk))
    data = {"was": was_of(page), "answer_by": "phone", "answered_on": "20/11/2026", "answer_diagnosis": "Dengue"}
    assert browser.post(url("answer", referral.pk), data).status_code == 302
    clashing = browser.post(url("answer", referral.pk), data | {"answer_diagnosis": "Malaria"})
    assert (clashing.status_code, "Somebody else changed" in text(clashing)) == (422, True)
    page = browser.get(url("answer", referral.pk))
    assert 'value="Dengue"' in page.content.decode()
    data |= {"was": was_of(page), "answer_advice": "Back in a week"}
    answer, count = statements(lambda: browser.post(url("answer", referral.pk), data))
    assert (answer.status_code, count <= 12) == (302, True), count
    assert "Back in a week" in text(browser.get(url("referral", referral.pk)))


def test_a_trip_is_copied_from_paper_in_the_browser_within_the_budget(referral_desk):
    browser, referral = client_of(referral_desk), a_referral(at=minute(-300), now=LATER)
    data = {"id": uuid7(), "vehicle": Vehicle.objects.get().pk, "driver": "Vuthy", "odometer_out": "1,000",
            "departed_at": "20/11/2026 07:10", "purpose": "emergency", "returned_at": "20/11/2026 11:00",
            "odometer_in": "1,300", "arrived_at": "20/11/2026 09:30", "received_by": "Dr Chan"}  # fmt: skip
    page = f"{url('trip_new')}?referral={referral.pk}"
    for wrong, said in (({"odometer_in": ""}, "or neither"), ({"returned_at": "20/11/2026 07:00"}, "before it left"),
                        ({"arrived_at": "20/11/2026 06:00"}, "between leaving")):  # fmt: skip
        answer = browser.post(page, data | wrong)
        assert (answer.status_code, said in text(answer)) == (422, True), wrong
        assert "<details open" in answer.content.decode()
    answer, count = statements(lambda: browser.post(page, data))
    assert (answer.status_code, count <= 12) == (302, True), count
    referral.refresh_from_db()
    assert referral.state == "handed_over"
