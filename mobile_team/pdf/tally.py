"""The tally of a session: who was seen, what was given, whether the kit adds up; heads of talks stand apart."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from clinic.pdf import common
from core.ages import UNKNOWN
from core.pdf.blocks import Field
from core.pdf.page import Document
from core.pdf.table import Column
from mobile_team.models import Attendance, DentalCheckup, Session, ToothTreatment
from mobile_team.pdf import named, said
from mobile_team.selectors import kits, talks
from mobile_team.selectors.sheets import Figures

BAND_WORDS = {
    "under_5": _("under 5 years"), "5": _("5 years"), "6_12": _("6–12 years"), "13_17": _("13–17 years"),
    "18_59": _("18–59 years"), "60_plus": _("60 years and over"), UNKNOWN: _("age unknown"),
}  # fmt: skip
GIVEN = (
    ("dental_education", _("Dental education")), ("toothbrush", _("Toothbrushes")), ("toothpaste", _("Toothpaste")),
    ("decayed", _("With decayed teeth")), ("pain", _("With pain")),
    ("advised_to_come", _("Advised to come to the centre")),
)  # fmt: skip


def tally(session: Session, figures: Figures, *, by: Any, at: dt.datetime) -> bytes:
    """Return the tally as PDF; `session` with village, route and team joined."""
    state = f" · {common.both(session.get_state_display)}" if session.state != Session.State.HELD else ""  # type: ignore[attr-defined]
    paper = common.paper(
        said(_("Session tally")), by=by, at=at,
        subtitle=f"{common.named(session.village)} · {common.day(session.on, ' · ')}{state}",
    )  # fmt: skip
    paper.fields([
        Field(said(_("Route")), common.named(session.route) or common.NONE),
        Field(said(_("Team")), common.listed(user.name for user in session.team.all())),
    ])  # fmt: skip
    paper.heading(said(_("People checked, by sex and age")), 2)
    _seen(paper, figures)
    paper.heading(said(_("What was found, done and given")), 2)
    _given(paper, figures)
    _kit(paper, figures)
    _talks(paper, figures)
    paper.signatures([said(_("Team")), said(_("Checked by"))])
    return paper.bytes()


def _seen(paper: Document, figures: Figures) -> None:
    columns = [Column(said(_("Age"))), *(Column(head, 36) for head in (*common.SEX.values(), "សរុប · Total"))]
    rows: list[list[Any]] = [[said(BAND_WORDS[band]), *counts] for band, *counts in figures.rows()]
    total = [sum(row[n] for row in figures.rows()) for n in (1, 2, 3)]  # type: ignore[misc]
    paper.table(columns, rows, total_row=["សរុប · Total", *total])


def _given(paper: Document, figures: Figures) -> None:
    rows: list[list[Any]] = [[said(words), figures.facts[name]] for name, words in GIVEN]
    urgent = DentalCheckup.Urgency
    rows += [
        [f"{said(_('Urgency'))}: {named(u.label)}", figures.urgency[u.value]]
        for u in urgent
        if u.value >= urgent.PROMPT
    ]
    for what, n in figures.treatments.items():
        rows.append([named(ToothTreatment.What(what).label), n])
    for line in figures.kit:
        if line.item in kits.DEWORMING:
            rows.append([named(line.words), line.counted])
    paper.table([Column(said(_("What"))), Column(said(_("People")), 36)], rows)


def _kit(paper: Document, figures: Figures) -> None:
    paper.heading(said(_("Kit: packed = given + brought back + lost")), 2)
    if not figures.kit:
        paper.small(said(_("No kit was packed.")))
        return
    heads = (_("Packed"), _("Given"), _("Brought back"), _("Lost or spoilt"))
    columns = [Column(said(_("Item"))), *(Column(said(head), 24) for head in heads), Column(said(_("Difference")), 38)]
    rows: list[list[Any]] = [
        [named(line.words), line.packed, line.given, line.returned, line.lost,
         common.both(partial(difference, line), "\n")]
        for line in figures.kit
    ]  # fmt: skip
    paper.table(columns, rows)


def _talks(paper: Document, figures: Figures) -> None:
    paper.heading(said(_("Health education: heads, not patients")), 2)
    if not figures.talks:
        paper.small(said(_("No talk in this session.")))
        return
    heads = [Attendance._meta.get_field(who).verbose_name for who in Attendance.HEADS]  # type: ignore[union-attr]
    columns = [Column(said(_("Topic"))), Column(said(_("Audience"))),
               *(Column(named(head), 22) for head in heads)]  # fmt: skip
    rows: list[list[Any]] = [
        [_topic(talk), named(Attendance.Audience(name).label), *count.values()]
        for talk in figures.talks for name, count in talks.audiences(talk).items()
    ]  # fmt: skip
    all_heads = figures.heads
    paper.table(columns, rows, total_row=["សរុប · Total", None, *(getattr(all_heads, who) for who in Attendance.HEADS)])


def _topic(talk: Any) -> str:
    return common.lines(common.both(talk.get_topic_display), talk.topic_text)


def difference(line: kits.Line) -> str:
    """Say in words whether a line of a kit adds up."""
    if line.difference is None:
        return gettext("not counted back yet") if line.packed else ""
    if line.difference > 0:
        return ngettext("%(n)s is missing", "%(n)s are missing", line.difference) % {"n": line.difference}
    if line.difference < 0:
        return ngettext("%(n)s too many", "%(n)s too many", -line.difference) % {"n": -line.difference}
    return gettext("adds up")
