"""Issued papers: frozen once, the same bytes for ever, differences at once, a reissue that says what changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from typing import Any

import openpyxl
import pypdfium2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import Encounter
from core.ages import Birth, slot_of
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.jobs import tasks as job_tasks
from core.jobs.models import Job
from core.periods import CLINIC_TZ
from reports import issued, issuing, services
from reports.models import Issue, IssueFile
from reports.tasks import issue_due, issue_paper
from tests.people import client_of
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

MARCH = dt.date(2025, 3, 1)
TODAY = dt.date(2025, 4, 2)
PAGE = "/reports/month/2025-03/"


@pytest.fixture
def march(db: None) -> None:
    """Five contacts of March, of every service."""
    for n in range(3):
        a_contact(dt.date(2025, 3, 5 + n), "mobile", patient=a_person(born=dt.date(2019 - n, 6, 1)), gave="brush")
    a_contact(dt.date(2025, 3, 9), "outpatient", patient=a_person(sex="M"), conditions=["worms", "diarrhoea"])
    a_contact(dt.date(2025, 3, 10), "inpatient", patient=a_person(born=dt.date(1950, 1, 1)), conditions=["worms"])


def issue(by: Any, *, kind: str = "month", first: dt.date = MARCH, reason: str = "") -> Issue:
    """Issue a paper as a worker does, and return it."""
    job = services.ask_for_issue(kind=kind, first=first, reason=reason, by=by, today=dt.date(2026, 4, 2))
    issue_paper(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return Issue.objects.filter(kind=kind, first=first).latest("revision")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", " ")


def contents(made: Issue) -> dict[str, bytes]:
    return {file.name: bytes(file.content) for file in IssueFile.objects.filter(issue=made)}


# --- Frozen ---------------------------------------------------------------------------------------------------------


def test_a_paper_is_frozen_with_figures_files_hashes_and_who(march, administrator):
    made = issue(administrator)
    assert (made.revision, made.recorded_by, made.restated) == (1, administrator, [])
    assert made.sha256 == issuing.digest(made.figures) == hashlib.sha256(issuing.canonical(made.figures)).hexdigest()
    lines = {line["id"]: line["value"] for line in made.figures["lines"]}
    assert lines["patients_assessed"] == 5
    assert lines["patients_assessed|service=mobile|sex=F"] == 3
    assert lines["contacts_by_condition|condition=worms"] == 2
    names = {
        "monthly-summary-2025-03-r1-km.pdf",
        "monthly-summary-2025-03-r1-en.pdf",
        "monthly-summary-2025-03-r1.xlsx",
    }
    assert set(contents(made)) == names
    for file in IssueFile.objects.all():
        assert file.sha256 == hashlib.sha256(bytes(file.content)).hexdigest()
    note = Entry.objects.get(verb="reports.paper.issued")
    assert note.by == administrator
    assert note.detail["sha256"] == made.sha256


def test_the_document_reads_the_same_after_the_database_kept_it(march, administrator):
    made = issue(administrator)
    kept = Issue.objects.get(pk=made.pk).figures
    assert issuing.canonical(kept) == issuing.canonical(json.loads(issuing.canonical(kept)))
    assert issuing.digest(kept) == made.sha256


def test_the_paper_says_its_revision_and_the_hash_of_its_figures(march, administrator):
    made = issue(administrator)
    english = text_of(contents(made)["monthly-summary-2025-03-r1-en.pdf"])
    assert "Revision 1, issued on" in english
    assert made.sha256 in english
    assert "DRAFT" not in english
    assert "What differs from the paper issued before" not in english


def test_a_reprint_is_the_same_bytes_whatever_happened_since(march, administrator, donor):
    made = issue(administrator)
    before = contents(made)
    a_contact(dt.date(2025, 3, 20))
    for name, content in before.items():
        response = client_of(donor).get(f"/reports/issues/{made.pk}/{name}")
        assert response.content == content
        assert response["ETag"].strip('"') == hashlib.sha256(content).hexdigest()


def test_what_was_issued_cannot_be_changed_or_deleted(march, administrator):
    made = issue(administrator)
    for act in (
        lambda: Issue.objects.filter(pk=made.pk).update(reason="x"),
        lambda: IssueFile.objects.filter(issue=made).delete(),
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            act()


# --- Once -----------------------------------------------------------------------------------------------------------


def test_a_message_that_comes_twice_issues_once(march, administrator):
    made = issue(administrator)
    job = Job.objects.get()
    issue_paper(str(job.id))
    Job.objects.update(state=Job.State.WAITING)  # as if the worker had died after freezing, before saying so
    issue_paper(str(job.id))
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"page": reverse("reports:issue", args=[made.pk])})
    assert Issue.objects.count() == 1
    assert IssueFile.objects.count() == 3


def test_of_two_workers_that_issue_at_once_the_first_stands(march, administrator, monkeypatch):
    job = services.ask_for_issue(kind="month", first=MARCH, by=administrator, today=TODAY)
    freeze, others = services.issue, []

    def freeze_after_another(**given: Any) -> Issue:
        others.append(freeze(**given))
        return freeze(**given)

    monkeypatch.setattr(services, "issue", freeze_after_another)
    issue_paper(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert [row.pk for row in Issue.objects.all()] == [others[0].pk]
    assert IssueFile.objects.count() == 3


def test_the_database_itself_refuses_a_second_first_revision(march, administrator):
    made = issue(administrator)
    with pytest.raises(Conflict) as error:
        services.issue(
            kind="month", first=MARCH, revision=1, reason="", figures=made.figures, restated=[], files=[],
            by=administrator, at=timezone.now(),
        )  # fmt: skip
    assert error.value.code == "constraint.reports_issue_revision_once"


def test_a_worker_killed_while_it_writes_leaves_nothing_and_the_next_one_issues(march, administrator, monkeypatch):
    job = services.ask_for_issue(kind="month", first=MARCH, by=administrator, today=TODAY)
    monkeypatch.setattr("reports.tasks.xlsx.workbook", lambda paper: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        issue_paper(str(job.id))
    monkeypatch.undo()
    assert Issue.objects.count() == 0
    Job.objects.update(state=Job.State.WAITING)  # core.jobs.tasks.sweep
    issue_paper(str(job.id))
    assert Issue.objects.count() == 1


# --- By the clock ---------------------------------------------------------------------------------------------------


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CLINIC_TZ)


def test_the_clock_issues_on_the_first_at_five_in_the_morning_at_the_clinic(march):
    assert issued.due(at("2025-04-01T04:59")) == []
    assert issued.due(at("2025-04-01T05:00")) == [("month", MARCH)]
    assert issued.due(at("2025-03-31T23:00")) == []
    assert issued.due(at("2025-04-07T12:00")) == [("month", MARCH)]
    assert issued.due(at("2025-04-08T05:00")) == []


def test_in_january_the_year_is_due_after_its_last_month(march):
    january = at("2026-01-01T05:00")
    assert issued.due(january) == [("month", dt.date(2025, 12, 1)), ("year", dt.date(2025, 1, 1))]


def test_a_centre_without_a_contact_until_then_issues_nothing(march):
    assert issued.due(at("2025-03-01T05:00")) == []


def test_what_nobody_issued_is_told_on_the_home_page_of_who_issues(march, administrator, nurse):
    months = issued.waiting(dt.date(2025, 6, 3))
    assert [str(period.first) for period in months] == ["2025-05", "2025-04", "2025-03"]
    assert len(issued.waiting(dt.date(2026, 1, 1))) == 11  # ten months and the year
    assert issued.waiting(dt.date(2025, 3, 31)) == []
    issue(administrator)
    assert [str(period.first) for period in issued.waiting(dt.date(2025, 5, 1))] == ["2025-04"]
    assert client_of(administrator).get(reverse("reports:waiting")).status_code == 200
    assert client_of(nurse).get(reverse("reports:waiting")).status_code == 403


def test_two_beats_issue_one_paper(march, monkeypatch):
    sent: list[Job] = []
    monkeypatch.setattr("reports.tasks.send", lambda job: sent.append(job) or True)
    monkeypatch.setattr("reports.tasks.timezone.now", lambda: at("2025-04-01T05:00"))
    assert (issue_due(), issue_due()) == (1, 1)
    assert len({job.pk for job in sent}) == 1
    for job in sent:
        issue_paper(str(job.id))
    made = Issue.objects.get()
    assert (made.kind, made.first, made.recorded_by) == ("month", MARCH, None)
    assert issue_due() == 0


def test_beat_asks_on_the_first_at_five():
    from config.celery import BEAT

    times = [row["schedule"] for row in BEAT.values() if row["task"] == "reports.tasks.issue_due"]
    assert any((time.hour, time.minute, time.day_of_month) == ({5}, {0}, {1}) for time in times)


# --- Later records --------------------------------------------------------------------------------------------------


def late(gave: str = "") -> None:
    a_contact(dt.date(2025, 3, 31), "mobile", patient=a_person(sex="M", born=dt.date(2021, 1, 1)), gave=gave)


def test_a_record_that_arrives_later_is_shown_at_once_as_a_difference(march, administrator):
    made = issue(administrator)
    client = client_of(administrator)
    assert "still say what the issued paper says" in client.get(PAGE).content.decode()
    late()
    found = {one.id: (one.was, one.now) for one in issuing.since(made, at=timezone.now())}
    assert found["patients_assessed"] == (5, 6)
    assert found["patients_assessed|service=mobile|sex=M"] == (0, 1)
    assert "patients_assessed|service=outpatient" not in found
    content = client.get(PAGE).content.decode()
    assert "differ from the issued paper" in content
    assert "still say" not in content


def test_a_reissue_needs_a_reason_and_prints_what_it_restates(march, administrator):
    issue(administrator)
    late()
    with pytest.raises(RuleBroken) as error:
        issue(administrator)
    assert (error.value.code, error.value.field) == ("reports.reissue_needs_a_reason", "reason")
    made = issue(administrator, reason="The tablet of Thma Sa came back")
    assert (made.revision, made.reason) == (2, "The tablet of Thma Sa came back")
    restated = {row["id"]: (row["was"], row["now"]) for row in made.restated}
    assert restated["patients_assessed"] == (5, 6)
    files = contents(made)
    english = text_of(files["monthly-summary-2025-03-r2-en.pdf"])
    assert "What differs from the paper issued before" in english
    assert "The tablet of Thma Sa came back" in english
    assert "Patients assessed 5 6 1" in english
    rows = list(openpyxl.load_workbook(io.BytesIO(files["monthly-summary-2025-03-r2.xlsx"]))["Restatement"].values)
    assert any(row[1:] == ("Summary · Patients assessed", 5, 6, 1) for row in rows)
    assert issuing.since(made, at=timezone.now()) == []
    assert Issue.objects.count() == 2


def test_the_first_revision_still_says_what_it_said(march, administrator):
    first = issue(administrator)
    before = contents(first)
    late()
    issue(administrator, reason="late")
    assert contents(first) == before
    page = client_of(administrator).get(f"/reports/issues/{first.pk}/").content.decode()
    assert "Revision 2 has taken the place" in page


def test_a_corrected_birth_date_shows_as_a_difference(march, administrator):
    made = issue(administrator)
    contact = Encounter.objects.filter(kind="mobile")[0]
    contact.patient.tell_birth(Birth.on(dt.date(1980, 1, 1)))
    contact.patient.save()
    type(contact).objects.filter(pk=contact.pk).update(age_slot=slot_of(dt.date(1980, 1, 1), contact.on))
    found = {one.id for one in issuing.since(made, at=timezone.now())}
    assert "patients_assessed|band=18_59" in found
    assert "patients_assessed" not in found


@pytest.mark.parametrize(
    ("first", "today", "code"),
    [
        (MARCH, dt.date(2025, 3, 31), "reports.period_not_over"),
        (dt.date(2025, 3, 2), TODAY, "reports.paper_unknown"),
    ],
)
def test_what_is_no_paper_or_not_over_is_refused(administrator, first, today, code):
    with pytest.raises(RuleBroken) as error:
        services.ask_for_issue(kind="month", first=first, by=administrator, today=today)
    assert error.value.code == code


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_issuing_by_hand_makes_one_job_and_a_second_press_shows_the_paper(march, administrator, monkeypatch):
    monkeypatch.setattr(job_tasks, "send", lambda job: True)
    client = client_of(administrator)
    assert "Issue the paper" in client.get(PAGE).content.decode()
    with CaptureQueriesContext(connection) as statements:
        response = client.post("/reports/issues/new/", {"paper": "2025-03"})
    assert len(statements) <= 12, [s["sql"] for s in statements]
    job = Job.objects.get(kind="issue")
    assert response.url == reverse("jobs:job", args=[job.id])
    assert client.post("/reports/issues/new/", {"paper": "2025-03"}).url == response.url
    issue_paper(str(job.id))
    made = Issue.objects.get()
    assert client.post("/reports/issues/new/", {"paper": "2025-03"}).url == reverse("reports:issue", args=[made.pk])
    assert str(made.pk) in client.get(reverse("jobs:job", args=[job.id])).content.decode()
    content = client.get("/reports/?year=2025").content.decode()
    assert "issued, 1" in content


def test_a_reissue_without_a_reason_is_answered_beside_the_field(march, administrator):
    made = issue(administrator)
    client = client_of(administrator)
    for reason in ("", "   ", "x" * 10_000):
        response = client.post(f"/reports/issues/{made.pk}/again/", {"reason": reason})
        assert client.get(response.request["PATH_INFO"]).url == f"/reports/issues/{made.pk}/"  # as loaded anew
        assert response.status_code == 422
    response = client.post(f"/reports/issues/{made.pk}/again/", {"reason": "a late sheet\0"})
    assert response.status_code in {302, 422}
    response = client.post(f"/reports/issues/{made.pk}/again/", {"reason": "a late sheet"})
    assert response.status_code == 302


def test_the_page_of_an_issued_month_asks_no_more_when_more_is_there(march, administrator):
    issue(administrator)
    client, counts = client_of(administrator), []
    client.get(PAGE)
    for _ in range(2):
        for n in range(5):
            late("brush" if n % 2 else "")
        with CaptureQueriesContext(connection) as statements:
            client.get(PAGE)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 33


@pytest.mark.parametrize("paper", ["", "soon", "2025-13", "0000", "9999", "2025-03-01", "១២", "x" * 5000, "2\0"])
def test_a_paper_that_is_none_is_answered_in_words(administrator, paper):
    response = client_of(administrator).post("/reports/issues/new/", {"paper": paper})
    assert response.status_code == 422
    assert "reports." not in response.content.decode()


def test_a_donor_reads_the_paper_and_issues_none(march, administrator, donor):
    made = issue(administrator)
    client = client_of(donor)
    content = client.get(PAGE).content.decode()
    assert f"/reports/issues/{made.pk}/" in content
    assert "Issue again" not in content
    assert client.get(f"/reports/issues/{made.pk}/").status_code == 200
    assert client.post("/reports/issues/new/", {"paper": "2025-02"}).status_code == 403
    assert client.post(f"/reports/issues/{made.pk}/again/", {"reason": "x"}).status_code == 403


def test_a_nurse_reads_no_papers(march, administrator, nurse):
    made = issue(administrator)
    assert client_of(nurse).get(f"/reports/issues/{made.pk}/").status_code == 403


def test_an_unknown_paper_or_file_is_not_found(march, administrator):
    made, client = issue(administrator), client_of(administrator)
    assert client.get("/reports/issues/00000000-0000-7000-8000-000000000000/").status_code == 404
    assert client.get(f"/reports/issues/{made.pk}/other.pdf").status_code == 404
