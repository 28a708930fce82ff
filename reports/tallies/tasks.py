"""What workers do for the tallies. Each may run twice, at once, or be cut off: the log says what is left to do."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from core.jobs import work
from core.jobs.models import Job
from core.jobs.tasks import send
from core.periods import Month, Year, local_day
from reports.tallies import keeping, proving, recounting

log = logging.getLogger(__name__)


@shared_task
def keep_up() -> int:
    """Bring the tallies up to the log, a transaction a month; return how many changes were taken out of it."""
    return keeping.keep_up()


@shared_task
def every_night() -> int:
    """Hold a sample of months against the records; return in how many lines they differ."""
    now = timezone.now()
    keeping.keep_up()
    made = proving.prove(proving.sample(local_day(now)), at=now)
    differences = sum(one.differences for one in made)
    if differences:
        log.error("the tallies differ from the records in %s lines", differences)
    return differences


@shared_task(bind=True)
def recount(self: Any, job_id: str) -> None:
    """Hand out a recount, a job for each month; whoever does the last month ends the whole.

    A chord by rows: Celery's own needs a store of results, and with it the end of the work would be lost.
    """
    job = work.claim(job_id, redelivered=_again(self))
    if job is None:
        return
    for part in recounting.parts(job, at=timezone.now()):
        send(part)
    _advance(job_id)  # a worker may have died between the last month and the end


@shared_task(bind=True)
def recount_month(self: Any, job_id: str) -> None:
    """Count one month of a recount. Safe to run twice: the month is counted again."""
    part = work.claim(job_id, redelivered=_again(self)) or Job.objects.get(id=job_id)
    if part.state == Job.State.RUNNING:
        try:
            if not Job.objects.filter(id=part.params["whole"], state=Job.State.STOPPED).exists():
                recounting.count(Month(part.params["month"]))
            work.finish(part)
        except Exception as error:
            work.fail(part, str(error))
            _advance(part.params["whole"])
            raise
    _advance(part.params["whole"])


def _advance(whole_id: str) -> None:
    if recounting.advance(whole_id):
        recounting.prove(Year(Job.objects.get(id=whole_id).params["year"]), at=timezone.now())


def _again(self: Any) -> bool:
    return bool((self.request.delivery_info or {}).get("redelivered"))
