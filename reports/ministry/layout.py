"""What a form asks for: the columns of a block, and what each line counts. Pure but for the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from core.ages import BandSet
from core.errors import RuleBroken
from reports import bands
from reports.cube import SEXES
from reports.figures import FIGURES, Figure
from reports.models import FormBlock, FormLine
from reports.naming import SEXES as SEX_WORDS
from reports.naming import band_words

TOTAL = "total"
MOST_KEYS = 60  # of one line; more is a mistake


@dataclass(frozen=True)
class Column:
    """One column of a block: its key in the mapping, its words, and the keys it narrows a line to.

    `sum` says that the numbers before it add up to this one: it is printed, and DHIS2 adds it up by itself.
    """

    key: str
    words: str
    keys: Mapping[str, str]
    group: str = ""
    sum: bool = False


def columns(block: FormBlock) -> list[Column]:
    """Return the columns of a block, every age and the unknown ones, the total last."""
    kind, total = block.columns, Column(TOTAL, gettext("Total"), {}, sum=True)
    if kind == FormBlock.Columns.TOTAL:
        return [Column(TOTAL, gettext("Number"), {})]
    if kind == FormBlock.Columns.SEX:
        return [*(Column(sex, str(SEX_WORDS[sex]), {"sex": sex}) for sex in SEXES), total]
    ages = band_set(block)
    if kind == FormBlock.Columns.BANDS:
        return [*(Column(band, band_words(ages, band), {"band": band}) for band in ages.lines), total]
    apart = [
        Column(f"{band}.{sex}", str(SEX_WORDS[sex]), {"band": band, "sex": sex}, band_words(ages, band))
        for band in ages.lines
        for sex in SEXES
    ]
    return [*apart, Column(TOTAL, gettext("Total"), {}, gettext("All ages"), sum=True)]


def band_set(block: FormBlock) -> BandSet:
    """Return the age bands of a block. Raises RuleBroken("reports.bands_unknown")."""
    return bands.named(block.bands or bands.DEFAULT)


def told_apart(block: FormBlock) -> tuple[str, ...]:
    """Return the dimensions of the block's columns."""
    return {
        FormBlock.Columns.TOTAL: (),
        FormBlock.Columns.SEX: ("sex",),
        FormBlock.Columns.BANDS: ("band",),
        FormBlock.Columns.BANDS_SEX: ("band", "sex"),
    }[FormBlock.Columns(block.columns)]


@dataclass(frozen=True)
class Plan:
    """What one line counts: `named` holds the keys wanted of a dimension, `but` those that others have named."""

    line: FormLine
    figure: Figure
    named: Mapping[str, tuple[str, ...]]
    but: tuple[str, frozenset[str]] | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return every dimension that the line narrows, in one order."""
        return tuple(sorted({*self.named, *([self.but[0]] if self.but else [])}))

    def holds(self, dimension: str, key: str) -> bool:
        """Return whether a row of this key belongs to the line."""
        if self.but and self.but[0] == dimension:
            return key not in self.but[1]
        return dimension not in self.named or key in self.named[dimension]


def plans(block: FormBlock, lines: Sequence[FormLine]) -> dict[str, Plan]:
    """Return what each counted line of a block counts, by its key; lines to be filled in by pen are left out.

    Raises RuleBroken for a line that cannot be counted, naming the line.
    """
    made = {line.key: _plan(line) for line in lines if line.figure and not line.rest}
    for line in lines:
        if line.rest:
            made[line.key] = _rest(line, list(made.values()))
    for plan in made.values():
        _check(block, plan)
    return made


def _plan(line: FormLine) -> Plan:
    if line.figure not in FIGURES:
        raise RuleBroken("reports.figure_unknown", field="figure", value=line.figure)
    return Plan(line, FIGURES[line.figure], {name: _listed(keys) for name, keys in line.narrowed.items()})


def _listed(keys: str | Sequence[str]) -> tuple[str, ...]:
    return (keys,) if isinstance(keys, str) else tuple(keys)


def _rest(line: FormLine, others: Iterable[Plan]) -> Plan:
    """Return the line of all others: of the one dimension that its neighbours narrow further, the keys they left.

    Raises RuleBroken("reports.line_rest_of_what") where there is none such or more than one, and
    ("reports.line_named_twice") where two neighbours count the same key, for then the block is more than the whole.
    """
    own = _plan(line)
    beside = [plan for plan in others if plan.figure is own.figure and _same(plan.named, own.named)]
    further = {name for plan in beside for name in plan.named} - set(own.named)
    if len(further) != 1:
        raise RuleBroken("reports.line_rest_of_what", field="rest", line=line.key)
    dimension = further.pop()
    named = [key for plan in beside for key in plan.named.get(dimension, ())]
    if twice := sorted({key for key in named if named.count(key) > 1}):
        raise RuleBroken("reports.line_named_twice", field="narrowed", value=", ".join(twice))
    return Plan(line, own.figure, own.named, (dimension, frozenset(named)))


def _same(wide: Mapping[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]) -> bool:
    return all(wide.get(name) == keys for name, keys in own.items())


def _check(block: FormBlock, plan: Plan) -> None:
    """Make sure that the figure can be told apart and narrowed like this."""
    figure, columns_by = plan.figure, told_apart(block)
    known = ", ".join(figure.dimensions)
    for name in (*columns_by, *plan.dimensions):
        if name not in figure.dimensions:
            raise RuleBroken("reports.dimension_unknown", field="narrowed", value=name[:60], known=known)
    for name in plan.dimensions:
        if name in columns_by or name in {"month", "band"}:
            raise RuleBroken("reports.line_narrows_a_column", field="narrowed", value=name)
        for key in plan.named.get(name, ()):
            figure.value(name, key)
    if figure.apart and len(plan.named.get(figure.apart, ())) != 1:
        raise RuleBroken("reports.line_mixes", field="narrowed", value=figure.apart)


# --- How narrowing is typed: a line for each dimension, "condition: cold, uri" ---------------------------------------


def read_narrowing(text: str) -> dict[str, list[str]]:
    """Read "dimension: key, key" lines. Raises RuleBroken("reports.narrowing_unreadable")."""
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, keys = line.partition(":")
        listed = [key.strip() for key in keys.split(",") if key.strip()]
        repeated = len(set(listed)) != len(listed)
        if not colon or not listed or repeated or name.strip() in found or len(listed) > MOST_KEYS:
            raise RuleBroken("reports.narrowing_unreadable", field="narrowed", value=line[:60])
        found[name.strip()] = listed
    return found


def write_narrowing(narrowed: Mapping[str, str | Sequence[str]]) -> str:
    """Write what `read_narrowing` reads."""
    return "\n".join(f"{name}: {', '.join(_listed(keys))}" for name, keys in narrowed.items())


def standing(blocks: Iterable[FormBlock]) -> Iterator[tuple[FormBlock, list[FormLine]]]:
    """Yield the blocks in use with their lines in use, in the order of the form; both were read beforehand."""
    for block in blocks:
        if not block.retired:
            yield block, [line for line in block.lines.all() if not line.retired]
