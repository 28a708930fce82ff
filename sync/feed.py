"""What a tablet is told of the records it may carry: page by page, in the order in which they were committed.

A page never holds number n+1 while n may still come. The clock is read first: its number `head` is taken under a lock
that lasts to the commit, so that everything up to it is committed and seen by the statements that follow. What moves
on meanwhile has a number above `head` and is told next time (docs/adr/0003, 0016).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import IntegerField, QuerySet, Subquery, Value

import clinic.sync
import mobile_team.sync.checkups
import mobile_team.sync.sessions
from clinic.models import Patient
from core.accounts.models import User
from core.audit import journal
from core.periods import local_day
from core.syncing import RECORD, Change, Clock
from mobile_team.models import Session
from sync.auth import Refused
from sync.cursor import Cursor
from sync.models import Checkout, Device, Held, History, Stream
from sync.services import history

MOST = 500
SCHEMA, OLDEST = 1, 1
SESSION = Session.resource()
TYPES = {RECORD: "patient", SESSION: "session"}
BEFORE, AFTER = dt.timedelta(days=14), dt.timedelta(days=7)

Told = dict[str, Any]
# How a change of schema n reads to an app that knows n - 1; pure, one row a schema (protocol, "Schema drift").
OLDER: dict[int, Callable[[Told], Told]] = {}


@dataclass(frozen=True)
class Scope:
    """Whose records a device may carry now: the villages, and the days of the sessions held there."""

    version: int = 0
    villages: frozenset[int] = frozenset()
    first: dt.date = dt.date.min
    last: dt.date = dt.date.min


@dataclass(frozen=True)
class Head:
    """Where the server stands: its newest number, its history, and what it holds of one store of saves."""

    seq: int
    epoch: UUID
    contiguous: int
    durable: int


@dataclass(frozen=True)
class Page:
    """One page: the changes, where it ends, whether there is more."""

    changes: list[Told]
    cursor: Cursor
    has_more: bool


def scope_of(device: Device, *, now: dt.datetime) -> Scope:
    """Return what a device may carry now; nothing when its checkout is over, and that too is another scope.

    One statement, when the checkout came joined with the device.
    """
    lent: Checkout | None = getattr(device, "checkout", None)
    if lent is None or lent.until <= now:
        return Scope()
    first, last = local_day(lent.at) - BEFORE, local_day(lent.until) + AFTER
    return Scope(lent.version, frozenset(lent.villages.values_list("pk", flat=True)), first, last)


def head(db_id: UUID | None) -> Head:
    """Return where the server stands; one statement."""
    stream: Any = Stream.objects.filter(pk=db_id) if db_id else Stream.objects.none()
    row = Clock.objects.filter(id=1).annotate(
        epoch=Subquery(History.objects.values("pk")[:1]),
        contiguous=Subquery(stream.values("contiguous_seq")),
        durable=Subquery(stream.values("durable_seq")),
    )
    seq, epoch, contiguous, durable = row.values_list("seq", "epoch", "contiguous", "durable").get()
    return Head(seq, epoch or history.current().pk, contiguous or 0, durable or 0)


def page(
    *, device: Device, cursor: Cursor | None, limit: int, schema: int, by: User, now: dt.datetime, at: Head
) -> Page:
    """Return what changed behind the cursor, and write down what was given and whose records were read.

    Raises Refused: 409 epoch_changed for a cursor of another history, 426 too_old for a schema nobody knows any more.
    """
    if schema < OLDEST:
        raise Refused(426, "too_old")
    if cursor and (cursor.epoch != at.epoch or cursor.seq > at.seq):
        raise Refused(409, "epoch_changed", server_epoch=str(_epoch_of(cursor, at, now)))
    scope = scope_of(device, now=now)
    after = cursor.seq if cursor and cursor.scope_version == scope.version else 0
    rows = _changes(device, scope, after, at.seq, limit)
    has_more, rows = len(rows) > limit, rows[:limit]
    docs = _docs(rows, scope, today=local_day(now))
    told = [_told(row, docs.get(row.key), schema) for row in rows]
    moved_on = after if cursor and cursor.scope_version == scope.version else None
    _write_down(device, rows, docs, by=by, moved_on=moved_on)
    end = rows[-1].seq if has_more else at.seq
    return Page(told, Cursor(at.epoch, end, scope.version, local_day(now)), has_more)


@dataclass(frozen=True)
class Row:
    """A record that changed, and whether it was in scope when the page was read."""

    seq: int
    resource: str
    record: UUID
    mine: bool

    @property
    def key(self) -> tuple[str, UUID]:
        return self.resource, self.record


def _changes(device: Device, scope: Scope, after: int, head: int, limit: int) -> list[Row]:
    """Return up to `limit + 1` records with a number in (after, head], in order: in scope, or given earlier.

    One statement of four arms, each led by the few records it is about and never by the feed, which is long.
    """
    held = Held.objects.filter(device=device)
    people = Patient.objects.filter(village__in=scope.villages).values("pk")
    sessions = Session.objects.filter(village__in=scope.villages, on__range=(scope.first, scope.last)).values("pk")
    arms = [
        _arm(RECORD, held.filter(resource=RECORD).values("record_id"), after, head, mine=0),
        _arm(SESSION, held.filter(resource=SESSION).values("record_id"), after, head, mine=0),
    ]
    if scope.villages:
        arms += [_arm(RECORD, people, after, head, mine=1), _arm(SESSION, sessions, after, head, mine=1)]
    found: Any = arms[0].union(*arms[1:], all=True)
    rows: dict[int, Row] = {}
    # A record can stand in two arms; the one in scope comes first.
    for seq, resource, record, mine in found.order_by("seq", "-mine")[: 2 * (limit + 1)]:
        rows.setdefault(seq, Row(seq, resource, record, bool(mine)))
    return list(rows.values())[: limit + 1]


def _arm(resource: str, records: QuerySet[Any, Any], after: int, head: int, *, mine: int) -> QuerySet[Change, Any]:
    changed: Any = Change.objects.filter(resource=resource, record_id__in=records, seq__gt=after, seq__lte=head)
    return changed.annotate(mine=Value(mine, IntegerField())).values_list("seq", "resource", "record_id", "mine")


def _docs(rows: Iterable[Row], scope: Scope, *, today: dt.date) -> dict[tuple[str, UUID], Told]:
    """Return the documents of the records in scope; what left it since the page was read is left out."""
    mine = [row for row in rows if row.mine]
    people = [row.record for row in mine if row.resource == RECORD]
    sessions = [row.record for row in mine if row.resource == SESSION]
    docs: dict[tuple[str, UUID], Told] = {}
    if people:
        seen = mobile_team.sync.checkups.docs_of(people)
        for pk, doc in clinic.sync.patient_docs(people, today=today).items():
            if "merged_into" in doc:
                docs[RECORD, pk] = doc
            elif doc["village"] in scope.villages:
                docs[RECORD, pk] = doc | {"checkups": seen.get(pk, [])}
    if sessions:
        for pk, doc in mobile_team.sync.sessions.docs(sessions).items():
            if doc["village"] in scope.villages:
                docs[SESSION, pk] = doc
    return docs


def _told(row: Row, doc: Told | None, schema: int) -> Told:
    told: Told = {
        "type": TYPES[row.resource], "id": str(row.record), "version": row.seq, "seq": row.seq,
        "state": "live" if doc else "purge", "doc": doc,
    }  # fmt: skip
    for newer in range(SCHEMA, schema, -1):
        told = OLDER[newer](told)
    return told


def _write_down(
    device: Device, rows: list[Row], docs: dict[tuple[str, UUID], Told], *, by: User, moved_on: int | None
) -> None:
    """Remember what the device was given and told to forget, and who read whose record; three statements at most.

    What it was told to forget is told again until it comes with a cursor that lies behind it.
    """
    if not rows:
        return
    given = [
        Held(device=device, resource=row.resource, record_id=row.record, seq=row.seq, purged=row.key not in docs)
        for row in rows
    ]
    with transaction.atomic():
        if moved_on:
            Held.objects.filter(device=device, purged=True, seq__lte=moved_on).delete()
        Held.objects.bulk_create(
            given, update_conflicts=True, unique_fields=["device", "resource", "record_id"],
            update_fields=["seq", "purged"],
        )  # fmt: skip
        read = [pk for (resource, pk), doc in docs.items() if resource == RECORD and "merged_into" not in doc]
        journal.note_reads(read, by=by, what="tablet")


def _epoch_of(cursor: Cursor, at: Head, now: dt.datetime) -> UUID:
    """Return the history that goes on now.

    A tablet that has seen numbers of this very history which the database does not hold proves that somebody put an
    older copy in place and did not say so: then a new history begins here.
    """
    if cursor.epoch != at.epoch:
        return at.epoch
    return history.rotate(why="an older copy is in place, as a tablet shows", at=now, instead_of=at.epoch).pk
