"""The sheet of an aid case: who is helped and why, every cost with its receipt and who approved it, the household."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinic.pdf import common
from core.khmer import format_date
from core.money import Currency, Money
from core.pdf.blocks import Field, Organisation
from core.pdf.page import Document
from core.pdf.styles import CELL
from core.pdf.table import Column, Table
from core.periods import CLINIC_TZ
from pharmacy.aid_rules import ANSWERS, QUESTIONS
from pharmacy.models import AidCase, AidCost
from pharmacy.selectors.aid import HouseholdHelp, standing

EMPTY = "–"
REFUSED = "មិនជួយ REFUSED"
HOW_COUNTED = (
    "គិតជារៀល ប្រាក់ដុល្លារគិតតាមអត្រាប្តូរប្រាក់នៃថ្ងៃបង់។ មូលនិធិសមធម៌មិនមែនជាប្រាក់របស់យើងទេ។\n"
    "In riel; dollars at the rate of their day. The Health Equity Fund is no money of ours."
)
COSTS = (
    Column("ថ្ងៃ\nDate", 21), Column("សម្រាប់\nFor what", 24), Column("បង់ដោយ\nPaid by", 29), Column("ជូនដល់\nTo whom"),
    Column("បង្កាន់ដៃ\nReceipt", 19), Column("ទឹកប្រាក់\nAmount", 24, "right"), Column("ស្ថានភាព\nState", 24),
)  # fmt: skip
YEARS = (
    Column("ឆ្នាំ · Year", 22), Column("ករណី · Cases", 24, "right"),
    Column("មូលនិធិរបស់យើង · Our funds", None, "right"),
    Column("មូលនិធិសមធម៌ · Health Equity Fund", None, "right"),
)  # fmt: skip


def sheet(
    case: AidCase, costs: Sequence[AidCost], household: HouseholdHelp | None, organisation: Organisation, *,
    printed_by: str, at: datetime,
) -> bytes:  # fmt: skip
    """Return the sheet of a case as PDF; without a `household` what it was helped with is left out."""
    paper = Document(
        "ជំនួយលើការចំណាយព្យាបាល", organisation=organisation, subtitle="Help with costs", created=at,
        footer=f"{case.number} · {printed_by} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}",
        stamp=REFUSED if case.state == AidCase.State.REFUSED else "",
    )  # fmt: skip
    paper.fields([
        Field("លេខករណី · Case no.", case.number), Field("ថ្ងៃខែឆ្នាំ · Date", _day(case)),
        *common.who_in_short(case.patient, case.on),
        Field("ជំងឺ · Illness", case.illness, wide=True), *_why(case),
    ], columns=3)  # fmt: skip
    stands = standing(case, costs)
    paper.tiles([
        ("កម្រិតអតិបរមា · Cap", Money(case.cap, Currency.KHR).format()),
        ("យើងបានបង់ · We paid", stands.paid.format()),
        ("បានអនុម័ត មិនទាន់បង់ · Approved, unpaid", stands.approved.format()),
        ("មូលនិធិសមធម៌ · Equity Fund", stands.hef.format()),
    ])  # fmt: skip
    paper.heading("ការចំណាយ · Costs", 2)
    rows = [_row(cost) for cost in costs] or [(EMPTY,) * len(COSTS)]
    paper.add(Table(COSTS, rows, style=CELL.but(size=8)))
    paper.small(HOW_COUNTED)
    if household is not None:
        _together(paper, household)
    if case.state != AidCase.State.OPEN:
        paper.fields([Field("លទ្ធផល · Outcome", _ended(case), wide=True)])
    paper.signatures(_signers(costs))
    return paper.bytes()


def _day(case: AidCase) -> str:
    return f"{format_date(case.on, 'km')}\n{format_date(case.on, 'en')}"


def _why(case: AidCase) -> list[Field]:
    """Say by which card or by whose assessment they are helped, with the answers."""
    if case.eligible == AidCase.Eligible.CARD:
        level = common.both(case.get_level_display) if case.level else ""
        return [Field("ប័ណ្ណសមធម៌ · Equity card", " · ".join(filter(None, (case.card, level))), wide=True)]
    said = case.answers if isinstance(case.answers, dict) else {}
    answers = [
        f"{common.both(lambda key=key: QUESTIONS[key])} – {common.both(lambda key=key: ANSWERS[said[key]])}"  # type: ignore[misc]
        for key in QUESTIONS
        if said.get(key) in ANSWERS
    ]
    found = [Field("វាយតម្លៃដោយ · Assessed by", case.assessed_by, wide=True)]
    if told := "\n".join([*answers, *([case.assessment] if case.assessment else [])]):
        found.append(Field("ជីវភាពគ្រួសារ · How the household lives", told, wide=True))
    return found


def _row(cost: AidCost) -> tuple[str, ...]:
    state = common.both(cost.get_state_display, "\n")
    payer = common.named(cost.fund, "\n") if cost.fund else common.both(cost.get_payer_display, "\n")
    amount = cost.money.format()
    if cost.currency != Currency.KHR:
        amount += f"\n{Money(cost.riel, Currency.KHR).format()}"
    if cost.reason:
        state += f"\n{cost.reason}"
    return (
        f"{cost.on:%d/%m/%Y}", common.both(cost.get_kind_display, "\n"), payer, cost.payee or EMPTY,
        cost.receipt or EMPTY, amount, state,
    )  # fmt: skip


def _together(paper: Document, household: HouseholdHelp) -> None:
    """Write what the whole household was helped with, by year."""
    paper.heading("ជំនួយសម្រាប់គ្រួសារនេះទាំងអស់ · All help for this household", 2)
    rows = [(str(y.year), str(y.cases), y.paid.format(), y.hef.format()) for y in household.years]
    total = ("សរុប · Sum", str(len(household.cases)), household.paid.format(), household.hef.format())
    paper.table(YEARS, rows or [(EMPTY,) * len(YEARS)], total_row=total if rows else None)


def _ended(case: AidCase) -> str:
    day = f"{case.closed_on:%d/%m/%Y}" if case.closed_on else ""
    outcome = common.both(case.get_outcome_display) if case.outcome else ""
    return " · ".join(filter(None, (common.both(case.get_state_display), day, outcome, case.outcome_text)))


def _signers(costs: Sequence[AidCost]) -> list[str | tuple[str, str]]:
    """Name who approved, in the order in which they did first; a line stays empty to be signed where nobody has."""
    names = [cost.approved_by for cost in costs] + [cost.approved_also_by for cost in costs]
    people = list(dict.fromkeys(str(person) for person in names if person))
    first, second = (*people, "", "")[:2]
    return [
        ("អ្នកអនុម័តទី១ · Approved by", first), ("អ្នកអនុម័តទី២ · Also approved by", second),
        "អ្នកទទួលប្រាក់ · Received by",
    ]  # fmt: skip
