"""Ask for a figure: its number of some days, told apart and narrowed by dimensions, and the rows behind it.

One way for every screen, paper, file and command. Whatever is asked, `behind` lists rows whose amounts add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Q, Value
from django.db.models.functions import Cast, Substr

from core.ages import BAND_SETS, UNKNOWN, BandSet
from core.errors import RuleBroken
from core.periods import Month, Period, Year
from reports.figures import FIGURES, Figure
from reports.sources.source import key_of_slot

PUBLISHED = BAND_SETS["published"]
PAGE = 50
MOST_PAGE = 500

Keys = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Span:
    """Days from the first to the last, both included. Raises RuleBroken("core.period_backwards")."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise RuleBroken("core.period_backwards", first=str(self.first), last=str(self.last))

    @classmethod
    def of(cls, period: Period | Month | Year) -> Span:
        """Return the days of whole months."""
        if isinstance(period, Period):
            return cls(period.first_day, period.last_day)
        return cls(period.first, period.last)

    @property
    def first_day(self) -> date:
        return self.first

    @property
    def last_day(self) -> date:
        return self.last

    def months(self) -> list[str]:
        """List the months that have a day in the span, "2025-03"."""
        return [month.text for month in Period(Month.of(self.first), Month.of(self.last))]


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
        left = self.several.intersection(self.by).difference(named)
        assert not left, f"{sorted(left)} may hold one row under several keys: say which"


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

    Raises RuleBroken: reports.figure_unknown, reports.dimension_unknown, reports.filter_unknown.
    """
    asked = _Asked.checked(figure, span, by, where, bands)
    cells = asked.cells()
    several = asked.several
    total = asked.whole() if several else sum(cells.values())
    return Answer(asked.figure, asked.by, cells, total, several, asked.known())


def behind(
    figure: str, span: Span, *, where: Mapping[str, str] | None = None, bands: BandSet | None = None,
    before: str | None = None, limit: int = PAGE,
) -> list[Behind]:  # fmt: skip
    """Return one page of the rows behind a number, newest first; `before` is the cursor of the last one shown.

    Raises what `ask` raises, and reports.filter_unknown for a cursor that is none.
    """
    asked = _Asked.checked(figure, span, (), where, bands)
    return asked.page(_cursor(before), max(1, min(limit, MOST_PAGE)))


@dataclass(frozen=True)
class _Asked:
    """A question that makes sense."""

    figure: Figure
    span: Span
    by: Keys
    where: Mapping[str, str]
    bands: BandSet

    @classmethod
    def checked(
        cls, name: str, span: Span, by: Iterable[str], where: Mapping[str, str] | None, bands: BandSet | None
    ) -> _Asked:
        if name not in FIGURES:
            raise RuleBroken("reports.figure_unknown", field="figure", value=name[:60])
        figure, by = FIGURES[name], tuple(dict.fromkeys(by))
        where = {dimension: key for dimension, key in (where or {}).items() if key}
        for dimension in (*by, *where):
            if dimension not in figure.dimensions:
                known = ", ".join(figure.dimensions)
                raise RuleBroken("reports.dimension_unknown", field=dimension[:60], value=dimension[:60], known=known)
        return cls(figure, span, by, where, bands or PUBLISHED)

    @property
    def several(self) -> frozenset[str]:
        dimensions = self.figure.source.dimensions
        return frozenset(name for name in self.by if name in dimensions and dimensions[name].several)

    def known(self) -> dict[str, Keys]:
        """Return the keys that a table shows even with nothing in them."""
        found = {name: self._known(name) for name in self.by}
        return {name: (self.where[name],) if name in self.where else keys for name, keys in found.items()}

    def _known(self, name: str) -> Keys:
        if name == "month":
            return tuple(self.span.months())
        return self.bands.lines if name == "band" else self.figure.source.dimensions[name].keys

    # --- The rows ---

    def rows(self) -> Any:
        """Return the rows counted, narrowed."""
        source = self.figure.source
        rows = source.rows(self.span).filter(self.figure.counted(self.span))
        for name, key in self.where.items():
            if name == "month":
                rows = self._in_month(rows, key)
            elif name == "band":
                rows = rows.filter(self._in_band(key))
            else:
                dimension = source.dimensions[name]
                value = dimension.value(name, key)
                rows = rows.alias(**{f"is_{name}": dimension.expression})
                rows = rows.filter(**({f"is_{name}__isnull": True} if value is None else {f"is_{name}": value}))
        return rows.order_by()

    def _in_month(self, rows: Any, key: str) -> Any:
        month = Month(key)
        return rows.alias(is_on=self.figure.source.day).filter(is_on__range=(month.first, month.last))

    def _in_band(self, key: str) -> Q:
        slot = self.figure.source.slot
        if key not in self.bands.lines:
            raise RuleBroken("reports.filter_unknown", field="band", value=key[:60])
        if key == UNKNOWN:
            return Q(**{f"{slot}__isnull": True})
        slots = self.bands.slots_of(key)  # a band is one run of slots
        return Q(**{f"{slot}__range": (slots[0], slots[-1])}) if slots else Q(pk__in=[])

    def whole(self) -> int:
        return self.rows().aggregate(amount=self._amount)["amount"] or 0

    @property
    def _amount(self) -> Any:
        return self.figure.amount or Count("pk")

    def cells(self) -> dict[Keys, int]:
        if not self.by:
            return {(): self.whole()}
        grouped = self.rows().values(**{f"key_{n}": self._expression(name) for n, name in enumerate(self.by)})
        for name in self.several - self.where.keys():
            place = self.by.index(name)
            grouped = grouped.filter(**{f"key_{place}__isnull": False})
        cells: Counter[Keys] = Counter()
        for row in grouped.annotate(amount=self._amount):
            cells[tuple(self._key(name, row[f"key_{n}"]) for n, name in enumerate(self.by))] += row["amount"] or 0
        return dict(cells)

    def _expression(self, name: str) -> Any:
        source = self.figure.source
        if name == "month":  # the first seven letters of a date: TruncMonth would call Python for every row on SQLite
            return Substr(Cast(source.day, CharField()), 1, 7)
        return F(source.slot) if name == "band" else source.dimensions[name].expression

    def _key(self, name: str, found: Any) -> str:
        if name == "month":
            return found
        if name == "band":
            return key_of_slot(self.bands, found)
        return self.figure.source.dimensions[name].key(found)

    # --- The list behind ---

    def page(self, before: tuple[date, UUID] | None, limit: int) -> list[Behind]:
        source = self.figure.source
        rows = self.rows().annotate(stands_on=source.day)
        if before:
            on, last = before
            rows = rows.filter(Q(stands_on__lt=on) | Q(stands_on=on, pk__lt=last))
        rows = rows.annotate(adds=self.figure.amount or Value(1)).exclude(adds=0)
        joined = rows.select_related(*source.related) if source.related else rows
        return [self._behind(row) for row in joined.order_by("-stands_on", "-pk")[:limit]]

    def _behind(self, row: Any) -> Behind:
        shown = self.figure.source.shown(row)
        cursor = f"{row.stands_on},{row.pk}"
        return Behind(row.stands_on, shown.words, shown.more, shown.href, row.adds, shown.patient_id, cursor)


def _cursor(text: str | None) -> tuple[date, UUID] | None:
    if not text:
        return None
    try:
        on, last = text.split(",")
        return date.fromisoformat(on), UUID(last)
    except ValueError:
        raise RuleBroken("reports.filter_unknown", field="before", value=text[:60]) from None
