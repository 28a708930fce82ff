"""A prescription that the family can read: the dose in words of both languages, and when in the day."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from clinic.models import Treatment
from clinic.rules import dosage
from clinic.rules.dosage import Dose, figure
from core.pdf.page import Document
from core.pdf.styles import CELL
from core.pdf.table import Cell, Column
from core.pdf.text import KhmerText, Span

PARTS_OF_THE_DAY = (("ព្រឹក", "morning"), ("ថ្ងៃត្រង់", "noon"), ("ល្ងាច", "evening"), ("យប់", "night"))
HEADS = ("ព្រឹក\na.m.", "ត្រង់\nnoon", "ល្ងាច\np.m.", "យប់\nnight")
WHEN = {1: (0,), 2: (0, 2), 3: (0, 1, 2), 4: (0, 1, 2, 3)}  # so many times a day: which parts of it
UNITS = {
    "tablet": ("គ្រាប់", "tablet", "tablets"), "capsule": ("កាប់ស៊ុល", "capsule", "capsules"),
    "ml": ("មីលីលីត្រ", "ml", "ml"), "mg": ("មីលីក្រាម", "mg", "mg"), "spoon": ("ស្លាបព្រា", "spoon", "spoons"),
    "sachet": ("កញ្ចប់", "sachet", "sachets"), "drop": ("តំណក់", "drop", "drops"), "puff": ("បាញ់", "puff", "puffs"),
    "ampoule": ("អំពូល", "ampoule", "ampoules"), "": ("", "", ""),
}  # fmt: skip


def prescription(document: Document, rows: Sequence[Treatment]) -> None:
    """Set medicines as a table: what, how to take it in words, how much in the morning, at noon, and so on."""
    columns = [Column("ឱសថ និងវិធីប្រើ · Medicine and how to take it")]
    columns += [Column(head, 13.5, "centre") for head in (*HEADS, "សរុប\ntotal")]
    document.table(columns, (_row(row) for row in rows))


def _row(row: Treatment) -> list[Cell]:
    dose = dosage.parse(row.dose)
    what = KhmerText("", CELL)
    what.spans = [Span(row.what, bold=True), Span("\n" + (words(dose) if dose else row.dose), bold=False)]
    if dose is None:
        return [what, *[""] * 5]
    return [what, *grid(dose), figure(dose.quantity) if dose.quantity else ""]


def grid(dose: Dose) -> list[str]:
    """Return how much to take in each of the four parts of a day; empty where a dose does not keep to them."""
    amounts: dict[int, Fraction] = {}
    if dose.parted:
        amounts = dict(enumerate(dose.amounts[:4]))
    elif not dose.once:
        amounts = dict(zip(WHEN.get(dose.times, ()), dose.amounts, strict=False))
    return [figure(amounts[part]) if amounts.get(part) else "" for part in range(4)]


def words(dose: Dose) -> str:
    """Say a dose in Khmer, and below it in English."""
    return f"{_khmer(dose)}\n{_english(dose)}"


def _khmer(dose: Dose) -> str:
    unit = UNITS[dose.unit][0]
    days = f"រយៈពេល {dose.days} ថ្ងៃ" if dose.days and not dose.once else ""
    if dose.parted:
        named = zip(PARTS_OF_THE_DAY, dose.amounts, strict=False)
        return _joined(", ".join(f"{part} {figure(n)} {unit}".strip() for (part, _), n in named if n), days)
    much = f"{figure(dose.amounts[0])} {unit}".strip()
    return _joined(f"{much} តែម្តង" if dose.once else f"ម្តង {much}, {dose.times} ដងក្នុងមួយថ្ងៃ", days)


def _english(dose: Dose) -> str:
    days = f"for {dose.days} {'day' if dose.days == 1 else 'days'}" if dose.days and not dose.once else ""
    if dose.parted:
        named = zip(PARTS_OF_THE_DAY, dose.amounts, strict=False)
        return _joined(", ".join(f"{part} {_much(dose, n)}" for (_, part), n in named if n), days)
    often = "once" if dose.once else "once a day" if dose.times == 1 else f"{dose.times} times a day"
    return _joined(_much(dose, dose.amounts[0]) + ("" if dose.unit or dose.once else " at a time,"), often, days)


def _much(dose: Dose, amount: Fraction) -> str:
    return f"{figure(amount)} {UNITS[dose.unit][1 if amount <= 1 else 2]}".strip()


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))
