"""What stands on the dashboard: figures of some days beside those before, trends, and how the centre stands today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.ages import UNKNOWN, BandSet
from core.money import Currency
from reports import ranges
from reports.asking import Answer, Question, Span, ask_together
from reports.figures import FIGURES
from reports.ranges import Compared
from reports.tallies.touched import Log

ASSESSED, CONDITIONS = "patients_assessed", "contacts_by_condition"
TEETH = ("mouths_charted", "dmft_primary", "dmft_permanent")
MONEY = ("donations", "medicine_bought", "aid_paid")  # what came in, and then what went out


@dataclass(frozen=True)
class Asked:
    """The days, age bands, and by what the figures are narrowed."""

    days: Compared
    bands: BandSet
    where: Mapping[str, str] = field(default_factory=dict)

    def fits(self, figure: str) -> bool:
        """Return whether a figure can be narrowed as asked."""
        return set(self.where) <= set(FIGURES[figure].dimensions)

    def question(self, figure: str, *by: str, span: Span | None = None, whole: bool = True) -> Question:
        """Return the question for a figure of the chosen days, or of others, narrowed as asked."""
        return Question(figure, span or self.days.now, self.where, by, whole)


@dataclass(frozen=True)
class Line:
    """One line of the comparison: a figure, and by what it is narrowed on this line; maybe a part of the line above."""

    figure: str
    keys: Mapping[str, str] = field(default_factory=dict)
    part: bool = False


@dataclass(frozen=True)
class Group:
    """Lines about one thing, under a heading."""

    key: str
    words: str | Promise
    lines: tuple[Line, ...]


def _each(figure: str, dimension: str, *keys: str, part: bool = False) -> tuple[Line, ...]:
    return tuple(Line(figure, {dimension: key}, part) for key in keys)


def _plain(*figures: str) -> tuple[Line, ...]:
    return tuple(Line(figure) for figure in figures)


GROUPS = (
    Group("patients", _("Patients"), (
        Line(ASSESSED), *_each(ASSESSED, "service", "outpatient", "inpatient", "mobile", part=True),
        *_plain("people_reached", "new_patients", "new_patients_admitted"),
    )),
    Group("teeth", _("Teeth"), _plain(
        "mouths_charted", "mouths_with_decay", "mouths_in_pain", "mouths_treated", "dental_education",
        "toothbrushes_given", "toothpaste_given",
    )),
    Group("villages", _("Villages and teaching"), _plain(
        "sessions_planned", "sessions_held", "villages_planned", "villages_reached", "talks_held", "heads_taught",
    )),
    Group("road", _("Referrals and the ambulance"), _plain(
        "referrals", "referrals_answered", "referrals_unanswered", "trips", "trip_kilometres",
    )),
    Group("money", _("Donations, medicine, help with costs"), tuple(
        line for figure in ("donations", "medicine_bought", "aid_paid") for line in _each(figure, "currency", *Currency)
    )),
    Group("quality", _("How far the figures can be trusted"), (
        Line("late_entries"), Line("estimated_ages"), *_each(ASSESSED, "band", UNKNOWN),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line with its number in the chosen days, in those before, and a year earlier."""

    line: Line
    now: int
    before: int
    year_ago: int

    @property
    def empty(self) -> bool:
        """Return whether there is nothing in any of the three."""
        return not (self.now or self.before or self.year_ago)


@dataclass(frozen=True)
class Mouths:
    """The charted mouths of one age: how many, and the sums of dmft and DMFT, which are never added."""

    charted: int
    milk: int
    permanent: int

    @property
    def means(self) -> tuple[float, float]:
        """Return the mean dmft and the mean DMFT."""
        return self.milk / self.charted, self.permanent / self.charted


Months = dict[str, dict[str, int]]  # {month: {service: contacts}}


@dataclass(frozen=True)
class Found:
    """What was found: the comparison by group, twelve months and those before, funds, mouths, ages, conditions.

    `fund` is what was given and paid by month, {currency: {month: (in, out)}}, in minor units and never narrowed: money
    has neither sex nor age. `mouths` are by age, ages with none left out; None where teeth cannot be narrowed as asked.
    """

    rows: dict[str, list[Row]]
    trend: tuple[Months, Months]
    fund: dict[Currency, dict[str, tuple[int, int]]]
    mouths: dict[str, Mouths] | None
    ages: Answer
    conditions: dict[str, int]


def gather(asked: Asked, log: Log | None = None) -> Found:
    """Ask everything at once: two statements, and one for a look at the log where `log` does not say what it holds."""
    twelve = ranges.twelve_months(asked.days.now.last)
    teeth = TEETH if all(asked.fits(figure) for figure in TEETH) else ()
    parts = {
        "rows": [
            Question(line.figure, span, {**asked.where, **line.keys})
            for _, line in _lines(asked)
            for span in asked.days.spans
        ],
        "trend": [asked.question(ASSESSED, "month", "service", span=Span(ranges.back(twelve, 12).first, twelve.last))],
        "fund": [Question(figure, twelve, by=("month", "currency")) for figure in MONEY],
        "mouths": [asked.question(figure, "band") for figure in teeth],
        "ages": [asked.question(ASSESSED, "band", "sex")],
        "conditions": [asked.question(CONDITIONS, "condition", whole=False)],
    }
    answers = iter(ask_together([question for part in parts.values() for question in part], asked.bands, log))
    found = {name: [next(answers) for _ in part] for name, part in parts.items()}
    return Found(
        rows=_rows(asked, found["rows"]),
        trend=_trend(found["trend"][0]),
        fund=_fund(twelve, found["fund"]),
        mouths=_mouths(found["mouths"]) if teeth else None,
        ages=found["ages"][0],
        conditions=found["conditions"][0].along("condition"),
    )


def _lines(asked: Asked) -> list[tuple[str, Line]]:
    """Return the lines of the comparison that can be narrowed as asked, each with the key of its group."""
    return [(group.key, line) for group in GROUPS for line in group.lines if _fits(asked, line)]


def _rows(asked: Asked, answers: Iterable[Answer]) -> dict[str, list[Row]]:
    days, totals = asked.days, iter(answers)
    found: dict[str, list[Row]] = {}
    for key, line in _lines(asked):
        of = {span: next(totals).total for span in days.spans}
        found.setdefault(key, []).append(Row(line, of[days.now], of[days.before], of[days.year_ago]))
    return found


def _fits(asked: Asked, line: Line) -> bool:
    """Return whether a line can be narrowed as asked: its own keys and those asked for must not exclude each other."""
    same = all(asked.where.get(name, key) == key for name, key in line.keys.items())
    return same and asked.fits(line.figure)


def left_out(asked: Asked) -> list[str]:
    """Return the words of the figures that cannot be narrowed as asked."""
    lines = [line for group in GROUPS for line in group.lines]
    return list(dict.fromkeys(str(FIGURES[line.figure].words) for line in lines if not asked.fits(line.figure)))


def _trend(both: Answer) -> tuple[Months, Months]:
    services = both.along("service")
    months = {
        month: {service: both.value(month=month, service=service) for service in services}
        for month in both.along("month")
    }
    texts = list(months)
    return {text: months[text] for text in texts[12:]}, {text: months[text] for text in texts[:12]}


def _fund(span: Span, answers: Sequence[Answer]) -> dict[Currency, dict[str, tuple[int, int]]]:
    came, *went = answers

    def of(answer: Answer, month: str, currency: Currency) -> int:
        return answer.value(month=month, currency=currency.value)

    return {
        currency: {
            month: (of(came, month, currency), sum(of(each, month, currency) for each in went))
            for month in span.months()
        }
        for currency in Currency
    }


def _mouths(answers: Sequence[Answer]) -> dict[str, Mouths]:
    charted, milk, permanent = (answer.along("band") for answer in answers)
    return {band: Mouths(n, milk[band], permanent[band]) for band, n in charted.items() if n}
