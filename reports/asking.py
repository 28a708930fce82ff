"""Ask for a figure: its number of some days, told apart and narrowed by dimensions, and the rows behind it.

One way for every screen, paper, file and command. Whatever is asked, `behind` lists rows whose amounts add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q
from django.db.models.functions import Cast, Substr

from core.ages import BAND_SETS, UNKNOWN, BandSet
from core.errors import RuleBroken
from core.periods import Month
from reports.figures import FIGURES, Figure
from reports.sources import ONE, Line, Part, Source
from reports.sources.source import key_of_slot
from reports.spans import Span

__all__ = ["Answer", "Behind", "Span", "ask", "behind"]

PUBLISHED = BAND_SETS["published"]
PAGE = 50
MOST_PAGE = 500

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What was asked for: the whole, and the number of each combination of keys that was told apart.

    `several` are dimensions in which one row may stand under more than one key (two diagnoses): the numbers along
    them do not add up to the whole, so they are never summed over.
    """

    figure: Figure
    by: Keys
    cells: Mapping[Keys, int]
    total: int
    several: frozenset[str] = frozenset()
    known: Mapping[str, Keys] | None = None

    def value(self, **keys: str) -> int:
        """Return one number, `value(sex="F")`, summed over the dimensions not named."""
        self._may_leave_out(keys)
        places = [(self.by.index(name), key) for name, key in keys.items()]
        return sum(n for cell, n in self.cells.items() if all(cell[place] == key for place, key in places))

    def along(self, dimension: str) -> dict[str, int]:
        """Return the numbers along one dimension: keys known beforehand in their order, zeros too, then others."""
        self._may_leave_out((dimension,))
        place, sums = self.by.index(dimension), Counter(dict.fromkeys((self.known or {}).get(dimension, ()), 0))
        for cell, n in self.cells.items():
            sums[cell[place]] += n
        return dict(sums)

    def _may_leave_out(self, named: Iterable[str]) -> None:
        left = {*self.several, self.figure.apart}.intersection(self.by).difference(named)
        assert not left, f"{sorted(left)} may hold one row under several keys, or what is never added: say which"


@dataclass(frozen=True)
class Behind:
    """One row behind a number: when, what or whose, where it stands, and what it adds to the number.

    `cursor` is what `before` takes to go on after this row.
    """

    on: date
    words: str
    more: str
    href: str
    amount: int
    patient_id: UUID | None
    cursor: str


def ask(
    figure: str, span: Span, *, by: Iterable[str] = (), where: Mapping[str, str] | None = None,
    bands: BandSet | None = None,
) -> Answer:  # fmt: skip
    """Return a figure of some days. One statement, a second one where a row may stand under several keys.

    Money is in minor units, and of one currency: a figure with `apart` needs that dimension in `by` or `where`.
    Raises RuleBroken: reports.figure_unknown, reports.dimension_unknown, reports.filter_unknown, reports.not_added.
    """
    asked = Asked.checked(figure, span, by, where, bands)
    cells = counting(asked).cells()
    several = asked.several
    total = counting(replace(asked, by=())).cells().get((), 0) if several else sum(cells.values())
    return Answer(asked.figure, asked.by, cells, total, several, asked.known())


def behind(
    figure: str, span: Span, *, where: Mapping[str, str] | None = None, bands: BandSet | None = None,
    before: str | None = None, limit: int = PAGE,
) -> list[Behind]:  # fmt: skip
    """Return one page of the rows behind a number, newest first; `before` is the cursor of the last one shown.

    Raises what `ask` raises, and reports.filter_unknown for a cursor that is none.
    """
    asked = Asked.checked(figure, span, (), where, bands)
    return counting(asked).page(before, max(1, min(limit, MOST_PAGE)))


def counting(asked: Asked) -> Rows | Lines:
    """Return what can count and list: the database, or what was reckoned."""
    return Lines(asked) if asked.figure.source.lines else Rows(asked)


@dataclass(frozen=True)
class Asked:
    """A question that makes sense."""

    figure: Figure
    span: Span
    by: Keys
    where: Mapping[str, str]
    bands: BandSet

    @classmethod
    def checked(
        cls, name: str, span: Span, by: Iterable[str], where: Mapping[str, str] | None, bands: BandSet | None
    ) -> Asked:
        """Return the question. Raises what `ask` raises."""
        if name not in FIGURES:
            raise RuleBroken("reports.figure_unknown", field="figure", value=name[:60])
        figure, by = FIGURES[name], tuple(dict.fromkeys(by))
        where = {dimension: key for dimension, key in (where or {}).items() if key}
        asked = cls(figure, span, by, where, bands or PUBLISHED)
        for dimension in (*by, *where):
            if dimension not in figure.dimensions:
                known = ", ".join(figure.dimensions)
                raise RuleBroken("reports.dimension_unknown", field=dimension[:60], value=dimension[:60], known=known)
        for dimension, key in where.items():
            asked.value(dimension, key)
        if figure.apart and figure.apart not in (*by, *where):
            raise RuleBroken("reports.not_added", field=figure.apart, value=figure.apart)
        return asked

    @property
    def source(self) -> Source:
        return self.figure.source

    def value(self, dimension: str, key: str) -> Any:
        """Return what a key is compared with. Raises RuleBroken("reports.filter_unknown", "core.month_unreadable")."""
        if dimension == "month":
            return Month(key)
        if dimension == "band":
            if key not in self.bands.lines:
                raise RuleBroken("reports.filter_unknown", field="band", value=key[:60])
            return key
        return self.figure.value(dimension, key)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts of a row that are asked about."""
        fits = self.where.items()
        return tuple(p for p in self.figure.parts if all(p.keys.get(name, key) == key for name, key in fits))

    @property
    def of_parts(self) -> frozenset[str]:
        """Return the dimensions in which the parts of a row stand, and not the row."""
        return frozenset(name for part in self.figure.parts for name in part.keys)

    @property
    def several(self) -> frozenset[str]:
        """Return the dimensions asked by in which a row may stand under several keys."""
        dimensions = self.source.dimensions
        return frozenset(name for name in self.by if name in dimensions and dimensions[name].several)

    def known(self) -> dict[str, Keys]:
        """Return the keys that a table shows even with nothing in them."""
        found = {name: self._known(name) for name in self.by}
        return {name: (self.where[name],) if name in self.where else keys for name, keys in found.items()}

    def _known(self, name: str) -> Keys:
        if name == "month":
            return tuple(self.span.months())
        if name == "band":
            return self.bands.lines
        return self.figure.keys_of_parts(name) or self.source.dimensions[name].keys


@dataclass(frozen=True)
class Rows:
    """Count rows in the database."""

    asked: Asked

    def rows(self) -> Any:
        """Return the rows counted, narrowed."""
        asked = self.asked
        rows = asked.source.rows(asked.span).filter(asked.figure.counted(asked.span))
        for name, key in asked.where.items():
            if name not in asked.of_parts:
                rows = self._narrowed(rows, name, asked.value(name, key))
        return rows.order_by()

    def _narrowed(self, rows: Any, name: str, value: Any) -> Any:
        source = self.asked.source
        if name == "month":
            return rows.alias(is_on=source.day).filter(is_on__range=(value.first, value.last))
        if name == "band":
            return rows.filter(self._in_band(value))
        dimension = source.dimensions[name]
        if value is not None:
            return rows.alias(**{f"is_{name}": dimension.expression}).filter(**{f"is_{name}": value})
        nothing = Q(**{f"is_{name}__isnull": True})
        nothing = nothing if dimension.numbered else nothing | Q(**{f"is_{name}": ""})
        return rows.alias(**{f"is_{name}": dimension.expression}).filter(nothing)

    def _in_band(self, key: str) -> Q:
        slot = self.asked.source.slot
        if key == UNKNOWN:
            return Q(**{f"{slot}__isnull": True})
        return Q(**{f"{slot}__in": self.asked.bands.slots_of(key)})  # slot 30 is younger than 29 days: not one run

    def cells(self) -> dict[Keys, int]:
        """Return the number of each combination of keys."""
        parts = self.asked.parts
        if not parts:
            return {}
        sums = {f"part_{n}": part.sum for n, part in enumerate(parts)}
        rows: Any = self.told_apart().annotate(**sums) if self.grouped else [self.rows().aggregate(**sums)]
        keys = [f"key_{name}" for name in self.grouped]
        return self.added_up(([row[key] for key in keys], [row[name] for name in sums]) for row in rows)

    @property
    def grouped(self) -> Keys:
        """Return the dimensions by which the database puts rows together."""
        return tuple(name for name in self.asked.by if name not in self.asked.of_parts)

    def told_apart(self) -> Any:
        """Return the rows counted, to be put together by `key_<dimension>` of each that is grouped."""
        rows = self.rows().values(**{f"key_{name}": self._expression(name) for name in self.grouped})
        return rows.filter(**{f"key_{name}__isnull": False for name in self.asked.several})

    def added_up(self, lines: Iterable[tuple[Sequence[Any], Sequence[Any]]]) -> dict[Keys, int]:
        """Return the number of each combination of keys out of lines of what was grouped and the sum of each part."""
        cells: Counter[Keys] = Counter()
        for found, amounts in lines:
            keys = {name: self._key(name, key) for name, key in zip(self.grouped, found, strict=True)}
            for part, amount in zip(self.asked.parts, amounts, strict=True):
                if amount:  # a Decimal where PostgreSQL adds up large numbers
                    cells[tuple(keys[n] if n in keys else part.keys[n] for n in self.asked.by)] += int(amount)
        return dict(cells)

    def _expression(self, name: str) -> Any:
        source = self.asked.source
        if name == "month":  # the first seven letters of a date: TruncMonth would call Python for every row on SQLite
            return Substr(Cast(source.day, CharField()), 1, 7)
        return F(source.slot) if name == "band" else source.dimensions[name].expression

    def _key(self, name: str, found: Any) -> str:
        if name == "month":
            return found
        if name == "band":
            return key_of_slot(self.asked.bands, found)
        return self.asked.source.dimensions[name].key(found)

    def page(self, before: str | None, limit: int) -> list[Behind]:
        """Return one page of the rows, newest first."""
        source, parts = self.asked.source, self.asked.parts
        if not parts:
            return []
        rows = self.rows().annotate(stands_on=source.day)
        if cursor := _cursor(before):
            rows = rows.filter(Q(stands_on__lt=cursor[0]) | Q(stands_on=cursor[0], pk__lt=_key_of(cursor[1])))
        if parts != ONE:
            each = [part.each if hasattr(part.each, "resolve_expression") else F(part.each) for part in parts]
            rows = rows.annotate(adds=sum(each[1:], each[0])).exclude(adds=0)
        rows = rows.select_related(*source.related) if source.related else rows
        return [self._behind(row) for row in rows.order_by("-stands_on", "-pk")[:limit]]

    def _behind(self, row: Any) -> Behind:
        shown, amount = self.asked.source.shown(row), getattr(row, "adds", 1)
        cursor = f"{row.stands_on},{row.pk}"
        return Behind(row.stands_on, shown.words, shown.more, shown.href, amount, shown.patient_id, cursor)


@dataclass(frozen=True)
class Lines:
    """Count lines that were reckoned."""

    asked: Asked

    def lines(self) -> Iterator[tuple[Line, dict[str, str]]]:
        """Give the lines counted, narrowed, with all their keys."""
        asked = self.asked
        assert asked.source.lines
        for line in asked.source.lines(asked.span):
            keys = {"month": line.on.isoformat()[:7], "band": key_of_slot(asked.bands, line.slot), **line.keys}
            if all(keys[name] == key for name, key in asked.where.items()):
                yield line, keys

    def cells(self) -> dict[Keys, int]:
        """Return the number of each combination of keys."""
        cells: Counter[Keys] = Counter()
        for line, keys in self.lines():
            cells[tuple(keys[name] for name in self.asked.by)] += line.amount
        return dict(cells)

    def page(self, before: str | None, limit: int) -> list[Behind]:
        """Return one page of the lines, newest first."""
        cursor = _cursor(before)
        lines = sorted((line for line, _ in self.lines() if line.amount), key=_place, reverse=True)
        rest = (line for line in lines if cursor is None or _place(line) < cursor)
        return [
            Behind(line.on, line.shown.words, line.shown.more, line.shown.href, line.amount, line.shown.patient_id,
                   f"{line.on},{line.id}")
            for line in islice(rest, limit)
        ]  # fmt: skip


def _place(line: Line) -> tuple[date, str]:
    return line.on, line.id


def _cursor(text: str | None) -> tuple[date, str] | None:
    if not text:
        return None
    on, _, last = text.partition(",")
    try:
        return date.fromisoformat(on), last
    except ValueError:
        raise RuleBroken("reports.filter_unknown", field="before", value=text[:60]) from None


def _key_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise RuleBroken("reports.filter_unknown", field="before", value=text[:60]) from None
