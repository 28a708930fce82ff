"""The referral desk's pages: what they show, what they refuse, what they cost; and the printed slip."""

from __future__ import annotations

import re
from datetime import timedelta

import pypdfium2
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import Read
from core.ids import uuid7
from referrals.models import Hospital, Referral, Step, Trip, Vehicle
from tests.builders import TODAY, a_patient, a_referral, a_village, a_visit, noon
from tests.people import client_of

pytestmark = pytest.mark.django_db
NOW = noon(TODAY)


@pytest.fixture(autouse=True)
def _evening():
    with time_machine.travel(NOW + timedelta(hours=6), tick=False):
        yield


@pytest.fixture
def browser(referral_desk):
    return client_of(referral_desk)


def statements(call):
    with CaptureQueriesContext(connection) as seen:
        response = call()
    return response, len(seen)


def url(name, *args):
    return reverse(f"referrals:{name}", args=args)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def slip_data(**given):
    hospital = Hospital.objects.all()[0]
    return {"id": uuid7(), "hospital": hospital.pk, "urgency": "1", "reason": "Severe pneumonia",
            "at": "20/11/2026 12:00"} | given  # fmt: skip


def leaving(**given):
    return {"id": uuid7(), "vehicle": Vehicle.objects.all()[0].pk, "driver": "Vuthy", "odometer_out": "1,000",
            "departed_at": "20/11/2026 12:10", "purpose": "emergency"} | given  # fmt: skip


def test_a_referral_is_written_once_within_its_budget_also_from_a_visit(browser):
    visit = a_visit()
    page = f"{url('new', visit.patient_id)}?encounter={visit.pk}"
    response, count = statements(lambda: browser.get(page))
    assert response.status_code == 200
    assert count <= 8
    assert Read.objects.get().patient_id == visit.patient_id
    data = slip_data()
    response, count = statements(lambda: browser.post(page, data))
    assert (response.status_code, response.url) == (302, url("referral", data["id"]))
    assert count <= 12
    assert browser.post(page, data).status_code == 302
    assert Referral.objects.get().encounter == visit


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": " "}, "required"),
        ({"hospital": ""}, "required"),
        ({"hospital": "99999"}, "Choose a hospital"),
        ({"hospital": "x"}, "valid choice"),
        ({"at": "21/11/2026 08:00"}, "in the future"),
        ({"at": "yesterday"}, "Write a day and a time"),
        ({"reason": "x" * 201}, "at most 200"),
    ],
)
def test_a_wrong_referral_is_refused_beside_the_field_and_uses_no_number(browser, wrong, said):
    response = browser.post(url("new", a_patient().pk), slip_data(**wrong) | {"findings": "kept as typed"})
    assert response.status_code == 422
    assert said in text(response)
    assert "kept as typed" in response.content.decode()
    assert not Referral.objects.exists()


def test_the_page_draws_the_way_and_offers_exactly_the_next_steps(browser, nurse):
    referral = a_referral()
    response, count = statements(lambda: browser.get(url("referral", referral.pk)))
    page = response.content.decode()
    assert count <= 8
    assert set(re.findall(r'name="to" value="(\w+)"', page)) == {"own_transport", "cancelled"}
    assert url("call", referral.pk) in page
    assert f"{url('trip_new')}?referral={referral.pk}" in page
    assert 'aria-current="step"' in page
    assert f"{url('trip_new')}?referral" not in client_of(nurse).get(url("referral", referral.pk)).content.decode()


def test_a_step_is_taken_within_its_budget_and_a_wrong_one_is_explained(browser):
    referral = a_referral()
    data = {"to": "called", "at": "20/11/2026 12:05", "note": "Dr Chan answered"}
    response, count = statements(lambda: browser.post(url("step", referral.pk), data))
    assert response.status_code == 302
    assert count <= 12
    response = browser.post(url("step", referral.pk), data)
    assert response.status_code == 422
    assert "stands at" in text(response)
    for wrong, said in (
        ({"to": "cancelled", "note": ""}, "Say why"),
        ({"to": "own_transport", "at": "20/11/2026 11:00"}, "before the last step"),
        ({"to": "nowhere"}, "cannot go to"),
    ):
        response = browser.post(url("step", referral.pk), data | wrong)
        assert response.status_code == 422
        assert said in text(response)
    assert Step.objects.count() == 2


def test_a_nurse_may_call_but_not_send_the_ambulance(nurse):
    browser, referral = client_of(nurse), a_referral()
    step = {"at": "20/11/2026 12:05"}
    assert browser.post(url("step", referral.pk), step | {"to": "departed"}).status_code == 403
    assert browser.post(url("step", referral.pk), step | {"to": "called"}).status_code == 302
    assert browser.get(url("trip_new")).status_code == 403


def test_from_call_to_answer_in_the_browser_within_the_budgets(browser):
    referral = a_referral()
    page = f"{url('trip_new')}?referral={referral.pk}"
    response, count = statements(lambda: browser.get(page))
    assert response.status_code == 200
    assert count <= 8
    data = leaving()
    response, count = statements(lambda: browser.post(page, data))
    assert (response.status_code, response.url) == (302, url("trip", data["id"]))
    assert count <= 12
    assert browser.post(page, data).status_code == 302  # a second click
    response, count = statements(lambda: browser.get(url("trip", data["id"])))
    assert 'name="arrived_at"' in response.content.decode()
    assert count <= 8
    done = {"returned_at": "20/11/2026 17:00", "odometer_in": "១២៣០", "fuel_litres": "30,5",
            "arrived_at": "20/11/2026 14:30", "received_by": "Dr Chan"}  # fmt: skip
    response, count = statements(lambda: browser.post(url("trip", data["id"]), done))
    assert response.status_code == 302
    assert count <= 12
    answer = {"answered_on": "20/11/2026", "answer": "Oxygen, recovered", "answer_outcome": "VIOU-0000V09",
              "answer_by": "phone"}  # fmt: skip
    response, count = statements(lambda: browser.post(url("answer", referral.pk), answer))
    assert response.status_code == 302
    assert count <= 12
    referral.refresh_from_db()
    assert (referral.state, referral.received_by) == ("answered", "Dr Chan")
    assert "Recovered" in text(browser.get(url("referral", referral.pk)))


def test_an_ambulance_that_is_out_is_refused_beside_the_vehicle(browser):
    assert browser.post(url("trip_new"), leaving()).status_code == 302
    response = browser.post(url("trip_new"), leaving(departed_at="20/11/2026 13:00"))
    assert response.status_code == 422
    assert "out on another trip" in text(response)
    assert "on the road" in text(browser.get(url("trip_new")))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"odometer_out": "-5"}, "greater than or equal to 0"),
        ({"odometer_out": "9" * 17}, "less than or equal to"),
        ({"odometer_out": "ten"}, "whole number"),
        ({"vehicle": "770077"}, "Choose a vehicle"),
        ({"driver": " "}, "required"),
        ({"departed_at": "20/11/2026 23:00"}, "in the future"),
        ({"purpose": "deceased_home"}, "valid choice"),
        ({"person": "SA-000099-9"}, "Nobody has this patient number"),
    ],
)
def test_a_wrong_trip_is_refused_beside_the_field(browser, wrong, said):
    from core.ids import patient_number

    if "person" in wrong:
        wrong = {"person": patient_number(400_000)}
    response = browser.post(url("trip_new"), leaving(**wrong))
    assert response.status_code == 422
    assert said in text(response)
    assert not Trip.objects.exists()


def test_a_wrong_return_is_refused_beside_the_field(browser):
    data = leaving()
    browser.post(url("trip_new"), data)
    good = {"returned_at": "20/11/2026 17:00", "odometer_in": "1100"}
    for wrong, said in (
        ({"odometer_in": "999"}, "cannot run backwards"),
        ({"returned_at": "20/11/2026 12:00"}, "before it left"),
        ({"returned_at": "21/11/2026 12:00"}, "in the future"),
        ({"fuel_litres": "1000"}, "less than or equal to"),
    ):
        response = browser.post(url("trip", data["id"]), good | wrong)
        assert response.status_code == 422
        assert said in text(response)
    assert browser.post(url("trip", data["id"]), good).status_code == 302


def test_the_deceased_is_taken_home_within_the_budget_known_or_named(browser):
    patient, village = a_patient(), a_village()
    page = f"{url('deceased_home')}?patient={patient.pk}"
    response, count = statements(lambda: browser.get(page))
    assert patient.number in response.content.decode()
    assert count <= 8
    data = leaving(person=patient.number, village=village.pk, family_contact="the eldest son, 012 345 678")
    response, count = statements(lambda: browser.post(page, data))
    assert response.status_code == 302
    assert count <= 12
    trip = Trip.objects.get()
    assert (trip.patient, trip.village, trip.purpose) == (patient, village, "deceased_home")
    assert browser.post(page, data).status_code == 302
    assert Trip.objects.count() == 1


def test_the_journey_home_asks_nothing_clinical_and_no_money(browser):
    page = browser.get(url("deceased_home"))
    main = re.search(r"<main.*</main>", page.content.decode(), re.S)[0]
    asked = set(re.findall(r'name="(\w+)"', main)) - {"csrfmiddlewaretoken"}
    assert asked == {
        "id", "person", "family_contact", "village", "village_text", "destination", "vehicle", "driver", "departed_at",
        "odometer_out", "returned_at", "odometer_in",
    }  # fmt: skip
    words = re.sub(r"<[^>]+>", " ", main).lower()
    assert not any(word in words for word in ("cause", "diagnos", "urgen", "fee", "price", "patient home", "reason"))


def test_the_journey_home_needs_a_place(browser):
    response = browser.post(url("deceased_home"), leaving(person="Khim Sokha"))
    assert response.status_code == 422
    assert "where the family is" in text(response)


def test_the_list_and_the_log_keep_their_budgets(browser):
    for _ in range(6):
        a_referral()
    browser.post(url("trip_new"), leaving())
    for page in (url("list"), url("list") + "?show=unanswered", url("list") + "?show=ended", url("trips")):
        response, count = statements(lambda page=page: browser.get(page))
        assert response.status_code == 200
        assert count <= 8
    assert text(browser.get(url("list"))).count("R26-") == 6


@pytest.mark.parametrize("query", ["?before=x", "?month=x", "?month=២០២៦-១១", "?show=x", "?before=" + "0" * 32])
def test_odd_addresses_are_answered_calmly(browser, query):
    for page in ("list", "trips"):
        assert browser.get(url(page) + query).status_code in {200, 404}
    assert browser.get(url("trip_new") + "?referral=x").status_code == 404
    assert browser.get(url("referral", uuid7())).status_code == 404
    assert browser.post(url("step", uuid7()), {"to": "called", "at": "20/11/2026 12:00"}).status_code == 404
    assert (
        browser.post(url("trip", uuid7()), {"returned_at": "20/11/2026 12:00", "odometer_in": "1"}).status_code == 404
    )


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_opens_in_both_languages(referral_desk, language):
    browser, referral = client_of(referral_desk, language=language), a_referral()
    browser.post(f"{url('trip_new')}?referral={referral.pk}", leaving())
    pages = [
        url("list"), url("trips"), url("trip_new"), url("deceased_home"), url("trip", Trip.objects.get().pk),
        url("new", referral.patient_id), url("referral", referral.pk), url("call", referral.pk),
        url("fuel"), url("log"), url("slip", referral.pk), url("answer_slip", referral.pk), url("answer", referral.pk),
    ]  # fmt: skip
    for page in pages:
        assert browser.get(page).status_code == 200, page


# -- the slip -----------------------------------------------------------------------------------------------


def read(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def test_the_slip_is_one_page_with_the_patient_the_hospital_and_the_answer_part(browser):
    patient = a_patient(family_name_km="សុខ", given_name_km="ស្រីមុំ", village=a_village(), phone="012345678")
    referral = a_referral(patient=patient, findings="Fever 39.5, fast breathing", treatment_given="Amoxicillin 500 mg")
    response, count = statements(lambda: browser.get(url("slip", referral.pk)))
    assert response["Content-Type"] == "application/pdf"
    assert count <= 8
    (page,) = read(response.content)
    for words in ("R26-0001", "Takeo", "Sok Sreymom", "Amoxicillin 500 mg", "Answer of the hospital", "012 345 678"):
        assert words in page
    assert Read.objects.filter(what="referral slip").exists()


def test_a_slip_with_long_notes_cuts_nothing_off(browser):
    long = " ".join(f"line{n}" for n in range(900))
    referral = a_referral(findings=long[:3900])
    pages = read(browser.get(url("slip", referral.pk)).content)
    assert len(pages) >= 2
    whole = re.sub(r"\s+", " ", " ".join(pages))
    assert all(word in whole for word in long[:3900].split()[:-1])


TYPED = st.one_of(
    st.sampled_from(["", "0", "-1", "9" * 40, "២", "1e9", "\x00", "<b>", "99/99/9999 99:99", "20/11/2026 12:00", "1"]),
    st.text(max_size=30),
)
FIELDS = [
    "id", "hospital", "urgency", "reason", "findings", "at", "to", "note", "received_by", "answered_on", "answer",
    "answer_outcome", "vehicle", "driver", "departed_at", "odometer_out", "purpose", "person", "village",
    "village_text", "destination", "returned_at", "odometer_in", "fuel_litres", "arrived_at", "family_contact",
]  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(FIELDS), TYPED))
def test_whatever_is_typed_gives_a_message_never_an_error(browser, typed):
    referral = Referral.objects.first() or a_referral()
    trip = Trip.objects.first() or Trip.objects.create(
        vehicle=Vehicle.objects.all()[0], purpose="transfer", driver="Vuthy", departed_at=NOW, odometer_out=1
    )
    good = leaving() | slip_data() | {"answered_on": "20/11/2026", "answer": "x", "returned_at": "20/11/2026 17:00",
                                      "odometer_in": "2", "person": "Khim", "destination": "Kampot"}  # fmt: skip
    for page in (
        url("new", referral.patient_id), url("step", referral.pk), url("answer", referral.pk), url("trip_new"),
        f"{url('trip_new')}?referral={referral.pk}", url("trip", trip.pk), url("deceased_home"),
    ):  # fmt: skip
        for data in (typed | {"sent": "1"}, good | typed):
            assert browser.post(page, data).status_code in {302, 422}
