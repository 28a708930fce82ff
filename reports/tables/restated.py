"""The table of what an issued paper said and what is so now."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from reports.differences import Difference
from reports.tables.shape import Column, Number, Row, Table, Value


def restatement(differences: Sequence[Difference]) -> Table:
    """Tell every number that differs, as it was and as it is; numbers that are hidden are only counted."""
    shown = [one for one in differences if not one.hidden]
    rows: list[Row] = [(one.words, _number(one, one.was), _number(one, one.now), _change(one)) for one in shown]
    columns = [
        Column(gettext("Number"), number=False),
        Column(gettext("As issued before")),
        Column(gettext("Now")),
        Column(gettext("Change")),
    ]
    hidden = len(differences) - len(shown)
    note = "" if rows or hidden else gettext("No number differs.")
    if hidden:
        note = gettext("%(number)d more differ that are not shown, because they are small or beside a small one.") % {
            "number": hidden
        }
    return Table("restatement", gettext("What differs from the paper issued before"), columns, rows, note=note)


def _number(one: Difference, value: int | None) -> Value:
    """Return one of the two; a line that did not stand there is a dash."""
    return "–" if value is None else Number(value, unit=one.unit)


def _change(one: Difference) -> Number:
    return Number((one.now or 0) - (one.was or 0), unit=one.unit)
