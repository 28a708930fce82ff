"""Ask for long work, tell how far it is, keep what it made."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.jobs import alive
from core.jobs.models import Job, JobFile


class Stopped(Exception):
    """Somebody pressed stop; the work ends between two steps, and what is whole stays."""


def ask(kind: str, *, by: Any, key: str = "", **params: Any) -> tuple[Job, bool]:
    """Return the job for this work, and whether it is new; the same `key` at work is the same job."""
    while True:
        job = Job(kind=kind, key=key, params=params, by=by, created_at=timezone.now())
        try:
            with transaction.atomic():
                job.save(force_insert=True)
            return job, True
        except IntegrityError:
            at_work = Job.objects.filter(kind=kind, key=key, state__in=[Job.State.WAITING, Job.State.RUNNING])
            if there := at_work.order_by("created_at").first():
                return there, False
            if not key:
                raise
            # It ended between the two statements, and the place is free again.


def claim(job_id: str, *, redelivered: bool = False) -> Job | None:
    """Start a job, or return None when it is over or at work: of two messages for one job the first is acted upon.

    `redelivered` says that the broker gives the message out again because its worker died: then a job that still
    reads as running is taken up again, unless somebody alive is at it. `core.jobs.tasks.sweep` finds those whose
    message was lost as well.
    """
    if not alive.hold(job_id):
        return None
    startable = [Job.State.WAITING, Job.State.RUNNING] if redelivered else [Job.State.WAITING]
    started = Job.objects.filter(id=job_id, state__in=startable).update(
        state=Job.State.RUNNING, started_at=timezone.now()
    )
    return Job.objects.get(id=job_id) if started else None


def progress(job: Job, done: int, total: int, message: str = "") -> None:
    """Tell how far the work is; raises Stopped when somebody pressed stop."""
    going = Job.objects.filter(id=job.id, state=Job.State.RUNNING).update(done=done, total=total, message=message)
    if not going:
        raise Stopped


def remember(job: Job, **result: Any) -> None:
    """Keep how far the work is, so that it goes on from there when it is cut off or asked for again."""
    Job.objects.filter(id=job.id).update(result=result)


def give(job: Job, name: str, content: bytes, content_type: str) -> JobFile:
    """Give a new job the file it is to work on."""
    digest = hashlib.sha256(content).hexdigest()
    file = JobFile(job=job, name=name, content_type=content_type, content=content, sha256=digest, given=True)
    file.save(force_insert=True)
    return file


def keep(job: Job, name: str, content: bytes, content_type: str, *, label: str = "") -> JobFile:
    """Keep a file with its hash; made again, it replaces the one of the same name."""
    file, _ = JobFile.objects.update_or_create(
        job=job,
        name=name,
        defaults={
            "content": content, "content_type": content_type, "label": label,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )  # fmt: skip
    return file


def finish(job: Job, **result: Any) -> None:
    """Mark the job done, with what came of it."""
    Job.objects.filter(id=job.id, state=Job.State.RUNNING).update(
        state=Job.State.DONE, result=result, finished_at=timezone.now()
    )


def fail(job: Job, message: str) -> None:
    """Mark the job failed, with words for the person who waits."""
    Job.objects.filter(id=job.id).update(state=Job.State.FAILED, message=message, finished_at=timezone.now())


def stop(job: Job) -> None:
    """Ask a job to end; it does so at its next step."""
    at_work = [Job.State.WAITING, Job.State.RUNNING]
    Job.objects.filter(id=job.id, state__in=at_work).update(state=Job.State.STOPPED, finished_at=timezone.now())
