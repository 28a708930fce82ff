"""Everybody who got medicine out of a recalled batch, by village, to be called or visited and ticked off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinic.pdf.common import named, names, place
from core.khmer import format_date
from core.pdf.blocks import Field, Organisation
from core.pdf.table import Column
from core.phones import national
from pharmacy.models import Batch
from pharmacy.pdf.common import begin, called
from pharmacy.selectors.recalls import Got, Unnamed

COLUMNS = (
    Column("អ្នកជំងឺ\nPatient"), Column("ភូមិ\nVillage"), Column("ទូរស័ព្ទ\nTelephone", 27),
    Column("ថ្ងៃ\nDays", 22), Column("ចំនួន\nUnits", 16, "right"), Column("បានប្រាប់\nTold, by whom, when", 34),
)  # fmt: skip


def patients(
    batch: Batch, rows: Sequence[Got], unnamed: Sequence[Unnamed], organisation: Organisation, *, printed_by: str,
    at: datetime,
) -> bytes:  # fmt: skip
    """Return the list as PDF; what was given without a name stands below it, by day and kit."""
    paper = begin("អ្នកដែលបានទទួលឱសថពីឡូត៍មួយ", "Who got medicine out of one batch", organisation,
                  printed_by=printed_by, at=at)  # fmt: skip
    recalled = "–"
    if batch.recalled_on:
        recalled = f"{format_date(batch.recalled_on, 'km')} · {format_date(batch.recalled_on, 'en')}"
    paper.fields([
        ("ឱសថ · Medicine", called(batch.medicine)),
        ("ឡូត៍ · Batch", f"{batch.number or '–'}\n{batch.expires_on:%d/%m/%Y}"),
        Field("ប្រមូលមកវិញ · Recalled", recalled, wide=True),
        *([Field("មូលហេតុ · Why", batch.recalled_why, wide=True)] if batch.recalled_why else []),
        ("ចំនួនអ្នកជំងឺ · People", f"{len(rows):,}"),
        ("ចំនួនឱសថ · Units", f"{sum(row.quantity for row in rows):,}"),
    ])  # fmt: skip
    paper.table(COLUMNS, [_row(row) for row in rows])
    if unnamed:
        paper.heading("ផ្តល់ដោយមិនមានឈ្មោះ · Given without a name")
        columns = [Column("ថ្ងៃ · Day", 30), Column("ពី · Out of"), Column("ចំនួន · Units", 30, "right")]
        paper.table(columns, [[f"{one.on:%d/%m/%Y}", named(one.place), one.quantity] for one in unnamed])
    return paper.bytes()


def _row(row: Got) -> list[str]:
    patient = row.patient
    who = "\n".join(filter(None, (names(patient), patient.number, patient.guardian)))
    days = "\n".join(f"{day:%d/%m/%Y}" for day in row.days)
    dead = f"\n† {patient.deceased_on:%d/%m/%Y}" if patient.deceased_on else ""
    phone = national(patient.phone) if patient.phone else "–"
    return [who + dead, place(patient), phone, days, f"{row.quantity:,}", ""]
