"""Count whole years again from the records: one piece of work a year, a part a month, as many parts at once as workers.

The tallies stay readable throughout: what is about to be counted stands in the log, and is read from the records.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from core.audit import journal
from core.jobs import work
from core.jobs.models import Job
from core.periods import Month, Year
from reports.tallies import keeping, proving

WHOLE, PART = "recount", "recount_month"  # kinds of work


@transaction.atomic
def ask(*, year: Year, by: Any) -> Job:
    """Return the work that counts a year again; asked for twice while it lasts, it is the same."""
    job, new = work.ask(WHOLE, key=year.text, by=by, year=year.text)
    if new:
        journal.note("reports.recount.asked", None, by=by, job=str(job.id), year=year.text)
    return job


@transaction.atomic
def parts(whole: Job, *, at: datetime) -> list[Job]:
    """Return the parts still to be done, making them when this is the first time."""
    there = list(Job.objects.select_for_update().filter(kind=PART, key__startswith=f"{whole.id}:"))
    if not there:
        there = [
            Job(
                kind=PART, key=f"{whole.id}:{month}", params={"whole": str(whole.id), "month": month.text}, by=whole.by,
                created_at=at,
            )
            for month in Year(whole.params["year"]).months()
        ]  # fmt: skip
        Job.objects.bulk_create(there)
        Job.objects.filter(id=whole.id).update(total=len(there))
    return [part for part in there if not part.over]


def count(month: Month) -> int:
    """Count every day of a month again; return how many days."""
    days = keeping.touch(month.first, month.last)
    keeping.bring_up(month)
    return days


@transaction.atomic
def advance(whole_id: str) -> bool:
    """Tell the whole how many of its parts are over; return whether this ended it."""
    whole = Job.objects.select_for_update().get(id=whole_id)
    states = list(Job.objects.filter(kind=PART, key__startswith=f"{whole.id}:").values_list("state", flat=True))
    over = [state for state in states if state in {Job.State.DONE, Job.State.FAILED, Job.State.STOPPED}]
    Job.objects.filter(id=whole.id, state=Job.State.RUNNING).update(done=len(over), total=len(states))
    if whole.over or not states or len(over) < len(states):
        return False
    if Job.State.FAILED in states:
        work.fail(whole, gettext("Some months could not be counted. Try again, then tell your administrator."))
    else:
        work.finish(whole, months=len(states))
    return True


def prove(year: Year, *, at: datetime) -> int:
    """Hold a year against the records after it was counted; return in how many lines they differ."""
    return sum(one.differences for one in proving.prove(year.months(), at=at))
