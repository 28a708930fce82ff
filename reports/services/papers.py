"""Ask for the paper of a month or a year."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.ages import BandSet
from core.audit import journal
from core.jobs import work
from core.jobs.models import Job
from core.periods import Period
from reports.selectors import PAPER


@transaction.atomic
def ask_for_paper(*, period: Period, bands: BandSet, by: Any) -> Job:
    """Return the job that makes the papers of a period; asked for twice while it lasts, it is the same job."""
    asked = {"first": period.first.text, "last": period.last.text, "bands": bands.key}
    job, new = work.ask(PAPER, key=f"{period}:{bands.key}", by=by, **asked)
    if new:
        journal.note("reports.paper.asked", None, by=by, job=str(job.id), **asked)
    return job
