"""Count and list what the records hold: rows in the database, or lines that were reckoned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, CharField, F, Q, Value
from django.db.models.functions import Cast, Coalesce, Substr

from core.ages import UNKNOWN
from core.errors import RuleBroken
from reports.asked import Asked, Keys
from reports.sources import ONE, Line
from reports.sources.source import key_of_slot


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


def counting(asked: Asked) -> Rows | Lines:
    """Return what can count and list: the database, or what was reckoned."""
    return Lines(asked) if asked.figure.source.lines else Rows(asked)


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


# --- Many at once ---


def cells_together(counted: Sequence[Rows | Lines]) -> list[dict[Keys, int]]:
    """Return the cells of each, those of the database out of one statement."""
    found = [{} if isinstance(one, Rows) else one.cells() for one in counted]
    rows = {n: one for n, one in enumerate(counted) if isinstance(one, Rows) and one.asked.parts}
    if not rows:
        return found
    keys = max(len(one.grouped) for one in rows.values())
    sums = max(len(one.asked.parts) for one in rows.values())
    told = {n: one.told_apart() for n, one in rows.items()}
    lines: dict[int, list[tuple[Any, ...]]] = {n: [] for n in rows}
    statements = [_statement(n, one, told[n], keys, sums) for n, one in rows.items()]
    for n, *line in statements[0].union(*statements[1:], all=True) if len(statements) > 1 else statements[0]:
        lines[n].append(line)
    for n, one in rows.items():
        fields = [told[n].query.annotations[f"key_{name}"].output_field for name in one.grouped]
        found[n] = one.added_up(
            (
                [field.to_python(text) for field, text in zip(fields, line, strict=False)],
                line[keys : keys + len(one.asked.parts)],
            )
            for line in lines[n]
        )
    return found


def _statement(n: int, counted: Rows, rows: Any, keys: int, sums: int) -> Any:
    """Return the statement that gives lines of (n, keys as text, sums), filled up to so many."""
    nothing = {f"text_{place}": Value("", CharField()) for place in range(keys)}
    texts = {f"text_{place}": Cast(f"key_{name}", CharField()) for place, name in enumerate(counted.grouped)}
    amounts: dict[str, Any] = {f"sum_{place}": Value(0, BigIntegerField()) for place in range(sums)}
    for place, part in enumerate(counted.asked.parts):
        amounts[f"sum_{place}"] = Cast(Coalesce(part.sum, 0), BigIntegerField())
    columns = {"question": Value(n), **nothing, **texts, **amounts}
    if not counted.grouped:  # a line even where nothing is counted
        rows = counted.rows().values(question=Value(n))
        del columns["question"]
    return rows.annotate(**columns).values_list("question", *nothing, *amounts)
