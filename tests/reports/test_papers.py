"""The papers: PDF in both languages and Excel, with the numbers of the figures; made once, stoppable, resumable."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pypdfium2
import pytest
from django.utils import timezone

from clinic.models import Condition
from core.ages import BAND_SETS
from core.audit.models import Entry
from core.jobs import alive, work
from core.jobs import tasks as job_tasks
from core.jobs.models import Job, JobFile
from core.periods import Month, Period, Year
from reports import selectors, services, tables, xlsx
from reports.paper import Paper
from reports.pdf.paper import render
from reports.tasks import make_paper
from tests.reports.rows import a_contact, a_person

pytestmark = pytest.mark.django_db

MARCH = Period(Month("2025-03"), Month("2025-03"))
YEAR = Year("2025").period


@pytest.fixture
def some(db: None) -> None:
    """A few contacts of every service, with numbers that a reader can tell apart."""
    for n in range(23):
        person = a_person(sex="FM"[n % 2], born=dt.date(2020, 1, 1) if n % 3 else None)
        a_contact(
            dt.date(2025, 3, 1 + n), "mobile", patient=person, gave="education brush" if n % 4 else "education paste"
        )
    for n in range(7):
        a_contact(dt.date(2025, 5 + n % 2, 9), conditions=["worms"] if n else ["worms", "diarrhoea"])
    for _ in range(5):
        a_contact(dt.date(2025, 11, 30), "inpatient")


def a_paper(period: Period, bands: str = "published") -> Paper:
    cube = selectors.count(period, BAND_SETS[bands])
    return Paper(cube, selectors.trend(period.last), dt.datetime(2026, 1, 2, 1, 30, tzinfo=dt.UTC), "Prak Sovann")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("period", [MARCH, YEAR])
def test_the_pdf_carries_every_row_of_every_table(some, language, period):
    from django.utils import translation

    paper = a_paper(period)
    text = text_of(render(paper, language)).replace("\n", " ")
    with translation.override(language):
        shown = [tables.ages(paper.cube), tables.services(paper.cube), tables.hand_outs(paper.cube)]
        shown += [tables.months(paper.cube), tables.published_results(paper.cube)] if period == YEAR else []
        for table in shown:
            for row in [*table.rows, *([table.total] if table.total else [])]:
                numbers = " ".join(f"{cell.value:,}" for cell in row if isinstance(cell, tables.Number))
                assert numbers in text, (table.key, numbers)
    assert "35" in text if period == YEAR else "23" in text


def test_the_pdf_says_the_period_the_moment_and_the_pages(some):
    text = text_of(render(a_paper(YEAR), "en"))
    assert "Annual results" in text
    assert "Year 2025" in text
    assert "2 January 2026, 08:30" in text
    assert "Page 1 of" in text
    assert "The age is unknown in" in text
    khmer = text_of(render(a_paper(YEAR), "km"))
    assert "ព្រះរាជាណាចក្រកម្ពុជា" in khmer
    assert "មករា" in khmer


def test_the_same_count_gives_the_same_bytes(some):
    paper = a_paper(YEAR)
    assert render(paper, "km") == render(paper, "km")


@pytest.mark.parametrize("bands", list(BAND_SETS))
def test_every_set_of_bands_fits_the_page_and_an_empty_month_prints_too(db, bands):
    assert render(a_paper(MARCH, bands), "en").startswith(b"%PDF")


def test_excel_reads_back_as_numbers_equal_to_the_figures(some):
    paper = a_paper(YEAR)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook(paper)))
    for table in paper.tables():
        sheet = book[xlsx.sheet_name(table)]
        found = [[cell.value for cell in row if isinstance(cell.value, int | float)] for row in sheet.iter_rows()]
        wanted = [[cell.value for cell in row if isinstance(cell, tables.Number)] for row in table.rows]
        assert [row for row in wanted if row] == [row for row in found if row][: len([row for row in wanted if row])]
    data = list(book["Data"].iter_rows(min_row=2, values_only=True))
    assert sum(row[-1] for row in data) == paper.cube.sum("patients_assessed") == 35


def test_nothing_in_the_sheet_is_run_as_a_formula(some):
    Condition.objects.filter(key="worms").update(name_en='=HYPERLINK("http://x","y")', name_km="+1+1")
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook(a_paper(YEAR))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == '=HYPERLINK("http://x","y")' for cell in cells)
    assert all(cell.data_type in {"s", "n"} for cell in cells)


# --- The work -------------------------------------------------------------------------------------------------------


def ask(by: Any, period: Period = MARCH) -> Job:
    return services.ask_for_paper(period=period, bands=BAND_SETS["published"], by=by)


def test_a_task_run_twice_makes_the_papers_once(some, administrator):
    job = ask(administrator)
    make_paper(str(job.id))
    first = {file.name: (file.id, file.sha256) for file in JobFile.objects.all()}
    a_contact(dt.date(2025, 3, 20))
    make_paper(str(job.id))
    assert {file.name: (file.id, file.sha256) for file in JobFile.objects.all()} == first
    assert set(first) == {"figures-2025-03-km.pdf", "figures-2025-03-en.pdf", "figures-2025-03.xlsx"}
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent) == (Job.State.DONE, 4, 4, 100)
    assert job.result == {"patients_assessed": 23}


def test_asked_for_again_when_it_is_done_it_is_counted_anew(some, administrator):
    make_paper(str(ask(administrator).id))
    a_contact(dt.date(2025, 3, 20))
    again = ask(administrator)
    make_paper(str(again.id))
    again.refresh_from_db()
    assert again.result == {"patients_assessed": 24}
    assert Entry.objects.filter(verb="reports.paper.asked").count() == 2


def test_a_stopped_paper_ends_between_two_steps_and_keeps_what_is_whole(some, administrator, monkeypatch):
    job, keep = ask(administrator), work.keep

    def keep_and_stop(*args: Any, **kwargs: Any) -> JobFile:
        file = keep(*args, **kwargs)
        work.stop(job)
        return file

    monkeypatch.setattr(work, "keep", keep_and_stop)
    make_paper(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.STOPPED
    assert [file.name for file in job.files.all()] == ["figures-2025-03-km.pdf"]


def test_a_paper_stopped_before_it_began_is_not_made(some, administrator):
    job = ask(administrator)
    work.stop(job)
    make_paper(str(job.id))
    assert JobFile.objects.count() == 0


def test_a_paper_cut_off_in_the_middle_is_made_again_whole(some, administrator, monkeypatch, settings):
    settings.REDIS_URL = ""  # under one roof there is one worker
    job = ask(administrator)
    monkeypatch.setattr("reports.tasks.xlsx.workbook", lambda paper: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        make_paper(str(job.id))  # the laptop's battery died
    alive.let_go()  # as PostgreSQL does when the worker's connection ends
    monkeypatch.undo()
    monkeypatch.setattr(job_tasks, "send", lambda job: True)
    assert Job.objects.get().state == Job.State.RUNNING
    a_contact(dt.date(2025, 3, 20))
    job_tasks.take_up_again()  # the one worker of the house starts
    assert Job.objects.get().state == Job.State.WAITING
    make_paper(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.files.count() == 3
    english = text_of(bytes(job.files.get(name="figures-2025-03-en.pdf").content))
    assert "24" in english  # all three carry the same, later count


def test_a_failure_is_told_in_words_and_not_hidden(some, administrator, monkeypatch):
    job = ask(administrator)
    monkeypatch.setattr("reports.tasks.render", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_paper(str(job.id))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "could not be made" in job.message


# --- Lost messages and lost workers ---------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch) -> list[Job]:
    found: list[Job] = []
    monkeypatch.setattr(job_tasks, "send", lambda job: found.append(job) or True)
    return found


def test_a_job_whose_message_was_lost_is_sent_again_after_a_minute(administrator, sent):
    job = ask(administrator)
    assert (job_tasks.sweep(), sent) == (0, [])
    Job.objects.update(created_at=timezone.now() - dt.timedelta(minutes=2))
    assert (job_tasks.sweep(), sent) == (1, [job])


def test_a_job_whose_worker_must_be_dead_is_taken_up_again(administrator, sent):
    ask(administrator)
    before = timezone.now() - dt.timedelta(minutes=29)
    assert work.claim(str(Job.objects.get().id))
    Job.objects.update(created_at=before, started_at=before)
    assert job_tasks.sweep() == 0
    alive.let_go()  # on SQLite the hour tells
    Job.objects.update(started_at=before - dt.timedelta(minutes=2))
    assert job_tasks.sweep() == 1
    assert sent[0].state == Job.State.WAITING


def test_a_starting_worker_sends_what_waits_and_on_a_shared_broker_leaves_others_work_alone(
    administrator, sent, settings
):
    settings.REDIS_URL = "redis://shared"
    ask(administrator)
    ask(administrator, YEAR)
    assert work.claim(str(Job.objects.get(key__startswith="2025-03").id))
    job_tasks.take_up_again()
    assert [job.key for job in sent] == [f"{YEAR}:published"]
    assert Job.objects.filter(state=Job.State.RUNNING).count() == 1


def test_of_two_messages_for_one_job_the_first_is_acted_upon(administrator):
    job = ask(administrator)
    assert work.claim(str(job.id))
    assert work.claim(str(job.id)) is None
    assert work.claim(str(job.id), redelivered=True)
    work.finish(job)
    assert work.claim(str(job.id), redelivered=True) is None
