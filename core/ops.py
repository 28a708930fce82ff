"""What a tablet saved without a network (`Op`), what a room makes of it (`Verdict`), and the rule by which they meet.

An op is one immutable save of one person. The room that owns its record applies it through the same service as a page
does; what that service refuses is kept and shown to somebody, never lost (docs/sync/protocol.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.editing import Clash

CREATE, AMEND, VOID = "create", "amend", "void"


@dataclass(frozen=True)
class Op:
    """One save: its document, who made it, when by the tablet's clock set right, on which day of the clinic.

    `day` is never after `today`, the server's day on arrival, whatever the tablet's clock said. `device` is the code
    of the tablet ("D07"), whose number block and receipt book the document may draw from.
    """

    id: UUID
    type: str
    record: UUID
    kind: str
    doc: Mapping[str, Any]
    at: dt.datetime
    day: dt.date
    today: dt.date
    by: Any
    device: str


@dataclass(frozen=True)
class Verdict:
    """What became of an op: "applied", "merged" (an amendment, all of it taken), or "conflict" with the fields left.

    `patient` is whose record it touched, if anybody's; `also` are further records that came with it, for which other
    ops may wait.
    """

    status: str
    clashes: tuple[Clash, ...] = ()
    patient: UUID | None = None
    also: tuple[UUID, ...] = ()


class MissingParent(Exception):
    """Say that an op speaks of a record that has not come yet: it waits, and is applied when that one comes."""

    def __init__(self, type: str, id: UUID) -> None:
        super().__init__(f"{type} {id}")
        self.type = type
        self.id = id


def compare_and_set(
    *, now: Mapping[str, Any], was: Mapping[str, Any], meant: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Clash, ...]]:
    """Return the fields that may be written, and those that another changed meanwhile to something else.

    All documents hold plain JSON values. A field may be written when it still reads as its user saw it (`was`); one
    that reads already as `meant` is in neither part.
    """
    write: dict[str, Any] = {}
    clashes: list[Clash] = []
    for name, value in meant.items():
        there = now.get(name)
        if there == value:
            continue
        if name in was and there == was[name]:
            write[name] = value
        else:
            clashes.append(Clash(name, there, value))
    return write, tuple(clashes)
