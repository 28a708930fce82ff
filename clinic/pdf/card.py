"""The patient card: who this is, what they must not be given, and the number as QR; never a name in the code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from clinic.models import Patient
from clinic.pdf import common
from core.pdf.card import Card
from core.pdf.page import Document, Size


def cards(patients: Iterable[Patient], *, at: dt.datetime, sheet: bool) -> bytes:
    """Return cards as PDF: a page each, or a `sheet` of A4 with ten to cut apart. Join village and commune first."""
    size: Size = "card sheet" if sheet else "card"
    document = Document("ប័ណ្ណអ្នកជំងឺ · Patient cards", size=size, created=at)
    document.cards([card(patient) for patient in patients])
    return document.bytes()


def card(patient: Patient) -> Card:
    """Lay out one card."""
    lines = [common.SEX[patient.sex], common.birth(patient), *_village(patient)]
    return Card(
        common.organisation(), patient.name, [("", line) for line in lines], patient.number,
        latin=patient.name_latin if patient.name_khmer else "", alert=common.allergies(patient),
    )  # fmt: skip


def _village(patient: Patient) -> list[str]:
    village = patient.village
    if village is None:
        return []
    commune = village.commune
    return [f"ភូមិ{village.name_km} ឃុំ{commune.name_km} · {village.name_en}, {commune.name_en}"]
