"""Papers as they were issued: the figures, the files and their hashes, never changed afterwards (house decision 4)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.db import Recorded


class Issue(Recorded):
    """One issued revision of a month's or a year's paper; `recorded_by` is empty when the clock issued it.

    `figures` is every number the paper says, as `reports.issuing` wrote it down; `sha256` is the hash of that
    document's canonical text. `restated` lists what differs from the revision before, with why. The table is
    append-only: a wrong issue is followed by the next revision.
    """

    class Kind(models.TextChoices):
        MONTH = "month", _("Monthly summary")
        YEAR = "year", _("Annual results")

    kind = models.CharField(max_length=5, choices=Kind.choices)
    first = models.DateField()  # the first day of the month or year
    revision = models.PositiveSmallIntegerField(default=1)
    issued_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    figures = models.JSONField()
    sha256 = models.CharField(max_length=64)
    restated = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "revision"], name="reports_issue_revision_once"),
            models.CheckConstraint(condition=Q(kind__in=["month", "year"]), name="reports_issue_kind"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="reports_issue_revision_counts_from_one"),
            models.CheckConstraint(condition=Q(revision=1) | ~Q(reason=""), name="reports_a_reissue_says_why"),
        ]


class IssueFile(Recorded):
    """One file of an issue, byte for byte as it was issued."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=2, blank=True)  # empty where one file holds both
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "name"], name="reports_issue_file_once")]
