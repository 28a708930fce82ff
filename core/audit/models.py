"""Rows of the log: changes chained by hash, reads sealed into the chain later."""

from django.conf import settings
from django.db import models


class Entry(models.Model):
    """One change: what was done (`verb`), to which record, by whom, and the hash that ties it to the one before.

    `seq` comes from the clock of the house, in commit order. UPDATE and DELETE are refused by triggers.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=60, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "seq"], name="audit_subject"),
            models.Index(fields=["patient_id", "seq"], name="audit_patient"),
        ]


class Read(models.Model):
    """One look at a person's record: a single insert that takes no lock, sealed into the chain by the hour."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField(db_index=True)
    what = models.CharField(max_length=60)
