"""The kit on tablets: lines are added, and told what was given, brought back and lost. Stock moves at the desk."""

from __future__ import annotations

from typing import Any

from core.documents import Document
from core.errors import RuleBroken
from core.khmer import normalise
from core.ops import AMEND, CREATE, MissingParent, Op, Verdict
from mobile_team.models import KitLine, Session
from mobile_team.selectors import kits as selectors
from mobile_team.services import kits
from mobile_team.sync import amended, differences


def apply(op: Op) -> Verdict:
    """Add a line to a kit, or write one anew."""
    return {CREATE: _create, AMEND: _amend}[op.kind](op)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    said, session = _meant(doc), doc.key("session")
    item = doc.one_of("item", KitLine.Item.values)
    if session is None:
        raise RuleBroken("mobile_team.no_such_session", field="session")
    if not Session.objects.called(session).exists():
        raise MissingParent("session", session)
    kits.add(id=op.record, session_id=session, item=item, by=op.by, **said)
    return Verdict("applied")


def _amend(op: Op) -> Verdict:
    row = KitLine.objects.filter(pk=op.record).first()
    if row is None:
        raise MissingParent("kit", op.record)
    kits.hold(row.session_id)  # the lock of every change to a kit
    row.refresh_from_db()
    write, clashes = differences(op, selectors.document(row), _meant)
    if write:
        kits.save(session_id=row.session_id, said={row.item: write}, by=op.by)
    return amended(clashes)


def _meant(doc: Document) -> dict[str, Any]:
    """Return what is said of a line, and nothing that is not."""
    said: dict[str, Any] = {name: doc.whole(name) for name in selectors.NUMBERS if name in doc}
    if said.get("packed", 0) is None:
        said["packed"] = 0
    if "note" in doc:
        said["note"] = normalise(doc.text("note"))
    return said
