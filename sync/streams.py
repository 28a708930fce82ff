"""How far each store of saves has come, without a gap and into a verified backup; what its device said of itself."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from sync.envelope import Envelope
from sync.models import Device, PushedOp, Stream


def heard_from(device: Device | None, sent: Envelope, *, now: dt.datetime) -> None:
    """Note when a device sent, how much it holds back still, and how far its clock is off; one statement."""
    if device is None:
        return
    skew = int((now - sent.sent_at).total_seconds() * 1000) if sent.sent_at else None
    Device.objects.filter(pk=device.pk).update(
        sent_at=now, pending=sent.pending, oldest_at=sent.oldest_at, skew_ms=skew
    )  # fmt: skip


@transaction.atomic
def reached(device: Device | None, db_id: UUID) -> tuple[int, int]:
    """Return up to which number the ops of a store are here without a gap, and up to which they are in a backup."""
    if device is None:
        return 0, 0
    stream = Stream.objects.select_for_update().filter(pk=db_id).first()
    if stream is None:
        stream, _ = Stream.objects.get_or_create(pk=db_id, defaults={"device": device})
    seqs = PushedOp.objects.filter(db_id=db_id, seq__gt=stream.contiguous_seq).order_by("seq")
    reached = stream.contiguous_seq
    for seq in seqs.values_list("seq", flat=True).iterator(chunk_size=200):
        if seq > reached + 1:
            break
        reached = seq
    if reached != stream.contiguous_seq:
        Stream.objects.filter(pk=db_id, contiguous_seq__lt=reached).update(contiguous_seq=reached)
    return reached, stream.durable_seq
