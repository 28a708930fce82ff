"""Make and issue the papers of a month or a year, outside any request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from celery import shared_task
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from core.ages import BAND_SETS
from core.errors import Conflict, RuleBroken
from core.jobs import work
from core.jobs.models import Job
from core.jobs.tasks import send
from core.periods import local_day
from core.words import say
from reports import issued, issuing, services, xlsx
from reports.differences import differences
from reports.ministry.trying import tried
from reports.models import Issue
from reports.naming import bands_named, is_year, period_named, period_words
from reports.paper import Paper, Seal, paper_of
from reports.pdf.paper import render
from reports.services import reporting, saved
from reports.services import sending as sendings
from reports.shared import scheduled

log = logging.getLogger(__name__)

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LANGUAGES = (("km", "PDF ខ្មែរ"), ("en", "PDF English"))
STEPS = 4
ISSUED_BY = BAND_SETS["published"]


@shared_task(bind=True)
def make_paper(self: Any, job_id: str) -> None:
    """Count a period once and write it as PDF in Khmer, PDF in English and Excel.

    Safe to run twice: a job that is over is left alone, and one cut off in the middle is made again whole, so that
    its three files always carry the same count.
    """
    _work(self, job_id, _make)


@shared_task(bind=True)
def issue_paper(self: Any, job_id: str) -> None:
    """Issue one revision of a paper. Safe to run twice: the revision is there once, and the first one stands."""
    _work(self, job_id, _issue)


@shared_task
def issue_due() -> int:
    """Ask for the papers that the clock issues now; return how many were sent off. Two beats ask for the same one."""
    now = timezone.now()
    sent = 0
    for kind, first in issued.due(now):
        try:
            job = services.ask_for_issue(kind=kind, first=first, by=None, today=local_day(now))
        except RuleBroken as broken:
            if broken.code != "reports.reissue_needs_a_reason":
                raise
            continue  # the other clock's was issued since this one was found due
        sent += job.state == Job.State.WAITING and send(job)
    return sent


@shared_task(bind=True)
def make_report(self: Any, job_id: str) -> None:
    """Make the files of a built report that was due. Safe to run twice: each file is made again in its place."""
    _work(self, job_id, lambda job: reporting.make(job, at=timezone.now()))


@shared_task
def make_due_reports() -> int:
    """Ask for the built reports that are due; return how many were sent off. Two beats ask for the same one once."""
    today, made = local_day(timezone.now()), 0
    for report in scheduled(today):
        for due in saved.dues(report, today):
            job = saved.begin(report_id=report.pk, due=due)
            made += bool(job and send(job))
    return made


def _work(task: Any, job_id: str, do: Callable[[Job], None]) -> None:
    """Take up a job and do it; what goes wrong is told to the person who waits."""
    job = work.claim(job_id, redelivered=bool((task.request.delivery_info or {}).get("redelivered")))
    if job is None:
        return
    with translation.override(job.by.language if job.by else "km"):
        try:
            do(job)
        except work.Stopped:
            log.info("job %s was stopped", job.id)
        except RuleBroken as error:
            work.fail(job, say(error))
        except Exception:
            log.exception("job %s failed", job.id)
            work.fail(job, gettext("The papers could not be made. Try again, then tell your administrator."))
            raise


def _make(job: Job) -> None:
    """Make a draft; raises work.Stopped between two steps."""
    period, bands = period_named(job.params["first"], job.params["last"]), bands_named(job.params["bands"])
    work.progress(job, 0, STEPS, f"{period_words(period)} · {gettext('Counting')}")
    paper = paper_of(period, bands, at=timezone.now(), by=_who(job))
    name = f"figures-{period.first}" if period.first == period.last else f"figures-{period.first}-{period.last}"
    name = f"figures-{period.first.year}" if is_year(period) else name
    for file in _files(job, paper, name):
        label = dict(LANGUAGES).get(file.language, "Excel")
        work.keep(job, file.name, file.content, file.content_type, label=label)
    work.progress(job, STEPS, STEPS, f"{period_words(period)} · {gettext('Ready')}")
    work.finish(job, patients_assessed=paper.cube.sum("patients_assessed"))


def _issue(job: Job) -> None:
    """Count, write and freeze; raises work.Stopped between two steps."""
    kind, first, revision = job.params["paper"], date.fromisoformat(job.params["first"]), job.params["revision"]
    if there := issued.revision(kind, first, revision):  # by the message before this one, or another worker
        work.finish(job, page=_page(there))
        return
    period = issuing.period_of(kind, first)
    work.progress(job, 0, STEPS, f"{period_words(period)} · {gettext('Counting')}")
    at, reason = timezone.now(), job.params["reason"]
    paper = paper_of(period, ISSUED_BY, at=at, by=_who(job))
    figures = issuing.document(paper)
    before = issued.newest(kind, first)
    restated = differences(before.figures, figures) if before else []
    paper = replace(paper, seal=Seal(revision, issuing.digest(figures), reason, restated))
    files = list(_files(job, paper, _issued_name(kind, first, revision)))
    work.progress(job, STEPS, STEPS, f"{period_words(period)} · {gettext('Ready')}")
    try:
        made = services.issue(
            kind=kind, first=first, revision=revision, reason=reason, figures=figures, restated=restated,
            files=files, by=job.by, at=at,
        )  # fmt: skip
    except Conflict:
        there = issued.revision(kind, first, revision)
        if there is None:
            raise
        made = there  # somebody else was quicker: theirs stands
    work.finish(job, page=_page(made))


def _page(made: Issue) -> str:
    return reverse("reports:issue", args=[made.pk])


def _issued_name(kind: str, first: date, revision: int) -> str:
    if kind == Issue.Kind.YEAR:
        return f"annual-results-{first.year}-r{revision}"
    return f"monthly-summary-{first:%Y-%m}-r{revision}"


def _files(job: Job, paper: Paper, name: str) -> Any:
    """Yield the files of a paper, each after telling what is being written."""
    for done, (language, words) in enumerate(LANGUAGES, start=1):
        work.progress(job, done, STEPS, gettext("Writing %(paper)s") % {"paper": words})
        yield services.File(f"{name}-{language}.pdf", language, PDF, render(paper, language))
    work.progress(job, 3, STEPS, gettext("Writing %(paper)s") % {"paper": "Excel"})
    yield services.File(f"{name}.xlsx", "", XLSX, xlsx.workbook(paper))


def _who(job: Job) -> str:
    return job.by.name if job.by else ""


# --- The ministry's DHIS2 -------------------------------------------------------------------------------------------


@shared_task
def send_to_dhis2(sending_id: str) -> None:
    """Try once to send figures to DHIS2, if a try is due.

    The row is the truth: of many messages for one sending each due try is made once, and a try that a dead worker
    began is made again, for DHIS2 takes the same body twice without harm.
    """
    sending = sendings.begin(id=UUID(sending_id), at=timezone.now())
    if sending is not None:
        verdict, reply, detail = tried(sending)
        sendings.end(sending=sending, verdict=verdict, reply=reply, detail=detail, at=timezone.now())


@shared_task
def send_what_waits() -> int:
    """Hand out the tries whose time has come; return how many. Safe to run twice."""
    waiting = sendings.due(at=timezone.now())
    for sending_id in waiting:
        send_to_dhis2.delay(str(sending_id))
    return len(waiting)
