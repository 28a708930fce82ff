"""What to order, the ministry's stock line of a month, and the stock card of a medicine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from clinic.pdf.common import both, day
from core.khmer import format_date
from core.pdf.blocks import Organisation
from core.pdf.table import Column
from core.periods import Month, Year
from pharmacy.models import Medicine
from pharmacy.pdf.common import batch_of, begin, called
from pharmacy.selectors.stock import Line
from pharmacy.selectors.supply import MonthLine, Supply

AVERAGE = "មធ្យមក្នុង១ខែ\nUsed a month"
LASTS = "គ្រប់គ្រាន់ (ខែ)\nMonths left"
RULE = (
    "មធ្យមប្រចាំខែ៖ បរិមាណផ្តល់ឱ្យអ្នកជំងឺក្នុង ៦ ខែ ចែកនឹងចំនួនខែដែលមានឱសថ (ថ្ងៃដាច់ស្តុកត្រូវដកចេញ)។\n"
    "Used a month: what patients got in six months, by the months in which there was any (MSH, MDS-3, chapter 23). "
    "Only what is neither expired nor recalled counts as there."
)


def order(
    rows: Sequence[Supply], months: int, organisation: Organisation, *, on: date, printed_by: str, at: datetime
) -> bytes:
    """Return what should be ordered, for so many months of use, as PDF; the last column is to be filled in."""
    paper = begin("បញ្ជីឱសថត្រូវបញ្ជាទិញ", "Medicines to order", organisation, printed_by=printed_by, at=at)
    paper.fields([
        ("គិតត្រឹមថ្ងៃ · As of", day(on)), ("សម្រាប់ប្រើ (ខែ) · For use over (months)", str(months)),
    ])  # fmt: skip
    columns = [
        Column("ឱសថ\nMedicine"), Column("មាន\nThere", 17, "right"), Column(AVERAGE, 25, "right"),
        Column(LASTS, 25, "right"), Column("ថ្ងៃដាច់\nDays out", 17, "right"),
        Column("បញ្ជាទិញ\nTo order", 22, "right"), Column("សម្រេច\nDecided", 26),
    ]  # fmt: skip
    paper.table(columns, [
        [called(row.medicine), row.usable, _said(row.average), _said(row.months), row.days_out, row.order(months), ""]
        for row in rows
    ], grid=True)  # fmt: skip
    paper.note(RULE)
    paper.signatures(["អ្នករៀបចំ · Prepared by", "អ្នកអនុម័ត · Approved by"])
    return paper.bytes()


def month(
    month: Month, rows: Sequence[MonthLine], organisation: Organisation, *, printed_by: str, at: datetime
) -> bytes:
    """Return the ministry's stock line of a month as PDF."""
    said = [format_date(month.first, language).split(" ", 1)[1] for language in ("km", "en")]
    paper = begin(
        f"របាយការណ៍ស្តុកឱសថប្រចាំខែ · {said[0]}", f"Monthly stock report · {said[1]}", organisation,
        printed_by=printed_by, at=at, size="A4 landscape",
    )  # fmt: skip
    columns = [
        Column("ឱសថ\nMedicine"), Column("ដើមខែ\nOpening", 22, "right"), Column("ចូល\nReceived", 23, "right"),
        Column("ផ្តល់\nGiven", 20, "right"), Column("កែតម្រូវ\nAdjusted", 23, "right"),
        Column("ដកចេញ\nWritten off", 25, "right"), Column("ចុងខែ\nClosing", 21, "right"),
        Column("ថ្ងៃដាច់\nDays out", 21, "right"), Column(AVERAGE, 28, "right"), Column(LASTS, 27, "right"),
    ]  # fmt: skip
    paper.table(columns, [
        [called(row.medicine), row.opening, row.received, row.given, f"{row.adjusted:+,}" if row.adjusted else 0,
         row.written_off, row.closing, row.days_out, _said(row.average), _said(row.months)]
        for row in rows
    ])  # fmt: skip
    paper.note(RULE)
    paper.signatures(["អ្នករៀបចំ · Prepared by", "អ្នកអនុម័ត · Approved by"])
    return paper.bytes()


def card(
    medicine: Medicine, year: Year, opening: int, lines: Sequence[Line], organisation: Organisation, *,
    printed_by: str, at: datetime,
) -> bytes:  # fmt: skip
    """Return the stock card of a medicine for a year as PDF: every move, what lay on all shelves after it."""
    paper = begin("ប័ណ្ណស្តុក", "Stock card", organisation, printed_by=printed_by, at=at, size="A4 landscape")
    paper.fields([
        ("ឱសថ · Medicine", called(medicine)), ("ឆ្នាំ · Year", str(year)),
        ("ATC", medicine.atc or "–"), ("បញ្ជាទិញពេលសល់ · Order again at", f"{medicine.reorder_at:,}"),
    ])  # fmt: skip
    columns = [
        Column("ថ្ងៃ\nDate", 22), Column("ពី → ទៅ\nFrom → to"), Column("ឡូត៍ ផុតកំណត់\nBatch, expires", 29),
        Column("ចូល\nIn", 16, "right"), Column("ចេញ\nOut", 16, "right"), Column("សល់\nBalance", 19, "right"),
        Column("កំណត់ចំណាំ\nNote", 52),
    ]  # fmt: skip
    first = ["", "សល់ពីមុន · Brought forward", "", "", "", f"{opening:,}", ""]
    paper.table(columns, [first, *(_line(line) for line in lines)])
    return paper.bytes()


def _line(line: Line) -> list[str]:
    move = line.move
    within = f"({move.quantity:,})" if not line.change else ""  # from shelf to shelf
    why = both(move.get_why_display) if move.why else ""
    return [
        f"{move.on:%d/%m/%Y}", both(lambda: " ".join(filter(None, (f"{move.source} → {move.target}", within))), "\n"),
        batch_of(move.batch), f"{line.change:,}" if line.change > 0 else "",
        f"{-line.change:,}" if line.change < 0 else "", f"{line.balance:,}", "\n".join(filter(None, (why, move.note))),
    ]  # fmt: skip


def _said(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,}"
