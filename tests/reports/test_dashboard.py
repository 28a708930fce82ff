"""The dashboard: these days beside those before, each number the figure's own, at a bounded cost, to whom it is for."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ages import BAND_SETS
from core.periods import Month, Year, local_day
from reports import dashboard, ranges
from reports.asking import Span, ask
from reports.dashboard import Asked
from tests.builders import a_village
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

PAGE = "/reports/dashboard/"
MARCH = {"from": "2025-03-01", "to": "2025-03-31"}
PUBLISHED = BAND_SETS["published"]


def spans(first: dt.date, last: dt.date, today: dt.date) -> list[tuple[str, str]]:
    compared = ranges.compared(Span(first, last), today)
    return [(str(span.first), str(span.last)) for span in compared.three]


def test_a_month_that_is_over_is_beside_the_month_before_and_that_of_last_year():
    assert spans(dt.date(2024, 3, 1), dt.date(2024, 3, 31), dt.date(2026, 11, 22)) == [
        ("2024-03-01", "2024-03-31"), ("2024-02-01", "2024-02-29"), ("2023-03-01", "2023-03-31"),
    ]  # fmt: skip


def test_february_of_a_leap_year_is_beside_a_whole_january_and_a_whole_february():
    assert spans(dt.date(2024, 2, 1), dt.date(2024, 2, 29), dt.date(2026, 1, 1)) == [
        ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31"), ("2023-02-01", "2023-02-28"),
    ]  # fmt: skip


def test_a_month_that_is_not_over_is_compared_so_far():
    assert spans(dt.date(2026, 11, 1), dt.date(2026, 11, 30), dt.date(2026, 11, 22)) == [
        ("2026-11-01", "2026-11-22"), ("2026-10-01", "2026-10-22"), ("2025-11-01", "2025-11-22"),
    ]  # fmt: skip
    assert spans(dt.date(2026, 3, 1), dt.date(2026, 3, 31), dt.date(2026, 3, 30))[1] == ("2026-02-01", "2026-02-28")


def test_on_its_last_day_a_month_is_whole():
    assert spans(dt.date(2026, 11, 1), dt.date(2026, 11, 30), dt.date(2026, 11, 30))[1] == ("2026-10-01", "2026-10-31")


def test_a_year_is_beside_the_year_before_once():
    compared = ranges.compared(Span.of(Year("2025")), dt.date(2026, 11, 22))
    assert compared.before == compared.year_ago == Span.of(Year("2024"))
    assert len(compared.spans) == 2


def test_any_other_days_are_beside_as_many_days_just_before():
    assert spans(dt.date(2025, 3, 10), dt.date(2025, 3, 12), dt.date(2026, 1, 1))[1] == ("2025-03-07", "2025-03-09")
    assert spans(dt.date(2024, 2, 29), dt.date(2024, 2, 29), dt.date(2026, 1, 1))[2] == ("2023-02-28", "2023-02-28")


def test_the_words_of_days_are_short():
    assert ranges.span_words(Span.of(Month("2025-03"))) == "March 2025"
    assert ranges.span_words(Span.of(Year("2025"))) == "2025"
    assert ranges.span_words(Span(dt.date(2025, 3, 1), dt.date(2025, 3, 9))) == "1–9 March 2025"
    assert ranges.span_words(Span(dt.date(2025, 3, 9), dt.date(2025, 3, 9))) == "9 March 2025"


@pytest.fixture
def few(db: None) -> None:
    village = a_village()
    for n in range(3):
        child = a_person(born=dt.date(2019 - n, 6, 1))
        a_contact(dt.date(2025, 3, 5 + n), "mobile", patient=child, gave="brush", village=village)
    a_contact(dt.date(2025, 2, 28), "mobile", patient=child, gave="brush education")
    man = a_person(sex="M")
    a_contact(dt.date(2025, 3, 31), "outpatient", patient=man, conditions=["worms", "diarrhoea"])
    a_contact(dt.date(2024, 3, 31), "outpatient", patient=man, conditions=["worms"])
    a_contact(dt.date(2025, 3, 1), "inpatient", patient=a_person(born=dt.date(1950, 1, 1)), conditions=["worms"])
    a_contact(dt.date(2025, 3, 2), void=True, conditions=["worms"])


def shown(content: str) -> list[tuple[str, str]]:
    """Return (address, number) of every number that opens."""
    found = re.findall(r'href="(/reports/behind/[^"]+)">(?:<span class="tile__number">)?([^<]+)<', content)
    return [(unescape(address), number) for address, number in found]


@pytest.mark.parametrize("where", [{}, {"sex": "F"}, {"service": "mobile", "band": "5"}, {"condition": "worms"}])
def test_every_number_of_the_comparison_is_that_of_the_figure(few, where):
    days = ranges.compared(Span.of(Month("2025-03")), dt.date(2026, 1, 1))
    asked = Asked(days, PUBLISHED, where)
    with CaptureQueriesContext(connection) as statements:
        groups = dashboard.gather(asked).rows
    assert len(statements) == 3, "a look at the tallies' log, the tallies, the records"
    rows = [row for rows in groups.values() for row in rows]
    assert len(rows) > 6
    for row in rows:
        narrowed = {**where, **row.line.keys}
        alone = [ask(row.line.figure, span, where=narrowed, bands=PUBLISHED).total for span in days.three]
        assert [row.now, row.before, row.year_ago] == alone, row.line


def test_what_cannot_be_narrowed_is_named_and_not_shown(few, administrator):
    content = client_of(administrator).get(PAGE, MARCH | {"condition": "worms"}).content.decode()
    assert "Cannot be narrowed like this and left out" in content
    assert "People reached" in content.partition("left out:")[2][:300]


@pytest.mark.parametrize("more", [{}, {"sex": "F", "bands": "ministry"}])
def test_every_number_opens_the_list_it_counts_and_the_list_leads_back(few, administrator, more):
    client = client_of(administrator)
    content = client.get(PAGE, MARCH | more).content.decode()
    opened = shown(content)
    assert len(opened) > 20
    tables = set(re.findall(r'id="(\w+)"', content))
    for address, number in opened:
        response = client.get(address)
        assert response.status_code == 200, address
        head = re.search(r"<h1>([^<]*)</h1>", response.content.decode())
        assert head and head[1].strip().endswith(f": {number}"), (address, head)
        back = parse_qs(urlsplit(address).query)["back"][0]
        assert f'href="{back.replace("&", "&amp;")}"' in response.content.decode()
        assert urlsplit(back).fragment in tables
        assert parse_qs(urlsplit(back).query) == parse_qs(urlencode(MARCH | more))


def test_a_list_leads_back_to_nowhere_else(few, administrator):
    for elsewhere in (
        "https://evil.example/",
        "//evil.example/reports/",
        "/logout/",
        "javascript:alert(1)",
        "/reports/\\x",
    ):
        response = client_of(administrator).get(
            "/reports/behind/patients_assessed/", {"from": "2025-03", "back": elsewhere}
        )
        assert f'class="button" href="{elsewhere}' not in response.content.decode()


def test_the_dashboard_costs_few_statements(few, administrator):
    client = client_of(administrator)
    client.get(PAGE, MARCH)
    with CaptureQueriesContext(connection) as statements:
        assert client.get(PAGE, MARCH | {"sex": "F"}).status_code == 200
    assert len(statements) <= 14, [s["sql"][:120] for s in statements]


def test_without_days_it_shows_this_month_so_far(administrator):
    a_contact(local_day(timezone.now()), "outpatient", patient=a_person(sex="M"))
    content = client_of(administrator).get(PAGE).content.decode()
    assert '<span class="tile__number">1</span>' in content


def test_it_is_for_those_who_look_after_the_centre_only(few, administrator, auditor, donor, nurse):
    assert client_of(donor).get(PAGE).status_code == 403
    assert client_of(nurse).get(PAGE).status_code == 403
    content = client_of(auditor).get(PAGE, MARCH).content.decode()
    assert "/reports/behind/" not in content  # an auditor reads no records


@pytest.mark.parametrize(
    "query",
    [
        {"from": "soon"}, {"to": "2025-02-30"}, {"from": "0000-01-01"}, {"from": "1949-12-31"}, {"to": "9999-12-31"},
        {"from": "2025-03-02", "to": "2025-03-01"}, {"sex": "X"}, {"service": "van"}, {"condition": "no such"},
        {"village": "99999999999999999999"}, {"village": "x"}, {"route": "-1"}, {"commune": "nowhere"},
        {"band": "under_7"}, {"from": "a\x00b"}, {"condition": "\x00"}, {"village_text": "x" * 10_000},
        {"equity": "9"}, {"bands": "mine"}, {"from": "1950-01-01"}, {"from": "1950-01-01", "to": "2199-12-31"},
        {"district": "1"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_answered_in_words(administrator, query):
    response = client_of(administrator).get(PAGE, query)
    assert response.status_code == 422, query
    assert "reports." not in response.content.decode().partition("<main")[2]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "០១/០៣/២០២៥", "to": "៣១/៣/២០២៥"}, {"from": "1950-01-01", "to": "1999-12-31"}, {"from": "2030-01-01"},
        {"to": "1950-01-01"}, {"bands": "dental"}, {"visit": "new"}, {"case": "follow_up"}, {"equity": "none"},
        {"what": "ever"}, {"sex": "F", "service": "inpatient", "band": "unknown", "condition": "worms"},
    ],
)  # fmt: skip
def test_whatever_can_be_asked_is_answered(few, administrator, query):
    assert client_of(administrator).get(PAGE, query).status_code == 200


def test_khmer_and_english_show_the_same_numbers(few, administrator):
    english = client_of(administrator, language="en").get(PAGE, MARCH).content.decode()
    khmer = client_of(administrator, language="km").get(PAGE, MARCH).content.decode()
    assert shown(english) == shown(khmer)


def test_narrowed_to_a_village_only_its_contacts_are_counted(few, administrator):
    village = a_village()
    content = client_of(administrator).get(PAGE, MARCH | {"village": village.pk}).content.decode()
    assert '<span class="tile__number">3</span>' in content
    assert village.name_en in content.partition("Only:")[2][:400]
