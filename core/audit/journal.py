"""Write the log: `note()` for a change, `note_read()` for a look at a record, `broken_at()` to prove the chain."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from core.audit.models import Entry, Read
from core.syncing import Clock, tick, write_changes

START = "0" * 64


@dataclass
class Note:
    """One change to write down: the verb, the record it is about, and others that changed with it."""

    verb: str
    subject: models.Model | None = None
    also: tuple[models.Model, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


def note(verb: str, subject: models.Model | None = None, *also: models.Model, by: Any, **detail: Any) -> None:
    """Write one change into the chain and stamp `subject` and `also` for the tablets (the last two beats).

    Four statements, whatever the number of records. Must run inside the transaction of the change itself.
    """
    note_many([Note(verb, subject, also, detail)], by=by)


def note_many(notes: Iterable[Note], *, by: Any) -> None:
    """Write several changes at once, with one lock and one statement a table."""
    notes = list(notes)
    changed = [r for n in notes for r in (n.subject, *n.also) if r is not None]
    last, head = tick(len(notes) + len(changed))
    seq, at = last - len(notes) - len(changed) + 1, timezone.now()
    entries = []
    for n in notes:
        entry = _entry(n, seq=seq, at=at, by=by, previous=head)
        head = entry.hash
        entries.append(entry)
        seq += 1
    Entry.objects.bulk_create(entries)
    write_changes(changed, seq)
    Clock.objects.filter(id=1).update(head=head)


def note_read(patient_id: UUID, *, by: Any, what: str) -> None:
    """Write down that `by` looked at a person's record."""
    Read.objects.create(at=timezone.now(), by=by, patient_id=patient_id, what=what)


def note_reads(patient_ids: Iterable[UUID], *, by: Any, what: str) -> None:
    """Write down that `by` saw a list that names these people, in one statement."""
    at = timezone.now()
    Read.objects.bulk_create(
        [Read(at=at, by=by, patient_id=patient, what=what) for patient in dict.fromkeys(patient_ids)]
    )


def seal_reads() -> int:
    """Tie all reads since the last seal into the chain; return how many. Run by beat and by `check_audit`."""
    with transaction.atomic():
        sealed = Entry.objects.filter(verb="audit.reads.sealed").order_by("-seq").first()
        after = sealed.detail["last"] if sealed else 0
        digest, last, count = reads_digest(after)
        if count:
            note("audit.reads.sealed", by=None, first_after=after, last=last, count=count, digest=digest)
    return count


def reads_digest(after: int, last: int | None = None) -> tuple[str, int, int]:
    """Return (digest, last id, count) over the reads with id in (after, last]."""
    reads = Read.objects.filter(id__gt=after).order_by("id")
    if last is not None:
        reads = reads.filter(id__lte=last)
    digest, end, count = hashlib.sha256(), after, 0
    for row in reads.values_list("id", "at", "by_id", "patient_id", "what").iterator():
        digest.update(_canonical(list(row)))
        end, count = row[0], count + 1
    return digest.hexdigest(), end, count


def broken_at() -> int | None:
    """Return the `seq` of the first entry that does not fit the chain, else None.

    Checks each hash, each link, the head kept in the clock, and each seal over the reads.
    """
    head = START
    for entry in Entry.objects.order_by("seq").iterator():
        if entry.previous != head or entry.hash != _hash(entry):
            return entry.seq
        if entry.verb == "audit.reads.sealed":
            digest, _, count = reads_digest(entry.detail["first_after"], entry.detail["last"])
            if (digest, count) != (entry.detail["digest"], entry.detail["count"]):
                return entry.seq
        head = entry.hash
    clock = Clock.objects.get(id=1)
    return None if clock.head == head else clock.seq


def _entry(n: Note, *, seq: int, at: Any, by: Any, previous: str) -> Entry:
    subject = n.subject
    detail = dict(n.detail)
    if n.also:
        detail["also"] = [f"{r._meta.label_lower}:{r.pk}" for r in n.also[:50]]
    entry = Entry(
        seq=seq,
        at=at,
        verb=n.verb,
        by=by,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None and isinstance(subject.pk, UUID) else None,
        patient_id=_patient_of(subject),
        detail=json.loads(json.dumps(detail, cls=DjangoJSONEncoder)),
        previous=previous,
    )
    entry.hash = _hash(entry)
    return entry


def _patient_of(subject: models.Model | None) -> UUID | None:
    if subject is None:
        return None
    if subject._meta.label_lower == "clinic.patient":
        return subject.pk
    return getattr(subject, "patient_id", None)


def _hash(entry: Entry) -> str:
    parts = [
        entry.seq, entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.verb,
        str(entry.by_id), entry.subject_type, str(entry.subject_id), str(entry.patient_id), entry.detail,
        entry.previous,
    ]  # fmt: skip
    return hmac.new(settings.AUDIT_KEY.encode(), _canonical(parts), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
