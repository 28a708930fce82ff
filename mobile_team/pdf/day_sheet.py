"""The day sheet: a line for every child, for the day without power; and who of the village is still expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from clinic.pdf import common
from core.pdf.blocks import Field
from core.pdf.page import Document
from core.pdf.table import Column
from core.phones import national
from mobile_team.models import Attendance, DentalCheckup, Education, KitLine, Session
from mobile_team.pdf import named, said

LINES = 40
# Heading and width in millimetres; a check-up's page asks the same in the same order.
COLUMNS: tuple[tuple[str, float], ...] = (
    ("№", 8), (_("Name"), 38), (_("Sex"), 9), (_("Age"), 10), (_("Phone or house"), 20), (_("Pain"), 9),
    (_("Decayed milk teeth"), 13), (_("Decayed permanent teeth"), 15), (_("Missing"), 12), (_("Filled"), 11),
    (_("Open pulp, ulcer, fistula, abscess"), 15), (_("Gums bleed"), 12), (_("Urgency 0–4"), 12), (_("Treatment"), 18),
    (_("Education"), 14), (_("Brush"), 9), (_("Paste"), 9), (_("Against worms"), 12), ("kg", 9), ("cm", 9),
    (_("To come"), 10), (_("Note"), 15),
)  # fmt: skip


def day_sheet(
    session: Session, *, kit: Sequence[KitLine], expected: Sequence[DentalCheckup], by: Any, at: dt.datetime
) -> bytes:
    """Return the sheet as PDF; `session` with village, route and team joined, `expected` with person and contact."""
    paper = common.paper(
        said(_("Day sheet of the mobile clinic")), subtitle=f"{common.named(session.village)} · {_day(session)}",
        by=by, at=at, size="A4 landscape",
    )  # fmt: skip
    paper.fields(_where(session), columns=3)
    paper.small(said(_("Write a line for each person. Key it in when there is power again; the paper is kept.")))
    columns = [Column(head if head in ("№", "kg", "cm") else said(head, "\n"), width) for head, width in COLUMNS]
    paper.table(columns, [[f"{n}\n ", *[None] * (len(COLUMNS) - 1)] for n in range(1, LINES + 1)], grid=True)
    _expected(paper, expected, session)
    _kit(paper, kit)
    _talks(paper)
    paper.signatures([said(_("Team"))])
    return paper.bytes()


def _day(session: Session) -> str:
    return common.day(session.on, " · ")


def _where(session: Session) -> list[Field]:
    found = [
        Field(said(_("Meeting place")), session.place),
        Field(said(_("Route")), common.named(session.route) if session.route else ""),
        Field(said(_("Vehicle")), session.vehicle),
        Field(said(_("Team")), common.listed(user.name for user in session.team.all())),
    ]
    return [field for field in found if field.value and field.value != common.NONE]


def _expected(paper: Document, rows: Sequence[DentalCheckup], session: Session) -> None:
    paper.heading(said(_("Advised earlier to come to the centre and not seen there yet")), 2)
    if not rows:
        paper.small(said(_("Nobody of this village.")))
        return
    widths = {_("Name"): None, _("Sex"): 24, _("Age"): 34, _("Patient number"): 30, _("Phone"): 28,
              _("Advised on"): 30, _("Why"): None}  # fmt: skip
    columns = [*(Column(said(head), width) for head, width in widths.items()), Column("✓", 10)]
    paper.table(columns, [_person(row, session) for row in rows], grid=True)


def _person(row: DentalCheckup, session: Session) -> list[str]:
    patient = row.encounter.patient
    why = common.lines(common.both(row.get_urgency_display), row.note)  # type: ignore[attr-defined]
    return [
        common.names(patient), common.SEX[patient.sex], common.age_on(patient, session.on), patient.number,
        national(patient.phone) if patient.phone else "", f"{row.encounter.on:%d/%m/%Y}", why, "",
    ]  # fmt: skip


def _kit(paper: Document, kit: Sequence[KitLine]) -> None:
    heads = (_("Item"), _("Packed"), _("Given"), _("Brought back"), _("Lost or spoilt"))
    packed = {row.item: row.packed for row in kit}
    items = [row.item for row in kit] or KitLine.Item.values
    paper.heading(said(_("Kit")), 2)
    rows = [[named(KitLine.Item(item).label), packed.get(item), None, None, None] for item in items]
    paper.table([Column(said(head), None if head == "Item" else 34) for head in heads], rows, grid=True)


def _talks(paper: Document) -> None:
    """Add boxes for talks; the topics are named, so that one is ticked and not described."""
    paper.heading(said(_("Health education: heads, not patients")), 2)
    topics = " ☐ ".join(named(topic.label, "/") for topic in Education.Topic)
    paper.small(f"☐ {topics}")
    heads = [Attendance._meta.get_field(who).verbose_name for who in Attendance.HEADS]  # type: ignore[union-attr]
    columns = [Column(said(_("Audience"))), *(Column(named(head), 34) for head in heads)]
    rows = [[named(a.label), *[None] * len(heads)] for a in Attendance.Audience]
    paper.table(columns, rows, grid=True)
