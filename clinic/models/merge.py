"""Two records of one person: pairs that look like it, and merges, each with what is needed to take it back."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models.patient import Patient
from core.db import Recorded


class LikelyPair(Recorded):
    """Two records that may mean one person, with the reasons; decided once, and the decision is remembered.

    `one` is the record with the smaller id, so that a pair exists once. `reasons` are codes for people to read.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To look at")
        DISTINCT = "distinct", _("Two different people")
        MERGED = "merged", _("Merged")

    one = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)
    registered_anyway = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="clinic_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="clinic_pair_in_order"),
        ]
        indexes = [models.Index(fields=["state", "-score", "id"], name="clinic_pair_worklist")]

    @property
    def patient_id(self) -> UUID:
        """Return one of the two; the log ties each change to a person."""
        return self.one_id


class Merge(Recorded):
    """One record taken up by another: what was moved and how the survivor read before, so that it can be undone.

    `moved` lists ids by `app.model.field`; `before` holds the survivor's columns that the merge changed, each as
    [value before, value after].
    """

    winner = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    loser = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    moved = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undo_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="clinic_merged_once"),
            models.CheckConstraint(condition=~Q(winner=F("loser")), name="clinic_merge_of_two"),
        ]

    @property
    def patient_id(self) -> UUID:
        """Return the survivor; the log ties each change to a person."""
        return self.winner_id
