"""What tablets may send: one row a type, each applied by the room that owns it (docs/how-to/add_a_synced_record.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import clinic.sync
import pharmacy.sync
from core.accounts.roles import Action
from core.ops import AMEND, CREATE, VOID, Op, Verdict
from mobile_team.sync import checkups, kits, sessions, talks


def as_sent(op: Op) -> Mapping[str, Any]:
    """Return how a document reads that needs no translation."""
    return op.doc


@dataclass(frozen=True)
class Resource:
    """One type of record: who applies its ops, what its author must be allowed, which kinds of op there are.

    `feed` names the record whose number is told as its version; a record of a patient moves the patient's. `read`
    tells how the document of a create reads afterwards, for amendments that only say which op their author had seen.
    Kinds `alone` need a transaction to themselves, because they ask under the clock's lock. `picture` names the field
    that holds a picture's hash, `attach` keeps the picture when it comes. `look` is told, after the commit, which
    records of the type are new.
    """

    type: str
    apply: Callable[[Op], Verdict]
    action: Action
    kinds: frozenset[str]
    feed: str
    read: Callable[[Op], Mapping[str, Any]] = as_sent
    alone: frozenset[str] = field(default_factory=frozenset)
    picture: str = ""
    attach: Callable[..., None] | None = None
    look: Callable[[Collection[UUID]], object] | None = None


RESOURCES: dict[str, Resource] = {
    row.type: row
    for row in (
        Resource(
            "patient", clinic.sync.patients.apply, Action.REGISTER_PATIENT, frozenset({CREATE, AMEND}),
            feed="clinic.record", read=clinic.sync.patients.read, picture="photo",
            attach=clinic.sync.patients.attach_photo, look=clinic.sync.patients.look_near,
        ),
        Resource(
            "allergy", clinic.sync.allergies.apply, Action.REGISTER_PATIENT, frozenset({CREATE, VOID}),
            feed="clinic.record",
        ),
        Resource(
            "checkup", checkups.apply, Action.CHECKUP, frozenset({CREATE, AMEND, VOID}), feed="clinic.record",
            read=checkups.read,
        ),
        Resource(
            "session", sessions.apply, Action.PLAN_SESSIONS, frozenset({CREATE, AMEND}), feed="mobile_team.session"
        ),
        Resource("kit", kits.apply, Action.PLAN_SESSIONS, frozenset({CREATE, AMEND}), feed="mobile_team.kitline"),
        Resource(
            "education", talks.apply, Action.CHECKUP, frozenset({CREATE, AMEND, VOID}), feed="mobile_team.education"
        ),
        Resource(
            "donation", pharmacy.sync.apply, Action.RECEIVE_DONATION, frozenset({CREATE, VOID}),
            feed="pharmacy.donation", alone=frozenset({VOID}),
        ),
    )
}  # fmt: skip
