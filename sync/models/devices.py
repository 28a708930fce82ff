"""Tablets: enrolled once, logged in on by people, lent the records of some villages for a few days."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.places.models import Village

USER = settings.AUTH_USER_MODEL


class History(models.Model):
    """One history of this server, the protocol's `server_epoch`. A restored copy begins a new one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    began_at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-began_at", "-id"]
        indexes = [models.Index(fields=["-began_at"], name="sync_history_newest")]


class SealKey(models.Model):
    """A key pair (ECDH P-256) to whose public half tablets seal what they collected.

    `public` is the uncompressed point, `private` PKCS#8, both base64. Kept for ever: a tablet may come back late.
    """

    kid = models.CharField(primary_key=True, max_length=12)
    public = models.CharField(max_length=120)
    private = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)


class Device(models.Model):
    """A tablet, or a laptop used as one. `code` ("T07") stands in its receipt book and holds its number blocks.

    `token_number` says which of its tokens is in use (sync/tokens.py). `db_id` is the one store of saves that may send.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("In use")
        SUSPENDED = "suspended", _("Stopped: two of the same kind were seen")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=8, unique=True)
    name = models.CharField(_("name"), max_length=60)
    model = models.CharField(max_length=120, blank=True)
    app_version = models.CharField(max_length=40, blank=True)
    db_id = models.UUIDField(null=True, unique=True)
    public_key = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    token_number = models.PositiveIntegerField(default=0)
    asked = models.JSONField(default=list)  # the last requests for a log-in, so that a late copy of one is no theft
    enrolled_at = models.DateTimeField(null=True)
    enrolled_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # when it last sent saves
    pending = models.PositiveIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True)
    skew_ms = models.BigIntegerField(null=True)
    free_bytes = models.BigIntegerField(null=True)
    scope_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "suspended", "revoked"]), name="sync_device_state"
            ),
            models.CheckConstraint(condition=Q(state="active") | ~Q(reason=""), name="sync_device_stopped_why"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Enrolment(models.Model):
    """An invitation shown as a QR code: used once, within a quarter of an hour. Only the code's hash is kept."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=60)
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="enrolments")  # again
    made_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_db_id = models.UUIDField(null=True)  # so that an answer lost on the way can be asked for again


class DeviceUser(models.Model):
    """A person who has logged in on a device; ops made there may carry their name."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="people")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "user"], name="sync_device_user_once")]


class Access(models.Model):
    """A log-in of one person on one device: a quarter of an hour, renewed without a password until `renew_until`.

    Keys are kept as hashes. A renewal makes a row of its own, for its answer may be lost; the last few rows are kept.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="accesses")
    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()
    renewal = models.CharField(max_length=64, unique=True)
    renew_until = models.DateTimeField()
    made_at = models.DateTimeField()
    password = models.CharField(max_length=64)  # hash of the password's hash: a changed password ends the log-in

    class Meta:
        indexes = [models.Index(fields=["device", "user"], name="sync_access_device")]


class Checkout(models.Model):
    """The villages whose people a device may carry along, and until when (at most 72 hours).

    `chosen` by a person, or else those of the sessions that come next.
    """

    device = models.OneToOneField(Device, on_delete=models.CASCADE, related_name="checkout")
    villages = models.ManyToManyField(Village, related_name="+")
    version = models.PositiveIntegerField()
    chosen = models.BooleanField(default=False)
    at = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")


class Held(models.Model):
    """A record that a device was given, and the number it was given at; so that it can be taken back.

    `purged` is the number of the page that told the device to forget it; the row goes when the device has moved on.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    resource = models.CharField(max_length=60)
    record_id = models.UUIDField()
    seq = models.BigIntegerField()
    purged = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "resource", "record_id"], name="sync_held_once")]
