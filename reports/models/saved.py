"""Reports that somebody built and kept: what they ask, with whom they are shared, when they are made by the clock."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.accounts.roles import Role
from core.db import Recorded


class SavedReport(Recorded):
    """A question with a name; `recorded_by` is whose it is.

    `question` is a document that `reports.questions` writes and reads. With `every` the report is made by the clock,
    for each week, month, quarter or year that begins on or after `since`.
    """

    class Every(models.TextChoices):
        NEVER = "", _("Not by the clock")
        WEEK = "week", _("Every Monday")
        MONTH = "month", _("On the 1st of every month")
        QUARTER = "quarter", _("On the 1st of every quarter")
        YEAR = "year", _("On the 1st of January")

    name = models.CharField(max_length=120)
    question = models.JSONField()
    every = models.CharField(max_length=7, choices=Every.choices, blank=True)
    since = models.DateField(null=True, blank=True)
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(every__in=["", "week", "month", "quarter", "year"]), name="reports_every"
            ),
            models.CheckConstraint(condition=Q(every="") | Q(since__isnull=False), name="reports_every_since"),
        ]

    def __str__(self) -> str:
        return self.name


class ReportShare(Recorded):
    """People of one role see a report; what they may not see in it stays out of theirs."""

    report = models.ForeignKey(SavedReport, on_delete=models.PROTECT, related_name="shares")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "role"], name="reports_share_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="reports_share_role"),
        ]


class ReportRun(Recorded):
    """A report that the clock asked for: one for each schedule and the day on which it was due."""

    report = models.ForeignKey(SavedReport, on_delete=models.PROTECT, related_name="runs")
    every = models.CharField(max_length=7)
    due = models.DateField()
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "every", "due"], name="reports_run_once")]
