"""What was counted in a period, and its sums along month, service, age band and sex. Pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.ages import BandSet
from core.periods import Period

SERVICES = ("outpatient", "inpatient", "mobile")
SEXES = ("F", "M")
DIMENSIONS = ("month", "service", "band", "sex")


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of one month, service, sex and age slot, figure by figure."""

    month: str
    service: str
    sex: str
    slot: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """How many contacts had one condition among their diagnoses."""

    key: str
    name_en: str
    name_km: str
    count: int


@dataclass(frozen=True)
class Cube:
    """The figures of a period. The same cells can be cut by any set of age bands; every cut has the same total."""

    period: Period
    bands: BandSet
    cells: Sequence[Cell]
    conditions: Sequence[ConditionCount] = ()

    def cut_by(self, bands: BandSet) -> Cube:
        """Return the same figures by other age bands."""
        return self if bands == self.bands else Cube(self.period, bands, self.cells, self.conditions)

    def keys(self, dimension: str) -> tuple[str, ...]:
        """Return every key of a dimension in the order of a table, those with nothing counted too."""
        return {
            "month": tuple(month.text for month in self.period),
            "service": SERVICES,
            "band": self.bands.lines,
            "sex": SEXES,
        }[dimension]

    def sum(self, figure: str, **keys: str) -> int:
        """Return one number: `cube.sum("patients_assessed", service="mobile", sex="F")`."""
        wanted = tuple(dimension for dimension in DIMENSIONS if dimension in keys)
        assert len(wanted) == len(keys), f"no such dimension among {sorted(keys)}"
        return self._sums(figure, wanted)[tuple(keys[dimension] for dimension in wanted)]

    def by(self, figure: str, dimension: str, **keys: str) -> dict[str, int]:
        """Return the numbers along one dimension; together they are the total."""
        return {key: self.sum(figure, **keys, **{dimension: key}) for key in self.keys(dimension)}

    def _sums(self, figure: str, wanted: tuple[str, ...]) -> Counter[tuple[str, ...]]:
        kept = self._kept
        if (figure, wanted) not in kept:
            places = [DIMENSIONS.index(dimension) for dimension in wanted]
            sums: Counter[tuple[str, ...]] = Counter()
            for keys, counts in self._banded:
                sums[tuple(keys[place] for place in places)] += counts.get(figure, 0)
            kept[figure, wanted] = sums
        return kept[figure, wanted]

    @cached_property
    def _kept(self) -> dict[tuple[str, tuple[str, ...]], Counter[tuple[str, ...]]]:
        return {}

    @cached_property
    def _banded(self) -> list[tuple[tuple[str, str, str, str], Counter[str]]]:
        """Put the age slots of each month, service and sex together into bands."""
        banded: dict[tuple[str, str, str, str], Counter[str]] = {}
        for cell in self.cells:
            key = (cell.month, cell.service, self.bands.band_of_slot(cell.slot), cell.sex)
            banded.setdefault(key, Counter()).update(cell.counts)
        return list(banded.items())


def assert_whole(parts: Iterable[int], total: int) -> int:
    """Return the total of a table, having made sure that its parts add up to it: nobody lost, nobody twice."""
    found = sum(parts)
    if found != total:
        raise AssertionError(f"the parts of a table are {found}, its total {total}")
    return total
