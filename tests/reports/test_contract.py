"""What other programs read: the JSON contract, CSV, the terminal table, the command and the REST address."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from core.ages import BAND_SETS
from core.periods import Month, Period, Year
from reports import published, selectors
from reports.contract import as_csv, as_dict
from reports.cube import Cell, Cube
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

LAST_YEAR = Path(__file__).parent / "results_last_year.csv"


@pytest.fixture
def few(db: None) -> None:
    day = dt.date(2025, 3, 5)
    a_contact(day, "mobile", patient=a_person(born=dt.date(2019, 6, 1)), gave="education brush", conditions=["worms"])
    a_contact(day, "outpatient", patient=a_person(sex="M"), conditions=["worms", "diarrhoea"])
    a_contact(dt.date(2025, 12, 31), "inpatient", patient=a_person(born=dt.date(1950, 1, 1)))


def printed(*args: str) -> str:
    out = io.StringIO()
    call_command("figures", *args, stdout=out)
    return out.getvalue()


def test_the_json_is_the_contract_to_the_letter(few):
    found = json.loads(printed("--from", "2025-01", "--to", "2025-12", "--format", "json"))
    assert list(found) == ["contract", "period", "bands", "figures"]
    assert (found["contract"], found["period"], found["bands"]) == (
        1,
        {"first": "2025-01", "last": "2025-12"},
        "published",
    )
    figures = found["figures"]
    assert list(figures) == [
        "patients_assessed", "people_reached", "new_patients_admitted", "dental_education", "toothbrushes_given",
        "toothpaste_given", "contacts_by_condition",
    ]  # fmt: skip
    assessed = figures["patients_assessed"]
    assert list(assessed) == ["total", "by_service", "by_band", "by_sex", "by_month", "by_service_band_sex"]
    assert assessed["by_service"] == {"outpatient": 1, "inpatient": 1, "mobile": 1}
    assert assessed["by_band"] == {
        "under_5": 0, "5": 1, "6_12": 0, "13_17": 0, "18_59": 0, "60_plus": 1, "unknown": 1,
    }  # fmt: skip
    assert assessed["by_sex"] == {"F": 2, "M": 1}
    assert list(assessed["by_month"]) == [f"2025-{n:02}" for n in range(1, 13)]
    assert len(assessed["by_service_band_sex"]) == 3 * 7 * 2
    assert {"service": "mobile", "band": "5", "sex": "F", "count": 1} in assessed["by_service_band_sex"]
    assert figures["contacts_by_condition"] == {"worms": 2, "diarrhoea": 1}
    totals = {name: figure["total"] for name, figure in figures.items() if "total" in figure}
    assert totals == {
        "patients_assessed": 3, "people_reached": 3, "new_patients_admitted": 1, "dental_education": 1,
        "toothbrushes_given": 1, "toothpaste_given": 0,
    }  # fmt: skip


def test_an_empty_period_has_every_key_and_nothing_counted():
    found = as_dict(selectors.count(Year("2031").period, BAND_SETS["ministry"]))["figures"]
    assert found["patients_assessed"]["total"] == 0
    assert set(found["patients_assessed"]["by_band"]) == {*BAND_SETS["ministry"].keys, "unknown"}
    assert found["contacts_by_condition"] == {}


def test_csv_has_one_line_a_number_and_the_same_numbers(few):
    cube = selectors.count(Year("2025").period, BAND_SETS["published"])
    lines = list(csv.DictReader(io.StringIO(as_csv(cube))))
    assert {
        "figure": "patients_assessed",
        "month": "",
        "service": "",
        "band": "",
        "sex": "",
        "condition": "",
        "value": "3",
    } in lines
    by_band = {line["band"]: int(line["value"]) for line in lines if line["band"] and not line["service"]}
    assert by_band == as_dict(cube)["figures"]["patients_assessed"]["by_band"]
    assert {line["condition"]: line["value"] for line in lines if line["condition"]} == {"worms": "2", "diarrhoea": "1"}


def test_the_terminal_table_adds_up_and_names_what_it_counts(few):
    text = printed("--from", "2025-03")
    assert "Patients assessed      2  (contacts)" in text
    assert "age unknown" in text
    assert "2025-12" not in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--from", "2025-13"], "Write a month"),
        (["--from", "March"], "Write a month"),
        (["--from", "2025-03", "--to", "2025-01"], "comes before"),
        (["--from", "2025-03", "--bands", "mine"], "There are: published, ministry"),
    ],
)
def test_a_wrong_month_or_set_is_said_in_words_with_exit_code_2(args, words):
    with pytest.raises(CommandError, match=words) as caught:
        call_command("figures", *args, stdout=io.StringIO())
    assert caught.value.returncode == 2


def test_khmer_digits_and_day_order_of_months_are_understood(few):
    assert printed("--from", "០៣/២០២៥") == printed("--from", "2025-03")


def test_rest_gives_the_same_json_to_those_who_may_see_figures(few, donor, nurse, client):
    address = reverse("reports:api")
    query = {"from": "2025-01", "to": "2025-12"}
    response = client_of(donor).get(address, query)
    assert response.status_code == 200
    assert response.json() == json.loads(printed("--from", "2025-01", "--to", "2025-12", "--format", "json"))
    assert client_of(nurse).get(address, query).status_code == 403
    assert client.get(address, query).status_code in {401, 403}
    wrong = client_of(donor).get(address, {"from": "2025-99"})
    assert 400 <= wrong.status_code < 500
    assert "month" in wrong.content.decode()


# --- The published results ------------------------------------------------------------------------------------------


def last_year() -> Cube:
    """Return a year with the numbers the centre published; ages spread so that the two lines of children come out."""
    given = {"dental_education": 1, "toothbrushes_given": 1, "toothpaste_given": 1}
    parts = [("mobile", 36, 2261), ("mobile", 93, 3606), ("mobile", 90, 300), ("mobile", 110, 7963 - 2261 - 3606 - 300)]
    parts += [("outpatient", 120, 2900), ("outpatient", None, 54), ("inpatient", 130, 375)]
    cells = []
    for service, slot, number in parts:
        counts = {"patients_assessed": number, "new_patients_admitted": 300 if service == "inpatient" else 0}
        counts |= dict.fromkeys(given, number) if service == "mobile" else {}
        cells.append(Cell("2025-05", service, "F", slot, counts))
    return Cube(Year("2025").period, BAND_SETS["ministry"], cells)


def test_the_published_lines_come_out_to_the_letter():
    with LAST_YEAR.open(encoding="utf-8") as file:
        expected = [(row["figure"], int(row["value"]), row["note"]) for row in csv.DictReader(file)]
    assert published.rows(last_year()) == expected


def test_the_paper_says_whom_the_two_lines_of_children_leave_out():
    words = published.left_out(last_year())
    assert "300 contacts of five-year-olds" in words
    assert "54 of unknown age" in words
    bands = last_year().cut_by(BAND_SETS["published"]).by("patients_assessed", "band")
    assert sum(bands.values()) == 11292


def test_each_also_received_is_only_said_when_it_is_so():
    cube = last_year()
    short = [Cell(c.month, c.service, c.sex, c.slot, {**c.counts, "toothpaste_given": 0}) for c in cube.cells]
    rows = {words: note for words, _, note in published.rows(Cube(cube.period, cube.bands, short))}
    assert rows["checked by the mobile team"] == ""


def test_a_table_whose_parts_do_not_add_up_is_never_shown():
    from reports.cube import assert_whole

    with pytest.raises(AssertionError, match="parts of a table"):
        assert_whole([1, 2], 4)


def test_months_of_a_long_period_are_all_there():
    period = Period(Month("2024-11"), Month("2026-02"))
    assert len(selectors.count(period, BAND_SETS["dental"]).by("patients_assessed", "month")) == 16


# --- One figure -----------------------------------------------------------------------------------------------------


ONE = ("--from", "2025-01", "--to", "2025-12", "--figure", "patients_assessed")


def test_one_figure_is_told_apart_and_narrowed_as_asked(few):
    found = json.loads(printed(*ONE, "--by", "service,sex", "--where", "sex=F", "--format", "json"))
    assert found == {
        "contract": 1, "days": {"first": "2025-01-01", "last": "2025-12-31"}, "bands": "published",
        "figure": "patients_assessed", "counts": "contacts", "by": ["service", "sex"], "total": 2,
        "cells": [{"service": "inpatient", "sex": "F", "value": 1}, {"service": "mobile", "sex": "F", "value": 1}],
    }  # fmt: skip
    lines = printed(*ONE, "--by", "month", "--format", "csv").splitlines()
    assert lines == ["figure,month,value", "patients_assessed,,3", "patients_assessed,2025-03,2",
                     "patients_assessed,2025-12,1"]  # fmt: skip
    assert "Patients assessed" in printed(*ONE, "--by", "band")


def test_one_figure_of_some_days_comes_over_rest_too(few, donor):
    address, client = reverse("reports:api"), client_of(donor)
    query = {"from": "2025-03-05", "to": "2025-03-05", "figure": "patients_assessed", "by": "sex"}
    found = client.get(address, query).json()
    assert (found["total"], found["cells"]) == (2, [{"sex": "F", "value": 1}, {"sex": "M", "value": 1}])
    assert client.get(address, query | {"service": "mobile"}).json()["total"] == 1
    assert client.get(address, query | {"by": "village"}).status_code == 403  # few people live in one


@pytest.mark.parametrize(
    "wrong", [{"figure": "all"}, {"by": "hospital"}, {"band": "7"}, {"figure": "donations"}, {"from": "2025-02-30"}]
)
def test_a_figure_that_cannot_be_asked_for_is_refused_in_words(few, donor, wrong):
    query = {"from": "2025-01", "figure": "patients_assessed"} | wrong
    response = client_of(donor).get(reverse("reports:api"), query)
    assert 400 <= response.status_code < 500
    assert "reports." not in response.json()["message"]


def test_money_has_no_total_over_two_currencies(few):
    found = json.loads(printed(*ONE[:4], "--figure", "donations", "--by", "currency", "--format", "json"))
    assert (found["total"], found["cells"]) == (None, [])
