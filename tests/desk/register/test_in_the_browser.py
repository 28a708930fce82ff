"""An administrator brings a register in through the browser, watches it go in and takes the bad rows home."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic.models import Encounter
from core.accounts.models import User
from core.audit.models import Entry
from core.jobs import work
from core.jobs.models import Job
from desk import tasks
from tests.desk.register.registers import a_row, as_csv
from tests.people import client_of

pytestmark = pytest.mark.django_db
PAGE = "/import/"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Catch what would be sent to the workers."""
    sent: list[Job] = []
    monkeypatch.setattr("desk.register.views.send", sent.append)
    return sent


def give(client: Client, content: bytes, *, dry: str = "no", name: str = "register.csv") -> Any:
    """Send the form."""
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "dry": dry})


def test_the_page_tells_the_columns_and_takes_few_questions(
    administrator: User, django_assert_max_num_queries: Any
) -> None:
    client = client_of(administrator)
    with django_assert_max_num_queries(8):
        page = client.get(PAGE)
    assert "patient_ref" in page.content.decode()


def test_a_register_is_loaded_by_a_job_and_its_bad_rows_can_be_downloaded(
    administrator: User, no_broker: list[Job], django_capture_on_commit_callbacks: Any
) -> None:
    client = client_of(administrator)
    with django_capture_on_commit_callbacks(execute=True):
        answer = give(client, as_csv(a_row(), a_row(patient_ref="B", sex="?")))
    job = Job.objects.get()
    assert no_broker == [job]
    assert answer["Location"] == reverse("jobs:job", args=[job.id])
    tasks.import_register(str(job.id))
    job.refresh_from_db()
    assert (job.state, job.result["added"], job.result["rejected"]) == ("done", 1, 1)
    assert Encounter.objects.get().recorded_by == administrator
    rejects = job.files.get(name=tasks.REJECTS)
    kept = client.get(reverse("jobs:file", args=[job.id, rejects.id]))
    assert "sex must be F or M" in kept.content.decode("utf-8-sig")


def test_the_reasons_are_in_the_language_of_the_person(administrator: User) -> None:
    give(client_of(administrator, language="km"), as_csv(a_row(sex="?")))
    job = Job.objects.get()
    tasks.import_register(str(job.id))
    assert "ភេទ" in bytes(job.files.get(name=tasks.REJECTS).content).decode() or "ត្រូវជា" in bytes(
        job.files.get(name=tasks.REJECTS).content
    ).decode("utf-8-sig")


def test_a_dry_run_writes_nothing(administrator: User) -> None:
    give(client_of(administrator), as_csv(a_row()), dry="yes")
    tasks.import_register(str(Job.objects.get().id))
    assert Job.objects.get().result["added"] == 1
    assert not Encounter.objects.exists()


def test_a_double_click_is_one_piece_of_work(administrator: User) -> None:
    client = client_of(administrator)
    first, second = give(client, as_csv(a_row())), give(client, as_csv(a_row()))
    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1


def test_a_message_delivered_twice_loads_once(administrator: User) -> None:
    give(client_of(administrator), as_csv(a_row()))
    job = Job.objects.get()
    tasks.import_register(str(job.id))
    tasks.import_register(str(job.id))
    assert Entry.objects.filter(verb="desk.register.contact").count() == 1


def test_a_load_that_is_stopped_keeps_what_is_whole(administrator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.register.work.CHUNK", 1)
    give(client_of(administrator), as_csv(a_row(), a_row(patient_ref="B"), a_row(patient_ref="C")))
    job = Job.objects.get()
    real = work.progress

    def stop_after_the_first(job: Job, done: int, total: int, message: str = "") -> None:
        real(job, done, total, message)
        work.stop(job)

    monkeypatch.setattr("core.jobs.work.progress", stop_after_the_first)
    tasks.import_register(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.STOPPED
    assert Encounter.objects.count() == 2  # the stop is noticed at the step after


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02noise", b"name,age\nSok,4\n", b"PK\x03\x04broken"])
def test_what_is_no_register_is_refused_at_once_in_words(administrator: User, content: bytes) -> None:
    answer = give(client_of(administrator), content)
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_file_above_the_limit_is_refused(administrator: User, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100
    answer = give(client_of(administrator), as_csv(a_row()))
    assert answer.status_code == 422
    assert "too large" in answer.content.decode()


def test_sending_a_register_stays_within_the_budget(administrator: User, django_assert_max_num_queries: Any) -> None:
    client = client_of(administrator)
    with django_assert_max_num_queries(12):
        give(client, as_csv(a_row()))
