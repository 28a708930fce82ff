"""What the papers about stock share: the letterhead, and what a medicine is called in both languages."""

from __future__ import annotations

from datetime import datetime

from clinic.pdf.common import both
from core.pdf.blocks import Organisation
from core.pdf.page import Document, Size
from core.periods import CLINIC_TZ
from pharmacy.models import Batch, Medicine


def begin(
    title: str, subtitle: str, organisation: Organisation, *, printed_by: str, at: datetime, size: Size = "A4",
    stamp: str = "",
) -> Document:  # fmt: skip
    """Begin a paper: Khmer title, English under it, who printed it when at the foot."""
    return Document(
        title, organisation=organisation, subtitle=subtitle, size=size, created=at, stamp=stamp,
        footer=f"{printed_by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}",
    )  # fmt: skip


def called(medicine: Medicine) -> str:
    """Return what a medicine is called, in Khmer and in English."""
    return both(lambda: str(medicine), "\n")


def batch_of(batch: Batch) -> str:
    """Return the number and the expiry of a batch."""
    return "\n".join(filter(None, (batch.number, f"{batch.expires_on:%d/%m/%Y}")))
