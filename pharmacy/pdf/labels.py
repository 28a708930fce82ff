"""Labels for medicine that somebody takes home: in Khmer, or in English for who reads that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.utils.translation import override

from clinic.pdf import doses
from clinic.rules import dosage
from core.khmer import format_date
from core.pdf.blocks import Organisation
from core.pdf.label import Label
from core.pdf.page import Document, Size
from pharmacy import cautions
from pharmacy.models import Medicine

LANGUAGES = ("km", "en")
TITLE = {"km": "ស្លាកឱសថ", "en": "Medicine labels"}


class Said(NamedTuple):
    """What a label is made of: who gets which medicine, how many, how to take it, on which day."""

    name: str
    number: str
    medicine: Medicine
    quantity: int
    directions: str
    on: date


def labels(
    rows: Iterable[Said], organisation: Organisation, *, at: datetime, language: str = "km", sheet: bool = False
) -> bytes:
    """Return labels as PDF: of 60 × 40 mm, a page each, or a `sheet` of A4 with eighteen to cut apart."""
    size: Size = "label sheet" if sheet else "label"
    document = Document(TITLE[language], language, size=size, created=at)
    document.labels([label(row, organisation, language) for row in rows])
    return document.bytes()


def label(said: Said, organisation: Organisation, language: str) -> Label:
    """Lay out one label. Directions that say a dose are set as times of the day, others as they were written."""
    khmer = language == "km"
    dose = dosage.parse(said.directions)
    parts = [pair[0 if khmer else 1] for pair in doses.PARTS_OF_THE_DAY]
    amounts = doses.grid(dose) if dose else [""] * 4
    words = doses.words(dose).split("\n")[0 if khmer else 1] if dose else said.directions
    with override(language):
        medicine = str(said.medicine)
    minding = [one.in_language(language) for one in cautions.sentences(said.medicine.atc, said.medicine.form)]
    centre = organisation.name_km if khmer else organisation.name_en
    foot = " · ".join(filter(None, (format_date(said.on, language), centre, organisation.phone)))
    return Label(
        who=f"{said.name} · {said.number}", medicine=f"{medicine} × {said.quantity}",
        times=list(zip(parts, amounts, strict=True)), directions=words, minding=minding, foot=foot,
    )  # fmt: skip
