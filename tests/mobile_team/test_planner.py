"""The plan: months ahead, closed roads, moves, many at once, routes with their stops and their roads."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.places.models import Village
from core.shared_edit import token
from mobile_team import rules, selectors
from mobile_team.models import Route, Session
from mobile_team.selectors import roads
from mobile_team.services import planning, routes, sessions
from mobile_team.services.routes import StopSaid
from tests.builders import TODAY, a_checkup, a_session, noon, somebody
from tests.counting import statements
from tests.people import client_of

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def browser(mobile):
    return client_of(mobile)


def villages(count: int) -> list[Village]:
    return list(Village.objects.order_by("id")[:count])


def a_route(*stops: StopSaid, weekday: int = 4, **more: Any) -> Route:
    stops = stops or tuple(StopSaid(village) for village in villages(2))
    return routes.save(name_km="ឆ្នេរ", name_en="Coast", weekday=weekday, stops=stops, by=somebody(), **more)


def url(name: str, *args: Any) -> str:
    return reverse(f"mobile_team:{name}", args=args)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# -- planning


def test_months_ahead_are_planned_with_vehicle_and_team():
    driver = somebody()
    a_route(vehicle="Van 1", team=[driver])
    found = planning.plan(first=TODAY, last=TODAY + 12 * WEEK, by=driver)
    assert len(found.made) == 2 * 13
    session = Session.objects.order_by("-on")[0]
    assert (session.vehicle, list(session.team.all())) == ("Van 1", [driver])


def test_a_stop_is_left_out_in_the_months_without_a_road_and_named():
    far, near = villages(2)
    a_route(StopSaid(far, closed_from=11, closed_to=2), StopSaid(near))
    found = planning.plan(first=TODAY, last=TODAY + WEEK, by=somebody())
    assert {session.village_id for session in found.made} == {near.pk}
    assert [(stop.village, len(days)) for stop, days in found.left_out.items()] == [(far, 2)]
    again = planning.plan(first=TODAY, last=TODAY + WEEK, by=somebody(), closed_too=True)
    assert len(again.made) == 2


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [(None, None, set()), (7, 10, {7, 8, 9, 10}), (11, 2, {11, 12, 1, 2}), (5, 5, {5})],
)
def test_the_months_without_a_road_go_over_the_new_year(first, last, months):
    assert {month for month in range(1, 13) if rules.closed(first, last, month)} == months


def test_a_day_from_which_a_session_was_moved_is_not_planned_again():
    a_route(StopSaid(villages(1)[0]))
    (session,) = planning.plan(first=TODAY, last=TODAY, by=somebody()).made
    sessions.move(session=session, on=TODAY + timedelta(days=1), reason="flood", by=somebody())
    assert planning.plan(first=TODAY, last=TODAY, by=somebody()).made == []


def test_the_plan_page_says_what_it_left_out(browser):
    far, near = villages(2)
    a_route(StopSaid(far, closed_from=11, closed_to=11, road="ford"), StopSaid(near))
    page, count = statements(lambda: browser.get(url("plan")))
    assert "November" in text(page) and "ford" in text(page)
    assert count <= 8
    response = browser.post(url("plan"), {"first": "២០/១១/២០២៦", "last": "20/11/2026"}, follow=True)
    assert "1 session planned." in text(response)
    assert "Not planned" in text(response) and str(far.name_en) in text(response)


# -- moving


def test_a_moved_session_keeps_its_first_day_and_comes_home():
    session = a_session()
    moved = sessions.move(session=session, on=TODAY + WEEK, reason="flood", by=somebody())
    moved = sessions.move(session=moved, on=TODAY + 2 * WEEK, reason="road", by=somebody())
    assert (moved.on, moved.moved_from, moved.moved_why) == (TODAY + 2 * WEEK, TODAY, "road")
    home = sessions.move(session=moved, on=TODAY, reason="other", by=somebody())
    assert (home.moved_from, home.moved_why) == (None, "")


def test_a_move_is_refused_in_words(browser):
    session = a_session()
    a_session(on=TODAY + WEEK)
    for data, words in (
        ({"on": "27/11/2026", "reason": "flood"}, "has a session on this day already"),
        ({"on": "20/11/2026", "reason": "flood"}, "another day"),
        ({"on": "28/11/2026", "reason": ""}, "This field is required"),
        ({"on": "28/11/2026", "reason": "love"}, "not one of the available choices"),
        ({"on": "\x00", "reason": "flood"}, ""),
        ({}, "This field is required"),
    ):
        response = browser.post(url("session_move", session.pk), data)
        assert (response.status_code, words in text(response)) == (422, True), (data, text(response)[-600:])
    response, count = statements(
        lambda: browser.post(url("session_move", session.pk), {"on": "28/11/2026", "reason": "flood", "note": "river"})
    )
    assert response.status_code == 302
    assert count <= 12
    assert "Planned for 20 November 2026 first" in text(browser.get(response.url))


def test_a_held_session_stays_where_it_was():
    session = a_checkup().session
    with pytest.raises(RuleBroken, match="session_held"):
        sessions.move(session=session, on=TODAY - WEEK, reason="flood", by=somebody())
    with pytest.raises(RuleBroken, match="session_has_checkups"):
        sessions.restore(session=session, by=somebody())


# -- many at once


def a_week() -> list[Session]:
    a_route()
    return planning.plan(first=TODAY, last=TODAY + WEEK, by=somebody()).made


def test_a_flood_week_is_cancelled_in_one_form(browser):
    made = a_week()
    query = "?first=20/11/2026&last=27/11/2026"
    page, count = statements(lambda: browser.get(url("many") + query))
    assert count <= 8
    assert text(page).count("Friday") == 4
    data = {"sessions": [row.pk for row in made[:3]], "deed": "cancel", "reason": "flood"}
    response, count = statements(lambda: browser.post(url("many") + query, data))
    assert response.status_code == 302
    assert count <= 12
    assert Session.objects.filter(state="cancelled", reason="flood").count() == 3
    assert Entry.objects.get(verb="mobile_team.sessions.cancelled").detail["count"] == 3
    back = {"sessions": data["sessions"], "deed": "restore", "why": "dry"}
    browser.post(url("many") + query, back)
    assert not Session.objects.filter(state="cancelled").exists()


def test_a_whole_round_is_moved_by_its_own_week_without_stumbling_over_itself():
    made = a_week()
    moved = planning.change_many(ids=[row.pk for row in made], deed="move", reason="holiday", days=7, by=somebody())
    assert sorted({row.on for row in moved}) == [TODAY + WEEK, TODAY + 2 * WEEK]
    back = planning.change_many(ids=[row.pk for row in made], deed="move", reason="other", days=-7, by=somebody())
    assert {row.moved_from for row in Session.objects.all()} == {None}
    assert len(back) == 4


def test_many_are_moved_all_or_none(browser):
    first, *_rest, last = a_week()
    a_session(village=first.village, on=TODAY + timedelta(days=3))
    ids = [first.pk, last.pk]
    with pytest.raises(Conflict, match="days_taken"):
        planning.change_many(ids=ids, deed="move", reason="flood", days=3, by=somebody())
    assert not Session.objects.filter(moved_from__isnull=False).exists()
    data = {"sessions": ids, "deed": "move", "reason": "flood", "days": "៣"}
    response = browser.post(url("many") + "?first=20/11/2026&last=27/11/2026", data)
    assert response.status_code == 422
    assert "Nothing was moved" in text(response)


@pytest.mark.parametrize(
    "data",
    [{}, {"deed": "move", "reason": "flood", "days": ""}, {"deed": "move", "reason": "flood", "days": "700"},
     {"deed": "cancel", "reason": ""}, {"deed": "restore", "why": ""}, {"deed": "burn", "reason": "flood"},
     {"deed": "cancel", "reason": "flood", "sessions": []},
     {"deed": "cancel", "reason": "flood", "sessions": ["x", "1"]}],
)  # fmt: skip
def test_an_odd_form_for_many_changes_nothing(browser, data):
    made = a_week()
    response = browser.post(url("many"), {"sessions": [made[0].pk]} | data)
    assert response.status_code == 422
    assert not Session.objects.exclude(state="planned").exists()


def test_sessions_with_people_are_refused_among_many():
    made = a_week()
    a_checkup(session=made[0])
    with pytest.raises(RuleBroken, match="session_has_checkups"):
        planning.change_many(ids=[row.pk for row in made], deed="cancel", reason="flood", by=somebody())


# -- calendar and villages


def test_a_month_is_shown_as_a_calendar_within_its_budget(browser):
    a_week()
    page, count = statements(lambda: browser.get(url("month") + "?month=២០២៦-១១"))
    assert count <= 8
    assert page.content.decode().count("<td") == 42
    for odd in ("nonsense", "0001-01", "9999-12", "2026-13"):
        assert browser.get(url("month"), {"month": odd}).status_code == 200


def test_villages_waiting_long_after_as_many_weeks_as_asked(browser):
    a_route(StopSaid(villages(1)[0], road="ferry", closed_from=11, closed_to=12))
    sessions.hold(session=a_session(on=TODAY - 4 * WEEK), by=somebody(), today=TODAY)
    page, count = statements(lambda: browser.get(url("villages")))
    assert count <= 8
    assert "waiting long" not in text(page)
    assert "ferry" in text(page) and "no way there now" in text(page)
    assert "waiting long" in text(browser.get(url("villages") + "?weeks=៣"))
    for odd in ("", "-1", "abc", "99999999999", "\x00"):
        assert browser.get(url("villages"), {"weeks": odd}).status_code == 200


def test_who_goes_to_a_session_is_written_and_forged_people_are_refused(browser, mobile):
    session = a_session()
    data = {"place": "វត្ត", "vehicle": "Van 2", "team": [mobile.pk], "note": ""}
    response, count = statements(lambda: browser.post(url("session_edit", session.pk), data))
    assert response.status_code == 302
    assert count <= 12
    session.refresh_from_db()
    assert (session.place, session.vehicle, list(session.team.all())) == ("វត្ត", "Van 2", [mobile])
    assert browser.post(url("session_edit", session.pk), data | {"team": ["no"]}).status_code == 422


# -- routes


def route_data(*stops: tuple[Any, dict[str, Any]], **more: Any) -> dict[str, Any]:
    data = {"name_km": "ឆ្នេរ", "name_en": "Coast", "weekday": "4", "active": "on"} | more
    for n, (village, facts) in enumerate(stops):
        data |= {f"village_{n}": village.pk, f"village_{n}_text": str(village)}
        data |= {f"{name}_{n}": value for name, value in facts.items()}
    return data


def test_stops_are_reordered_in_place_and_none_is_lost(browser):
    one, two, three = villages(3)
    route = a_route(StopSaid(one), StopSaid(two, road="ford", closed_from=7, closed_to=10), StopSaid(three, "Wat"))
    keys = {stop.village_id: stop.pk for stop in route.stops.all()}
    data = route_data(
        (one, {"order": "៣"}), (two, {"order": "1", "road": "ford", "closed_from": "7", "closed_to": "10"}),
        (three, {"order": "2", "place": "Wat", "kind": "school"}),
    )  # fmt: skip
    response, count = statements(lambda: browser.post(url("route", route.pk), data))
    assert response.status_code == 302
    assert count <= 12
    stops = list(route.stops.all())
    assert [stop.village_id for stop in stops] == [two.pk, three.pk, one.pk]
    assert {stop.village_id: stop.pk for stop in stops} == keys
    assert (stops[0].road, stops[0].closed_from, stops[1].kind) == ("ford", 7, "school")


def test_two_who_edit_one_route_see_each_other(browser):
    one, two = villages(2)
    route = a_route(StopSaid(one), StopSaid(two))
    was = token(roads.document(route))
    routes.save(route=route, stops=[StopSaid(one), StopSaid(two)], vehicle="Van 9", by=somebody())
    data = route_data((one, {"order": "2"}), (two, {"order": "1"}), was=was)
    assert browser.post(url("route", route.pk), data).status_code == 302  # another field: both stand
    route = Route.objects.get()
    assert (route.vehicle, [stop.village for stop in route.stops.all()]) == ("Van 9", [two, one])
    response = browser.post(url("route", route.pk), data | {"vehicle": "Van 1"})
    assert response.status_code == 422
    assert "Somebody else changed this record" in text(response)


@pytest.mark.parametrize(
    "odd",
    [{"closed_from_0": "7"}, {"closed_from_0": "13", "closed_to_0": "13"}, {"village_0": "999999999"},
     {"village_0": "\x00"}, {"order_0": "x"}, {"weekday": "9"}, {"kind_0": "moon"}, {"road_0": "x" * 10_000},
     {"team": ["forged"]}, {"name_km": "", "name_en": ""}],
)  # fmt: skip
def test_a_wrong_route_is_refused_with_what_was_typed(browser, odd):
    (one,) = villages(1)
    response = browser.post(url("route_new"), route_data((one, {})) | odd)
    assert response.status_code == 422
    assert "Coast" in response.content.decode() or "name_en" in odd
    assert not Route.objects.exists()


def test_other_than_three_days_a_week_is_said(browser):
    for weekday in (0, 2):
        a_route(weekday=weekday)
    page, count = statements(lambda: browser.get(url("routes")))
    assert count <= 8
    assert "2 days a week; 3 are planned" in text(page)
    a_route(weekday=4)
    assert "3 are planned" not in text(browser.get(url("routes")))


def test_nobody_but_planners_changes_the_plan(nurse):
    session = a_session()
    browser = client_of(nurse)
    for name, args in (("many", ()), ("session_move", (session.pk,)), ("session_edit", (session.pk,)), ("plan", ())):
        assert browser.get(url(name, *args)).status_code == 403
    assert browser.get(url("month")).status_code == 200


def test_days_carry_the_talks_held_alone():
    assert selectors.days(date(2026, 11, 1), date(2026, 11, 30)) == []
