"""A year of the road, A4 across, in Khmer and English: months, vehicles, waits, and what became of the referrals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from clinic.pdf import common
from core.khmer import format_date
from core.pdf.styles import SUBHEADING
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from core.periods import Month, Year
from referrals.naming import NUMBERS, SENT
from referrals.pdf.log import named, waits_table
from referrals.rules import Waits
from referrals.selectors import Sent, Travelled


def year(
    year: Year, *, total: Travelled, months: Mapping[Month, Travelled], waits: Waits, sent: Sent, days: int, by: str,
    at: datetime,
) -> bytes:  # fmt: skip
    """Return the year as PDF; `selectors.months`, `waits` and `sent` read what it says."""
    paper = common.paper(
        f"រថយន្តសង្គ្រោះ និងការបញ្ជូន ឆ្នាំ {year}", subtitle=f"Ambulance and referrals in {year}", by=by, at=at,
        size="A4 landscape",
    )  # fmt: skip
    paper.tiles([
        ("ដំណើរ · trips", str(total.count)), ("គីឡូម៉ែត្រ · kilometres", f"{total.kilometres:,}"),
        ("លិខិតបញ្ជូន · referrals", str(sent.written)),
        ("ជូនសពទៅគ្រួសារ · taken home to the family", str(total.deceased_home)),
    ])  # fmt: skip
    rows = [[_month(month), *_numbers(row)] for month, row in months.items()]
    paper.table(_columns("ខែ\nMonth"), rows, total_row=["សរុប\nTotal", *_numbers(total)])
    if len(total.vehicles) > 1:
        each = [[named(one.vehicle), *_numbers(one)] for one in total.vehicles]
        paper.together(KhmerText("តាមរថយន្ត · By vehicle", SUBHEADING), Table(_columns("រថយន្ត\nVehicle"), each))
    paper.together(*waits_table(waits))
    said = [[f"{khmer} · {english}".format(days=days), getattr(sent, name)] for name, khmer, english in SENT]
    table = Table([Column("ការបញ្ជូនទៅមន្ទីរពេទ្យ · Referrals to hospitals"), Column("ចំនួន · Number", 40)], said)
    paper.together(KhmerText("ការបញ្ជូន · Referrals", SUBHEADING), table)
    return paper.bytes()


def _columns(first: str) -> list[Column]:
    return [Column(first), *(Column(f"{khmer}\n{english}", align="right") for _, khmer, english in NUMBERS)]


def _month(month: Month) -> str:
    return " · ".join(format_date(month.first, language).split(" ")[1] for language in ("km", "en"))


def _numbers(row: Travelled) -> list[Any]:
    """Return the numbers of a row; where there is nothing to count the cell stays empty and the eye finds the rest."""
    return [_plain(getattr(row, name)) or None for name, _, _ in NUMBERS]


def _plain(value: Any) -> Any:
    return f"{value.normalize():,f}" if isinstance(value, Decimal) and value else value
