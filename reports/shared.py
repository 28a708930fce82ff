"""Which built reports a person sees, and which of the files that the clock made."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from core.accounts.models import User
from core.accounts.roles import Action, Role
from core.jobs.models import JobFile
from reports.models import ReportRun, ReportShare, SavedReport

PAGE = 30
RUNS = 12


def reports_of(user: User) -> QuerySet[SavedReport]:
    """Return one's own reports and those shared with one's role; who looks after the centre sees all."""
    rows = SavedReport.objects.filter(retired=False).select_related("recorded_by").order_by("-id")
    if user.may(Action.MANAGE_CENTRE):
        return rows
    shared = ReportShare.objects.filter(report=OuterRef("pk"), role=user.role)
    return rows.filter(Q(recorded_by=user) | Q(Exists(shared)))


def page(user: User, *, before: UUID | None = None) -> tuple[list[SavedReport], UUID | None]:
    """Return reports, newest first, with the newest files of each, and where the next page begins."""
    rows = reports_of(user).prefetch_related("shares", _runs(user))
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return found[:PAGE], more


def one(user: User, id: UUID) -> SavedReport | None:
    """Return one report that a person sees, with the files that were made for people of that role."""
    return reports_of(user).prefetch_related("shares", _runs(user)).filter(pk=id).first()


def _runs(user: User) -> Prefetch[Any]:
    files = JobFile.objects.filter(label=user.role).defer("content").order_by("name")
    runs = ReportRun.objects.select_related("job").prefetch_related(Prefetch("job__files", files, to_attr="mine"))
    return Prefetch("runs", runs.order_by("-due", "-id")[:RUNS], to_attr="newest")  # of each report


def file_of(user: User, run_id: UUID, file_id: UUID) -> tuple[ReportRun, JobFile] | None:
    """Return a file that the clock made for people of this role, while the report is still shared with them."""
    seen = reports_of(user).order_by().values("pk")
    run = ReportRun.objects.select_related("job").filter(pk=run_id, report__in=seen).first()
    file = JobFile.objects.filter(pk=file_id, job_id=run.job_id, label=user.role).first() if run else None
    return (run, file) if run and file else None


def may_change(user: User, report: SavedReport) -> bool:
    """Return whether a person decides about a report: whose it is, and who looks after the centre."""
    return user.may(Action.BUILD_REPORTS) and (report.recorded_by_id == user.pk or user.may(Action.MANAGE_CENTRE))


def audience(report: SavedReport, roles: list[str]) -> list[str]:
    """Return for which roles files are made: whose it is, who looks after the centre, and those it is shared with."""
    owner = [report.recorded_by.role] if report.recorded_by else []
    return [role for role in Role.values if role in {*owner, Role.ADMIN, *roles}]


def scheduled(today: date) -> QuerySet[SavedReport]:
    """Return the reports that the clock makes."""
    return SavedReport.objects.filter(retired=False, since__lte=today).exclude(every="").order_by("id")
