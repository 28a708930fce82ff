"""Keep what became of ops: on their rows, as tickets and disagreements for a person, and as answers for the tablet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from core.syncing import RECORD, Change
from sync import sayings
from sync.landing import LANDED, Landing
from sync.models import Disagreement, PushedOp, Ticket
from sync.resources import RESOURCES

Status = PushedOp.Status
OUTCOME = [
    "status", "code", "fields", "waits_type", "waits_id", "version", "patient_id", "actor", "clock_suspect",
    "wants_blob",
]  # fmt: skip


def conclude(row: PushedOp, landing: Landing) -> None:
    """Write on a row, unsaved, what became of its op."""
    row.status = landing.status
    row.code = landing.broken.code[:80] if landing.broken else ""
    row.fields = sayings.kept(landing.broken) if landing.broken else [clash.field for clash in landing.clashes]
    row.waits_type, row.waits_id = landing.waits or ("", None)
    row.patient_id = landing.patient or row.patient_id
    row.actor_id = landing.actor.pk if landing.actor else row.actor_id
    row.wants_blob = landing.picture


def number(rows: Iterable[PushedOp]) -> None:
    """Write on rows that landed, unsaved, the number their record has in the feed now; one statement.

    Call it when their notes are written, and inside the same transaction.
    """
    landed = [row for row in rows if row.status in LANDED]
    keys = {row.id: key for row in landed if (key := _in_feed(row))}
    if not keys:
        return
    changes = Change.objects.filter(
        resource__in={name for name, _ in keys.values()}, record_id__in={pk for _, pk in keys.values()}
    )
    seqs = {(name, pk): seq for name, pk, seq in changes.values_list("resource", "record_id", "seq")}
    for row in landed:
        row.version = seqs.get(keys[row.id]) if row.id in keys else None


def for_people(done: Iterable[tuple[PushedOp, Landing]]) -> None:
    """Open a ticket for each op that could not be taken over, and a disagreement for each field; two statements.

    An op that was in the inbox before has its ticket opened again.
    """
    tickets: list[Ticket] = []
    clashes: list[Disagreement] = []
    for row, landing in done:
        if landing.status == Status.QUARANTINED:
            tickets.append(Ticket(op=row))
        clashes += [
            Disagreement(
                op=row, type=row.type, record_id=row.record_id or row.id, patient_id=row.patient_id,
                field=clash.field[:60], theirs=clash.theirs, mine=clash.mine,
            )
            for clash in landing.clashes
        ]  # fmt: skip
    if tickets:
        decided = ["state", "decided_at", "decided_by"]
        Ticket.objects.bulk_create(tickets, update_conflicts=True, unique_fields=["op"], update_fields=decided)
    if clashes:
        stands = ["theirs", "mine", "state", "decided_at", "decided_by"]
        Disagreement.objects.bulk_create(
            clashes, update_conflicts=True, unique_fields=["op", "field"], update_fields=stands
        )


def answer(
    said: Any, row: PushedOp, *, tickets: dict[UUID, int], clashes: dict[UUID, int], again: bool = False
) -> dict[str, Any]:
    """Return what the tablet is told of one op; `again` when its bytes were seen before."""
    told: dict[str, Any] = {"op_id": said, "status": row.status, "version": row.version}
    if again:
        told |= {"status": "duplicate", "first": row.status}
    if row.version is not None:
        told["server_seq"] = row.version
    if row.status == Status.CONFLICT:
        told |= {"fields": sayings.names(row), "conflict_id": str(clashes[row.id]) if row.id in clashes else None}
    if row.status in (Status.QUARANTINED, Status.REJECTED):
        told |= {"code": row.code, "fields": sayings.words(row)}
        if row.id in tickets:
            told["ticket"] = f"Q-{tickets[row.id]}"
    return told


def numbers_of(rows: Sequence[PushedOp]) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """Return the number of each op's ticket and of its first disagreement; a statement for each kind there is."""
    refused = [row.id for row in rows if row.status in (Status.QUARANTINED, Status.REJECTED)]
    differing = [row.id for row in rows if row.status == Status.CONFLICT]
    tickets = dict(Ticket.objects.filter(op__in=refused).values_list("op_id", "id")) if refused else {}
    clashes: dict[UUID, int] = {}
    if differing:
        clashes = dict(Disagreement.objects.filter(op__in=differing).order_by("-id").values_list("op_id", "id"))
    return tickets, clashes


def _in_feed(row: PushedOp) -> tuple[str, UUID] | None:
    """Return under which name and id the feed tells of an op's record: a record of a patient moves the patient's."""
    feed = RESOURCES[row.type].feed
    return (feed, pk) if (pk := row.patient_id if feed == RECORD else row.record_id) else None
