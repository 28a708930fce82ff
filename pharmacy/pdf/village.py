"""The sheet for a village's notice board: what it gave in a year, what that bought, how many it helped; no names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.khmer import khmer_digits, month_name
from core.money import Currency, Money
from core.pdf import styles
from core.pdf.blocks import Organisation, Tiles
from core.pdf.page import Document
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ, Year
from core.places.models import Village
from pharmacy.selectors.tracing import FEW, Followed
from pharmacy.sheets import medicine_name

MEDICINES = 8  # on the one page; the rest are told as a number
LARGE = styles.BODY.but(size=15, line_height=1.7, after=5, align="centre")
CELLS = styles.CELL.but(size=12.5)
HEADING = styles.HEADING.but(size=15, before=8)


def notice(found: Followed, village: Village, year: Year, organisation: Organisation, *, at: datetime) -> bytes:
    """Return the sheet as PDF, one A4 page; Khmer large, English small beside it."""
    paper = Document(
        f"ភូមិ{village.name_km}", organisation=organisation,
        subtitle=f"ប្រាក់បរិច្ចាគ និងឱសថ ឆ្នាំ{khmer_digits(str(year))}\n{village.name_en} · what the village gave in {year}",
        footer=f"{at.astimezone(CLINIC_TZ):%d/%m/%Y}", created=at,
    )  # fmt: skip
    if not found.months:
        paper.add(KhmerText("ឆ្នាំនេះមិនទាន់មានការបរិច្ចាគទេ។\nNothing was given in this year yet.", LARGE))
        return paper.bytes()
    paper.add(KhmerText("សូមអរគុណបងប្អូនអ្នកភូមិទាំងអស់!\nThank you, all of you.", LARGE.but(bold=True)))
    people = Tiles([
        ("បានបរិច្ចាគ · Given", _amounts(found.given, "\n")),
        ("មនុស្សបានទទួលឱសថ · People helped", few(found.people)),
    ])  # fmt: skip
    paper.add(people)
    _months(paper, found)
    _medicines(paper, found)
    aid = found.paid.get("aid")
    if aid:
        paper.add(
            KhmerText(f"ជួយអ្នកជំងឺក្រីក្រ៖ {_amounts(aid)} · help with costs of the sick", LARGE.but(align="left", size=12))
        )
    if found.left:
        paper.add(
            KhmerText(f"នៅសល់ក្នុងមូលនិធិ៖ {_amounts(found.left)} · still in the fund", LARGE.but(align="left", size=12))
        )
    return paper.bytes()


def few(people: int) -> str:
    """Return how many, in Khmer figures; a number so small that people know who is meant is not told."""
    if 0 < people < FEW:
        return f"តិចជាង {khmer_digits(str(FEW))} នាក់"
    return f"{khmer_digits(f'{people:,}')} នាក់"


def _amounts(sums: Mapping[Currency, Money], between: str = " + ") -> str:
    return between.join(sums[currency].format() for currency in Currency if sums.get(currency)) or "–"


def _months(paper: Document, found: Followed) -> None:
    """Tell the months in two columns, so that a year takes six lines."""
    told = [
        (f"ខែ{month_name(month.number, 'km')} · {month_name(month.number, 'en')}", _amounts(sums))
        for month, sums in found.months.items()
    ]
    half = -(-len(told) // 2)
    rows = [(*told[n], *(told[n + half] if n + half < len(told) else ("", ""))) for n in range(half)]
    month = "ខែ · Month", "បានបរិច្ចាគ · Given"
    columns = [
        Column(month[0], 46),
        Column(month[1], None, "right"),
        Column(month[0], 46),
        Column(month[1], None, "right"),
    ]
    paper.add(Table(columns, rows, style=styles.CELL.but(size=10.5)))


def _medicines(paper: Document, found: Followed) -> None:
    lines = [line for line in found.medicines() if line.units]
    if not lines:
        return
    paper.add(KhmerText("ឱសថដែលទិញបានដោយប្រាក់នេះ · Medicine bought with it", HEADING))
    rows = [(medicine_name(line.medicine).both, f"{line.units:,}", _amounts(line.paid)) for line in lines[:MEDICINES]]
    if len(lines) > MEDICINES:
        rest = lines[MEDICINES:]
        n = len(rest)
        sums: dict[Currency, Money] = {}
        for money in (money for line in rest for money in line.paid.values()):
            sums[money.currency] = sums.get(money.currency, Money.zero(money.currency)) + money
        rows.append((f"និងឱសថ {khmer_digits(str(n))} មុខទៀត · and {n} more", "", _amounts(sums)))
    columns = [
        Column("ឱសថ · Medicine"), Column("ចំនួន · Units", 28, "right"), Column("តម្លៃ · Paid", 42, "right"),
    ]  # fmt: skip
    paper.add(Table(columns, rows, style=CELLS))
