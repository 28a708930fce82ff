"""Check-ups from and for tablets: record, amend, void; the last ones of many people (docs/sync/protocol.md 4, 5)."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from clinic.models import Patient
from core.documents import Document
from core.errors import RuleBroken
from core.khmer import normalise
from core.ops import AMEND, CREATE, VOID, MissingParent, Op, Verdict
from mobile_team.models import DentalCheckup, ToothTreatment
from mobile_team.selectors import documents
from mobile_team.services import checkups, mouths

SHOWN = 5  # check-ups of each person that a tablet carries along
MOST_DONE = 60  # treatments in one mouth
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_AS_SENT = {"findings": "teeth", "marks": "pufa"}  # fields of the form, as the document calls them


def apply(op: Op) -> Verdict:
    """Record, amend or void one check-up.

    Raises MissingParent for a person, session or check-up that has not come; RuleBroken for the rest, among it
    Conflict("constraint.mobile_checkup_once") when another tablet has seen the person in the same session.
    """
    try:
        return {CREATE: _create, AMEND: _amend, VOID: _void}[op.kind](op)
    except DentalCheckup.DoesNotExist:
        raise MissingParent("checkup", op.record) from None
    except RuleBroken as broken:
        broken.field = _AS_SENT.get(broken.field or "", broken.field)
        raise


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    patient_id, session_id = doc.key("patient"), doc.key("session")
    if patient_id is None or session_id is None:
        raise RuleBroken("core.key_unreadable", field="session" if patient_id else "patient")
    patient = Patient.objects.filter(pk=patient_id).first()  # `record` follows a merge
    if patient is None:
        raise MissingParent("patient", patient_id)
    try:
        row = checkups.record(
            id=op.record, session=session_id, patient=patient, said=_whole(doc, op.at), by=op.by, today=op.today,
            given=_in_the_village(), told_index=_index(doc),
        )  # fmt: skip
    except RuleBroken as broken:
        if broken.code == "mobile_team.no_such_session":
            raise MissingParent("session", session_id) from None
        raise
    return Verdict("applied", patient=row.patient_id)


def _amend(op: Op) -> Verdict:
    doc = Document(op.doc)
    meant = {name: read(doc.part("set"), name) for name, read in READERS.items() if name in doc.part("set")}
    was = dict(_readable(doc.part("was")))
    row, clashes = checkups.amend(
        id=op.record, meant=meant, was=was, why=doc.text("why"), by=op.by, given=_in_the_village()
    )
    return Verdict("conflict" if clashes else "merged", clashes, row.patient_id)


def _void(op: Op) -> Verdict:
    """Void it; one that is void already needs nothing more, for the second wanted the same."""
    reason = Document(op.doc).text("reason")
    try:
        row = checkups.void_checkup(checkup=DentalCheckup(pk=op.record), reason=reason, by=op.by)
    except RuleBroken as broken:
        if broken.code != "mobile_team.checkup_void":
            raise
        row = DentalCheckup.objects.select_related("encounter").get(pk=op.record)
    return Verdict("applied", patient=row.patient_id)


def read(op: Op) -> Mapping[str, Any]:
    """Return how the document of a create reads once it is kept."""
    return _whole(Document(op.doc), op.at)


def docs_of(patient_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the last five check-ups of each person, newest first, as tablets carry them along; one statement."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in documents.newest(patient_ids, SHOWN):
        said = documents.document(row)
        found[row.patient_id].append(
            said
            | {
                "id": str(row.pk), "patient": str(row.patient_id), "on": row.encounter.on.isoformat(),
                "session": str(row.session_id) if row.session_id else None,
                "index": documents.index(said, documents.years_at(row.encounter)),
                "void_reason": row.encounter.void_reason, "by": row.recorded_by.name if row.recorded_by else "",
            }
        )  # fmt: skip
    return dict(found)


def _in_the_village() -> str:
    """Say why a dose stands that nobody could be asked about: it was swallowed, and the record must say so."""
    return _("Given in the village")


# -- reading what was sent ----------------------------------------------------------------------------------------


def _whole(doc: Document, at: dt.datetime) -> dict[str, Any]:
    """Return a whole check-up as the house writes it; what was not told was not seen."""
    said = {name: read(doc, name) for name, read in READERS.items()}
    said["observed_at"] = said["observed_at"] or documents.moment(at)
    return mouths.completed(said, said)


def _readable(was: Document) -> Iterable[tuple[str, Any]]:
    """Yield what the user had seen, as far as it can be read; the rest then counts as not seen."""
    for name, read in READERS.items():
        if name in was:
            try:
                yield name, read(was, name)
            except RuleBroken:
                continue


def _moment(doc: Document, name: str) -> str | None:
    if not (text := doc.text(name)):
        return None
    try:
        at = dt.datetime.fromisoformat(text)
        return documents.moment(at) if at.tzinfo else None
    except (ValueError, OverflowError):
        raise RuleBroken("core.not_a_day", field=doc.field(name)) from None


def _by_tooth(doc: Document, name: str) -> dict[str, str]:
    """Return {tooth: letter}; a tooth without a letter was left open."""
    part = doc.part(name)
    for tooth in part.doc:
        if not re.fullmatch("[1-8][1-8]", str(tooth)):
            raise RuleBroken("mobile_team.no_such_tooth", field=name, tooth=normalise(str(tooth))[:8])
    return {str(tooth): part.text(tooth)[:8] for tooth in sorted(part.doc) if part.text(tooth)}


def _done(doc: Document, name: str) -> list[dict[str, Any]]:
    parts = doc.parts(name, most=MOST_DONE)
    return documents.treatments(
        (one.one_of("what", ToothTreatment.What.values), one.whole("tooth", most=99)) for one in parts
    )


def _amount(doc: Document, name: str) -> str | None:
    text = doc.text(name)
    if text and not _NUMBER.fullmatch(text):
        raise RuleBroken("mobile_team.not_a_measure", field=doc.field(name))
    return documents.amount(Decimal(text)) if text else None


def _text(doc: Document, name: str) -> str:
    return normalise(doc.text(name))


def _index(doc: Document) -> Mapping[str, Any] | None:
    told = doc.doc.get("index")
    return told if isinstance(told, Mapping) else None


READERS: dict[str, Callable[[Document, str], Any]] = {
    "observed_at": _moment, "teeth": _by_tooth, "pufa": _by_tooth,
    **dict.fromkeys(documents.COUNTS, lambda doc, name: doc.whole(name, most=52)),
    **dict.fromkeys(documents.PLAIN, lambda doc, name: doc.flag(name)),
    "urgency": lambda doc, name: doc.whole(name, most=4) or 0,
    "treatment": _text, "note": _text, "treatments": _done,
    "deworming": lambda doc, name: doc.one_of(name, documents.WORMS, otherwise=""), "deworming_despite": _text,
    "weight": _amount, "height": _amount,
}  # fmt: skip
