"""The books are proven every night, and whenever somebody asks; what came of it is kept as a piece of long work."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.jobs import work
from core.jobs.models import Job
from pharmacy.selectors.proving import KIND
from pharmacy.services import books
from pharmacy.services.books import Broken


def ask(*, by: Any, language: str) -> tuple[Job, bool]:
    """Return the work that proves the books, and whether it is new; asked for twice it is done once."""
    with transaction.atomic():
        return work.ask(KIND, by=by, key=KIND, language=language)


def prove(job: Job, *, now: datetime) -> list[Broken]:
    """Prove the books for a piece of work that was claimed, and keep what is broken."""
    found = books.all_broken(now=now)
    work.progress(job, 1, 1, said(found))
    work.finish(job, broken=[asdict(broken) for broken in found])
    return found


def keep(found: list[Broken], *, began: datetime, ended: datetime) -> Job:
    """Keep what a proof at the command line found, so that the house knows of it too."""
    job = Job(
        kind=KIND, state=Job.State.DONE, done=1, total=1, message=said(found), created_at=began, started_at=began,
        finished_at=ended, result={"broken": [asdict(broken) for broken in found]},
    )  # fmt: skip
    job.save(force_insert=True)
    return job


def said(found: list[Broken]) -> str:
    """Return what came of a proof, in one line."""
    if not found:
        return _("The books are whole.")
    words = ngettext("%(n)s rule of the books is broken.", "%(n)s rules of the books are broken.", len(found))
    return words % {"n": len(found)} + f" {found[0].what}: {found[0].row}"
