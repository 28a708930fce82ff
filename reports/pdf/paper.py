"""Print the paper of a month or a year."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.platypus.flowables import Flowable

from core.pdf import styles
from core.pdf.blocks import Organisation, Panel
from core.pdf.page import Document
from core.pdf.styles import Align
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from reports import charts, issued, tables
from reports.figures import FIGURES
from reports.linked import page_of
from reports.naming import SERVICES, is_year
from reports.paper import TOP_CONDITIONS, Paper
from reports.tables import supply

FEW, FEW_WIDTH, WIDE_NAMES = 4, 25.0, 31.0  # columns of numbers, their width and that of the names beside many, in mm
ON_ONE_PAGE = 25  # rows of a table that is kept together; a longer one begins where it stands


def render(paper: Paper, language: str) -> bytes:
    """Return the paper as PDF in one language, "km" or "en"."""
    with translation.override(language):
        document = Document(
            paper.title,
            language,
            organisation=organisation(language),
            ministry=language == "km",
            subtitle=paper.subtitle,
            footer=f"{paper.subtitle} · {paper.counted}",
            created=paper.made_at,
            stamp=_stamp(paper),
        )
        _front(document, paper)
        _details(document, paper)
        _besides(document, paper)
        _closing(document, paper)
        return document.bytes()


def organisation(language: str) -> Organisation:
    """Return the letterhead of the centre."""
    centre = settings.CENTRE
    address = " · ".join(filter(None, (centre[f"department_{language}"], centre[f"address_{language}"])))
    return Organisation(centre["name_km"], centre["name_en"], address, centre["phone"])


def _stamp(paper: Paper) -> str:
    """Return what stands pale across the pages of a month or a year that is not issued."""
    return "" if paper.seal or paper.facts is None else _("DRAFT")


def _front(document: Document, paper: Paper) -> None:
    """Begin with what a reader wants first: the key figures, and for a year the results as they are published.

    A paper that was issued before begins with why it is issued again and what differs.
    """
    cube = paper.cube
    if paper.seal and paper.seal.revision > 1:
        again = _("Revision %(revision)d. It takes the place of the paper issued before. Reason: %(reason)s")
        words = again % {"revision": paper.seal.revision, "reason": paper.seal.reason}
        document.add(Panel(KhmerText(words, styles.BODY, markup=False), framed=True))
        _table(document, tables.restatement(paper.seal.differences))
    services = cube.by("patients_assessed", "service")
    document.tiles([
        (str(FIGURES["patients_assessed"].words), f"{cube.sum('patients_assessed'):,}"),
        *((str(SERVICES[service]), f"{services[service]:,}") for service in ("inpatient", "outpatient", "mobile")),
    ])  # fmt: skip
    document.space(2)
    names = ("people_reached", "new_patients_admitted", "toothbrushes_given", "dental_education")
    document.tiles([(str(FIGURES[name].words), f"{cube.sum(name):,}") for name in names])
    if is_year(cube.period):
        _table(document, tables.published_results(cube))
    _table(document, tables.services(cube))


def _details(document: Document, paper: Paper) -> None:
    cube = paper.cube
    _table(document, tables.ages(cube))
    if cube.sum("patients_assessed"):
        document.chart(charts.pyramid(cube), height=62)
    document.chart(charts.months(paper.months), height=58)
    if paper.spans_months:
        _table(document, tables.months(cube))
    if cube.conditions:
        document.chart(charts.top_conditions(cube.conditions), height=62)
        _table(document, tables.conditions(cube, TOP_CONDITIONS))
    _table(document, tables.hand_outs(cube))


def _besides(document: Document, paper: Paper) -> None:
    """Go on with what is said besides contacts; a table without a row is one sentence."""
    for table in paper.besides(supply.TOP):
        if table.rows:
            _table(document, table)
        else:
            document.together(KhmerText(table.title, styles.HEADING), KhmerText(_("None in this period."), styles.BODY))


def _closing(document: Document, paper: Paper) -> None:
    """End with who signs, and behind that what the figures count."""
    if paper.seal:
        words = _("The figures of this revision are frozen. SHA-256 of the figures: %(hash)s")
        document.small(words % {"hash": paper.seal.sha256})
    if issued.kind_of(paper.cube.period):
        words = _("Every number of this paper opens the records it counts, at: %(address)s")
        document.small(words % {"address": f"{page_of(paper.cube.period)}?bands={paper.cube.bands.key}"})
    document.signatures([_("Prepared by"), _("Checked by"), _("Head of the centre")])
    _table(document, paper.tables()[-1])


def _table(document: Document, table: tables.Table) -> None:
    """Set a table with its heading and its note; a short one stays on one page."""
    numbers = [column for column in table.columns if column.number]
    columns = [Column(_heading(column), _width(column, len(numbers)), _align(column)) for column in table.columns]
    if len(numbers) > FEW:
        columns[0] = Column(columns[0].title, WIDE_NAMES)
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    total = [_cell(cell) for cell in table.total] if table.total else None
    parts: list[Flowable] = [KhmerText(table.title, styles.HEADING), Table(columns, rows, total_row=total)]
    if table.note:
        parts.append(KhmerText(table.note, styles.SMALL.but(before=3)))
    if len(rows) > ON_ONE_PAGE:
        document.add(*parts)
    else:
        document.together(*parts)


def _heading(column: tables.Column) -> str:
    return f"{column.group}\n{column.words}" if column.group else column.words


def _width(column: tables.Column, numbers: int) -> float | None:
    """Give a few columns of numbers a fixed width, so that they do not huddle at the edge."""
    return FEW_WIDTH if column.number and numbers <= FEW else None


def _align(column: tables.Column) -> Align | None:
    return "right" if column.number else None


def _cell(cell: tables.Value) -> str | int | Decimal:
    if isinstance(cell, tables.Number):
        return tables.HIDDEN if cell.hidden else cell.amount
    return tables.in_words(cell)
