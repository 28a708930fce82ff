"""A year of the road: on the page, on paper, as a sheet; the table of steps; drivers; how long an answer may take."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from decimal import Decimal

import openpyxl
import pypdfium2
import pytest
import time_machine
from django.urls import reverse

from core.accounts.roles import Role
from core.periods import CLINIC_TZ, Month, Year
from referrals import rules, selectors
from referrals.models import Driver, Vehicle
from referrals.services import corrections, fuel, keeping, referrals, trips
from referrals.services.trips import Arrival, Back, Leaving
from tests.builders import TODAY, a_checkup, a_referral, a_village, a_visit, somebody
from tests.people import client_of
from tests.referrals.road import LATER, NOW, a_trip, statements, text, url

pytestmark = pytest.mark.django_db
YEAR = Year("2026")


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(LATER, tick=False):
        yield


def went(day, odometer, kilometres, *, purpose="emergency", hour=8, litres=None, vehicle=None):
    """Write a trip of two hours on a day, copied from paper."""
    at = datetime(*day, hour, tzinfo=CLINIC_TZ)
    leaving = Leaving(vehicle or Vehicle.objects.get().pk, "Vuthy", at, odometer, called_at=at - timedelta(minutes=12))
    to = Arrival(at + timedelta(hours=1)) if purpose == "emergency" else Arrival()
    back = Back(at + timedelta(hours=2), odometer + kilometres, litres, to)
    common = {"leaving": leaving, "by": somebody(), "now": LATER, "back": back}
    if purpose == "deceased_home":
        return trips.take_deceased_home(person_name="ឃឹម សុខា", village=a_village(), **common)
    return trips.dispatch(purpose=purpose, **common)


@pytest.fixture
def travelled():
    went((2025, 12, 31), 900, 90, hour=23)  # comes back in the new year, belongs to the old one
    went((2026, 1, 1), 1000, 300, litres=Decimal("33.0"))
    went((2026, 1, 5), 1300, 50, purpose="deceased_home")
    went((2026, 11, 3), 1350, 150, purpose="transfer", litres=Decimal("15.5"))
    void = went((2026, 11, 4), 1500, 10)
    corrections.take_back(trip=void, reason="never was", by=somebody(), now=LATER)
    told = {"vehicle_id": Vehicle.objects.get().pk, "by": somebody(), "today": TODAY, "litres": Decimal(20)}
    fuel.fill(on=datetime(2026, 11, 5).date(), riel=90_000, **told)
    second = Vehicle.objects.create(plate="2A", name_km="ឡាន", name_en="Van").pk
    went((2026, 11, 6), 10, 40, purpose="patient_home", vehicle=second)


def test_a_year_adds_up_month_by_month_and_vehicle_by_vehicle(travelled):
    total, months = selectors.months(YEAR)
    assert list(months) == YEAR.months()
    january, november = months[Month("2026-01")], months[Month("2026-11")]
    assert (january.emergency, january.deceased_home, january.kilometres, january.litres) == (1, 1, 350, Decimal(33))
    assert (november.transfer, november.patient_home, november.litres, november.riel) == (1, 1, Decimal("35.5"), 90_000)
    for name in ("count", "kilometres", "litres", "riel", "deceased_home"):
        summed = sum(getattr(row, name) for row in months.values())
        assert getattr(total, name) == summed == sum(getattr(one, name) for one in total.vehicles), name
        assert summed == sum(getattr(selectors.trips_total(month), name) for month in months)
    assert total.deceased_home == 1
    assert selectors.months(YEAR.previous())[0].count == 1


def test_the_slowest_of_ten_trips_does_not_move_the_middle_but_the_ninth_is_said():
    waits = [(NOW - timedelta(minutes=n), NOW, None, None) for n in (5, 6, 7, 8, 9, 10, 11, 12, 40, 600)]
    assert rules.waits(waits).leaving == rules.Wait(10, 40, 10)
    assert rules.waits(waits[:1]).leaving == rules.Wait(5, 5, 1)
    assert not rules.waits([])


def test_every_referral_of_a_year_stands_on_one_line_and_own_transport_across_them():
    old = {"at": NOW - timedelta(days=31), "now": LATER}
    for told, states in (
        ({}, []), ({}, ["cancelled"]), ({}, ["departed", "did_not_arrive"]), (old, ["own_transport"]),
        ({}, ["own_transport"]), (old, ["departed", "no_answer"]), (old, ["departed", "arrived"]),
    ):  # fmt: skip
        referral = a_referral(**told)
        for state in states:
            referrals.advance(referral=referral, to=state, at=NOW, now=LATER, by=somebody(), note="why")
    found = selectors.sent(YEAR, TODAY)
    assert (found.written, found.own_transport) == (7, 2)
    apart = (found.answered, found.waiting, found.long_awaited, found.given_up, found.did_not_arrive, found.cancelled)
    assert apart == (0, 2, 2, 1, 1, 1)
    assert sum(apart) == found.written


def test_the_year_is_shown_printed_and_given_as_a_sheet_within_the_budget(travelled, referral_desk):
    browser = client_of(referral_desk)
    for page in (url("year"), url("year") + "?year=2025", url("year_pdf"), url("year_xlsx") + "?year=2026"):
        response, count = statements(lambda page=page: browser.get(page))
        assert (response.status_code, count <= 8) == (200, True), (page, count)
    page = text(browser.get(url("year") + "?year=2026"))
    assert "Taken home to the family" in page and "Nine in ten within" in page
    paper = pypdfium2.PdfDocument(browser.get(url("year_pdf") + "?year=2026").content)
    printed = "".join(one.get_textpage().get_text_range() for one in paper)
    for words in ("Ambulance and referrals in 2026", "Taken home to the family", "540", "No answer for more than 30"):
        assert words in printed, words
    book = openpyxl.load_workbook(io.BytesIO(browser.get(url("year_xlsx") + "?year=2026").content))
    assert book.sheetnames == ["Months", "Vehicles", "Emergency trips", "Referrals"]
    total = [cell.value for cell in book["Months"][16]]
    assert total[1:7] == [1, 1, 1, 1, 4, 540]
    assert [cell.value for cell in book["Emergency trips"][4]][1:] == [12, 12, 1]


@pytest.mark.parametrize("query", ["?year=x", "?year=1900", "?year=2199", "?year=0", "?year=២០២៦", "?year=" + "9" * 50])
def test_odd_years_are_answered_calmly(referral_desk, query):
    browser = client_of(referral_desk)
    for name in ("year", "year_pdf", "year_xlsx"):
        assert browser.get(url(name) + query).status_code == 200


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_new_pages_open_in_both_languages(administrator, language):
    browser, trip = client_of(administrator, language=language), a_trip(referral_id=a_referral().pk)
    for page in (url("steps"), url("year"), url("trip_correct", trip.pk), url("keeping"), url("driver_new")):
        response, count = statements(lambda page=page: browser.get(page))
        assert (response.status_code, count <= 8) == (200, True), page


def test_the_table_of_steps_is_shown_whole_with_whose_task_each_step_is(nurse):
    page = client_of(nurse).get(url("steps"))
    rows = re.findall(r"<tr>.*?</tr>", page.content.decode(), re.S)[1:]
    assert len(rows) == sum(max(len(after), 1) for after in rules.TRANSITIONS.values())
    assert str(Role.REFERRAL.label) in text(page)
    assert "with a word why" in text(page)


def test_drivers_are_kept_and_offered_where_a_trip_begins(administrator):
    browser = client_of(administrator)
    new = {"name": "ហេង បូរ៉ា", "phone": "012 345 678", "active": "on"}
    response, count = statements(lambda: browser.post(url("driver_new"), new))
    assert (response.status_code, count <= 12) == (302, True)
    assert browser.post(url("driver_new"), new).status_code == 422
    assert browser.post(url("driver_new"), new | {"name": " "}).status_code == 422
    page, count = statements(lambda: browser.get(url("trip_new")))
    assert count <= 8
    assert '<option value="ហេង បូរ៉ា">' in page.content.decode()
    driver = Driver.objects.get()
    keeping.save_driver(driver=driver, by=administrator, name=driver.name, phone="", active=False)
    assert "<option value=" not in browser.get(url("trip_new")).content.decode()
    assert browser.get(url("driver", 999)).status_code == 404


def test_the_centre_says_after_how_many_days_an_answer_is_long_awaited(referral_desk, settings):
    referral = a_referral(at=NOW - timedelta(days=11), now=LATER)
    referrals.own_transport(referral=referral, at=NOW, now=LATER, by=somebody())
    assert not selectors.unanswered(TODAY)
    settings.REFERRAL_ANSWER_DAYS = 10
    assert list(selectors.unanswered(TODAY)) == [referral]
    browser = client_of(referral_desk)
    assert "No answer for 10 days" in text(browser.get(url("list") + "?show=unanswered"))
    assert "no answer for more than 10 days" in text(browser.get("/")).lower().replace("without an answer", "no answer")


def test_a_referral_begins_on_the_page_of_a_visit_and_of_a_checkup(nurse, mobile):
    visit, checkup = a_visit(), a_checkup()
    for user, page, encounter in (
        (nurse, reverse("clinic:visit", args=[visit.pk]), visit),
        (mobile, reverse("mobile_team:checkup", args=[checkup.pk]), checkup.encounter),
    ):  # fmt: skip
        shown = client_of(user).get(page)
        assert shown.status_code == 200, page
        assert f"{url('new', encounter.patient_id)}?encounter={encounter.pk}" in shown.content.decode()
