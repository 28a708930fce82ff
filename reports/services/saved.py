"""Keep built reports: save one, change it, say who reads it and when the clock makes it, take it away, begin a run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit.journal import note
from core.db import create_many, save_checked
from core.jobs import work
from core.jobs.models import Job
from core.khmer import normalise
from core.periods import Month
from reports.models import ReportRun, ReportShare, SavedReport
from reports.questions import Question
from reports.shared import audience

JOB = "report"
CATCH_UP = 12  # runs that are made up for after the computer stood still


@transaction.atomic
def save(*, id: UUID, name: str, question: Question, by: Any) -> SavedReport:
    """Keep a question under a name; nobody else sees it yet. Raises Conflict("constraint.same_id")."""
    report = SavedReport(id=id, name=normalise(name), question=question.document(), recorded_by=by)
    save_checked(report)
    note("reports.report.saved", report, by=by, name=report.name, question=report.question)
    return report


@transaction.atomic
def change(*, report_id: UUID, name: str, question: Question, by: Any) -> SavedReport:
    """Let a report ask something else, or have another name. Raises SavedReport.DoesNotExist."""
    report = _locked(report_id)
    before = {"name": report.name, "question": report.question}
    report.name, report.question = normalise(name), question.document()
    save_checked(report)
    note("reports.report.changed", report, by=by, before=before, name=report.name, question=report.question)
    return report


@transaction.atomic
def settle(*, report_id: UUID, roles: Collection[str], every: str, today: date, by: Any) -> SavedReport:
    """Say with which roles a report is shared and when the clock makes it, from today on.

    Raises SavedReport.DoesNotExist, RuleBroken("core.invalid") for a role or a schedule that is none.
    """
    report = _locked(report_id)
    there = {share.role: share for share in report.shares.all()}
    new = [ReportShare(report=report, role=role, recorded_by=by) for role in sorted(set(roles) - there.keys())]
    ReportShare.objects.filter(pk__in=[share.pk for role, share in there.items() if role not in roles]).delete()
    create_many(ReportShare, new)
    if report.every != every:
        report.every, report.since = every, today if every else None
    save_checked(report)
    note("reports.report.settled", report, by=by, roles=sorted(roles), every=every)
    return report


@transaction.atomic
def retire(*, report_id: UUID, by: Any) -> SavedReport:
    """Take a report away from everybody; the clock makes it no more. Raises SavedReport.DoesNotExist."""
    report = _locked(report_id)
    report.retired = True
    save_checked(report)
    note("reports.report.retired", report, by=by, name=report.name)
    return report


@transaction.atomic
def begin(*, report_id: UUID, due: date) -> Job | None:
    """Ask for the files of a report that was due on a day; None when they were asked for before.

    The question and its readers are those of this moment, so that a job cut off in the middle makes the same files.
    """
    report = SavedReport.objects.select_for_update(of=("self",)).select_related("recorded_by").get(pk=report_id)
    if report.retired or due not in dues(report, due) or report.runs.filter(every=report.every, due=due).exists():
        return None
    roles = audience(report, list(report.shares.values_list("role", flat=True)))
    asked = {"report": str(report.pk), "name": report.name, "due": due.isoformat(), "question": report.question}
    asked["language"] = report.recorded_by.language if report.recorded_by else "km"
    job, _ = work.ask(JOB, key=f"{report.pk}:{report.every}:{due}", by=None, **asked, roles=roles)
    save_checked(ReportRun(report=report, every=report.every, due=due, job=job))
    note("reports.report.due", report, by=None, due=due, every=report.every, job=str(job.pk))
    return job


def dues(report: SavedReport, today: date) -> list[date]:
    """Return the days up to today on which a report was due, at most the last dozen."""
    found: list[date] = []
    due = _begin_of(report.every, today) if report.every else None
    while due and report.since and due >= report.since and len(found) < CATCH_UP:
        found.append(due)
        due = _begin_of(report.every, due - timedelta(days=1))
    return found[::-1]


def _begin_of(every: str, day: date) -> date:
    """Return the first day of the week, month, quarter or year of a day."""
    if every == SavedReport.Every.WEEK:
        return day - timedelta(days=day.weekday())
    first = Month.of(day).first
    if every == SavedReport.Every.QUARTER:
        return first.replace(month=(day.month - 1) // 3 * 3 + 1)
    return first.replace(month=1) if every == SavedReport.Every.YEAR else first


def _locked(report_id: UUID) -> SavedReport:
    return SavedReport.objects.select_for_update().get(pk=report_id, retired=False)
