"""The mobile team's pages: what they show, what they refuse, what they cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import Read
from core.ids import uuid7
from core.places.models import Village
from mobile_team.models import DentalCheckup, Route, Session
from mobile_team.services import routes
from tests.builders import TODAY, a_checkup, a_patient, a_session, noon, somebody
from tests.counting import statements
from tests.people import client_of

pytestmark = pytest.mark.django_db

SEEN = {
    "pain": "no", "gums_bleed": "no", "urgency": "0", "dental_education": "yes", "toothbrush": "yes",
    "toothpaste": "yes", "advised_to_come": "no",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def browser(mobile):
    return client_of(mobile)


def url(name, *args):
    return reverse(f"mobile_team:{name}", args=args)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_week_shows_how_far_each_village_is(browser):
    checkup = a_checkup()
    response, count = statements(lambda: browser.get(url("week")))
    assert response.status_code == 200
    assert str(checkup.session.village.name_en) in text(response)
    assert "1 of 1 villages done" in text(response)
    assert count <= 8


def test_the_weeks_are_walked_back_and_forth_and_nonsense_is_this_week(browser):
    a_session(on=TODAY + timedelta(days=7))
    assert "No session" in text(browser.get(url("week")))
    assert "No session" not in text(browser.get(url("week") + "?on=2026-11-27"))
    for odd in ("nonsense", "0001-01-01", "9999-12-31", "២០២៦"):
        assert browser.get(url("week"), {"on": odd}).status_code == 200


def test_the_session_page_keeps_its_budget_with_a_full_roster(browser):
    session = a_session()
    for n in range(12):
        a_checkup(session=session, patient=a_patient(given_name=f"Child{n}"), findings={55: "B"})
    response, count = statements(lambda: browser.get(url("session", session.pk)))
    assert response.status_code == 200
    assert text(response).count("Child") == 12
    assert count <= 8


def test_finding_the_next_child_marks_who_was_seen(browser):
    session = a_session()
    seen = a_checkup(session=session, patient=a_patient(family_name="Chea", given_name="Dara"))
    a_patient(family_name="Chea", given_name="Daravuth")
    response, count = statements(
        lambda: browser.get(url("find", session.pk), {"q": "Chea"}, headers={"HX-Request": "true"})
    )
    assert response.status_code == 200
    assert count <= 8
    assert "seen in this session" in text(response)
    assert url("checkup", seen.pk) in response.content.decode()
    assert "<html" not in response.content.decode()
    assert "<html" in browser.get(url("find", session.pk), {"q": "Chea"}).content.decode()


def test_a_child_registered_on_the_spot_comes_straight_to_the_checkup(browser):
    session = a_session()
    page = browser.get(url("find", session.pk), {"q": "Prak Sophea"}).content.decode()
    register = re.search(r'href="(/clinic/[^"]*next=[^"]*)"', page)[1].replace("&amp;", "&")
    assert browser.get(register).status_code == 200
    child = {"id": uuid7(), "family_name": "Prak", "given_name": "Sophea", "sex": "F", "birth": "6"}
    response = browser.post(register, child, follow=True)
    assert response.redirect_chain[-1][0] == url("checkup_new", session.pk, child["id"])
    for elsewhere in ("https://example.org/", "//example.org", "/\\\\example.org"):
        response = browser.post(f"{reverse('clinic:register')}?next={elsewhere}", child | {"id": uuid7()})
        assert "example.org" not in response.url


def test_a_checkup_is_recorded_within_its_budget_also_the_first_with_a_chart(browser):
    session, patient = a_session(), a_patient()
    data = SEEN | {"id": uuid7(), "findings": "55=B 16=1 ២៦:២"}
    response, count = statements(lambda: browser.post(url("checkup_new", session.pk, patient.pk), data))
    assert response.status_code == 302
    assert response.url == url("session", session.pk)
    assert count <= 12
    checkup = DentalCheckup.objects.get()
    assert dict(checkup.teeth.values_list("tooth", "code")) == {55: "B", 16: "1", 26: "2"}
    assert checkup.toothpaste


def test_the_checkup_form_opens_within_its_budget_and_the_look_is_written_down(browser):
    session, patient = a_session(), a_patient()
    response, count = statements(lambda: browser.get(url("checkup_new", session.pk, patient.pk)))
    assert response.status_code == 200
    assert count <= 8
    assert Read.objects.get().patient_id == patient.pk


def test_what_the_last_child_was_given_is_proposed_for_the_next(browser):
    session = a_session()
    page = browser.get(url("checkup_new", session.pk, a_patient().pk)).content.decode()
    assert not re.search(r'name="toothbrush" value="(yes|no)"[^>]* checked', page)
    a_checkup(session=session, toothpaste=False)
    page = browser.get(url("checkup_new", session.pk, a_patient().pk)).content.decode()
    assert re.search(r'name="toothbrush" value="yes"[^>]* checked', page)
    assert re.search(r'name="toothpaste" value="no"[^>]* checked', page)


def test_a_double_click_keeps_one_checkup(browser):
    session, patient = a_session(), a_patient()
    data = SEEN | {"id": uuid7()}
    for _ in range(2):
        assert browser.post(url("checkup_new", session.pk, patient.pk), data).status_code == 302
    assert DentalCheckup.objects.count() == 1


def test_a_second_checkup_in_a_session_is_refused_in_plain_words_and_shows_the_first(browser):
    first = a_checkup()
    address = url("checkup_new", first.session_id, first.patient_id)
    response = browser.post(address, SEEN | {"id": uuid7(), "note": "kept as typed"})
    assert response.status_code == 422
    assert "has been checked in this session already" in text(response)
    assert url("checkup", first.pk) in response.content.decode()
    assert "kept as typed" in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"findings": "19=1"}, "There is no tooth 19"),
        ({"findings": "55=1"}, "cannot have the code"),
        ({"findings": "hello"}, "This chart cannot be read"),
        ({"findings": "55=B 55=C"}, "This chart cannot be read"),
        ({"findings": "55=B", "decayed_primary": "1"}, "not both"),
        ({"all_sound": "on", "decayed_permanent": "2"}, "sound, or not?"),
        ({"decayed_primary": "២១"}, "less than or equal to 20"),
        ({"decayed_primary": "-1"}, "greater than or equal to 0"),
        ({"pain": ""}, "required"),
        ({"urgency": "9"}, "valid choice"),
        ({"note": "x" * 201}, "at most 200"),
    ],
)
def test_a_wrong_checkup_is_refused_beside_the_field(browser, wrong, said):
    session, patient = a_session(), a_patient()
    response = browser.post(url("checkup_new", session.pk, patient.pk), SEEN | {"id": uuid7()} | wrong)
    assert response.status_code == 422
    assert said in text(response)
    assert not DentalCheckup.objects.exists()


def test_all_sound_is_one_tap(browser):
    session, patient = a_session(), a_patient()
    browser.post(url("checkup_new", session.pk, patient.pk), SEEN | {"id": uuid7(), "all_sound": "on"})
    checkup = DentalCheckup.objects.get()
    assert [checkup.decayed_primary, checkup.decayed_permanent, checkup.missing, checkup.filled] == [0, 0, 0, 0]


def test_a_checkup_in_a_session_that_is_not_there_is_not_found(browser):
    assert browser.post(url("checkup_new", uuid7(), a_patient().pk), SEEN | {"id": uuid7()}).status_code == 404
    assert browser.get(url("checkup_new", uuid7(), a_patient().pk)).status_code == 404


def test_a_checkup_is_shown_corrected_and_voided_within_its_budgets(browser):
    checkup = a_checkup(findings={55: "B", 16: "1"})
    response, count = statements(lambda: browser.get(url("checkup", checkup.pk)))
    assert "dmft" in text(response)
    assert count <= 8
    page = browser.get(url("checkup_edit", checkup.pk)).content.decode()
    assert 'value="16=1 55=B"' in page
    response, count = statements(
        lambda: browser.post(
            url("checkup_edit", checkup.pk), SEEN | {"id": checkup.pk, "findings": "55=D 16=1", "why": "filled"}
        )
    )
    assert (response.status_code, response.url) == (302, url("checkup", checkup.pk))
    assert count <= 12
    all_at_once = SEEN | {"id": checkup.pk, "findings": "54=B 16=1", "advised_to_come": "yes", "why": "again"}
    response, count = statements(lambda: browser.post(url("checkup_edit", checkup.pk), all_at_once))
    assert response.status_code == 302
    assert count <= 13  # teeth that go and teeth that come, the contact, and how it read before (docs/adr/0012)
    assert browser.post(url("checkup_void", checkup.pk), {"reason": " "}).status_code == 422
    response, count = statements(lambda: browser.post(url("checkup_void", checkup.pk), {"reason": "wrong child"}))
    assert response.status_code == 302
    assert count <= 12
    assert "Entered in error" in text(browser.get(url("checkup", checkup.pk)))
    assert browser.post(url("checkup_edit", checkup.pk), SEEN | {"id": checkup.pk, "why": "x"}).status_code == 422


def test_a_session_is_added_once_and_a_second_one_that_day_is_refused(browser):
    village = Village.objects.order_by("id")[0]
    data = {"id": uuid7(), "village": village.pk, "on": "២០/១១/២០២៦"}
    response, count = statements(lambda: browser.post(url("session_new"), data))
    assert (response.status_code, response.url) == (302, url("session", data["id"]))
    assert count <= 12
    assert browser.post(url("session_new"), data).status_code == 302
    response = browser.post(url("session_new"), data | {"id": uuid7()})
    assert response.status_code == 422
    assert "has a session on this day already" in text(response)
    assert Session.objects.count() == 1


def test_a_session_is_cancelled_with_a_reason_and_restored(browser):
    session = a_session()
    assert browser.post(url("session_cancel", session.pk), {"reason": ""}).status_code == 422
    response, count = statements(lambda: browser.post(url("session_cancel", session.pk), {"reason": "flood"}))
    assert response.status_code == 302
    assert count <= 12
    assert "Flood" in text(browser.get(url("session", session.pk)))
    assert browser.post(url("session_restore", session.pk)).status_code == 422
    assert browser.post(url("session_restore", session.pk), {"why": "the water fell"}).status_code == 302
    assert browser.post(url("session_hold", session.pk)).status_code == 302
    session.refresh_from_db()
    assert session.state == "held"


def test_a_route_is_written_changed_and_planned(browser):
    first, second = Village.objects.order_by("id")[:2]
    data = {
        "name_en": "Coast",
        "weekday": "4",
        "active": "on",
        "village_0": first.pk,
        "village_3": second.pk,
        "place_3": "School",
    }
    response, count = statements(lambda: browser.post(url("route_new"), data))
    assert response.status_code == 302
    assert count <= 12
    route = Route.objects.get()
    assert [(s.village, s.place) for s in route.stops.all()] == [(first, ""), (second, "School")]
    response, count = statements(lambda: browser.get(url("route", route.pk)))
    assert "School" in response.content.decode()
    assert count <= 8
    response, count = statements(lambda: browser.post(url("plan"), {"first": "16/11/2026", "last": "30/11/2026"}))
    assert response.status_code == 302
    assert count <= 12
    assert Session.objects.count() == 4
    for page in ("routes", "villages", "plan"):
        response, count = statements(lambda page=page: browser.get(url(page)))
        assert response.status_code == 200
        assert count <= 8


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_en": ""}, "Write a name"),
        ({"village_0": ""}, "at least one village"),
        ({"village_0": "999999999"}, "No village has this name"),
        ({"village_0": "x' OR 1=1"}, "No village has this name"),
        ({"weekday": "7"}, "valid choice"),
        ({"name_km": "១២៣"}, "Write a name with letters"),
    ],
)
def test_a_wrong_route_is_refused_beside_the_field(browser, wrong, said):
    village = Village.objects.order_by("id")[0]
    response = browser.post(url("route_new"), {"name_en": "Coast", "weekday": "1", "village_0": village.pk} | wrong)
    assert response.status_code == 422
    assert said in text(response)
    assert not Route.objects.exists()


def test_a_plan_backwards_or_without_end_is_refused(browser):
    for span, said in (
        (("20/11/2026", "19/11/2026"), "before the first"),
        (("1/1/2026", "1/1/2030"), "at most 400 days"),
    ):
        response = browser.post(url("plan"), {"first": span[0], "last": span[1]})
        assert response.status_code == 422
        assert said in text(response)


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_opens_in_both_languages(mobile, language):
    browser, checkup = client_of(mobile, language=language), a_checkup(findings={55: "B"})
    village = checkup.session.village
    route = routes.save(name_km="ផ្លូវ", name_en="Coast", weekday=0, stops=[(village, "")], by=somebody())
    pages = [
        url("week"), url("plan"), url("villages"), url("session_new"), url("routes"), url("route_new"),
        url("route", route.pk), url("session", checkup.session_id), url("find", checkup.session_id) + "?q=Sok",
        url("session_cancel", checkup.session_id), url("checkup", checkup.pk), url("checkup_edit", checkup.pk),
        url("checkup_void", checkup.pk), url("checkup_new", checkup.session_id, a_patient().pk),
    ]  # fmt: skip
    for page in pages:
        assert browser.get(page).status_code == 200, page


def test_a_nurse_looks_on_but_does_not_check(nurse):
    browser, session = client_of(nurse), a_session()
    assert browser.get(url("session", session.pk)).status_code == 200
    assert browser.get(url("checkup_new", session.pk, a_patient().pk)).status_code == 403
    assert browser.post(url("plan"), {}).status_code == 403


TYPED = st.one_of(
    st.sampled_from(["", "0", "-1", "9" * 40, "២", "55=B", "1e9", "null", "<b>", "\x00", "٣", "yes", "on", "16=1;"]),
    st.text(max_size=30),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from([*SEEN, "id", "findings", "decayed_primary", "missing", "treatment", "note"]), TYPED
    )
)
def test_whatever_is_typed_gives_a_message_never_an_error(browser, typed):
    session = Session.objects.first() or a_session()
    response = browser.post(url("checkup_new", session.pk, a_patient().pk), SEEN | typed)
    assert response.status_code in {302, 422}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["id", "village", "village_text", "on", "place", "note", "reason", "first", "last"]), TYPED
    )
)
def test_whatever_is_typed_of_sessions_gives_a_message_never_an_error(browser, typed):
    session = Session.objects.first() or a_session()
    for page in (url("session_new"), url("plan"), url("session_cancel", session.pk), url("route_new")):
        assert browser.post(page, typed | {"sent": "1"}).status_code in {302, 422}
