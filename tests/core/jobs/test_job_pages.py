"""Long work as the person who waits sees it."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.models import User
from core.jobs import work
from core.jobs.models import Job, JobFile
from core.jobs.views import _left
from tests.people import client_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def waiting(nurse: User) -> Job:
    return work.ask("reports.paper", by=nurse, key="2026-10")[0]


@pytest.fixture
def desk(nurse: User) -> Client:
    return client_of(nurse)


def running(job: Job, done: int = 40, total: int = 120) -> Job:
    claimed = work.claim(str(job.id))
    assert claimed is not None
    work.progress(claimed, done, total, "Counting October")
    return Job.objects.get(id=job.id)


def done_with_files(job: Job) -> Job:
    claimed = running(job)
    work.keep(claimed, "របាយការណ៍-2026-10.pdf", b"%PDF-1.7 x", "application/pdf", label="PDF")
    work.give(claimed, "given.csv", b"a,b", "text/csv")
    work.finish(claimed)
    return Job.objects.get(id=job.id)


def test_it_says_how_far_the_work_is_and_asks_again_every_second(desk: Client, waiting: Job) -> None:
    running(waiting)
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(f"/jobs/{waiting.id}/").content.decode()
    assert len(asked) == 2
    for words in ("Counting October", "40 of 120", 'value="33"', 'hx-trigger="every 1s"', "Stop"):
        assert words in page


def test_a_fragment_is_the_progress_alone(desk: Client, waiting: Job) -> None:
    answer = desk.get(f"/jobs/{waiting.id}/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<section")


@pytest.mark.parametrize("end", [work.finish, work.stop, lambda job: work.fail(job, "The disk is full.")])
def test_asking_ends_with_the_work(desk: Client, waiting: Job, end: object) -> None:
    end(running(waiting))  # type: ignore[operator]
    answer = desk.get(f"/jobs/{waiting.id}/", headers=HTMX)
    assert answer.status_code == 286
    assert "every 1s" not in answer.content.decode()


def test_a_failure_is_told_in_its_own_words(desk: Client, waiting: Job) -> None:
    work.fail(running(waiting), "The disk is full.")
    page = desk.get(f"/jobs/{waiting.id}/").content.decode()
    assert "The disk is full." in page
    assert "Nothing is half-written" in page


def test_stop_ends_the_work_at_its_next_step(desk: Client, waiting: Job) -> None:
    job = running(waiting)
    assert desk.get(f"/jobs/{job.id}/stop/").status_code == 405
    assert desk.post(f"/jobs/{job.id}/stop/")["Location"] == f"/jobs/{job.id}/"
    with pytest.raises(work.Stopped):
        work.progress(job, 41, 120)


def test_stop_after_the_end_changes_nothing(desk: Client, waiting: Job) -> None:
    done_with_files(waiting)
    desk.post(f"/jobs/{waiting.id}/stop/")
    assert Job.objects.get(id=waiting.id).state == Job.State.DONE


def test_a_file_is_handed_out_under_its_khmer_name_and_never_opened_in_place(desk: Client, waiting: Job) -> None:
    done_with_files(waiting)
    file = JobFile.objects.get(given=False)
    with CaptureQueriesContext(connection) as asked:
        answer = desk.get(f"/jobs/{waiting.id}/files/{file.id}/")
    assert len(asked) == 3
    assert answer.content == b"%PDF-1.7 x"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert unquote(answer["Content-Disposition"]).endswith("របាយការណ៍-2026-10.pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_what_was_given_is_not_offered_back(desk: Client, waiting: Job) -> None:
    done_with_files(waiting)
    page = desk.get(f"/jobs/{waiting.id}/").content.decode()
    assert "given.csv" not in page
    assert "2026-10.pdf" in page


def test_only_the_person_who_asked_and_an_administrator_see_it(
    waiting: Job, mobile: User, auditor: User, administrator: User
) -> None:
    done_with_files(waiting)
    file = JobFile.objects.get(given=False)
    for path in (f"/jobs/{waiting.id}/", f"/jobs/{waiting.id}/files/{file.id}/"):
        assert client_of(mobile).get(path).status_code == 404
        assert client_of(auditor).get(path).status_code == 404
        assert client_of(administrator).get(path).status_code == 200
    assert client_of(mobile).post(f"/jobs/{waiting.id}/stop/").status_code == 404


def test_a_file_of_another_piece_of_work_is_not_handed_out(desk: Client, waiting: Job, nurse: User) -> None:
    done_with_files(waiting)
    other = work.ask("reports.paper", by=nurse, key="2026-11")[0]
    file = JobFile.objects.get(given=False)
    assert desk.get(f"/jobs/{other.id}/files/{file.id}/").status_code == 404


def test_the_list_holds_ones_own_work_newest_first_in_two_queries(
    desk: Client, waiting: Job, administrator: User
) -> None:
    work.ask("desk.import", by=administrator)
    for n in range(40):
        Job.objects.create(kind="reports.paper", by=waiting.by, created_at=timezone.now(), key=f"x{n}", state="done")
    with CaptureQueriesContext(connection) as asked:
        page = desk.get("/jobs/").content.decode()
    assert len(asked) == 2
    assert page.count('<td><a href="/jobs/') == 30


def test_an_empty_list_says_what_will_be_there(desk: Client) -> None:
    assert "Nothing here yet" in desk.get("/jobs/").content.decode()


def test_what_is_left_is_judged_by_what_is_done() -> None:
    start = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
    job = Job(state="running", done=30, total=120, started_at=start)
    assert _left(job, start + dt.timedelta(seconds=10)) == 30
    assert _left(Job(state="running", done=0, total=120, started_at=start), start) is None
    assert _left(Job(state="done", done=120, total=120, started_at=start), start) is None
