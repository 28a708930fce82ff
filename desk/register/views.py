"""Bring a register in through the browser: upload, dry run, progress, bad rows to download."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.jobs import work
from core.jobs.models import Job
from core.jobs.tasks import send
from desk.register.forms import ImportForm
from desk.register.reading import COLUMNS, NAMES, REQUIRED

KIND = "register"
SHOWN = 10


@requires(Action.IMPORT_REGISTER)
def import_register(request: HttpRequest) -> HttpResponse:
    """Take a file and ask for it to be loaded; the work itself is watched on its own page."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return redirect("jobs:job", _ask(request, form).id)
    context = {
        "form": form,
        "columns": COLUMNS,
        "required": (*REQUIRED, " / ".join(NAMES)),
        "most": settings.IMPORT_MAX_BYTES // 2**20,
        "jobs": Job.objects.filter(kind=KIND).order_by("-created_at")[:SHOWN],
    }
    return render(request, "desk/import.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, form: ImportForm) -> Job:
    file, dry = form.cleaned_data["file"], form.cleaned_data["dry"]
    file.seek(0)
    content = file.read()
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        # The same file sent twice by a double click is one piece of work.
        job, new = work.ask(
            KIND, by=request.user, key=f"{digest}:{dry}", dry=dry, file=file.name, language=get_language() or "km"
        )
        if new:
            work.give(job, file.name[:200], content, "application/octet-stream")
            journal.note("desk.register.given", None, by=request.user, file=file.name, sha256=digest, dry=dry)
            transaction.on_commit(lambda: send(job))
    return job
