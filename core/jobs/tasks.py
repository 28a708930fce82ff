"""Hand work to the workers, and find work whose message or whose worker was lost.

Which task does which kind of work stands in `settings.JOB_TASKS`. The row is the truth: a message only says "look".
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from celery.signals import task_postrun, worker_ready
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import KombuError

from core.jobs import alive
from core.jobs.models import Job

log = logging.getLogger(__name__)

UNHEARD = timedelta(minutes=1)  # a job that waits for longer may have lost its message
# A broker that is away is noticed at once: a person waits for the answer, and the sweep sends again.
AT_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}


def send(job: Job) -> bool:
    """Hand a job to the workers; return False when no broker answers, and the job waits for the sweep."""
    return hand_over(settings.JOB_TASKS[job.kind], str(job.id))


def hand_over(task: str, *given: str) -> bool:
    """Ask for a task by its name; return False when no broker answers, and the beat asks again."""
    try:
        with current_app.connection_for_write(
            connect_timeout=2, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS | AT_ONCE
        ) as connection:
            current_app.send_task(task, list(given), connection=connection, retry=False)
    except (KombuError, OSError) as error:
        log.warning("%s waits, the broker does not answer: %s", task, error)
        return False
    return True


@shared_task
def sweep() -> int:
    """Send waiting jobs again that nobody took up, and running ones that no worker is at any more; return how many.

    Harmless at any time: of many messages for one job only the first is acted upon (`work.claim`).
    """
    now = timezone.now()
    _lost(Q(started_at__lt=now - timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)))
    return _send_waiting(created_at__lt=now - UNHEARD)


@worker_ready.connect
def take_up_again(**_: Any) -> None:
    """Go on with what a stop left behind, as soon as a worker is there.

    Under one roof there is one worker: what is still running in the books was cut off with the one before.
    """
    _lost(Q(pk__in=[]) if settings.REDIS_URL else Q())
    _send_waiting()


@task_postrun.connect
def let_go(**_: Any) -> None:
    """Hold the job of a task no longer than the task."""
    alive.let_go()


def _lost(guessed: Q) -> None:
    """Let running jobs wait again whose worker is dead; `guessed` says which, where nobody knows who is alive.

    A job in parts is at work without a worker, so that it is always guessed about.
    """
    running = Job.objects.filter(state=Job.State.RUNNING, kind__in=settings.JOB_TASKS)
    dead = alive.forsaken(running.exclude(kind__in=settings.JOBS_IN_PARTS).values_list("id", flat=True))
    known = guessed if dead is None else Q(id__in=dead) | (guessed & Q(kind__in=settings.JOBS_IN_PARTS))
    running.filter(known).update(state=Job.State.WAITING)


def _send_waiting(**older: Any) -> int:
    waiting = Job.objects.filter(state=Job.State.WAITING, kind__in=settings.JOB_TASKS, **older)
    sent = 0
    for job in waiting.order_by("created_at")[:200]:
        if not send(job):
            break
        sent += 1
    return sent
