"""Ask for figures: the numbers of some days, told apart and narrowed by dimensions, and the rows behind a number.

One way for every screen, paper, file and command. Numbers come out of the tallies where these know them, else out of
the records (docs/adr/0019). Whatever is asked, `behind` lists rows whose amounts add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.ages import BandSet
from reports import tallied
from reports.asked import Asked, Keys
from reports.counted import Behind, cells_together, counting
from reports.figures import Figure
from reports.spans import Span
from reports.tallies.touched import Log

__all__ = ["Answer", "Behind", "Question", "Span", "ask", "ask_together", "behind"]

PAGE = 50
MOST_PAGE = 500


@dataclass(frozen=True)
class Answer:
    """What was asked for: the whole, and the number of each combination of keys that was told apart.

    `several` are dimensions in which one row may stand under more than one key (two diagnoses): the numbers along
    them do not add up to the whole, so they are never summed over. `whole` is None where it was not asked for.
    """

    figure: Figure
    by: Keys
    cells: Mapping[Keys, int]
    whole: int | None
    several: frozenset[str] = frozenset()
    known: Mapping[str, Keys] | None = None

    @property
    def total(self) -> int:
        """Return the whole."""
        assert self.whole is not None, "the whole was not asked for"
        return self.whole

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


class Question(NamedTuple):
    """One figure, of which days, narrowed by what, told apart by what.

    Where one row may stand under several keys the whole is a question of its own; `whole` says whether it is asked too.
    """

    figure: str
    span: Span
    where: Mapping[str, str] = {}
    by: Keys = ()
    whole: bool = True


def ask(
    figure: str, span: Span, *, by: Iterable[str] = (), where: Mapping[str, str] | None = None,
    bands: BandSet | None = None, log: Log | None = None,
) -> Answer:  # fmt: skip
    """Return a figure of some days.

    Money is in minor units, and of one currency: a figure with `apart` needs that dimension in `by` or `where`.
    Raises RuleBroken: reports.figure_unknown, reports.dimension_unknown, reports.filter_unknown, reports.not_added.
    """
    return ask_together([Question(figure, span, where or {}, tuple(by))], bands, log)[0]


def ask_together(questions: Sequence[Question], bands: BandSet | None = None, log: Log | None = None) -> list[Answer]:
    """Return the answer to each question: a page of fifty asks the tallies once and the records once.

    `log` is what `touched.look()` said, for a page that asks several times; without it one statement more looks. What
    is reckoned costs statements of its own. Raises what `ask` raises.
    """
    asked = [Asked.checked(one.figure, one.span, one.by, one.where, bands) for one in questions]
    wholes = {n: replace(one, by=()) for n, one in enumerate(asked) if one.several and questions[n].whole}
    cells = _cells([*asked, *wholes.values()], log)
    whole = {n: cells[len(asked) + place].get((), 0) for place, n in enumerate(wholes)}
    return [
        Answer(
            one.figure, one.by, found, whole.get(n) if one.several else sum(found.values()), one.several, one.known()
        )
        for n, (one, found) in enumerate(zip(asked, cells, strict=False))
    ]


def _cells(asked: Sequence[Asked], log: Log | None) -> list[dict[Keys, int]]:
    """Return the cells of each, out of tallies or of the records."""
    kept = tallied.cells(asked, log)
    counted = iter(cells_together([counting(one) for one, cells in zip(asked, kept, strict=True) if cells is None]))
    return [next(counted) if cells is None else cells for cells in kept]


def behind(
    figure: str, span: Span, *, where: Mapping[str, str] | None = None, bands: BandSet | None = None,
    before: str | None = None, limit: int = PAGE,
) -> list[Behind]:  # fmt: skip
    """Return one page of the rows behind a number, newest first; `before` is the cursor of the last one shown.

    Raises what `ask` raises, and reports.filter_unknown for a cursor that is none.
    """
    asked = Asked.checked(figure, span, (), where, bands)
    return counting(asked).page(before, max(1, min(limit, MOST_PAGE)))
