"""`push`: what a tablet saved. Each op is kept and answered for; the whole is refused only when nothing was taken."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from sync import engine
from sync.admission import place
from sync.api.door import Door
from sync.auth import Refused
from sync.envelope import MOST_BYTES, MOST_OPS, Envelope, read_envelope
from sync.models import Device
from sync.services import history


class Push(Door):
    """Two at a time on this machine; the others are told when to come back."""

    def post(self, request: Request) -> Response:
        """Take the ops and return one result for each."""
        if _length(request) > MOST_BYTES:
            raise Refused(413, "too_large")
        with place():
            now, device = timezone.now(), request.auth.device  # type: ignore[union-attr]
            _check(read_envelope(request.data), request.data, device)
            taken = engine.take(device=device, envelope=request.data, now=now)
        ack = {"db_id": str(device.db_id), "contiguous_seq": taken.contiguous, "durable_seq": taken.durable}
        return Response({
            "results": taken.results, "ack": ack, "want_blobs": taken.want_blobs, "server_time": now.isoformat(),
        })  # fmt: skip


def _check(sent: Envelope, body: Any, device: Device) -> None:
    """Refuse what cannot be meant for this history, or is not from this device's store, before anything is taken."""
    if len(sent.ops) > MOST_OPS:
        raise Refused(413, "too_large")
    if sent.db_id != device.db_id or body.get("device_id") != str(device.pk):
        raise Refused(409, "db_id_conflict")
    if sent.epoch != (epoch := history.current().pk):
        raise Refused(409, "epoch_changed", server_epoch=str(epoch))


def _length(request: Request) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdigit() else 0
