"""What a tablet sends, read without trusting any of it: the envelope, and each op as the row that keeps it for ever.

An op that is no op at all is kept as well, as one that a person must look at; only an envelope that names neither its
store nor a list of ops is refused, for then there is nothing to answer for.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from core.documents import as_uuid
from core.errors import RuleBroken
from core.ids import derived_id
from core.ops import AMEND, CREATE, VOID
from sync.models import Device, PushedOp

SCHEMAS = frozenset({1})
MOST_OPS, MOST_BYTES = 50, 256 * 1024  # of one push
DEEPEST = 40  # brackets within brackets; more would exhaust what reads it
LARGEST = 2**63 - 1
NEVER = UUID(int=0)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Came:
    """One op as it came: the row to be kept, the document it was, and why it cannot be read, if so.

    `said` is its id as the tablet wrote it, to answer under; `after` are the ops it must not go before.
    """

    row: PushedOp
    op: Mapping[str, Any]
    said: Any
    after: tuple[UUID, ...] = ()
    wrong: RuleBroken | None = None


@dataclass
class Envelope:
    """What stands around the ops: which store of saves sent them, and what that device says of itself."""

    db_id: UUID
    epoch: UUID | None
    ops: list[Any]
    sent_at: dt.datetime | None = None
    pending: int = 0
    oldest_at: dt.datetime | None = None
    schema: Any = field(default=1)


def read_envelope(sent: Any) -> Envelope:
    """Return the envelope. Raises RuleBroken("sync.envelope_unreadable") with the field that cannot be read."""
    if not isinstance(sent, Mapping) or _too_deep(sent):
        raise RuleBroken("sync.envelope_unreadable")
    if (db_id := as_uuid(sent.get("db_id"))) is None:
        raise RuleBroken("sync.envelope_unreadable", field="db_id")
    if not isinstance(ops := sent.get("ops"), list):
        raise RuleBroken("sync.envelope_unreadable", field="ops")
    return Envelope(
        db_id=db_id, epoch=as_uuid(sent.get("server_epoch")), ops=ops, sent_at=instant(sent.get("sent_at")),
        pending=min(_whole(sent.get("pending")), 2**31 - 1), oldest_at=instant(sent.get("oldest_at")),
        schema=sent.get("schema", 1),
    )  # fmt: skip


def read_op(op: Any, envelope: Envelope, *, device: Device | None, way: str, now: dt.datetime) -> Came:
    """Return one op as it will be kept; what has not the shape of an op says so in `wrong`."""
    raw = canonical(op)
    digest = sha256(raw.encode()).hexdigest()
    given: Mapping[str, Any] = op if isinstance(op, Mapping) else {}
    row = PushedOp(
        id=as_uuid(given.get("op_id")) or derived_id("sync nameless op", envelope.db_id, digest),
        device=device, db_id=envelope.db_id, seq=_whole(given.get("seq")), group=as_uuid(given.get("group")),
        type=_short(given.get("type"), 40), record_id=as_uuid(given.get("id")), kind=_short(given.get("kind"), 20),
        raw=raw, sha256=digest, at=_short(given.get("at"), 40), skew_ms=_signed(given.get("skew_ms")),
        clock_suspect=given.get("clock_suspect") is True, received_at=now, way=way,
    )  # fmt: skip
    after = given.get("after")
    return Came(
        row=row, op=given, said=given.get("op_id"), wrong=_wrong(given, row, envelope),
        after=tuple(filter(None, map(as_uuid, after[:MOST_OPS]))) if isinstance(after, list) else (),
    )  # fmt: skip


def canonical(value: Any) -> str:
    """Return JSON of which there is one form: keys sorted, no blanks, nothing escaped that need not be.

    Half a surrogate pair, which no encoding can carry, is written as browsers write it.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def instant(text: Any) -> dt.datetime | None:
    """Return an instant with its offset, None for anything else."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
        return at.astimezone(dt.UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def storable(value: Any) -> bool:
    """Return whether a database keeps every text in a document: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return "\x00" not in value and not _SURROGATE.search(value)
    if isinstance(value, Mapping):
        return all(storable(key) and storable(inner) for key, inner in value.items())
    return all(map(storable, value)) if isinstance(value, list) else True


def _wrong(op: Mapping[str, Any], row: PushedOp, envelope: Envelope) -> RuleBroken | None:
    """Return why this cannot be read as an op of this schema, else None."""
    for name, reads in (
        ("op_id", as_uuid(op.get("op_id"))), ("id", row.record_id), ("type", row.type),
        ("kind", row.kind in (CREATE, AMEND, VOID)), ("seq", row.seq),
        ("group", op.get("group") is None or row.group),
        ("doc", isinstance(op.get("doc"), Mapping) or isinstance(op.get("sealed"), str)),
    ):  # fmt: skip
        if not reads:
            return RuleBroken("sync.op_unreadable", field=name)
    schema = op.get("schema", envelope.schema)
    if isinstance(schema, bool) or not isinstance(schema, int) or schema not in SCHEMAS:
        return RuleBroken("sync.unknown_schema", field="schema")
    return None


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner for one in level if isinstance(one, Mapping | list)
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]  # fmt: skip
        if not level:
            return False
    return True


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else 0


def _signed(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST else 0


def _short(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) and storable(value) else ""
