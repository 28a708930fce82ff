"""Long work of the desk, done by Celery: a task only claims its job and calls the room that knows how."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.services import pairs
from core.audit import journal
from core.errors import RuleBroken
from core.jobs import work
from core.jobs.models import Job
from core.jobs.tasks import send
from core.periods import local_day
from core.words import say
from desk.merging import services as merging
from desk.register.work import describe, load_register, write_rejects

REJECTS = "rejects.csv"


@shared_task(bind=True)
def import_register(self: Any, job_id: str) -> None:
    """Load the register a job was given, telling how far it is; keep its bad rows as a file.

    Safe to run twice: rows that are in already are not written again, and a load that was cut off goes on.
    """
    job = work.claim(job_id, redelivered=bool((self.request.delivery_info or {}).get("redelivered")))
    if job is None:
        return
    with translation.override(job.params["language"]):
        try:
            _load(job)
        except RuleBroken as broken:
            work.fail(job, say(broken))
        except work.Stopped:
            pass
        except Exception:
            work.fail(
                job, _("Something went wrong inside the system. What was loaded so far is safe; please try again.")
            )
            raise


def _load(job: Job) -> None:
    content = bytes(job.files.get(given=True).content)
    dry = job.params["dry"]
    summary = load_register(
        content,
        by=job.by,
        today=local_day(timezone.now()),
        dry=dry,
        progress=lambda done, total: work.progress(job, done, total, _("Rows checked") if dry else _("Rows loaded")),
    )
    if summary.rejects:
        work.keep(job, REJECTS, write_rejects(summary), "text/csv; charset=utf-8", label=_("Rows that are not right"))
    work.progress(job, summary.read, summary.read, describe(summary, dry=dry))
    work.finish(job, **summary.as_dict(), dry=dry)


@shared_task
def every_night() -> None:
    """Ask for what is done while nobody works: late rows go to the survivors, likely pairs are looked for."""
    merging.bring_home(by=None, today=local_day(timezone.now()))
    job, new = work.ask(pairs.JOB, by=None, key=pairs.JOB, everybody=False, language="km")
    if new:
        send(job)


@shared_task(bind=True)
def look_for_pairs(self: Any, job_id: str) -> None:
    """Compare those registered or corrected since the last time with everybody, or all with all when asked.

    Safe to run twice, and goes on where it was cut off.
    """
    job = work.claim(job_id, redelivered=bool((self.request.delivery_info or {}).get("redelivered")))
    if job is None:
        return
    with translation.override(job.params["language"]):
        try:
            _look_for_pairs(job)
        except work.Stopped:
            pass
        except Exception:
            work.fail(job, _("Something went wrong inside the system. No record was touched; please try again."))
            raise


def _look_for_pairs(job: Job) -> None:
    def progress(done: int, total: int, seq: int) -> None:
        work.remember(job, seq=seq)
        work.progress(job, done, total, _("People compared"))

    found = pairs.look(after=_where(job), by=job.by, progress=progress)
    words = _("%(people)s people compared with everybody; %(pairs)s pairs look like one person.")
    work.progress(job, found.people, found.people, words % {"people": found.people, "pairs": found.pairs})
    work.finish(job, seq=found.seq, people=found.people, pairs=found.pairs)


def _where(job: Job) -> int:
    """Return the place in the feed of changes from which to look: where this job was cut off, or the last one ended."""
    before = (
        Job.objects.filter(kind=pairs.JOB).exclude(pk=job.pk).order_by("-created_at").values_list("result", flat=True)
    )
    known = [job.result] if job.params["everybody"] else [job.result, *before[:50]]
    return next((int(result["seq"]) for result in known if "seq" in result), 0)


@shared_task
def check_audit(job_id: str) -> None:
    """Walk the whole chain of the log and say whether it is as it was written."""
    job = work.claim(job_id)
    if job is None:
        return
    with translation.override(job.params["language"]):
        try:
            broken = journal.broken_at()
        except Exception:
            work.fail(job, _("Something went wrong inside the system. The log itself is untouched; please try again."))
            raise
        message = _("The log is whole: every entry fits the one before it.")
        if broken is not None:
            message = _("The log was changed from outside: it does not fit from entry %(seq)s on.") % {"seq": broken}
    try:
        work.progress(job, 1, 1, message)
    except work.Stopped:
        return
    work.finish(job, broken_at=broken)
