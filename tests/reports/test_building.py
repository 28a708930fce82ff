"""Built reports: any figure by any dimension, kept, shared by role, made by the clock once, in safe files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from openpyxl import load_workbook

from core.accounts.roles import Action, Role, allowed
from core.audit.models import Entry
from core.errors import RuleBroken
from core.ids import uuid7
from core.jobs.models import Job, JobFile
from reports import questions, tasks
from reports.building import build
from reports.csvs import as_csv, safe
from reports.figures import FIGURES
from reports.models import ReportRun, ReportShare, SavedReport
from reports.questions import Question
from reports.rights import NEEDS, visible
from reports.services import saved as services
from reports.xlsx import workbook
from tests.people import a_user, client_of
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

MARCH = {"period": "between", "first": dt.date(2025, 3, 1), "last": dt.date(2025, 3, 31)}
QUERY = {"period": "between", "from": "2025-03-01", "to": "2025-03-31"}
TODAY = dt.date(2025, 4, 3)


@pytest.fixture
def few(db: None) -> None:
    for n in range(3):
        a_contact(dt.date(2025, 3, 5 + n), "mobile", patient=a_person(born=dt.date(2019 - n, 6, 1)), gave="brush")
    a_contact(dt.date(2025, 3, 9), "outpatient", patient=a_person(sex="M"), conditions=["worms", "diarrhoea"])
    a_contact(dt.date(2025, 3, 10), "inpatient", patient=a_person(born=dt.date(1950, 1, 1)), conditions=["worms"])
    a_contact(dt.date(2025, 4, 1), "outpatient", patient=a_person(sex="M"))


def built(*figures, today=TODAY, outside=False, **more):
    question = Question(figures, **(MARCH | more))
    return build(question, name="March", today=today, at=timezone.now(), for_outside=outside)


def numbers(table):
    return [[cell.value for cell in row[1:]] for row in table.rows]


def a_report(by, *figures, name="By age", **more):
    question = Question(figures or ("patients_assessed",), **({"rows": "band", "period": "last_month"} | more))
    return services.save(id=uuid7(), name=name, question=question, by=by)


def shared(report, *roles, every="", today=TODAY, by):
    return services.settle(report_id=report.pk, roles=roles, every=every, today=today, by=by)


# --- Questions and tables ---------------------------------------------------------------------------------------------


def test_figures_stand_beside_each_other_and_each_column_adds_up(few):
    (table,) = built("patients_assessed", "toothbrushes_given", rows="service").results()
    assert [column.words for column in table.columns] == ["Service", "Patients assessed", "Toothbrushes given"]
    assert numbers(table) == [[1, 0], [1, 0], [3, 3]]
    assert [cell.value for cell in table.total[1:]] == [5, 3]


def test_rows_and_columns_cross_with_totals_both_ways(few):
    (table,) = built("patients_assessed", rows="band", columns="sex").results()
    assert numbers(table) == [[0, 0, 0], [1, 0, 1], [2, 0, 2], [0, 0, 0], [0, 0, 0], [1, 0, 1], [0, 1, 1]]
    assert [cell.value for cell in table.total[1:]] == [4, 1, 5]


def test_conditions_do_not_add_up_and_the_table_says_so(few):
    (table,) = built("contacts_by_condition", rows="condition").results()
    assert [(row[0], row[1].value) for row in table.rows] == [("Worms", 2), ("Diarrhoea", 1)] or len(table.rows) == 2
    assert sum(row[1].value for row in table.rows) == 3
    assert table.total[1].value == 2
    assert "do not add up" in table.note


def test_money_stands_in_a_column_for_each_currency_and_is_never_added(few):
    (table,) = built("patients_assessed", "donations", rows="month").results()
    assert [column.words for column in table.columns][1:] == [
        "Patients assessed", "Donations received (KHR)", "Donations received (USD)",
    ]  # fmt: skip
    assert [cell.unit for cell in table.rows[0][1:]] == ["", "KHR", "USD"]
    (table,) = built("donations", rows="currency").results()
    assert table.total is None
    (table,) = built("donations", rows="month", columns="currency").results()
    assert len(table.columns) == 3


def test_without_rows_each_figure_has_its_line(few):
    (table,) = built("patients_assessed", "people_reached", where={"sex": "M"}).results()
    assert [row[1].value for row in table.rows] == [1, 1]


@pytest.mark.parametrize(
    ("question", "code", "field"),
    [
        ({"figures": ()}, "figures_none", "figures"), ({"figures": ("nothing",)}, "figure_unknown", "figures"),
        ({"figures": tuple(FIGURES)[:7]}, "figures_too_many", "figures"), ({"columns": "sex"}, "rows_missing", "rows"),
        ({"rows": "sex", "columns": "sex"}, "rows_are_columns", "columns"),
        ({"rows": "x"}, "filter_unknown", "rows"), ({"rows": "sex", "columns": "village"}, "filter_unknown", "columns"),
        ({"figures": ("people_reached",), "rows": "condition"}, "not_by", "rows"),
        ({"where": {"nonsense": "1"}}, "not_by", "nonsense"), ({"period": "soon"}, "filter_unknown", "period"),
        ({"period": "between"}, "days_missing", "from"),
        ({"period": "between", "first": dt.date(1, 1, 1), "last": dt.date(2025, 1, 1)}, "days_out_of_reach", "from"),
        ({"period": "between", "first": dt.date(2025, 1, 2), "last": dt.date(2025, 1, 1)}, "days_backwards", "to"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_names_the_box_that_is_wrong(question, code, field):
    with pytest.raises(RuleBroken) as broken:
        Question(**({"figures": ("patients_assessed",)} | question))
    assert (broken.value.code, broken.value.field) == (f"reports.{code}", field)


@pytest.mark.parametrize(
    ("period", "today", "first", "last"),
    [
        ("last_month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("last_month", "2026-01-01", "2025-12-01", "2025-12-31"),
        ("this_month", "2024-02-29", "2024-02-01", "2024-02-29"),
        ("last_week", "2026-01-04", "2025-12-22", "2025-12-28"),
        ("last_week", "2026-01-05", "2025-12-29", "2026-01-04"),
        ("last_quarter", "2026-02-14", "2025-10-01", "2025-12-31"),
        ("this_quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("last_12_months", "2026-01-31", "2025-01-01", "2025-12-31"),
        ("last_year", "2026-01-01", "2025-01-01", "2025-12-31"),
        ("this_year", "2026-06-01", "2026-01-01", "2026-12-31"),
    ],
)  # fmt: skip
def test_days_that_move_with_the_calendar(period, today, first, last):
    span = Question(("patients_assessed",), period=period).span(dt.date.fromisoformat(today))
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


def test_a_question_reads_back_as_it_was_kept():
    question = Question(
        ("patients_assessed", "new_cases"), "band", "sex", bands="ministry", where={"sex": "F"}, **MARCH
    )
    assert questions.read(question.document()) == question
    for broken in (
        {},
        {"figures": None},
        {"figures": ["patients_assessed"], "period": "between", "from": "x"},
        [],
        None,
    ):
        with pytest.raises(RuleBroken):
            questions.read(broken)


@pytest.mark.parametrize("figure", list(FIGURES))
def test_every_figure_can_be_built_by_every_dimension_it_knows(figure, few):
    known = FIGURES[figure]
    for dimension in known.dimensions:
        if dimension in questions.DIMENSIONS and known.apart in ("", "currency", dimension):
            made = built(figure, rows=dimension)
            assert made.results() is not None
            made.charts()
    assert [name for name in known.dimensions if name not in questions.DIMENSIONS] == []


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠x", "=cmd|' /C calc'!A0"]
)
def test_no_text_of_a_csv_is_run_by_a_spreadsheet(text):
    assert safe(text) == f"'{text}"
    assert safe(f"a{text}") == f"a{text}" or text[0] in "\t\r\n"


def test_a_csv_has_a_line_a_number_and_reads_as_khmer_in_excel(few):
    made = built("patients_assessed", rows="service")
    object.__setattr__(made, "name", '=HYPERLINK("x")')
    with translation.override("km"):
        content = as_csv(made)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["value"] for row in rows] == ["1", "1", "3"]
    assert {row["report"] for row in rows} == {'\'=HYPERLINK("x")'}
    assert rows[2]["keys"] == "service=mobile"
    assert "ចល័ត" in rows[2]["line"]


def test_an_excel_file_has_numbers_a_sheet_a_table_and_what_the_figures_mean(few):
    made = built("patients_assessed", "toothbrushes_given", rows="band", columns="sex")
    object.__setattr__(made, "name", "=1+1")
    book = load_workbook(io.BytesIO(workbook(made)))
    assert book.sheetnames == ["Patients assessed", "Toothbrushes given", "Definitions"]
    cells = [cell for row in book["Patients assessed"].iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for cell in cells)
    assert 5 in [cell.value for cell in cells]
    assert all(isinstance(cell.value, int) for cell in cells if cell.data_type == "n")


# --- The builder's page -----------------------------------------------------------------------------------------------


def ask(client, **more):
    return client.get("/reports/build/?" + urlencode(QUERY | {"figures": "patients_assessed"} | more, doseq=True))


def test_the_page_shows_what_was_asked_and_every_number_opens(few, administrator):
    client = client_of(administrator)
    with CaptureQueriesContext(connection) as statements:
        content = ask(client, rows="service", columns="sex").content.decode()
    assert len(statements) <= 8, [s["sql"] for s in statements]
    links = re.findall(r'href="(/reports/behind/[^"]+)">([\d,]+)<', content)
    assert sorted(int(number) for _, number in links) == [1, 1, 1, 1, 1, 3, 3, 4, 5]
    for address, number in links:
        listed = client.get(unescape(address))
        assert listed.status_code == 200
        assert listed.content.decode().count("/patients/") == int(number), address
    assert "<svg" in content


@pytest.mark.parametrize(
    "query",
    [
        "figures=", "figures=nothing", "figures=patients_assessed&rows=x", "rows=band", "bands=none&figures=new_cases",
        "figures=patients_assessed&period=between", "figures=patients_assessed&period=between&from=0001-01-01&to=x",
        "figures=people_reached&rows=condition", "figures=patients_assessed&sex=%00", "figures=%00",
        "figures=patients_assessed&village=99999999999999999999", "figures=patients_assessed&columns=sex",
        "figures=patients_assessed&period=between&from=%E1%9F%A9999-12-31&to=9999-12-31", "from=" + "9" * 3000,
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_beside_its_box(query, administrator):
    response = client_of(administrator).get(f"/reports/build/?{query}")
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()


def test_an_empty_builder_offers_every_figure(administrator):
    content = client_of(administrator).get("/reports/build/").content.decode()
    assert content.count('name="figures"') == len(FIGURES)


def test_the_answer_is_downloaded_as_excel_and_csv(few, administrator):
    client, asked = client_of(administrator), urlencode(QUERY | {"figures": "patients_assessed", "rows": "sex"})
    response = client.get(f"/reports/build/file.xlsx?{asked}")
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert load_workbook(io.BytesIO(response.content)).sheetnames[-1] == "Definitions"
    assert client.get(f"/reports/build/file.csv?{asked}").content.decode("utf-8-sig").count("\r\n") == 3
    assert client.get(f"/reports/build/file.exe?{asked}").status_code == 404
    assert client.get("/reports/build/file.csv?figures=x").status_code == 422


@pytest.mark.parametrize("role", [Role.NURSE, Role.MOBILE, Role.PHARMACIST, Role.REFERRAL, Role.DONOR])
def test_only_those_who_may_build_reports_do(role):
    client = client_of(a_user(role))
    assert client.get("/reports/build/").status_code == 403
    assert client.post("/reports/build/keep/").status_code == 403
    assert client.get("/reports/saved/").status_code == 200


# --- Kept and shared --------------------------------------------------------------------------------------------------


def test_a_question_is_kept_under_a_name_once_and_changed_later(few, administrator):
    client = client_of(administrator)
    form = {
        "id": str(uuid7()),
        "name": "ករណី ក្នុងខែ",
        "question": urlencode(QUERY | {"figures": "new_cases", "rows": "sex"}),
    }
    with CaptureQueriesContext(connection) as statements:
        assert client.post("/reports/build/keep/", form).status_code == 302
    assert len(statements) <= 12, [s["sql"] for s in statements]
    assert client.post("/reports/build/keep/", form).status_code == 302
    report = SavedReport.objects.get()
    again = form | {"report": str(report.pk), "name": "Cases", "question": form["question"] + "&bands=dental"}
    assert client.post("/reports/build/keep/", again).url == f"/reports/saved/{report.pk}/"
    report.refresh_from_db()
    assert (report.name, report.question["bands"]) == ("Cases", "dental")
    noted = Entry.objects.filter(verb__startswith="reports.report").order_by("seq").values_list("verb", flat=True)
    assert list(noted) == [
        "reports.report.saved", "reports.report.changed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 5000}, {"question": "figures=x"}, {"question": ""}, {"question": "&" * 4000},
              {"question": "a=1&" * 1200}, {"name": "\x00"}],
)  # fmt: skip
def test_a_report_that_cannot_be_kept_is_answered_in_words(wrong, administrator):
    form = {"id": str(uuid7()), "name": "x", "question": "figures=new_cases"} | wrong
    response = client_of(administrator).post("/reports/build/keep/", form)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not SavedReport.objects.exists()


def test_a_report_is_seen_by_its_owner_by_its_roles_and_by_nobody_else(few, administrator, auditor, nurse, donor):
    report = a_report(auditor)
    address = f"/reports/saved/{report.pk}/"
    assert client_of(nurse).get(address).status_code == 404
    shared(report, "nurse", by=auditor)
    for user, status in ((auditor, 200), (administrator, 200), (nurse, 200), (donor, 404)):
        assert client_of(user).get(address).status_code == status
        assert (report.name in client_of(user).get("/reports/saved/").content.decode()) == (status == 200)
    assert client_of(nurse).post(address, {"roles": ["donor"]}).status_code == 404
    assert client_of(nurse).post(address + "away/").status_code == 403
    shared(report, by=auditor)
    assert client_of(nurse).get(address).status_code == 404
    assert not ReportShare.objects.exists()


def test_the_page_of_a_report_sets_its_readers_and_its_clock(few, administrator):
    report = a_report(administrator)
    client, address = client_of(administrator), f"/reports/saved/{report.pk}/"
    with CaptureQueriesContext(connection) as statements:
        assert client.post(address, {"roles": ["nurse", "donor"], "every": "month"}).status_code == 302
    assert len(statements) <= 12, [s["sql"] for s in statements]
    report.refresh_from_db()
    assert report.every == "month"
    assert sorted(report.shares.values_list("role", flat=True)) == ["donor", "nurse"]
    for wrong in ({"roles": ["king"]}, {"every": "hour"}, {"roles": ["\x00"]}):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address + "away/").status_code == 302
    assert client.get(address).status_code == 404


def test_a_page_of_a_report_costs_at_most_eight_statements_beyond_its_figures(few, administrator):
    report = a_report(administrator)
    shared(report, "nurse", every="month", by=administrator)
    tasks.saved.begin(report_id=report.pk, due=dt.date(2025, 5, 1))
    client = client_of(administrator)
    for address in ("/reports/saved/", f"/reports/saved/{report.pk}/"):
        with CaptureQueriesContext(connection) as statements:
            assert client.get(address).status_code == 200
        mine = [s["sql"] for s in statements if "clinic_encounter" not in s["sql"] and "reports_ta" not in s["sql"]]
        assert len(mine) <= 8, mine


def test_what_a_role_may_not_see_stays_out_of_its_report(few, administrator, nurse):
    money = next(f.name for f in FIGURES.values() if f.apart == "currency" and "patients" not in f.name)
    report = a_report(administrator, "patients_assessed", money, rows="month")
    shared(report, "nurse", by=administrator)
    theirs = client_of(nurse).get(f"/reports/saved/{report.pk}/").content.decode()
    assert str(FIGURES[money].words) not in theirs
    assert str(FIGURES["patients_assessed"].words) in theirs
    mine = client_of(administrator).get(f"/reports/saved/{report.pk}/").content.decode()
    assert f"Nurse sees it without: {FIGURES[money].words}" in mine


def test_every_source_of_figures_says_who_sees_it():
    named = [source for sources, _ in NEEDS for source in sources]
    assert [f.name for f in FIGURES.values() if not any(s is f.source for s in named)] == []
    for role in Role:
        if allowed(role, Action.SEE_FIGURES):
            assert visible(role, FIGURES) == tuple(FIGURES)


def test_small_numbers_of_villages_are_hidden_from_those_outside(few, administrator, donor):
    from core.places.models import Village

    villages = list(Village.objects.order_by("id")[:4])
    for village, times in zip(villages, (2, 7, 9, 12), strict=True):
        for _ in range(times):
            a_contact(dt.date(2025, 3, 20), village=village)
    (table,) = built("patients_assessed", rows="village", outside=True).results()
    hidden = {cell.keys["village"] for _, cell in table.rows if cell.hidden}
    assert str(villages[0].pk) in hidden
    assert len(hidden) >= 2  # one alone could be reckoned from the total
    report = a_report(administrator, rows="village", **MARCH)
    shared(report, "donor", by=administrator)
    content = client_of(donor).get(f"/reports/saved/{report.pk}/").content.decode()
    assert content.count('<td class="num">*</td>') == len(hidden)


# --- By the clock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch):
    """Do the work where it is asked for, as a worker would."""
    monkeypatch.setattr(tasks, "send", lambda job: tasks.make_report(str(job.pk)) or True)


def at(monkeypatch, *day):
    monkeypatch.setattr(tasks.timezone, "now", lambda: dt.datetime(*day, 23, 0, tzinfo=dt.UTC))  # 06:00 of the next day


def test_a_report_is_due_once_a_period_and_made_up_for_after_a_stop(administrator):
    report = shared(a_report(administrator), every="month", today=dt.date(2025, 1, 20), by=administrator)
    assert services.dues(report, dt.date(2025, 1, 31)) == []
    assert services.dues(report, dt.date(2025, 4, 30)) == [
        dt.date(2025, 2, 1),
        dt.date(2025, 3, 1),
        dt.date(2025, 4, 1),
    ]
    for every, expected in (("week", "2025-04-28"), ("quarter", "2025-04-01"), ("year", "2025-01-01")):
        report.every, report.since = every, dt.date(2025, 1, 1)
        assert services.dues(report, dt.date(2025, 4, 30))[-1].isoformat() == expected
    report.since = dt.date(2000, 1, 1)
    assert len(services.dues(report, dt.date(2025, 4, 30))) == services.CATCH_UP


def test_two_beats_make_one_run_and_the_days_are_those_when_it_was_due(few, administrator, at_once, monkeypatch):
    report = shared(a_report(administrator), "nurse", "donor", every="month", today=TODAY, by=administrator)
    at(monkeypatch, 2025, 5, 3)  # two days late
    assert [tasks.make_due_reports(), tasks.make_due_reports()] == [1, 0]
    run = ReportRun.objects.get()
    assert run.due == dt.date(2025, 5, 1)
    assert run.job.state == Job.State.DONE
    files = {file.name: file.label for file in run.job.files.all()}
    assert files == {f"{role}.{kind}": role for role in ("nurse", "admin", "donor") for kind in ("xlsx", "csv")}
    rows = list(csv.DictReader(io.StringIO(bytes(run.job.files.get(name="nurse.csv").content).decode("utf-8-sig"))))
    assert {(row["days_from"], row["days_to"]) for row in rows} == {("2025-04-01", "2025-04-30")}
    assert sum(int(row["value"]) for row in rows) == 1
    assert services.begin(report_id=report.pk, due=dt.date(2025, 5, 1)) is None
    assert services.begin(report_id=report.pk, due=dt.date(2025, 5, 2)) is None  # not a day on which it is due


def test_a_repeated_message_and_a_worker_that_died_leave_one_set_of_files(few, administrator, monkeypatch):
    report = shared(a_report(administrator), every="month", today=TODAY, by=administrator)
    job = services.begin(report_id=report.pk, due=dt.date(2025, 5, 1))
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)  # it died at its work
    JobFile.objects.create(job=job, name="admin.csv", label="admin", content=b"half", content_type="x", sha256="x")
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)  # the sweep found it
    tasks.make_report(str(job.pk))
    tasks.make_report(str(job.pk))
    assert sorted(job.files.values_list("name", flat=True)) == ["admin.csv", "admin.xlsx"]
    assert bytes(job.files.get(name="admin.csv").content) != b"half"


def test_a_role_gets_its_own_file_and_no_other(few, administrator, nurse, pharmacist, at_once, monkeypatch):
    report = shared(a_report(administrator), "nurse", every="month", today=TODAY, by=administrator)
    at(monkeypatch, 2025, 5, 3)
    tasks.make_due_reports()
    run = ReportRun.objects.get()
    files = {file.name: f"/reports/made/{run.pk}/{file.pk}/" for file in run.job.files.all()}
    client = client_of(nurse)
    page = client.get("/reports/saved/").content.decode()
    assert files["nurse.csv"] in page
    assert files["admin.csv"] not in page
    response = client.get(files["nurse.xlsx"])
    assert response.status_code == 200
    assert "By-age-2025-05-01.xlsx" in response["Content-Disposition"]
    assert client.get(files["admin.xlsx"]).status_code == 404
    assert client_of(pharmacist).get(files["nurse.csv"]).status_code == 404
    assert client.get(f"/jobs/{run.job_id}/").status_code == 404
    shared(report, by=administrator)
    assert client.get(files["nurse.csv"]).status_code == 404


def test_a_report_taken_away_is_made_no_more(administrator, at_once, monkeypatch):
    report = shared(a_report(administrator), every="week", today=TODAY, by=administrator)
    services.retire(report_id=report.pk, by=administrator)
    at(monkeypatch, 2025, 5, 20)
    assert tasks.make_due_reports() == 0
    assert services.begin(report_id=report.pk, due=dt.date(2025, 4, 7)) is None


def test_two_runs_of_one_day_are_refused_by_the_database(administrator):
    report = shared(a_report(administrator), every="month", today=TODAY, by=administrator)
    services.begin(report_id=report.pk, due=dt.date(2025, 5, 1))
    other = Job.objects.create(kind="report", created_at=timezone.now())
    with pytest.raises(IntegrityError):
        ReportRun.objects.create(report=report, every="month", due=dt.date(2025, 5, 1), job=other)
