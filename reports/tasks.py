"""Make the papers of a month or a year, outside any request."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone, translation
from django.utils.translation import gettext

from core.errors import RuleBroken
from core.jobs import work
from core.jobs.models import Job
from core.words import say
from reports import selectors, xlsx
from reports.naming import bands_named, is_year, period_named
from reports.paper import Paper
from reports.pdf.paper import render

log = logging.getLogger(__name__)

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEPS = 4


@shared_task(bind=True)
def make_paper(self: Any, job_id: str) -> None:
    """Count a period once and write it as PDF in Khmer, PDF in English and Excel.

    Safe to run twice: a job that is over is left alone, and one cut off in the middle is made again whole, so that
    its three files always carry the same count.
    """
    job = work.claim(job_id, redelivered=bool((self.request.delivery_info or {}).get("redelivered")))
    if job is None:
        return
    with translation.override(job.by.language if job.by else "km"):
        try:
            _make(job)
        except work.Stopped:
            log.info("job %s was stopped", job.id)
        except RuleBroken as error:
            work.fail(job, say(error))
        except Exception:
            log.exception("job %s failed", job.id)
            work.fail(job, gettext("The papers could not be made. Try again, then tell your administrator."))
            raise


def _make(job: Job) -> None:
    """Do the steps; raises work.Stopped between two of them."""
    work.progress(job, 0, STEPS, gettext("Counting"))
    period, bands = period_named(job.params["first"], job.params["last"]), bands_named(job.params["bands"])
    cube = selectors.count(period, bands)
    paper = Paper(
        cube=cube,
        months=selectors.trend(period.last, max(len(period.months()), 12)),
        made_at=timezone.now(),
        by=job.by.name if job.by else "",
    )
    name = f"figures-{period.first}" if period.first == period.last else f"figures-{period.first}-{period.last}"
    name = f"figures-{period.first.year}" if is_year(period) else name
    for done, (language, words) in enumerate((("km", "PDF ខ្មែរ"), ("en", "PDF English")), start=1):
        work.progress(job, done, STEPS, gettext("Writing %(paper)s") % {"paper": words})
        work.keep(job, f"{name}-{language}.pdf", render(paper, language), PDF, label=words)
    work.progress(job, 3, STEPS, gettext("Writing %(paper)s") % {"paper": "Excel"})
    work.keep(job, f"{name}.xlsx", xlsx.workbook(paper), XLSX, label="Excel")
    work.progress(job, STEPS, STEPS, gettext("Ready"))
    work.finish(job, patients_assessed=cube.sum("patients_assessed"))
