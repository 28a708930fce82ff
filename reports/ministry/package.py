"""Match the numbers of a form with their places in DHIS2: what goes, what has no place yet, what stays on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import RuleBroken
from core.money import Currency
from reports.figures import Counts
from reports.ministry import dhis2
from reports.ministry.counting import Filled, FilledLine
from reports.ministry.dhis2 import Target, Value
from reports.ministry.layout import Column
from reports.models import Dhis2Mapping, FormLine, MinistryForm, Sending


@dataclass(frozen=True)
class Cell:
    """One number of a form, with its place in DHIS2 if it has one."""

    line: FormLine
    column: Column
    number: int
    value: Value | None = None


@dataclass(frozen=True)
class Package:
    """The values of a form and a month; `broken` are blocks that could not be counted."""

    target: Target
    sent: list[Cell] = field(default_factory=list)
    unmapped: list[Cell] = field(default_factory=list)
    left_out: list[Cell] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def values(self) -> list[Value]:
        """Return the values that go."""
        return [cell.value for cell in self.sent if cell.value]

    @property
    def lost(self) -> int:
        """Return how many numbers above zero stay here because nobody gave them a place."""
        return sum(1 for cell in self.unmapped if cell.number)

    @property
    def body(self) -> str:
        """Return the JSON that is posted."""
        return dhis2.document(self.target, self.values)

    @property
    def table(self) -> str:
        """Return the same as CSV."""
        return dhis2.table(self.target, self.values)


def pack(filled: Filled) -> Package:
    """Return what goes to DHIS2; one statement."""
    form = filled.form
    target = Target(
        form.data_set, form.org_unit, filled.month.text.replace("-", ""), form.attribute_option_combo,
        form.scheme == MinistryForm.Scheme.CODE,
    )  # fmt: skip
    rows = Dhis2Mapping.objects.filter(line__block__form=form)
    places = {(row.line_id, row.column): row for row in rows}
    found = Package(target, broken=[f"{block.block}: {block.broken}" for block in filled.blocks if block.broken])
    for line, column, number in filled.cells():
        place = places.get((line.line.id, column.key))
        if place is None:
            if not column.sum:  # DHIS2 adds sums up by itself
                found.unmapped.append(Cell(line.line, column, number))
        elif place.left_out:
            found.left_out.append(Cell(line.line, column, number))
        else:
            value = Value(place.data_element, place.category_option_combo, plain(line, number))
            found.sent.append(Cell(line.line, column, number, value))
    return found


def plain(line: FilledLine, number: int) -> str:
    """Return a number as DHIS2 takes it: whole, or an amount in its currency with a decimal point."""
    figure = line.plan.figure if line.plan else None
    if figure is None or figure.counts is not Counts.MONEY:
        return str(number)
    (currency,) = line.plan.named[figure.apart] if line.plan else ()
    decimals = Currency(currency).decimals
    return f"{Decimal(number).scaleb(-decimals):f}"


def check(package: Package, *, despite: bool) -> None:
    """Refuse what would not arrive. Raises RuleBroken: reports.dhis2_broken, reports.dhis2_no_place,
    reports.dhis2_nothing, and ("reports.dhis2_unmapped") unless it is said that the rest shall go."""
    if package.broken:
        raise RuleBroken("reports.dhis2_broken", value=package.broken[0])
    if not package.target.data_set or not package.target.org_unit:
        raise RuleBroken("reports.dhis2_no_place")
    if not package.sent:
        raise RuleBroken("reports.dhis2_nothing")
    if package.unmapped and not despite:
        raise RuleBroken("reports.dhis2_unmapped", field="despite", number=len(package.unmapped))


def digest(body: str) -> str:
    """Return the hash of a body."""
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True)
class Change:
    """A value that is not what the server took last."""

    cell: Cell
    before: str


def changes(package: Package, last: Sending) -> Sequence[Change]:
    """Return which values differ from those of an earlier sending; a value that was not sent then has none before."""
    before = dhis2.values_in(last.body)
    found = []
    for cell in package.sent:
        if cell.value:
            was = before.get((cell.value.data_element, cell.value.category_option_combo), "")
            if was != cell.value.value:
                found.append(Change(cell, was))
    return found
