"""Health education: what pages record, correct and refuse; heads stand apart from contacts."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.urls import reverse

from core.ids import uuid7
from mobile_team import selectors
from mobile_team.models import Attendance, DentalCheckup, Education
from mobile_team.selectors import talks as selected
from mobile_team.services import talks
from tests.builders import TODAY, a_checkup, a_session, a_village, noon, somebody
from tests.counting import statements
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def browser(mobile):
    return client_of(mobile)


def a_talk(**said: Any) -> Education:
    usual = {"topic": "teeth", "village": a_village().pk, "on": TODAY,
             "audiences": {"pupils": {"girls": 12, "boys": 9}, "villagers": {"women": 4}}}  # fmt: skip
    return talks.record(by=somebody(), today=TODAY, **(usual | said))


def form(**more: Any) -> dict[str, Any]:
    return {"id": uuid7(), "village": a_village().pk, "on": "២០/១១/២០២៦", "topic": "teeth", "teachers": "Dara",
            "pupils_girls": "១២", "pupils_boys": "9", "villagers_women": "4", "brushes": "20"} | more  # fmt: skip


def url(name: str, *args: Any) -> str:
    return reverse(f"mobile_team:{name}", args=args)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_talk_is_recorded_alone_once_however_often_it_is_sent(browser):
    data = form()
    response, count = statements(lambda: browser.post(url("talk_new"), data))
    assert (response.status_code, response.url) == (302, url("talk", data["id"]))
    assert count <= 12
    assert browser.post(url("talk_new"), data).status_code == 302
    assert selected.heads_between(TODAY, TODAY) == selected.Heads(talks=1, women=4, girls=12, boys=9, brushes=20)


def test_a_talk_in_a_session_shows_there_and_in_the_week_apart_from_contacts(browser):
    session = a_session()
    a_checkup(session=session)
    data = form()
    del data["village"], data["on"]
    response, count = statements(lambda: browser.post(url("talk_in", session.pk), data))
    assert response.status_code == 302
    assert count <= 12
    page, count = statements(lambda: browser.get(url("session", session.pk)))
    assert count <= 8
    assert "Care of the teeth · 25 heads" in text(page)
    week, count = statements(lambda: browser.get(url("week")))
    assert count <= 8
    assert "25 heads" in text(week)
    (day,) = selectors.week(TODAY)
    assert (day.sessions[0].tally["seen"], day.heads.all) == (1, 25)
    assert DentalCheckup.objects.count() == 1


@pytest.mark.parametrize(
    ("odd", "field"),
    [({"topic": "other"}, "topic_text"), ({"topic": ""}, "topic"), ({"on": "21/11/2026"}, "on"),
     ({"pupils_girls": "-1"}, "pupils_girls"), ({"pupils_girls": "2001"}, "pupils_girls"),
     ({"pupils_girls": "many"}, "pupils_girls"), ({"village": ""}, "village"), ({"village": "\x00"}, "village"),
     ({"teachers": "x" * 10_000}, "teachers"), ({"note": "a\x00b"}, "note"), ({"brushes": "9999"}, "brushes")],
)  # fmt: skip
def test_a_wrong_talk_is_refused_beside_the_field_and_kept(browser, odd, field):
    response = browser.post(url("talk_new"), form() | odd)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Dara" in response.content.decode() or field == "teachers"
    assert not Education.objects.exists()


def test_the_talks_of_a_month_are_listed_by_key_with_its_heads(browser):
    for n in range(45):
        a_talk(on=TODAY - timedelta(days=n % 15), audiences={"chief": {"men": 1}})
    a_talk(on=TODAY - timedelta(days=40))
    talks.void(talk_id=a_talk().pk, reason="twice", by=somebody())
    page, count = statements(lambda: browser.get(url("talks")))
    assert count <= 8
    assert text(page).count("Care of the teeth") == 40
    assert "45 talks" in text(page)
    older = re.search(r'href="(\?month=[^"]*before[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    assert text(browser.get(url("talks") + older)).count("Care of the teeth") == 6
    assert "1 talks" in text(browser.get(url("talks") + "?month=១០/២០២៦"))
    assert browser.get(url("talks"), {"month": "x"}).status_code == 422
    for odd in ("x", "2026-11-20.x", "\x00"):
        assert browser.get(url("talks"), {"before": odd}).status_code == 404


def test_a_correction_keeps_what_a_colleague_wrote_meanwhile(browser):
    talk = a_talk()
    page = browser.get(url("talk_edit", talk.pk)).content.decode()
    was = re.search(r'name="was" value="([^"]*)"', page)[1]
    talks.correct(talk_id=talk.pk, by=somebody(), today=TODAY, note="rain")
    data = form(was=was, pupils_girls="14", brushes="")
    response, count = statements(lambda: browser.post(url("talk_edit", talk.pk), data))
    assert response.status_code == 302
    assert count <= 14  # the audiences are written anew
    talk.refresh_from_db()
    assert (talk.note, talk.teachers) == ("rain", "Dara")
    assert Attendance.objects.get(education=talk, audience="pupils").girls == 14
    response = browser.post(url("talk_edit", talk.pk), data | {"note": "sun"})
    assert response.status_code == 422
    assert "As it stands now: rain" in text(response)


def test_a_talk_in_error_stays_readable_and_is_counted_no_more(browser):
    talk = a_talk()
    assert browser.post(url("talk_void", talk.pk), {"reason": ""}).status_code == 422
    assert browser.post(url("talk_void", talk.pk), {"reason": "twice"}).status_code == 302
    assert browser.post(url("talk_void", talk.pk), {"reason": "twice"}).status_code == 422
    assert "Entered in error : twice" in text(browser.get(url("talk", talk.pk)))
    assert selected.heads_between(TODAY, TODAY).talks == 0
    assert browser.post(url("talk_edit", talk.pk), form()).status_code == 422
    assert browser.get(url("talk", uuid7())).status_code == 404


def test_those_who_only_look_record_nothing(nurse):
    talk = a_talk()
    browser = client_of(nurse)
    assert browser.get(url("talks")).status_code == 200
    assert browser.get(url("talk", talk.pk)).status_code == 200
    assert browser.get(url("talk_new")).status_code == 403
    assert browser.post(url("talk_void", talk.pk), {"reason": "x"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_leave_one_whole_talk():
    talk = a_talk()
    by, start = somebody(), threading.Barrier(2)

    def correct(girls: int) -> None:
        start.wait()
        talks.correct(talk_id=talk.pk, by=by, today=TODAY, audiences={"pupils": {"girls": girls}})
        connections.close_all()

    threads = [threading.Thread(target=correct, args=(girls,)) for girls in (31, 47)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (left,) = Attendance.objects.filter(education=talk)
    assert left.girls in (31, 47)
