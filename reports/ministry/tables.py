"""A filled form as tables: the page and the print show the same rows."""

from __future__ import annotations

from django.utils.translation import gettext

from reports.figures import Counts
from reports.ministry.counting import FilledBlock, FilledLine
from reports.tables.shape import Column, Number, Table, Value


def table(filled: FilledBlock) -> Table:
    """Return a block as a table; a line by pen has empty cells."""
    rows = [[str(line.line), *_cells(filled, line)] for line in filled.lines]
    return Table(filled.block.key, str(filled.block), columns(filled), rows, note=filled.broken)


def columns(filled: FilledBlock) -> list[Column]:
    """Return the headings of a block."""
    return [Column(gettext("Line"), number=False), *(Column(each.words, each.group) for each in filled.columns)]


def _cells(filled: FilledBlock, line: FilledLine) -> list[Value]:
    if line.plan is None:
        return [""] * len(filled.columns)
    return [number(line, column.key) for column in filled.columns]


def number(line: FilledLine, column: str) -> Number:
    """Return one number; where it is the sum over several keys it has no single list behind it."""
    parts, unit = line.parts[column], ""
    assert line.plan is not None, "a line by pen has no numbers"
    if line.plan.figure.counts is Counts.MONEY:
        (unit,) = line.plan.named[line.plan.figure.apart]
    if len(parts) == 1:
        return Number(line.numbers[column], line.plan.figure.name, parts[0][0], unit)
    return Number(line.numbers[column], unit=unit)
