"""The kit of a session: what was packed, what came back, what was lost. The stock behind it is another room's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from core.audit import journal
from core.db import broken_constraints, clean, create_many, save_checked
from core.editing import Edit, bring_together
from core.errors import Conflict, RuleBroken
from core.ids import uuid7
from core.khmer import normalise
from mobile_team.models import KitLine, Session
from mobile_team.selectors import kits

Said = Mapping[str, Mapping[str, Any]]  # {"brush": {"packed": 60, "returned": None}}


@transaction.atomic
def save(*, session_id: UUID, said: Said, by: Any, edit: Edit | None = None, **noted: Any) -> dict[str, KitLine]:
    """Write what is said of some items of a kit and return its lines by item; what is not said stays.

    With an `edit` (whose document names fields as "brush.packed") what others changed meanwhile stands, field by
    field. An item nobody packed and nobody says anything of gets no line. `noted` goes into the log.
    Raises RuleBroken("mobile_team.no_such_session"), what a row refuses, and `core.editing.Clashed`.
    """
    session = hold(session_id)
    there = {row.item: row for row in KitLine.objects.filter(session=session)}
    now = flat(there)
    mine = {f"{item}.{name}": _plain(name, value) for item, facts in said.items() for name, value in facts.items()}
    together = bring_together(edit, now={name: now.get(name, _nothing(name)) for name in mine}, mine=mine)
    altered = {name: [now.get(name, _nothing(name)), value] for name, value in together.items()
               if value != now.get(name, _nothing(name))}  # fmt: skip
    if not altered:
        return there
    new: list[KitLine] = []
    changed: list[KitLine] = []
    for item in dict.fromkeys(name.split(".")[0] for name in altered):
        (changed if item in there else new).append(
            there.setdefault(item, KitLine(session=session, item=item, recorded_by=by))
        )
    for name, (_, value) in altered.items():
        item, _, field = name.partition(".")
        setattr(there[item], field, value)
    create_many(KitLine, new)
    _update(changed)
    journal.note("mobile_team.kit.saved", session, *new, *changed, by=by, changes=altered, **noted)
    return there


@transaction.atomic
def add(*, session_id: UUID, item: str, by: Any, id: UUID | None = None, **facts: Any) -> KitLine:
    """Add one line to a kit; sent twice with the same `id`, it is kept once.

    Raises RuleBroken("mobile_team.no_such_session"), Conflict("constraint.mobile_kit_line_once").
    """
    session, made = hold(session_id), id or uuid7()
    there = KitLine.objects.filter(session=session, item=item).first()
    if there is not None:
        if there.pk == made:
            return there
        raise Conflict("constraint.mobile_kit_line_once", field="item")
    row = KitLine(id=made, session=session, item=item, recorded_by=by)
    for name in kits.FACTS:
        if name in facts:
            setattr(row, name, _plain(name, facts[name]))
    save_checked(row)
    journal.note("mobile_team.kit.saved", session, row, by=by, item=item, **kits.document(row))
    return row


def hold(session_id: UUID) -> Session:
    """Lock a session, and with it its kit, until the transaction ends."""
    found = Session.objects.called(session_id).select_for_update().first()
    if found is None:
        raise RuleBroken("mobile_team.no_such_session")
    return found


def flat(rows: Mapping[str, KitLine]) -> dict[str, Any]:
    """Return a kit as one document, {"brush.packed": 60}, for edits by two people."""
    return {f"{item}.{name}": value for item, row in rows.items() for name, value in kits.document(row).items()}


def _update(rows: list[KitLine]) -> None:
    for row in rows:
        clean(row)
    with broken_constraints():
        KitLine.objects.bulk_update(rows, kits.FACTS)


def _plain(name: str, value: Any) -> Any:
    return normalise(value or "") if name == "note" else value


def _nothing(name: str) -> Any:
    """Return how a field reads of an item that has no line."""
    field = name.partition(".")[2]
    return {"note": "", "packed": 0}.get(field)
