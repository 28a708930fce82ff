"""The pages of the figures: what they show, to whom, at what cost, and that every number opens its list."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.jobs.models import Job
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

MONTH, YEAR, HOME = "/reports/month/2025-03/", "/reports/year/2025/", "/reports/"


@pytest.fixture
def few(db: None) -> None:
    for n in range(3):
        a_contact(dt.date(2025, 3, 5 + n), "mobile", patient=a_person(born=dt.date(2019 - n, 6, 1)), gave="brush")
    a_contact(dt.date(2025, 3, 9), "outpatient", patient=a_person(sex="M"), conditions=["worms", "diarrhoea"])
    a_contact(dt.date(2025, 3, 10), "inpatient", patient=a_person(born=dt.date(1950, 1, 1)), conditions=["worms"])


def links(content: str) -> list[tuple[str, int]]:
    """Return (address, number) of every link to a list of records."""
    found = re.findall(r'href="(/reports/behind/[^"]+)">(?:<span class="tile__number">)?([\d,]+)<', content)
    return [(unescape(address), int(number.replace(",", ""))) for address, number in found]


@pytest.mark.parametrize("page", [MONTH, YEAR, MONTH + "?bands=ministry"])
def test_every_number_opens_a_list_of_that_many_records(few, administrator, page):
    client = client_of(administrator)
    opened = links(client.get(page).content.decode())
    assert len(opened) > 20
    for address, number in opened:
        response = client.get(address)
        assert response.status_code == 200, address
        assert response.content.decode().count("/patients/") == number, address


def test_a_donor_sees_numbers_and_no_way_to_a_record(few, donor):
    client = client_of(donor)
    for page in (HOME, MONTH, YEAR):
        content = client.get(page).content.decode()
        assert "/reports/behind/" not in content
        assert "/patients/" not in content
        assert "Print a draft" not in content
    assert client.get("/reports/behind/patients_assessed/?from=2025-03").status_code == 403
    assert client.post("/reports/paper/", {"first": "2025-03"}).status_code == 403


@pytest.mark.parametrize("page", [HOME, HOME + "?year=2025", MONTH, YEAR, YEAR + "?bands=dental"])
def test_a_page_of_figures_costs_at_most_eight_statements(few, administrator, page):
    client = client_of(administrator)
    with CaptureQueriesContext(connection) as statements:
        assert client.get(page).status_code == 200
    assert len(statements) <= 8, [s["sql"] for s in statements]


def test_a_list_behind_a_number_costs_at_most_eight_statements(few, administrator):
    client = client_of(administrator)
    with CaptureQueriesContext(connection) as statements:
        client.get("/reports/behind/contacts_by_condition/?from=2025-03&condition=worms")
    assert len(statements) <= 8


def test_a_long_list_is_read_in_pages_that_neither_repeat_nor_skip(administrator):
    person = a_person(born=dt.date(1990, 1, 1))
    for n in range(120):
        a_contact(dt.date(2025, 3, 1 + n % 9), patient=person)
    client, address, seen = client_of(administrator), "/reports/behind/patients_assessed/?from=2025-03", 0
    for _ in range(5):
        content = client.get(address).content.decode()
        assert "Patients assessed: 120" in content
        seen += content.count(f"/patients/{person.id}/")
        older = re.search(r'href="(\?[^"]*before=[^"]+)"', content)
        if not older:
            break
        address = "/reports/behind/patients_assessed/" + unescape(older[1])
    assert seen == 120


@pytest.mark.parametrize(
    "page",
    [
        "/reports/month/2025-13/", "/reports/month/March/", "/reports/year/25/", MONTH + "?bands=mine",
        "/reports/behind/patients_assessed/?from=soon", "/reports/behind/no_figure/?from=2025-03",
        "/reports/behind/patients_assessed/?from=2025-03&band=7", "/reports/?year=x",
        "/reports/behind/patients_assessed/?from=2025-03&before=yesterday",
    ],
)  # fmt: skip
def test_an_address_that_names_nothing_is_answered_in_words(administrator, page):
    response = client_of(administrator).get(page)
    assert response.status_code == 422
    assert "reports." not in response.content.decode()


def test_the_words_are_khmer_for_a_khmer_reader_and_the_numbers_the_same(few, administrator):
    in_english = links(client_of(administrator, language="en").get(MONTH).content.decode())
    content = client_of(administrator, language="km").get(MONTH).content.decode()
    assert "មីនា 2025" in content
    assert links(content) == in_english


def test_asking_for_a_paper_makes_one_job_and_goes_to_its_progress(few, administrator):
    client = client_of(administrator)
    asked = {"first": "2025-03", "last": "2025-03", "bands": "published"}
    with CaptureQueriesContext(connection) as statements:
        response = client.post("/reports/paper/", asked)
    assert len(statements) <= 12, [s["sql"] for s in statements]
    job = Job.objects.get(kind="paper")
    assert response.url == reverse("jobs:job", args=[job.id])
    assert client.post("/reports/paper/", asked).url == response.url
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_broker_is_said_in_words_and_the_paper_waits(few, administrator):
    from config.celery import app

    app.conf.broker_url = "redis+socket:///nowhere/broker.sock"
    response = client_of(administrator).post("/reports/paper/", {"first": "2025-03"}, follow=True)
    assert Job.objects.get().state == Job.State.WAITING
    assert "The paper waits" in response.content.decode()


def test_a_paper_made_lately_stands_on_the_home_page_with_its_files(few, administrator, django_assert_max_num_queries):
    from reports.tasks import make_paper

    client = client_of(administrator)
    for month in ("2025-03", "2025-04", "2025-05"):
        client.post("/reports/paper/", {"first": month})
    for job in Job.objects.all():
        make_paper(str(job.id))
    with django_assert_max_num_queries(8):
        content = client.get(HOME).content.decode()
    assert content.count("PDF English") == 3
