"""The summary of a record on paper, for a hospital or for the person: who, what, since when, and what was given. A4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.utils.translation import override

from clinic.models import EquityLevel, PreventiveDose, Vitals
from clinic.pdf import common, measures
from clinic.selectors.growth import Growing
from clinic.selectors.households import Family, Relative
from clinic.selectors.timeline import Contact
from core.charts import Chart
from core.pdf.blocks import Field
from core.pdf.page import Document
from core.pdf.qr import QR
from core.pdf.table import Column
from core.periods import local_day
from core.phones import national
from desk import charts
from desk.selectors import Problem
from pharmacy.selectors.history import Given
from referrals.models import Referral

LATELY = dt.timedelta(days=365)
MEASURED = 12  # rows of measurements printed
DEAD = "ស្លាប់ · died"


class Known(NamedTuple):
    """All that the summary says, each part newest first."""

    patient: Any
    family: Family
    problems: Sequence[Problem]
    contacts: Sequence[Contact]
    more: bool  # earlier contacts than these are in the record
    given: Sequence[Given]
    referrals: Sequence[Referral]
    vitals: Sequence[Vitals]
    growing: Growing | None


def summary(known: Known, *, by: Any, at: dt.datetime) -> bytes:
    """Return the summary as PDF."""
    paper = common.paper("សង្ខេបកំណត់ត្រាអ្នកជំងឺ", subtitle="Summary of the record", by=by, at=at)
    today = local_day(at)
    patient = known.patient
    paper.fields([*common.who(patient, today), *_more(known)], columns=3, qr=QR(patient.number, size=24, text=""))
    common.warn(paper, patient)
    _problems(paper, known.problems)
    _medicines(paper, known, today - LATELY)
    _doses(paper, patient.doses or [])
    _measured(paper, known)
    _contacts(paper, known)
    _referrals(paper, known.referrals)
    return paper.bytes()


def _more(known: Known) -> Iterable[Field]:
    patient, card = known.patient, known.family.card
    yield Field("កើត · Born", common.birth(patient, "\n"))
    guardians = [_guardian(one) for one in known.family.guardians]
    if guarded := ", ".join(filter(None, [*guardians, patient.guardian])):
        yield Field("អាណាព្យាបាល · Guardian", guarded)
    if card:
        level = common.both(lambda: EquityLevel(card.level).label) if card.level else ""
        until = f"→ {card.valid_until:%d/%m/%Y}" if card.valid_until else ""
        yield Field("បណ្ណសមធម៌ · Equity card", " ".join(filter(None, (card.value, level, until))))
    if others := [national(row["phone"]) for row in patient.phones or []]:
        yield Field("លេខទូរស័ព្ទផ្សេង · Other phones", ", ".join(others))
    if patient.deceased_on:
        yield Field(DEAD, common.day(patient.deceased_on))


def _guardian(one: Relative) -> str:
    return f"{common.names(one.patient)} ({common.both(lambda: one.kind_words)})"


def _problems(paper: Document, rows: Sequence[Problem]) -> None:
    paper.heading("ជំងឺដែលធ្លាប់មាន · Illnesses so far", 2)
    if not rows:
        paper.small("មិនមាន · none written")
        return
    columns = [
        Column("ជំងឺ · Illness"), Column("ICD-10", 24), Column("ដំបូង\nfirst", 24), Column("ចុងក្រោយ\nlast", 24),
        Column("ចំនួនដង\ntimes", 20, "right"),
    ]  # fmt: skip
    paper.table(columns, (
        [common.named(row), row.icd10, f"{row.first:%d/%m/%Y}", f"{row.last:%d/%m/%Y}", row.times] for row in rows
    ))  # fmt: skip


def _medicines(paper: Document, known: Known, since: dt.date) -> None:
    """List what was prescribed and what was handed out in the last year."""
    rows = [
        (contact.encounter.on, row.what, row.dose)
        for contact in known.contacts
        for row in contact.treatments
        if contact.encounter.on >= since and not contact.encounter.void_reason
    ]
    rows += [
        (row.dispensing.on, str(row.medicine), f"× {row.quantity} {row.dispensing.directions}".strip())
        for row in known.given
        if row.dispensing.on >= since
    ]
    if not rows:
        return
    paper.heading("ឱសថក្នុងមួយឆ្នាំចុងក្រោយ · Medicine in the last year", 2)
    columns = [Column("ថ្ងៃ · Date", 24), Column("ឱសថ · Medicine"), Column("កម្រិត · Dose")]
    rows.sort(key=lambda row: row[0], reverse=True)
    paper.table(columns, ([f"{on:%d/%m/%Y}", what, dose] for on, what, dose in rows))


def _doses(paper: Document, rows: Sequence[dict[str, Any]]) -> None:
    """Say when each dose of prevention was given."""
    days: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row["on"], reverse=True):
        days.setdefault(row["what"], []).append(f"{dt.date.fromisoformat(row['on']):%d/%m/%Y}")
    if not days:
        return
    paper.heading("ការបង្ការ · Prevention", 2)
    paper.fields([Field(_dose_name(what), ", ".join(on), wide=True) for what, on in days.items()])


def _dose_name(what: str) -> str:
    return common.both(lambda: PreventiveDose.What(what).label)


def _measured(paper: Document, known: Known) -> None:
    if known.growing and known.growing.curves:
        paper.heading("ការលូតលាស់ · Growth", 2)
        with override("km"):
            for pair in _pairs(known.growing.curves):
                paper.chart(*pair, height=78)
    if known.vitals:
        paper.heading("វាស់បាន · Measurements", 2)
        with override("km"):
            for pair in _pairs(charts.charts(known.vitals) if not known.growing else []):
                paper.chart(*pair, height=52)
        _table_of(paper, list(reversed(known.vitals))[:MEASURED])


def _table_of(paper: Document, rows: Sequence[Vitals]) -> None:
    """Set the newest measurements in lines; measures that nobody took have no column."""
    taken = [m for m in measures.MEASURES if any(m.of(row) for row in rows)]
    heads = [Column("ថ្ងៃ · Date", 22), *(Column(f"{_lines(m.label)}\n{m.unit}", align="centre") for m in taken)]
    paper.table(heads, ([f"{local_day(row.measured_at):%d/%m/%Y}", *(m.of(row) for m in taken)] for row in rows))


def _contacts(paper: Document, known: Known) -> None:
    if not known.contacts:
        return
    paper.heading("ការពិនិត្យ និងការសម្រាកព្យាបាល · Visits and stays", 2)
    columns = [
        Column("ថ្ងៃ · Date", 24), Column("សេវា · Service", 34), Column("រោគវិនិច្ឆ័យ និងមូលហេតុ · Diagnosis and reason"),
        Column("លទ្ធផល · Outcome", 38),
    ]  # fmt: skip
    paper.table(columns, (_contact(contact) for contact in known.contacts if not contact.encounter.void_reason))
    if known.more:
        paper.small("មានការពិនិត្យមុនៗទៀតក្នុងកំណត់ត្រា · earlier ones are in the record")


def _contact(contact: Contact) -> list[str]:
    row, stay = contact.encounter, contact.admission
    on = f"{row.on:%d/%m/%Y}"
    if stay and stay.discharged_on:
        on += f"\n– {stay.discharged_on:%d/%m/%Y}"
    end = common.both(stay.get_outcome_display, "\n") if stay else common.both(row.get_result_display, "\n")
    why = common.diagnoses(contact.diagnoses) or row.complaint or (stay.reason if stay else "")
    return [on, common.both(row.get_kind_display, "\n"), why, end]


def _referrals(paper: Document, rows: Sequence[Referral]) -> None:
    if not rows:
        return
    paper.heading("ការបញ្ជូន · Referrals", 2)
    columns = [Column("ថ្ងៃ · Date", 24), Column("ទៅ · To"), Column("មូលហេតុ · Reason"), Column("ចម្លើយ · Answer")]
    paper.table(columns, ([f"{r.on:%d/%m/%Y}", common.named(r.hospital), r.reason, r.all_answered] for r in rows))


def _pairs(drawn: Sequence[Any]) -> Iterable[Sequence[Chart]]:
    return (drawn[n : n + 2] for n in range(0, len(drawn), 2))


def _lines(label: str) -> str:
    return label.replace(" · ", "\n")
