"""The sheet on which a place is counted: it never says what the books expect before the count is posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinic.pdf.common import both, named
from core.khmer import format_date
from core.pdf.blocks import Field, Organisation
from core.pdf.styles import CELL
from core.pdf.table import Column, Table
from pharmacy.models import StockCount
from pharmacy.pdf.common import batch_of, begin, called
from pharmacy.selectors.counts import Compared

HOW = (
    "រាប់អ្វីដែលមានពិតប្រាកដ។ សរសេរ ០ ប្រសិនបើគ្មាន។ អ្វីដែលមានតែមិនមានក្នុងបញ្ជី សូមសរសេរនៅខាងក្រោម។\n"
    "Count what really lies there. Write 0 where there is nothing. What lies there and is not on the list is written "
    "below it."
)
EMPTY_ROWS = 6
STAMP = {StockCount.State.DROPPED: "បោះបង់ DROPPED"}


def sheet(
    count: StockCount, rows: Sequence[Compared], organisation: Organisation, *, printed_by: str, at: datetime
) -> bytes:
    """Return the sheet of a count: to be filled in while it is open, only what differs when it is counted again.

    When it is over, all lines with what was found, what the books said and why they differ, to be signed.
    """
    paper = begin(
        "បញ្ជីរាប់ស្តុក", "Stock count sheet", organisation, printed_by=printed_by, at=at,
        stamp=STAMP.get(StockCount.State(count.state), ""),
    )  # fmt: skip
    paper.fields([
        ("ទីកន្លែង · Place", named(count.place)),
        ("នៅចុងថ្ងៃ · At the end of", f"{format_date(count.on, 'km')}\n{format_date(count.on, 'en')}"),
        ("ស្ថានភាព · State", both(count.get_state_display)),
        *([Field("កំណត់ចំណាំ · Note", count.note)] if count.note else []),
    ])  # fmt: skip
    again = count.state == StockCount.State.RECOUNT
    if again or count.state == StockCount.State.OPEN:
        paper.note(HOW)
        lines = [row for row in rows if row.again] if again else list(rows)
        empty = [[""] * 5] * (0 if again else EMPTY_ROWS)
        filled = [[str(n), called(row.line.batch.medicine), batch_of(row.line.batch), "", ""] for n, row in
                  enumerate(lines, start=1)]  # fmt: skip
        found = "រាប់ម្តងទៀត\nCounted again" if again else "រាប់ឃើញ\nFound"
        columns = [
            Column("ល.រ\nNo.", 12, "right"), Column("ឱសថ\nMedicine"), Column("ឡូត៍ ផុតកំណត់\nBatch, expires", 34),
            Column(found, 30, "right"), Column("កំណត់ចំណាំ\nNote", 38),
        ]  # fmt: skip
        paper.add(Table(columns, [*filled, *empty], grid=True, zebra=False, style=CELL.but(line_height=1.75)))
    else:
        paper.table(RESULT, [_result(n, row) for n, row in enumerate(rows, start=1)])
    paper.signatures([
        ("អ្នករាប់ · Counted by", count.counted_by), ("អ្នករាប់ម្តងទៀត · Counted again by", count.checked_by),
    ])  # fmt: skip
    return paper.bytes()


RESULT = (
    Column("ល.រ\nNo.", 12, "right"), Column("ឱសថ\nMedicine"), Column("ឡូត៍ ផុតកំណត់\nBatch, expires", 30),
    Column("បញ្ជី\nBooks", 17, "right"), Column("រាប់\nCounted", 19, "right"), Column("ម្តងទៀត\nAgain", 18, "right"),
    Column("ខុសគ្នា\nDiffers", 18, "right"), Column("មូលហេតុ\nWhy", 36),
)  # fmt: skip


def _result(number: int, row: Compared) -> list[str]:
    line = row.line
    differs = f"{row.difference:+,}" if row.differs and line.found is not None else ""
    why = "\n".join(filter(None, (both(line.get_why_display) if line.why else "", line.note)))
    return [
        str(number), called(line.batch.medicine), batch_of(line.batch),
        *("" if n is None else f"{n:,}" for n in (line.expected, line.counted, line.recounted)), differs, why,
    ]  # fmt: skip
