"""Pictures that ops speak of by their hash: asked for until they come, and kept where they belong when they have."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from core.audit import journal
from core.errors import RuleBroken
from core.periods import local_day
from sync.landing import LANDED
from sync.models import Blob, Device, PushedOp
from sync.resources import RESOURCES

log = logging.getLogger("clinic.sync")
MOST = 50


def wanted(device: Device | None) -> list[str]:
    """Return the hashes of pictures that ops of a device speak of and that have not come; one statement."""
    if device is None:
        return []
    ops = PushedOp.objects.filter(device=device, status__in=LANDED).exclude(wants_blob="")
    return list(ops.order_by("wants_blob").values_list("wants_blob", flat=True).distinct()[:MOST])


def blob_came(sha256: str) -> int:
    """Keep a picture that is whole now with the records whose ops speak of it; return how many. Call it after commit.

    One that no service takes (it is no picture) is told in the log and no longer asked for.
    """
    ops = PushedOp.objects.filter(wants_blob=sha256, status__in=LANDED)
    return sum(_attach(pk) for pk in ops.values_list("pk", flat=True))


def attach_those_here(rows: Iterable[PushedOp]) -> None:
    """Keep the pictures that came before the op that speaks of them; no statement when no op speaks of one."""
    hashes = {row.wants_blob for row in rows if row.wants_blob and row.status in LANDED}
    if hashes:
        for sha256 in Blob.objects.filter(pk__in=hashes, whole=True).values_list("pk", flat=True):
            blob_came(sha256)


@transaction.atomic
def _attach(pk: UUID) -> int:
    op = PushedOp.objects.select_for_update(of=("self",)).select_related("actor").get(pk=pk)
    blob = Blob.objects.filter(pk=op.wants_blob, whole=True).first() if op.wants_blob else None
    attach = RESOURCES[op.type].attach
    if blob is None or attach is None:
        return 0
    op.wants_blob = ""
    try:
        with transaction.atomic(), journal.via(op=str(op.pk)):
            attach(op.record_id, bytes(blob.content), by=op.actor, today=local_day(op.received_at))
            kept = 1
    except RuleBroken as broken:
        log.warning("the picture of op %s was not taken: %s", op.pk, broken)
        kept = 0
    op.save(update_fields=["wants_blob"])
    return kept
