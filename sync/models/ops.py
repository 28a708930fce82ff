"""What tablets sent: every op for ever, what two people wrote differently, and what could not be taken over."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.models.devices import Device

USER = settings.AUTH_USER_MODEL


class PushedOp(models.Model):
    """One save as it came, and what became of it. Append-only in what was sent; only the outcome ever changes.

    `raw` is the op as canonical JSON (keys sorted, no spaces), `sha256` its hash: by it a second sending is known as
    the same. `type`, `record_id` and `kind` are what the envelope says; times are `at` as the tablet wrote it, and
    `received_at`.
    """

    class Status(models.TextChoices):
        APPLIED = "applied", _("Taken over")
        MERGED = "merged", _("Brought together")
        CONFLICT = "conflict", _("Written differently by two people")
        QUARANTINED = "quarantined", _("Could not be taken over")
        PARKED = "parked", _("Waits for another record")
        REJECTED = "rejected", _("Set aside with a reason")

    class Way(models.TextChoices):
        PUSH = "push", _("Sent")
        ESCROW = "escrow", _("Handed in by a revoked tablet")
        FILE = "file", _("Brought as a file")

    id = models.UUIDField(primary_key=True, editable=False)
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="ops")
    db_id = models.UUIDField()
    seq = models.PositiveBigIntegerField()
    group = models.UUIDField(null=True)
    type = models.CharField(max_length=40)
    record_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=20)
    raw = models.TextField()
    sha256 = models.CharField(max_length=64)
    at = models.CharField(max_length=40, blank=True)
    skew_ms = models.BigIntegerField(default=0)
    clock_suspect = models.BooleanField(default=False)
    received_at = models.DateTimeField(default=timezone.now)
    way = models.CharField(max_length=6, choices=Way.choices, default=Way.PUSH)
    actor = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField(null=True)
    status = models.CharField(max_length=12, choices=Status.choices)
    code = models.CharField(max_length=80, blank=True)
    fields = models.JSONField(default=dict)  # {field: {code, params}} of a rule (`sync.sayings`), or names in conflict
    waits_type = models.CharField(max_length=40, blank=True)
    waits_id = models.UUIDField(null=True)
    version = models.BigIntegerField(null=True)  # the record's number in the feed after this op
    durable = models.BooleanField(default=False)  # contained in a verified backup
    wants_blob = models.CharField(max_length=64, blank=True)  # hash of its picture, until that has come and is kept

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(status="parked") & ~Q(waits_type="") & Q(waits_id__isnull=False)) | ~Q(status="parked"),
                name="sync_parked_waits_for_something",
            ),
        ]
        indexes = [
            models.Index(fields=["db_id", "seq"], name="sync_op_stream"),
            models.Index(fields=["waits_id"], condition=Q(status="parked"), name="sync_op_waiting"),
            models.Index(fields=["patient_id"], name="sync_op_patient"),
            models.Index(fields=["record_id"], name="sync_op_record"),
            models.Index(fields=["wants_blob"], condition=~Q(wants_blob=""), name="sync_op_wants_blob"),
            models.Index(fields=["durable"], condition=Q(durable=False), name="sync_op_not_durable"),
            models.Index(fields=["device", "-received_at"], name="sync_op_of_device"),
        ]

    @property
    def sent(self) -> dict[str, Any]:
        """Return the op as it was sent, an empty one for what was none."""
        op = json.loads(self.raw)
        return op if isinstance(op, dict) else {}


class Stream(models.Model):
    """A store of saves on a device (an IndexedDB): up to which number its ops came without a gap, or are backed up."""

    db_id = models.UUIDField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="streams")
    contiguous_seq = models.PositiveBigIntegerField(default=0)
    durable_seq = models.PositiveBigIntegerField(default=0)


class Disagreement(models.Model):
    """One field that a tablet's user and somebody else wrote differently; the value committed first stands meanwhile.

    `theirs` is what stood, `mine` what the op wanted, both as plain JSON. Decided by a person: kept or taken.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        KEPT = "kept", _("What stood was kept")
        TAKEN = "taken", _("The other value was taken")

    op = models.ForeignKey(PushedOp, on_delete=models.PROTECT, related_name="disagreements")
    type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    patient_id = models.UUIDField(null=True)
    field = models.CharField(max_length=60)
    theirs = models.JSONField(null=True)
    mine = models.JSONField(null=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["op", "field"], name="sync_disagreement_once")]
        indexes = [
            models.Index(fields=["-id"], condition=Q(state="open"), name="sync_disagreement_open"),
            models.Index(fields=["patient_id", "state"], name="sync_disagreement_patient"),
        ]


class Ticket(models.Model):
    """A save that could not be taken over and waits for a person; its id is its number, "Q-31".

    `amended` is the document as somebody put it right; the op itself stays as it was sent.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        RELEASED = "released", _("Taken over later")
        REJECTED = "rejected", _("Set aside with a reason")

    op = models.OneToOneField(PushedOp, on_delete=models.PROTECT, related_name="ticket")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    amended = models.JSONField(null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(reason=""), name="sync_rejected_why"),
        ]
        indexes = [models.Index(fields=["-id"], condition=Q(state="open"), name="sync_ticket_open")]

    @property
    def number(self) -> str:
        """Return the number that people say: "Q-31"."""
        return f"Q-{self.pk}"


class Blob(models.Model):
    """A picture that an op speaks of, by its hash; it may come before or after its op, in pieces."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField(default=bytes)
    whole = models.BooleanField(default=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)
