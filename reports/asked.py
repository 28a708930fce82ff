"""A question that makes sense: a figure, of which days, told apart and narrowed by dimensions it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.ages import BAND_SETS, BandSet
from core.errors import RuleBroken
from core.periods import Month
from reports.figures import FIGURES, Figure
from reports.sources import Part, Source
from reports.spans import Span

Keys = tuple[str, ...]
PUBLISHED = BAND_SETS["published"]


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
        cls, name: str, span: Span, by: Iterable[str] = (), where: Mapping[str, str] | None = None,
        bands: BandSet | None = None,
    ) -> Asked:  # fmt: skip
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
