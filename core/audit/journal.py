"""Write the log: `note()` for a change, `note_read()` for a look at a record, `broken_at()` to prove the chain."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from core.audit.models import Entry, Read
from core.syncing import Clock, patient_of, stamps, tick, write_changes

START = "0" * 64


@dataclass
class Note:
    """One change to write down: the verb, the record it is about, and others that changed with it."""

    verb: str
    subject: models.Model | None = None
    also: tuple[models.Model, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


class Written(NamedTuple):
    """A note with who wrote it and how it came."""

    note: Note
    by: Any
    via: dict[str, Any] | None


_together: ContextVar[list[Written] | None] = ContextVar("together", default=None)
_via: ContextVar[dict[str, Any] | None] = ContextVar("via", default=None)


def note(verb: str, subject: models.Model | None = None, *also: models.Model, by: Any, **detail: Any) -> None:
    """Write one change into the chain and stamp `subject` and `also` for the tablets (the last two beats).

    Four statements, whatever the number of records. Must run inside the transaction of the change itself.
    """
    note_many([Note(verb, subject, also, detail)], by=by)


def note_many(notes: Iterable[Note], *, by: Any) -> None:
    """Write several changes at once, with one lock and one statement a table."""
    gathered, via = _together.get(), _via.get()
    written = [Written(n, by, via) for n in notes]
    if gathered is None:
        write(written)
    else:
        gathered.extend(written)


@contextmanager
def via(**how: Any) -> Iterator[None]:
    """Let every note written inside say how it came, e.g. by which tablet and which of its saves."""
    token = _via.set((_via.get() or {}) | how)
    try:
        yield
    finally:
        _via.reset(token)


@contextmanager
def together() -> Iterator[list[Written]]:
    """Keep back the notes of many services and write all of them at the end, with one lock.

    Yields the list that gathers them, so that who undoes a savepoint can take back what was noted since. Nothing is
    written when the block raises. Must stand inside the transaction of the changes.
    """
    gathered: list[Written] = []
    token = _together.set(gathered)
    try:
        yield gathered
    finally:
        _together.reset(token)
    write(gathered)


def write(written: list[Written]) -> int:
    """Write notes into the chain and stamp their records; return the last number taken. Four statements."""
    if not written:
        return 0
    marks = stamps(r for w in written for r in (w.note.subject, *w.note.also) if r is not None)
    last, head = tick(len(written) + len(marks))
    seq, at = last - len(written) - len(marks) + 1, timezone.now()
    entries = []
    for one in written:
        entry = _entry(one, seq=seq, at=at, previous=head)
        head = entry.hash
        entries.append(entry)
        seq += 1
    Entry.objects.bulk_create(entries)
    write_changes(marks, seq)
    Clock.objects.filter(id=1).update(head=head)
    return last


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


def _entry(one: Written, *, seq: int, at: Any, previous: str) -> Entry:
    n, subject = one.note, one.note.subject
    detail = dict(n.detail)
    if n.also:
        detail["also"] = [f"{r._meta.label_lower}:{r.pk}" for r in n.also[:50]]
    if one.via:
        detail["via"] = one.via
    entry = Entry(
        seq=seq,
        at=at,
        verb=n.verb,
        by=one.by,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None and isinstance(subject.pk, UUID) else None,
        patient_id=patient_of(subject),
        detail=json.loads(json.dumps(detail, cls=DjangoJSONEncoder)),
        previous=previous,
    )
    entry.hash = _hash(entry)
    return entry


def _hash(entry: Entry) -> str:
    parts = [
        entry.seq, entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.verb,
        str(entry.by_id), entry.subject_type, str(entry.subject_id), str(entry.patient_id), entry.detail,
        entry.previous,
    ]  # fmt: skip
    return hmac.new(settings.AUDIT_KEY.encode(), _canonical(parts), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
