"""The receipt of a donation: A5, in Khmer with English beside it, for whoever gave."""

from __future__ import annotations

from datetime import datetime

from core.khmer import format_date
from core.pdf.blocks import Field, Organisation
from core.pdf.page import Document
from core.periods import CLINIC_TZ
from pharmacy.models import Donation, Fund

ANONYMOUS = "មិនបញ្ចេញឈ្មោះ · without a name"
THANKS = "សូមអរគុណ។ %s ការព្យាបាលគឺឥតគិតថ្លៃសម្រាប់មនុស្សគ្រប់គ្នា មិនថាបានបរិច្ចាគឬមិនបាន។"
THANKS_EN = "Thank you. %s Care is free for everyone, whether they gave or not."
BUYS = ("ប្រាក់នេះទាំងអស់ប្រើសម្រាប់ទិញឱសថ។", "All of this money buys medicine.")
MEDICINE = "ទិញឱសថ\nto buy medicine"
VOID = "មោឃៈ VOID"


def receipt(donation: Donation, organisation: Organisation, *, printed_by: str, at: datetime) -> bytes:
    """Return the receipt as PDF; a voided one says so across the page and why.

    Out of a box it names the box and who counted it, and they sign.
    """
    opening = donation.opening
    paper = Document(
        "បង្កាន់ដៃបរិច្ចាគ",
        organisation=organisation,
        subtitle="Donation receipt",
        size="A5",
        footer=f"{printed_by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}",
        created=at,
        stamp=VOID if donation.void_reason else "",
    )
    paper.tiles([("ចំនួនទឹកប្រាក់ · Amount", donation.entry.money.format())])
    paper.fields(
        [
            ("លេខបង្កាន់ដៃ · Receipt no.", donation.receipt),
            ("ថ្ងៃខែឆ្នាំ · Date", f"{format_date(donation.on, 'km')}\n{format_date(donation.on, 'en')}"),
            Field("អ្នកបរិច្ចាគ · Given by", _giver(donation), wide=True),
            Field("ភូមិ · Village", _village(donation), wide=True),
            ("មូលនិធិ · Fund", f"{donation.fund.name_km}\n{donation.fund.name_en}"),
            ("គោលបំណង · Purpose", _purpose(donation)),
            *([Field("មូលហេតុមោឃៈ · Void because", donation.void_reason, wide=True)] if donation.void_reason else []),
        ]
    )
    buys = BUYS if donation.fund_id == Fund.MEDICINE else ("", "")
    paper.note(" ".join((THANKS % buys[0]).split()) + "\n" + " ".join((THANKS_EN % buys[1]).split()))
    if opening:
        counted = [("អ្នករាប់ · Counted by", opening.counted_by), ("សាក្សី · Counted with", opening.witnessed_by)]
        paper.signatures(counted)
    else:
        received_by = str(donation.recorded_by) if donation.recorded_by else ""
        paper.signatures(["អ្នកបរិច្ចាគ · Giver", ("អ្នកទទួល · Received by", received_by)])
    return paper.bytes()


def _giver(donation: Donation) -> str:
    if donation.opening:
        box = donation.opening.box
        place = " · ".join(name for name in (box.place_km, box.place_en) if name)
        return f"ប្រអប់បរិច្ចាគ · donation box {box.code}\n{place}"
    return donation.donor_name or ANONYMOUS


def _purpose(donation: Donation) -> str:
    return donation.purpose or (MEDICINE if donation.fund_id == Fund.MEDICINE else "–")


def _village(donation: Donation) -> str:
    village = donation.village
    if village is None:
        return "–"
    places = (village, village.commune, village.commune.district, village.commune.district.province)
    return "\n".join((", ".join(p.name_km for p in places), ", ".join(p.name_en for p in places)))
