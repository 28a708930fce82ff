"""The sealed outbox of a tablet, brought as a file: the same ops, the same answers as over the network."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.documents import as_uuid
from core.errors import RuleBroken
from sync import engine
from sync.envelope import read_envelope, read_op
from sync.landing import unsealed
from sync.models import Device, PushedOp

FORMAT = "sre-ambel-outbox"
Way = PushedOp.Way


@dataclass
class Brought:
    """What a file held and what became of it: how many of each status, or of each reason not to be taken over."""

    device: Device | None
    way: str
    ops: int
    became: Counter[str] = field(default_factory=Counter)


def read(text: str) -> dict[str, Any]:
    """Return the envelope that a file holds. Raises RuleBroken("sync.no_outbox_file"), ("sync.envelope_unreadable")."""
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        raise RuleBroken("sync.no_outbox_file") from None
    if not isinstance(sent, dict) or sent.get("format") != FORMAT:
        raise RuleBroken("sync.no_outbox_file")
    read_envelope(sent)
    return sent | {"sent_at": sent.get("made_at")}


def bring(sent: Mapping[str, Any], *, now: dt.datetime) -> Brought:
    """Take the ops of a file; of a tablet that was stopped, or that this server does not know, a person decides."""
    device, way = _whose(sent)
    taken = engine.take(device=device, envelope=sent, way=way, now=now)
    became = Counter(
        one["status"] if one["status"] == "duplicate" else one.get("code") or one["status"] for one in taken.results
    )
    return Brought(device, way, len(taken.results), became)


def try_out(sent: Mapping[str, Any], *, now: dt.datetime) -> Brought:
    """Tell what a file holds without keeping anything: which ops are here already, and which do not open."""
    device, way = _whose(sent)
    envelope = read_envelope(sent)
    came = [read_op(op, envelope, device=device, way=way, now=now) for op in envelope.ops]
    known = set(PushedOp.objects.filter(pk__in=[one.row.id for one in came]).values_list("pk", "sha256"))
    found = Brought(device, way, len(came))
    for one in came:
        if (one.row.id, one.row.sha256) in known:
            found.became["duplicate"] += 1
            continue
        try:
            if one.wrong:
                raise one.wrong
            unsealed(one.op)
            found.became["new"] += 1
        except RuleBroken as broken:
            found.became[broken.code] += 1
    return found


def _whose(sent: Mapping[str, Any]) -> tuple[Device | None, str]:
    key = as_uuid(sent.get("device_id"))
    device = Device.objects.filter(pk=key).first() if key else None
    trusted = device is None or device.state == Device.State.ACTIVE
    return device, Way.FILE if trusted else Way.ESCROW
