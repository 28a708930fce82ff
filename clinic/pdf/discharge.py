"""The discharge summary: the whole of a stay on paper, for the family, the health centre or the hospital. A4."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from clinic.models import Admission, BedStay, MedicineGiven, Patient, StayNote, Vitals
from clinic.pdf import common, doses, measures
from clinic.selectors.stays import Stay
from core.pdf.blocks import Field
from core.pdf.page import Document
from core.pdf.qr import QR
from core.pdf.table import Column
from core.periods import CLINIC_TZ, local_day

VOID = "បញ្ចូលខុស VOID"
STILL_HERE = "នៅសម្រាកព្យាបាល · still here"
State = MedicineGiven.State


def summary(stay: Stay, patient: Patient, *, by: Any, at: dt.datetime) -> bytes:
    """Return the summary of a stay (`selectors.stays.whole`) as PDF; `patient` with village and allergies joined."""
    admission = stay.admission
    paper = common.paper(
        "លិខិតសង្ខេបពេលចេញពីមណ្ឌលសុខភាព", subtitle="Discharge summary", by=by, at=at, stamp=VOID if admission.void else ""
    )
    paper.fields(common.who(patient, admission.admitted_on), columns=3, qr=QR(patient.number, size=24, text=""))
    common.warn(paper, patient)
    paper.fields(_stay(stay, local_day(at)), columns=3)
    _measured(paper, stay.standing_vitals)
    _course(paper, stay.notes)
    _given(paper, stay.given)
    if orders := stay.orders:
        paper.heading("ការព្យាបាលពេលសម្រាក · Treatment during the stay", 2)
        doses.prescription(paper, orders)
    if home := stay.take_home:
        paper.heading("ឱសថយកទៅផ្ទះ · Medicine to take home", 2)
        doses.prescription(paper, home)
    paper.fields(_end(admission), columns=2)
    nurse = str(admission.recorded_by) if admission.recorded_by else ""
    paper.signatures([("អ្នកព្យាបាល · Treated by", nurse), "អ្នកជំងឺ ឬគ្រួសារ · Patient or family"])
    return paper.bytes()


def _stay(stay: Stay, today: dt.date) -> list[Field]:
    row = stay.admission
    return [
        Field("ចូលសម្រាក · Admitted on", common.day(row.admitted_on)),
        Field("ចេញ · Discharged on", common.day(row.discharged_on) or STILL_HERE),
        Field("ចំនួនថ្ងៃ · Days", str(stay.days(today))),
        Field("គ្រែ · Beds", _beds(stay.beds) or (_bed(row.bed) if row.bed else common.NONE), wide=True),
        Field("មូលហេតុ · Reason for admission", row.reason or common.NONE, wide=True),
        Field("រោគវិនិច្ឆ័យ · Diagnosis", common.diagnoses(stay.diagnoses) or common.NONE, wide=True),
        *([Field("អ្វីដែលរកឃើញ · Findings", row.encounter.findings, wide=True)] if row.encounter.findings else []),
    ]


def _beds(rows: Sequence[BedStay]) -> str:
    return " → ".join(f"{_bed(row.bed)} ({row.since:%d/%m})" for row in rows)


def _bed(bed: Any) -> str:
    return f"{common.named(bed.ward)} {bed.label}"


def _measured(paper: Document, rows: Sequence[Vitals]) -> None:
    """Set the first and the last measurements beside each other."""
    if not rows:
        return
    ends = [("ពេលចូល · at admission", rows[0])]
    if len(rows) > 1:
        ends.append(("ចុងក្រោយ · last", rows[-1]))
    paper.heading("វាស់បាន · Measurements", 2)
    measures.table(paper, [(f"{words}\n{_moment(row.measured_at)}", row) for words, row in ends])


def _course(paper: Document, notes: Sequence[StayNote]) -> None:
    if not notes:
        return
    paper.heading("ដំណើរជំងឺ · How it went", 2)
    columns = [Column("ពេល · When", 26), Column("កំណត់ចំណាំ · Note"), Column("ដោយ · By", 32)]
    rows = ([_moment(note.at), note.text, str(note.recorded_by or "")] for note in reversed(notes))
    paper.table(columns, rows)


def _given(paper: Document, given: Sequence[MedicineGiven]) -> None:
    """Count the doses of each medicine: how often it was given, and how often not."""
    standing = [row for row in given if not row.void_reason]
    if not standing:
        return
    counts: dict[tuple[str, str], Counter[str]] = {}
    days: dict[tuple[str, str], list[dt.date]] = {}
    for row in standing:
        key = row.what, row.dose
        counts.setdefault(key, Counter())[row.state] += 1
        days.setdefault(key, []).append(local_day(row.at))
    paper.heading("ឱសថដែលបានផ្តល់ · Medicine given", 2)
    columns = [
        Column("ឱសថ · Medicine"), Column("កម្រិត · Dose"), Column("ពី – ដល់ · From – to", 34),
        Column("បានផ្តល់\ngiven", 18, "right"), Column("មិនបានផ្តល់\nnot given", 20, "right"),
    ]  # fmt: skip
    paper.table(columns, (
        [what, dose, _span(days[what, dose]), said[State.GIVEN], said.total() - said[State.GIVEN]]
        for (what, dose), said in sorted(counts.items())
    ))  # fmt: skip


def _span(days: Sequence[dt.date]) -> str:
    first, last = min(days), max(days)
    return f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m} – {last:%d/%m/%Y}"


def _end(row: Admission) -> list[Field]:
    found = [
        Field("សង្ខេប · Summary", row.summary, wide=True),
        Field("របៀបចេញ · How the stay ended", common.both(row.get_discharge_type_display)),
        Field("លទ្ធផល · How the patient is", common.both(row.get_outcome_display)),
        Field("ការណែនាំ · Advice", row.encounter.advice, wide=True),
        Field("មកពិនិត្យវិញ · Come back on", common.day(row.encounter.follow_up_on)),
    ]
    return [field for field in found if field.value]


def _moment(at: dt.datetime) -> str:
    local = at.astimezone(CLINIC_TZ)
    return f"{local:%d/%m/%Y %H:%M}"
