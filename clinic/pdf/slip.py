"""The out-patient slip: what was found, the prescription, what to do and when to come back. A5, for the patient."""

from __future__ import annotations

import datetime as dt
from typing import Any

from clinic.models import Encounter, Patient
from clinic.pdf import common, doses, measures
from clinic.selectors.timeline import Contact
from core.pdf.blocks import Field
from core.pdf.qr import QR

VOID = "បញ្ចូលខុស VOID"


def slip(contact: Contact, patient: Patient, *, by: Any, at: dt.datetime) -> bytes:
    """Return the slip of an out-patient visit as PDF; `patient` with village and allergies joined."""
    visit = contact.encounter
    paper = common.paper(
        "ប័ណ្ណពិគ្រោះជំងឺ និងវេជ្ជបញ្ជា", subtitle="Out-patient slip and prescription", by=by, at=at, size="A5",
        stamp=VOID if visit.status == Encounter.Status.VOID else "",
    )  # fmt: skip
    paper.fields(common.who_in_short(patient, visit.on), qr=QR(patient.number, size=19, text=""))
    common.warn(paper, patient)
    paper.fields(_visit(contact))
    if contact.treatments:
        paper.heading("ឱសថ និងការព្យាបាល · Medicine and treatment", 2)
        doses.prescription(paper, contact.treatments)
    paper.fields(_afterwards(visit))
    return paper.bytes()


def _visit(contact: Contact) -> list[Field]:
    visit = contact.encounter
    found = [
        Field("ថ្ងៃពិគ្រោះ · Date", common.day(visit.on, " · ")),
        Field("ករណី · Case", "ថ្មី · new" if visit.new_case else "តាមដាន · follow-up"),
        Field("រោគសញ្ញា · Complaint", visit.complaint, wide=True),
        Field("វាស់បាន · Measured", measures.line(contact.newest_vitals), wide=True),
        Field("រោគវិនិច្ឆ័យ · Diagnosis", common.diagnoses(contact.diagnoses), wide=True),
        Field("អ្វីដែលរកឃើញ · Findings", visit.findings, wide=True),
    ]
    return [field for field in found if field.value]


def _afterwards(visit: Encounter) -> list[Field]:
    found = [
        Field("ការណែនាំ · Advice", visit.advice, wide=True),
        Field("លទ្ធផល · Outcome", common.lines(common.both(visit.get_result_display), visit.result_text)),
        Field("មកពិនិត្យវិញ · Come back on", common.day(visit.follow_up_on)),
        Field("អ្នកពិនិត្យ · Treated by", _treated_by(visit)),
        Field("ហត្ថលេខា · Signature", " "),
    ]
    return [field for field in found if field.value]


def _treated_by(visit: Encounter) -> str:
    seen_by = visit.seen_by or visit.recorded_by
    return str(seen_by) if seen_by else ""
