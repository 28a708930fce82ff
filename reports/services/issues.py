"""Issue the paper of a month or a year: frozen with its figures, its files and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from core.audit import journal
from core.db import create_many, keep
from core.errors import RuleBroken
from core.jobs import work
from core.jobs.models import Job
from core.khmer import normalise
from reports import issued, issuing
from reports.differences import Difference
from reports.models import Issue, IssueFile

ISSUE = "issue"  # the kind of job
LONGEST_REASON = 300


@transaction.atomic
def ask_for_issue(*, kind: str, first: date, reason: str = "", by: Any, today: date) -> Job:
    """Return the job that issues the next revision of a paper; asked for twice while it lasts, it is the same job.

    Raises RuleBroken: reports.paper_unknown, reports.period_not_over, reports.reissue_needs_a_reason (a paper that was
    issued is only issued again with one), reports.reason_too_long.
    """
    period = issuing.period_of(kind, first)
    if kind not in Issue.Kind.values or first != period.first_day:
        raise RuleBroken("reports.paper_unknown", field="kind")
    if period.last_day >= today:
        raise RuleBroken("reports.period_not_over", last=period.last_day)
    reason, before = normalise(reason), issued.newest(kind, first)
    if before and not reason:
        raise RuleBroken("reports.reissue_needs_a_reason", field="reason")
    if len(reason) > LONGEST_REASON:
        raise RuleBroken("reports.reason_too_long", field="reason", most=LONGEST_REASON)
    revision = before.revision + 1 if before else 1
    asked = {"paper": kind, "first": first.isoformat(), "revision": revision, "reason": reason if before else ""}
    job, new = work.ask(ISSUE, key=f"{kind}:{first}:{revision}", by=by, **asked)
    if new:
        journal.note("reports.issue.asked", None, by=by, job=str(job.id), **asked)
    return job


@dataclass(frozen=True)
class File:
    """One file to be issued."""

    name: str
    language: str
    content_type: str
    content: bytes


@transaction.atomic
def issue(
    *, kind: str, first: date, revision: int, reason: str, figures: Mapping[str, Any],
    restated: Sequence[Difference], files: Sequence[File], by: Any, at: datetime,
) -> Issue:  # fmt: skip
    """Freeze one revision of a paper.

    Raises Conflict("constraint.reports_issue_revision_once") when it is issued already: whatever asked twice, the
    first one stands.
    """
    made = Issue(
        kind=kind, first=first, revision=revision, reason=reason, issued_at=at, recorded_by=by, figures=figures,
        sha256=issuing.digest(figures), restated=[one.as_dict() for one in restated],
    )  # fmt: skip
    kept = [
        IssueFile(
            issue=made, name=file.name, language=file.language, content_type=file.content_type, content=file.content,
            sha256=hashlib.sha256(file.content).hexdigest(), recorded_by=by,
        )
        for file in files
    ]  # fmt: skip
    keep(made)
    create_many(IssueFile, kept)
    journal.note(
        "reports.paper.issued", made, by=by, paper=kind, first=first, revision=revision, reason=reason,
        sha256=made.sha256, files={file.name: file.sha256 for file in kept}, restated=len(restated),
    )  # fmt: skip
    return made
