"""The papers of a session: the day sheet and the tally."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.audit.models import Read
from mobile_team.selectors import sheets
from mobile_team.services import kits, talks
from tests.builders import TODAY, a_checkup, a_patient, a_session, a_visit, noon, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


def words(response) -> str:
    assert response["Content-Type"] == "application/pdf"
    pages = pypdfium2.PdfDocument(response.content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def a_days_work():
    session = a_session()
    for n, (sex, age) in enumerate((("F", 4), ("M", 8), ("F", 70))):
        patient = a_patient(given_name=f"Child{n}", sex=sex, told=(age, "y", TODAY))
        a_checkup(session=session, patient=patient, toothpaste=n > 0, findings={55: "B"} if n else {})
    a_checkup(session=session, patient=a_patient(given_name="Ageless"))
    talks.record(session_id=session.pk, by=somebody(), today=TODAY, topic="teeth", brushes=3,
                 audiences={"pupils": {"girls": 12, "boys": 9}})  # fmt: skip
    kits.save(session_id=session.pk, said={"brush": {"packed": 10, "returned": 2, "lost": 0}}, by=somebody())
    return session


def test_a_session_in_numbers_keeps_heads_apart_from_people():
    figures = sheets.figures(a_days_work())
    assert (figures.total, figures.heads.all) == (4, 21)
    counted = {band: both for band, _female, _male, both in figures.rows()}
    assert counted == {"under_5": 1, "5": 0, "6_12": 1, "13_17": 0, "18_59": 0, "60_plus": 1, "unknown": 1}
    assert (figures.facts["toothbrush"], figures.facts["toothpaste"], figures.facts["decayed"]) == (4, 3, 2)
    (line,) = [line for line in figures.kit if line.item == "brush"]
    assert (line.given, line.difference) == (7, 1)


def test_the_tally_prints_and_names_nobody(mobile):
    session = a_days_work()
    browser = client_of(mobile)
    with CaptureQueriesContext(connection) as seen:
        response = browser.get(reverse("mobile_team:session_tally", args=[session.pk]))
    assert len(seen) <= 8
    said = words(response)
    assert "Session tally" in said and "1 is missing" in said
    assert "Child0" not in said
    assert not Read.objects.exists()


def test_the_day_sheet_names_those_expected_and_their_look_is_written_down(mobile):
    session = a_session()
    before = a_session(on=TODAY - timedelta(days=30))
    waits = a_patient(given_name="Waiting", village=session.village, phone="012345678")
    came = a_patient(given_name="Came", village=session.village)
    for patient in (waits, came):
        a_checkup(session=before, patient=patient, advised_to_come=True)
    a_visit(came, on=TODAY - timedelta(days=2))
    a_checkup(session=before, patient=a_patient(given_name="Elsewhere"), advised_to_come=True)
    browser = client_of(mobile)
    with CaptureQueriesContext(connection) as seen:
        response = browser.get(reverse("mobile_team:day_sheet", args=[session.pk]))
    assert len(seen) <= 8
    said = words(response)
    assert "Waiting" in said and waits.number in said and "Key it in" in said
    assert "Came" not in said and "Elsewhere" not in said
    assert Read.objects.get().patient_id == waits.pk


def test_papers_are_for_those_who_may_see(nurse, pharmacist):
    session = a_session()
    assert client_of(nurse).get(reverse("mobile_team:day_sheet", args=[session.pk])).status_code == 200
    assert client_of(pharmacist).get(reverse("mobile_team:session_tally", args=[session.pk])).status_code == 403


def test_a_cancelled_empty_session_prints_too(mobile):
    response = client_of(mobile).get(reverse("mobile_team:session_tally", args=[a_session(on=TODAY).pk]))
    assert "No kit was packed." in words(response)
