"""Fill a form with the numbers of a month: as few questions as its lines allow, every total checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from core.ages import BandSet
from core.errors import RuleBroken
from core.periods import Month
from core.words import say
from reports.asking import Answer, Span, ask
from reports.cube import assert_whole
from reports.ministry import layout
from reports.ministry.layout import Column, Plan
from reports.models import FormBlock, FormLine, MinistryForm
from reports.tallies import touched
from reports.tallies.touched import Log

Part = tuple[Mapping[str, str], int]  # the keys that narrow the figure, and how many


@dataclass(frozen=True)
class FilledLine:
    """One line: a number for each column, none where it is filled in by pen, and of what each number is the sum."""

    line: FormLine
    plan: Plan | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, list[Part]] = field(default_factory=dict)


@dataclass(frozen=True)
class FilledBlock:
    """One block with its columns and filled lines; `broken` says in words why it could not be counted."""

    block: FormBlock
    columns: list[Column]
    lines: list[FilledLine]
    broken: str = ""


@dataclass(frozen=True)
class Filled:
    """A form of a month."""

    form: MinistryForm
    month: Month
    blocks: list[FilledBlock]

    def cells(self) -> Iterator[tuple[FilledLine, Column, int]]:
        """Yield every number that was counted, in the order of the form."""
        for block in self.blocks:
            for line in block.lines:
                yield from ((line, column, line.numbers[column.key]) for column in block.columns if line.plan)


def fill(form: MinistryForm, month: Month) -> Filled:
    """Count a form. A block whose layout is wrong says so and leaves the others whole."""
    blocks, log = form.blocks.prefetch_related("lines"), touched.look()
    return Filled(form, month, [_fill(block, lines, month, log) for block, lines in layout.standing(blocks)])


def _fill(block: FormBlock, lines: list[FormLine], month: Month, log: Log) -> FilledBlock:
    try:
        columns, plans = layout.columns(block), layout.plans(block, lines)
        counted = _counted(block, columns, plans, month, log)
    except RuleBroken as broken:
        return FilledBlock(block, [Column(layout.TOTAL, "", {})], [FilledLine(line) for line in lines], say(broken))
    return FilledBlock(block, columns, [counted.get(line.key) or FilledLine(line) for line in lines])


def _counted(
    block: FormBlock, columns: list[Column], plans: Mapping[str, Plan], month: Month, log: Log
) -> dict[str, FilledLine]:
    """Ask one question for all lines that narrow one figure by the same dimensions."""
    alike: dict[tuple[str, tuple[str, ...]], list[Plan]] = defaultdict(list)
    for plan in plans.values():
        alike[plan.figure.name, plan.dimensions].append(plan)
    found: dict[str, FilledLine] = {}
    for (figure, dimensions), together in alike.items():
        where = {name: key for name in dimensions if (key := _only_key(together, name))}
        by = [name for name in dimensions if name not in where]
        bands = layout.band_set(block)
        answer = ask(figure, Span.of(month), by=(*by, *layout.told_apart(block)), where=where, bands=bands, log=log)
        found |= {plan.line.key: _line(plan, columns, answer, where, by, bands) for plan in together}
    return found


def _only_key(together: list[Plan], name: str) -> str:
    """Return the one key of a dimension that all these lines want, or nothing."""
    keys = {plan.named.get(name) for plan in together}
    only = keys.pop() if len(keys) == 1 else None
    return only[0] if only and len(only) == 1 else ""


def _line(
    plan: Plan, columns: list[Column], answer: Answer, where: Mapping[str, str], by: list[str], bands: BandSet
) -> FilledLine:
    """Take one line's numbers out of an answer; the columns are made sure to add up to the total."""
    numbers: dict[str, int] = {}
    parts: dict[str, list[Part]] = {}
    for column in columns:
        sums: dict[tuple[str, ...], int] = defaultdict(int)
        for cell, number in answer.cells.items():
            keys = dict(zip(answer.by, cell, strict=True))
            if all(plan.holds(name, keys[name]) for name in by) and column.keys.items() <= keys.items():
                sums[tuple(keys[name] for name in by)] += number
        parts[column.key] = [
            ({**where, **dict(zip(by, keys, strict=True)), **column.keys}, number)
            for keys, number in sorted(sums.items())
        ]
        numbers[column.key] = sum(sums.values())
    if columns[-1].sum:
        assert_whole((numbers[column.key] for column in columns[:-1]), numbers[columns[-1].key])
    return FilledLine(plan.line, plan, numbers, parts)
