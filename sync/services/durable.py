"""Ops that a verified backup holds: from then on a tablet may let go of its own copy."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from sync.models import PushedOp, Stream

CHUNK = 500


def waiting() -> list[UUID]:
    """Return the ops that no backup is known to hold; ask before the copy is begun."""
    return list(PushedOp.objects.filter(durable=False).values_list("pk", flat=True))


@transaction.atomic
def mark(ids: Sequence[UUID]) -> int:
    """Mark ops as held by a copy that was opened and looked through; return how many.

    No note: it says nothing of any record, and tablets are told with their next call.
    """
    for first in range(0, len(ids), CHUNK):
        PushedOp.objects.filter(pk__in=ids[first : first + CHUNK]).update(durable=True)
    missing = PushedOp.objects.filter(durable=False).values("db_id").annotate(first=Min("seq"))
    first_missing = dict(missing.values_list("db_id", "first"))
    for stream in Stream.objects.select_for_update():
        reached = min(stream.contiguous_seq, first_missing.get(stream.pk, stream.contiguous_seq + 1) - 1)
        if reached > stream.durable_seq:
            Stream.objects.filter(pk=stream.pk).update(durable_seq=reached)
    return len(ids)
