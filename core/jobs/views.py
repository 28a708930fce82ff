"""Long work as its person sees it: how far it is, a way to stop it, the files it made."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.jobs import work
from core.jobs.models import Job, JobFile
from core.words import words_of

NEWEST = 30
STOP_POLLING = 286  # htmx's own status: take this answer and ask no more
TONES = {"waiting": "quiet", "running": "info", "done": "ok", "failed": "danger", "stopped": "warn"}


@requires(Action.HOME)
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List the work this person asked for lately."""
    jobs = Job.objects.filter(by=request.user.pk).defer("params", "result").order_by("-created_at")[:NEWEST]
    return render(request, "jobs/list.html", {"jobs": [_shown(job) for job in jobs]})


@requires(Action.HOME)
@require_GET
@never_cache
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one piece of work; asked by htmx every second, answer with the progress alone until it is over."""
    found = _own(request, id)
    context = _shown(found) | {"files": _files(found) if found.over else []}
    if request.htmx:  # type: ignore[attr-defined]
        status = STOP_POLLING if found.over else 200
        return render(request, "jobs/job.html#progress", context, status=status)
    return render(request, "jobs/job.html", context)


@requires(Action.HOME)
@require_POST
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask the work to end at its next step; what is whole stays."""
    found = _own(request, id)
    work.stop(found)
    return redirect("jobs:job", id=found.id)


@requires(Action.HOME)
@require_GET
def file(request: HttpRequest, id: UUID, file_id: UUID) -> HttpResponse:
    """Hand out one file of the work, always as a download."""
    found = _own(request, id)
    kept = get_object_or_404(JobFile, id=file_id, job_id=found.id)
    response = HttpResponse(bytes(kept.content), content_type=kept.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=kept.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _own(request: HttpRequest, id: UUID) -> Job:
    """Return the work when this person started it or looks after the system; else it is not there."""
    found = get_object_or_404(Job.objects.select_related("by"), id=id)
    if found.by_id != request.user.pk and not request.user.may(Action.MANAGE_USERS):  # type: ignore[union-attr]
        raise Http404
    return found


def _files(job: Job) -> list[JobFile]:
    return list(job.files.filter(given=False).defer("content").order_by("name"))


def _shown(job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "words": words_of(f"job.{job.kind}", gettext("Long work")),
        "tone": TONES[job.state],
        "left": _left(job, timezone.now()),
    }


def _left(job: Job, now: dt.datetime) -> int | None:
    """Return how many seconds the rest may take, judged by what is done; None while that cannot be said."""
    if job.over or not job.started_at or not job.done or not job.total:
        return None
    passed = (now - job.started_at).total_seconds()
    return round(passed * (job.total - job.done) / job.done)
