"""What the pages of this room share: to hand over what takes long."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from core.jobs.models import Job
from core.jobs.tasks import send


def hand_over(request: HttpRequest, job: Job) -> None:
    """Send a job that waits to the workers; say so when none can be told."""
    if job.state == Job.State.WAITING and not send(job):
        words = gettext("What makes the papers does not answer. The paper waits and is made as soon as it does.")
        messages.warning(request, words)
