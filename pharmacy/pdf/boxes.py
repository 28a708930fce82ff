"""The sheet on which a donation box is opened and counted: empty to be filled in, or with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.khmer import format_date
from core.money import Currency, Money
from core.pdf.blocks import Beside, Field, Organisation
from core.pdf.page import Document
from core.pdf.styles import CELL
from core.pdf.table import Column, Table
from core.periods import CLINIC_TZ
from pharmacy.models import BoxOpening, DonationBox
from pharmacy.rules import NOTES, RARE
from pharmacy.selectors.cash import Purse

WORDS = {Currency.KHR: "រៀល · Riel", Currency.USD: "ដុល្លារ · US dollars"}
HOW = (
    "មនុស្សពីរនាក់បើក និងរាប់ជាមួយគ្នា។ ម្នាក់រាប់ ម្នាក់ទៀតរាប់ម្តងទៀត រួចចុះហត្ថលេខាទាំងពីរនាក់។\n"
    "Two people open the box and count together. One counts, the other counts again, and both sign."
)


@dataclass(frozen=True)
class Counted:
    """What was found: the opening, its notes by currency, the receipts that were made."""

    opening: BoxOpening
    purses: Sequence[Purse]
    receipts: Sequence[str]


def sheet(
    box: DonationBox, organisation: Organisation, *, printed_by: str, at: datetime, counted: Counted | None = None
) -> bytes:
    """Return the sheet of a box as PDF: with `counted` what was found, without it lines to write on."""
    paper = Document(
        "បើកប្រអប់បរិច្ចាគ", organisation=organisation, subtitle="Opening a donation box",
        footer=f"{printed_by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}", created=at,
    )  # fmt: skip
    opening = counted.opening if counted else None
    day = f"{format_date(opening.on, 'km')}\n{format_date(opening.on, 'en')}" if opening else "\n"
    stands = [box.place_km] + ([box.place_en] if box.place_en else [])
    if box.village:
        stands.append(f"{box.village.name_km} · {box.village.name_en}")
    receipts = ", ".join(counted.receipts) if counted else ""
    paper.fields(
        [
            ("ប្រអប់លេខ · Box", box.code), ("ថ្ងៃខែឆ្នាំ · Date", day),
            Field("កន្លែង · Where it stands", "\n".join(stands), wide=True),
            Field("បង្កាន់ដៃ · Receipts", receipts or " ", wide=True),
        ]
    )  # fmt: skip
    if counted is None:
        paper.note(HOW)
    paper.add(Beside([_purse(currency, counted) for currency in Currency]))
    if opening and opening.note:
        paper.box(opening.note, "កំណត់ចំណាំ · Note")
    paper.signatures([
        ("អ្នករាប់ · Counted by", opening.counted_by if opening else ""),
        ("សាក្សី · Counted with", opening.witnessed_by if opening else ""),
    ])  # fmt: skip
    return paper.bytes()


def _purse(currency: Currency, counted: Counted | None) -> Table:
    """Return the table of one currency; on an empty sheet the rare notes share one line."""
    rows: list[tuple[str, str, str]]
    if counted is None:
        usual = [value for value in NOTES[currency] if value not in RARE[currency]]
        rows = [(Money(value, currency).format(), "", "") for value in usual]
        rows += [("ផ្សេងទៀត · other", "", "")] if RARE[currency] else []
        total = ("សរុប · Sum", "", "")
    else:
        purse = next((p for p in counted.purses if p.currency is currency), None)
        rows = [(v.format(), f"{n:,}", w.format()) for v, n, w in purse.lines] if purse else []
        total = ("សរុប · Sum", "", (purse.sum if purse else Money.zero(currency)).format())
    columns = [
        Column(WORDS[currency], 29, "right"), Column("សន្លឹក · Pieces", 22, "right"),
        Column("ទឹកប្រាក់ · Amount", None, "right"),
    ]  # fmt: skip
    style = CELL if counted else CELL.but(line_height=2.2)  # room to write by hand
    return Table(columns, rows, total_row=total, zebra=counted is not None, grid=True, style=style)
