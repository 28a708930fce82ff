"""Allergies as tablets add and take them back (docs/sync/protocol.md, section 4)."""

from __future__ import annotations

from clinic.models import Allergy, Patient
from clinic.services import allergies
from core.documents import Document
from core.errors import RuleBroken
from core.ops import CREATE, MissingParent, Op, Verdict


def apply(op: Op) -> Verdict:
    """Write down an allergy, or take one back."""
    return _create(op) if op.kind == CREATE else _void(op)


def _create(op: Op) -> Verdict:
    doc = Document(op.doc)
    key = doc.key("patient")
    if key is None:
        raise RuleBroken("core.key_unreadable", field="patient")
    patient = Patient.objects.filter(pk=key).first()
    if patient is None:
        raise MissingParent("patient", key)
    said = allergies.Said(doc.text("substance"), doc.text("reaction"), doc.flag("severe"))
    written = allergies.add(patient=patient, said=said, told_on=op.day, by=op.by, today=op.today, id=op.record)
    return Verdict("applied", patient=written.patient_id)


def _void(op: Op) -> Verdict:
    allergy = Allergy.objects.select_for_update().filter(pk=op.record).first()
    if allergy is None:
        raise MissingParent("allergy", op.record)
    if not allergy.void_reason:  # taken back already: what was meant is so
        allergies.void(allergy=allergy, reason=Document(op.doc).text("reason"), by=op.by)
    return Verdict("applied", patient=allergy.patient_id)
