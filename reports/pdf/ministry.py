"""Print a ministry form of a month."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from core.pdf import styles
from core.pdf.page import Document
from core.pdf.table import Cell, Column, Table
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ, Month
from reports.ministry.counting import FilledBlock, fill
from reports.ministry.tables import table
from reports.models import MinistryForm
from reports.naming import month_words
from reports.pdf.paper import organisation
from reports.tables.shape import Number, Value, in_words

MANY = 6  # columns of numbers, from which on the page lies on its side
NAMES, NUMBER = 60.0, 28.0  # mm: the words of lines beside many columns, and a column where there are few
ON_ONE_PAGE = 12  # lines that are kept together with their heading


def render(form: MinistryForm, month: Month, language: str, *, made_at: datetime) -> bytes:
    """Return the form of a month as PDF in one language, "km" or "en"; lines by pen are left empty to be filled in."""
    with translation.override(language):
        filled = fill(form, month)
        wide = any(len(block.columns) > MANY for block in filled.blocks)
        counted = _("counted %(when)s") % {"when": f"{made_at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}"}
        document = Document(
            str(form), language, size="A4 landscape" if wide else "A4", organisation=organisation(language),
            ministry=language == "km", subtitle=month_words(month), footer=f"{month_words(month)} · {counted}",
            created=made_at,
        )  # fmt: skip
        document.small(_layout_words(form))
        for block in filled.blocks:
            _block(document, block)
        document.signatures([_("Prepared by"), _("Checked by"), _("Head of the centre")])
        return document.bytes()


def _layout_words(form: MinistryForm) -> str:
    if form.confirmed:
        return _("Layout compared with the ministry's form: %(who)s.") % {"who": form.confirmed}
    return _(
        "The layout of this form is general knowledge, not yet compared with the ministry's own. "
        "Empty cells are filled in by pen."
    )


def _block(document: Document, filled: FilledBlock) -> None:
    shape = table(filled)
    few = len(filled.columns) <= MANY
    columns = [Column(shape.columns[0].words, None if few else NAMES)]
    columns += [Column(_heading(c.group, c.words), NUMBER if few else None, "right") for c in shape.columns[1:]]
    rows = [[_cell(cell) for cell in row] for row in shape.rows]
    heading, body = KhmerText(shape.title, styles.HEADING), Table(columns, rows, grid=True)
    note = [KhmerText(shape.note, styles.SMALL.but(before=3))] if shape.note else []
    if len(rows) <= ON_ONE_PAGE:
        document.together(heading, body, *note)
    else:
        document.heading(shape.title)
        document.add(body, *note)


def _heading(group: str, words: str) -> str:
    return f"{group}\n{words}" if group else words


def _cell(cell: Value) -> Cell:
    return cell.amount if isinstance(cell, Number) else in_words(cell)
