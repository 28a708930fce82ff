"""Answer a question: count its figures once, then say them as tables and pictures in any language.

What its reader may not see stays out before anything is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone
from django.utils.translation import get_language, gettext

from core.ages import UNKNOWN, BandSet
from core.charts import Chart, Series
from core.khmer import format_date
from core.periods import CLINIC_TZ
from reports import asking
from reports import bands as band_sets
from reports.asking import Answer, Span, ask_together
from reports.cube import assert_whole
from reports.figures import FIGURES, Figure
from reports.keys import DIMENSIONS, words_of_keys
from reports.questions import Question
from reports.ranges import span_words
from reports.small import SMALL, hidden
from reports.tables import Column, Number, Row, Table

TOP, MOST_SERIES = 15, 6  # bars of a picture, and colours that can be told apart
CURRENCY = "currency"


@dataclass(frozen=True)
class Part:
    """A column of numbers: a figure, in one currency where it is money."""

    figure: Figure
    keys: Mapping[str, str]

    @property
    def words(self) -> str:
        """Return its heading: "Donations received (KHR)"."""
        of_currency = self.keys.get(CURRENCY)
        return f"{self.figure.words} ({of_currency})" if of_currency else str(self.figure.words)


@dataclass(frozen=True)
class Built:
    """A question with its answers. `for_outside` hides small numbers of villages: the reader is not of the centre."""

    name: str
    question: Question
    span: Span
    bands: BandSet
    answers: Mapping[str, Answer]
    made_at: datetime
    by: str = ""
    for_outside: bool = False

    @property
    def title(self) -> str:
        return self.name

    @property
    def subtitle(self) -> str:
        """Return the days, and to what the figures are narrowed."""
        return " · ".join([span_words(self.span), *self.narrowed()])

    @property
    def counted(self) -> str:
        """Return when it was counted, and for whom."""
        at = timezone.localtime(self.made_at, CLINIC_TZ)
        when = f"{format_date(at.date(), get_language() or 'km')}, {at:%H:%M}"
        words = gettext("Counted on %(when)s from the records as they were then.") % {"when": when}
        return f"{words} {self.by}".strip()

    def narrowed(self) -> list[str]:
        """Return in words to what the figures are narrowed: "Sex: Female"."""
        figure = FIGURES[self.question.figures[0]]
        return [
            f"{DIMENSIONS.get(name, name)}: {words_of_keys(figure, name, [key], self.bands)[key]}"
            for name, key in self.question.where.items()
        ]

    def tables(self) -> list[Table]:
        """Return the results and what the figures mean: the sheets of the Excel file."""
        return [*self.results(), self.definitions()]

    def definitions(self) -> Table:
        """Tell what each figure asked for counts."""
        rows: list[Row] = [(str(f.words), str(f.counts_words), str(f.definition)) for f in self.figures]
        words = (gettext("Figure"), gettext("Counts"), gettext("Definition"))
        columns = [Column(heading, number=False) for heading in words]
        return Table("definitions", gettext("What the figures count"), columns, rows)

    @property
    def figures(self) -> list[Figure]:
        return [FIGURES[name] for name in self.question.figures]

    def results(self) -> list[Table]:
        """Return one table of all figures, or with columns a table for each."""
        if not self.question.rows:
            return [self._summary()]
        if not self.question.columns:
            return [self._beside_each_other()]
        return [self._crossed(part) for part in self.parts]

    def charts(self) -> list[Chart]:
        """Return the pictures: what is largest, or all of it where it has an order."""
        if not self.question.rows:
            return []
        drawn = [_drawn(self, part) for part in self.parts]
        return [chart for chart in drawn if chart]

    # --- What is counted ---

    @cached_property
    def parts(self) -> list[Part]:
        """Return the columns of numbers; money is never added over currencies, so each has its own."""
        found = []
        for figure in self.figures:
            answer = self.answers[figure.name]
            apart = CURRENCY in answer.by and CURRENCY not in (self.question.rows, self.question.columns)
            found += [Part(figure, {CURRENCY: key}) for key in answer.along(CURRENCY)] if apart else [Part(figure, {})]
        return found

    def number(self, part: Part, /, **keys: str) -> Number:
        """Return one number of a part."""
        told = {**part.keys, **keys}
        answer = self.answers[part.figure.name]
        value = answer.value(**told) if told else answer.total
        where = {**self.question.where, **told}
        number = Number(value, part.figure.name, where, where.get(CURRENCY, ""))
        small = self.hides(part.figure) and "village" in where and 0 < value < SMALL
        return number.but(hidden=True) if small else number

    def hides(self, figure: Figure) -> bool:
        """Return whether small numbers of this figure are hidden: people and contacts, not money or medicine."""
        return self.for_outside and not figure.apart and "village" in (self.question.rows, *self.question.where)

    def adds_up(self, part: Part) -> bool:
        """Return whether the rows of a part add up to its total."""
        several = self.answers[part.figure.name].several
        return self.question.rows not in {*several, part.figure.apart}

    @cached_property
    def row_keys(self) -> list[str]:
        """Return the keys of the rows: in their own order where they have one, else the largest first."""
        rows, sums = self.question.rows, Counter[str]()
        for answer in self.answers.values():
            place = answer.by.index(rows)
            for cell, number in answer.cells.items():  # riel and dollars together, which serves for an order only
                sums[cell[place]] += number
        known = [key for answer in self.answers.values() for key in _known(answer, rows)]
        others = sorted(sums.keys() - set(known), key=lambda key: (-sums[key], key))
        return [*dict.fromkeys(known), *others]

    def row_words(self) -> dict[str, str]:
        """Return the names of the rows."""
        return words_of_keys(self.figures[0], self.question.rows, self.row_keys, self.bands)

    # --- Tables ---

    def _summary(self) -> Table:
        rows: list[Row] = [(part.words, self.number(part), str(part.figure.counts_words)) for part in self.parts]
        columns = [
            Column(gettext("Figure"), number=False), Column(gettext("Number")), Column(gettext("Counts"), number=False),
        ]  # fmt: skip
        return Table("figures", gettext("Figures"), columns, rows)

    def _beside_each_other(self) -> Table:
        dimension, words = self.question.rows, self.row_words()
        numbers = {
            key: [self.number(part, **{dimension: key}) for part in self.parts] for key in self.row_keys
        }  # fmt: skip
        for place, part in enumerate(self.parts):
            if self.hides(part.figure):
                away = hidden({key: row[place].value for key, row in numbers.items()})
                for key in away:
                    numbers[key][place] = numbers[key][place].but(hidden=True)
        total = self._total([[part] for part in self.parts], numbers.values())
        columns = [Column(str(DIMENSIONS[dimension]), number=False), *(Column(part.words) for part in self.parts)]
        rows: list[Row] = [(words[key], *row) for key, row in numbers.items()]
        return Table("figures", self._heading(str(DIMENSIONS[dimension])), columns, rows, total, self._note(self.parts))

    def _total(self, parts: Sequence[Sequence[Part]], rows: Iterable[Sequence[Number]]) -> Row | None:
        """Return the line of totals, having made sure that rows which should add up to it do."""
        rows = list(rows)
        totals: list[Number | str] = []
        for place, (part,) in enumerate(parts):
            if part.figure.apart == self.question.rows:  # nobody adds riel to dollars
                totals.append("")
                continue
            number = self.number(part)
            if self.adds_up(part):
                assert_whole((row[place].value for row in rows), number.value)
            totals.append(number)
        return (gettext("Total"), *totals) if any(isinstance(each, Number) for each in totals) else None

    def _crossed(self, part: Part) -> Table:
        """Return one figure by rows and columns, with totals both ways where they add up."""
        across, down = self.question.columns, self.question.rows
        answer, words = self.answers[part.figure.name], self.row_words()
        keys = _keys(answer, across)
        heads = words_of_keys(part.figure, across, keys, self.bands)
        sums = part.figure.apart not in (across, down) or not part.figure.apart
        rows: dict[str, list[Number]] = {}
        for key in self.row_keys:
            cells = [self.number(part, **{down: key, across: column}) for column in keys]
            if sums:
                cells.append(self.number(part, **{down: key}))
                assert_whole((cell.value for cell in cells[:-1]), cells[-1].value)
            rows[key] = cells
        if self.hides(part.figure):
            self._hide_rows(rows)
        total: Row | None = None
        if sums and self.adds_up(part):
            lasts = [*(self.number(part, **{across: column}) for column in keys), self.number(part)]
            for place, last in enumerate(lasts):
                assert_whole((row[place].value for row in rows.values()), last.value)
            total = (gettext("Total"), *lasts)
        columns = [Column(str(DIMENSIONS[down]), number=False), *(Column(heads[key]) for key in keys)]
        columns += [Column(gettext("Total"))] if sums else []
        key = f"{part.figure.name}_{part.keys[CURRENCY]}" if part.keys else part.figure.name
        listed: list[Row] = [(words[row], *cells) for row, cells in rows.items()]
        return Table(key[:31], part.words, columns, listed, total, self._note([part]))

    def _hide_rows(self, rows: dict[str, list[Number]]) -> None:
        """Hide every line with a small number in it, and as many others as it takes not to be reckoned."""
        small = {key for key, cells in rows.items() if any(0 < cell.value < SMALL for cell in cells)}
        for key in hidden({key: cells[-1].value for key, cells in rows.items()}, small):
            rows[key] = [cell.but(hidden=True) for cell in rows[key]]

    def _heading(self, dimension: str) -> str:
        if len(self.parts) == 1:
            return f"{self.parts[0].words} · {dimension}"
        return gettext("Figures by: %(dimension)s") % {"dimension": dimension}

    def _note(self, parts: Sequence[Part]) -> str:
        words = []
        if "band" in (self.question.rows, self.question.columns):
            words.append(gettext("Age bands: %(bands)s.") % {"bands": band_sets.words(self.bands.key)})
        if any(_several(part.figure, self.question.rows) for part in parts):
            words.append(gettext("One contact may stand on several lines, so the lines do not add up to the total."))
        if any(self.hides(part.figure) for part in parts):
            words.append(gettext("Small numbers of villages are hidden (*)."))
        return " ".join(words)


def build(
    question: Question, *, name: str, today: date, at: datetime, by: str = "", for_outside: bool = False
) -> Built:
    """Count what a question asks on a day. Raises RuleBroken: what `ask` and `bands.named` raise."""
    bands = band_sets.named(question.bands)
    span = replace(question.span(today), today=today)
    asked = [
        asking.Question(each, span, question.where, tuple(_by(question, FIGURES[each]))) for each in question.figures
    ]
    answers = dict(zip(question.figures, ask_together(asked, bands), strict=True))
    return Built(name, question, span, bands, answers, at, by, for_outside)


def _by(question: Question, figure: Figure) -> list[str]:
    by = [dimension for dimension in (question.rows, question.columns) if dimension]
    if figure.apart == CURRENCY and CURRENCY not in (*by, *question.where):
        by.append(CURRENCY)
    return by


def _known(answer: Answer, dimension: str) -> tuple[str, ...]:
    return (answer.known or {}).get(dimension, ())


def _keys(answer: Answer, dimension: str) -> list[str]:
    """Return the keys of a dimension, those known beforehand first."""
    place = answer.by.index(dimension)
    return list(dict.fromkeys([*_known(answer, dimension), *sorted(cell[place] for cell in answer.cells)]))


def _several(figure: Figure, dimension: str) -> bool:
    """Return whether one row may stand under several keys."""
    told = figure.source.dimensions.get(dimension)
    return bool(told and told.several)


def _drawn(built: Built, part: Part) -> Chart | None:
    """Return the picture of a part; none where a number is below zero or hidden."""
    down, across = built.question.rows, built.question.columns
    answer, words = built.answers[part.figure.name], built.row_words()
    ordered = down in ("month", "band", *([down] if _known(answer, down) else []))
    keys = built.row_keys if ordered else built.row_keys[:TOP]
    columns = _keys(answer, across) if across else [""]
    pyramid = down == "band" and across == "sex" and len(columns) == 2
    if pyramid:
        keys = [key for key in keys if key != UNKNOWN]
    never_added = bool(part.figure.apart) and part.figure.apart in (down, across)
    if built.hides(part.figure) or never_added or len(columns) > MOST_SERIES or not keys:
        return None
    heads = words_of_keys(part.figure, across, columns, built.bands) if across else {"": ""}
    numbers = {
        column: [built.number(part, **{down: key, **({across: column} if across else {})}).amount for key in keys]
        for column in columns
    }
    if any(number < 0 for row in numbers.values() for number in row) or not any(map(any, numbers.values())):
        return None
    series = [Series(heads[column], [_plain(number) for number in row]) for column, row in numbers.items()]
    kind = "pyramid" if pyramid else "stacked" if across else "bar" if down == "month" else "rows"
    if across and len(keys) > TOP:
        return None
    return Chart(kind, part.words, [words[key] for key in keys], series)  # type: ignore[arg-type]


def _plain(number: object) -> int | float:
    return number if isinstance(number, int) else float(number)  # type: ignore[arg-type]
