"""Take what tablets saved: keep every op, let it land where it belongs, and answer only when it is committed.

Up to twenty ops, or one group, share a transaction. Each has a savepoint, so that one that fails takes no other along;
what they note is written together at the end, when the clock is taken (docs/adr/0015). Between two transactions the
desk gets its turn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from core.audit import journal
from core.db import constraint_code
from core.errors import RuleBroken
from core.ids import derived_id
from core.ops import CREATE
from sync import keeping, pictures, streams, waking
from sync.admission import turn
from sync.envelope import Came, read_envelope, read_op
from sync.landing import LANDED, Around, Landing, alone, land, moment, people_of, unsealed, with_names
from sync.models import Device, PushedOp
from sync.pictures import blob_came
from sync.resources import RESOURCES
from sync.trying import Busy, in_transaction, log

__all__ = ["Taken", "blob_came", "take"]

CHUNK = 30  # ops a transaction
AFTER_S = 5  # when the tablet may send again what the database could not take

Status = PushedOp.Status
Way = PushedOp.Way
Unit = list[Came]


@dataclass
class Taken:
    """What the tablet is told: one result for each op in the order sent, and how far its store is known to be kept."""

    results: list[dict[str, Any]]
    contiguous: int = 0
    durable: int = 0
    want_blobs: list[str] = field(default_factory=list)


@dataclass
class Done:
    """One op after its transaction: the row that is kept, what became of it just now (nothing for one seen before)."""

    came: Came
    row: PushedOp
    landing: Landing | None = None


def take(*, device: Device | None, envelope: Any, way: str = Way.PUSH, by: Any = None, now: dt.datetime) -> Taken:
    """Take the ops of one envelope; every one of them is kept, whatever is wrong with it.

    `way` is how they came: pushed, handed in by a device that is no longer trusted (`escrow`: kept, and left to a
    person), or brought as a file by `by`. Raises RuleBroken("sync.envelope_unreadable"), nothing else.
    """
    sent = read_envelope(envelope)
    came = [read_op(op, sent, device=device, way=way, now=now) for op in sent.ops]
    for one in came:
        one.op = _opened(one)
    around = Around(device, now, people_of(device))
    done: dict[int, Done | None] = {}
    with journal.via(brought_by=by.username) if by else nullcontext():
        for chunk in _chunks(_units(came)):
            for one, its in zip((op for unit in chunk for op in unit), _keep(chunk, around, way), strict=True):
                done[id(one)] = its
    _look_at_new([one for one in done.values() if one])
    told = [done[id(one)] for one in came]
    streams.heard_from(device, sent, now=now)
    contiguous, durable = streams.reached(device, sent.db_id)
    return Taken(_answers(came, told), contiguous, durable, pictures.wanted(device))


def _opened(one: Came) -> Mapping[str, Any]:
    """Return an op with its seal off, before the database is held; what does not open is told when it lands."""
    if one.wrong or not isinstance(one.op.get("sealed"), str):
        return one.op
    with suppress(RuleBroken):
        doc, actor = unsealed(one.op)
        return {**one.op, "sealed": None, "doc": doc, "actor": actor}
    return one.op


def _units(came: list[Came]) -> Iterator[Unit]:
    """Yield what must land together: a group where its first op stands, every other op by itself."""
    groups: dict[UUID, Unit] = {}
    for one in came:
        if one.row.group is not None:
            groups.setdefault(one.row.group, []).append(one)
    for one in came:
        if one.row.group is None:
            yield [one]
        elif unit := groups.pop(one.row.group, None):
            yield unit


def _chunks(units: Iterator[Unit]) -> Iterator[list[Unit]]:
    chunk: list[Unit] = []
    for unit in units:
        lonely = alone([one.row for one in unit])
        if chunk and (lonely or sum(map(len, chunk)) + len(unit) > CHUNK):
            yield chunk
            chunk = []
        chunk.append(unit)
        if lonely:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _keep(chunk: list[Unit], around: Around, way: str, refused: RuleBroken | None = None) -> list[Done | None]:
    """Commit a chunk and let what waited for it follow; return its ops in order, None for those to be sent again.

    A broken key that no savepoint caught is a copy of the same op that came at the same instant: taken again, its
    first is known. When it is broken still, each unit stands by itself, and one that cannot is refused by itself.
    """
    for _ in range(2):
        try:
            with turn():
                done = in_transaction(lambda: _write(chunk, around, way, refused))
        except IntegrityError as error:
            broken = RuleBroken(constraint_code(error))
        except Busy:
            break
        else:
            _afterwards(done, now=around.now)
            return list(done)
    else:
        if len(chunk) > 1:
            return [one for unit in chunk for one in _keep([unit], around, way)]
        if refused is None:
            return _keep(chunk, around, way, broken)
    return [None for unit in chunk for _ in unit]


def _write(chunk: list[Unit], around: Around, way: str, refused: RuleBroken | None) -> list[Done]:
    """Let the ops of a chunk land and keep them all, inside the transaction that is open."""
    known = _known(chunk)
    around.statuses = {pk: row.status for pk, row in known.items()}
    done: dict[int, Done] = {}
    with nullcontext() if alone([unit[0].row for unit in chunk]) else journal.together() as around.notes:
        for unit in chunk:
            fresh = []
            for one in unit:
                if first := _first(one, known):
                    done[id(one)] = Done(one, first)
                    continue
                known[one.row.id] = one.row
                fresh.append(one)
            for one, landing in zip(fresh, _land(fresh, around, way, refused), strict=True):
                keeping.conclude(one.row, landing)
                around.statuses[one.row.id] = landing.status
                done[id(one)] = Done(one, one.row, landing)
    new = [(one.row, one.landing) for one in done.values() if one.landing]
    keeping.number(row for row, _ in new)
    PushedOp.objects.bulk_create([row for row, _ in new])
    keeping.for_people(new)
    return [done[id(one)] for unit in chunk for one in unit]


def _known(chunk: list[Unit]) -> dict[UUID, PushedOp]:
    """Return the ops that were kept before, of those sent and those they must not go before; one statement."""
    ids = {one.row.id for unit in chunk for one in unit} | {pk for unit in chunk for one in unit for pk in one.after}
    return {row.id: row for row in PushedOp.objects.filter(pk__in=ids).defer("raw")}


def _first(one: Came, known: dict[UUID, PushedOp]) -> PushedOp | None:
    """Return the row that holds these bytes already.

    Where its id holds other bytes, the op goes under an id made from both, as one for a person to look at.
    """
    first = known.get(one.row.id)
    if first is None or first.sha256 == one.row.sha256:
        return first
    one.row.id = derived_id("sync other bytes", first.id, one.row.sha256)
    one.wrong = RuleBroken("sync.other_bytes", field="op_id")
    return known.get(one.row.id) or PushedOp.objects.filter(pk=one.row.id).defer("raw").first()


def _land(unit: Unit, around: Around, way: str, refused: RuleBroken | None) -> list[Landing]:
    """Return what becomes of ops that stand or fall together."""
    for one in unit:
        one.row.clock_suspect |= moment(one.row)[1]
    if way == Way.ESCROW:
        refused = RuleBroken("sync.escrow")
    elif around.device is None:
        refused = RuleBroken("sync.unknown_device")
    if refused or not unit or any(one.wrong for one in unit):
        rest = refused or RuleBroken("sync.group_refused")
        return [
            with_names(Landing(Status.QUARANTINED, broken=one.wrong or rest), one.row, one.op, around) for one in unit
        ]
    return land(
        [one.row for one in unit], around,
        after={one.row.id: one.after for one in unit}, docs={one.row.id: one.op for one in unit},
    )  # fmt: skip


def _afterwards(done: list[Done], *, now: dt.datetime) -> None:
    """Look, after the commit, for what waited for these ops and for what these ops wait for.

    Also for those that were sent again: who sent them first may have died before it could look.
    """
    landed = {pk for one in done for pk in waking.brought(one.row, one.landing)}
    asleep: dict[UUID, list[UUID]] = {}
    for one in done:
        if one.row.status == Status.PARKED:
            asleep.setdefault(one.row.group or one.row.id, []).append(one.row.id)
    for ids in asleep.values():
        landed |= waking.rouse(ids, now=now)
    if landed:
        waking.wake(landed, now=now)
    if asleep:
        _refresh(done)
    pictures.attach_those_here([one.row for one in done])


def _look_at_new(done: list[Done]) -> None:
    """Let a room look at the records that are new; what it makes of them is no part of taking them.

    Once for all that came, when nothing is held any more; what a death of the server leaves out, the night looks at.
    """
    new: dict[str, list[UUID]] = {}
    for one in done:
        if one.landing and one.row.kind == CREATE and one.row.status in LANDED and one.row.record_id:
            new.setdefault(one.row.type, []).append(one.row.record_id)
    for name, ids in new.items():
        if look := RESOURCES[name].look:
            try:
                look(ids)
            except Exception:  # noqa: BLE001 - the ops are kept and answered for, whatever becomes of the look
                log.exception("new records of type %s could not be looked at", name)


def _refresh(done: list[Done]) -> None:
    """Read again those that slept, as some may have woken."""
    ids = [one.row.id for one in done if one.row.status == Status.PARKED]
    now = {row.id: row for row in PushedOp.objects.filter(pk__in=ids).defer("raw")}
    for one in done:
        one.row = now.get(one.row.id, one.row)


def _answers(came: list[Came], told: list[Done | None]) -> list[dict[str, Any]]:
    tickets, clashes = keeping.numbers_of([one.row for one in told if one])
    return [
        keeping.answer(one.said, its.row, tickets=tickets, clashes=clashes, again=its.landing is None)
        if its else {"op_id": one.said, "status": "retry", "version": None, "after_s": AFTER_S}
        for one, its in zip(came, told, strict=True)
    ]  # fmt: skip
