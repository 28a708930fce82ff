"""What stands on the dashboard: figures of some days beside those before, trends, and how the centre stands today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.ages import UNKNOWN, BandSet
from core.money import Currency
from reports import ranges
from reports.asking import Answer, Span, ask
from reports.figures import FIGURES
from reports.ranges import Compared
from reports.together import Question, totals

ASSESSED, CONDITIONS = "patients_assessed", "contacts_by_condition"


@dataclass(frozen=True)
class Asked:
    """The days, age bands, and by what the figures are narrowed."""

    days: Compared
    bands: BandSet
    where: Mapping[str, str] = field(default_factory=dict)

    def fits(self, figure: str) -> bool:
        """Return whether a figure can be narrowed as asked."""
        return set(self.where) <= set(FIGURES[figure].dimensions)

    def answer(self, figure: str, span: Span | None = None, *by: str) -> Answer:
        """Ask for a figure of the chosen days, or of others, narrowed as asked."""
        return ask(figure, span or self.days.now, by=by, where=self.where, bands=self.bands)


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


def rows(asked: Asked) -> dict[str, list[Row]]:
    """Return the comparison by group; lines that cannot be narrowed as asked are left out. One statement."""
    days, spans = asked.days, asked.days.spans
    kept = [(group.key, line) for group in GROUPS for line in group.lines if _fits(asked, line)]
    questions = [Question(line.figure, span, {**asked.where, **line.keys}) for _key, line in kept for span in spans]
    numbers = iter(totals(questions, asked.bands))
    found: dict[str, list[Row]] = {}
    for key, line in kept:
        of = {span: next(numbers) for span in spans}
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


def trend(asked: Asked) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Return the contacts of twelve months by service, and of the twelve before: (month: {service: number}) twice."""
    now = ranges.twelve_months(asked.days.now.last)
    both = asked.answer(ASSESSED, Span(ranges.back(now, 12).first, now.last), "month", "service")
    services = both.along("service")
    months = {
        month: {service: both.value(month=month, service=service) for service in services}
        for month in both.along("month")
    }
    texts = list(months)
    return {text: months[text] for text in texts[12:]}, {text: months[text] for text in texts[:12]}


def fund(asked: Asked) -> dict[Currency, dict[str, tuple[int, int]]]:
    """Return what the funds were given and paid for medicine and patients, by month: {currency: {month: (in, out)}}.

    Twelve months, minor units, both currencies apart. Never narrowed: money has neither sex nor age. Three statements.
    """
    span = ranges.twelve_months(asked.days.now.last)
    figures = ("donations", "medicine_bought", "aid_paid")
    came, *went = (ask(figure, span, by=("month", "currency")) for figure in figures)

    def of(answer: Answer, month: str, currency: Currency) -> int:
        return answer.value(month=month, currency=currency.value)

    return {
        currency: {
            month: (of(came, month, currency), sum(of(each, month, currency) for each in went))
            for month in span.months()
        }
        for currency in Currency
    }


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


def mouths(asked: Asked) -> dict[str, Mouths] | None:
    """Return the charted mouths by age, those ages with none left out; None where teeth cannot be narrowed as asked."""
    figures = ("mouths_charted", "dmft_primary", "dmft_permanent")
    if not all(asked.fits(figure) for figure in figures):
        return None
    charted, milk, permanent = (asked.answer(figure, None, "band").along("band") for figure in figures)
    return {band: Mouths(n, milk[band], permanent[band]) for band, n in charted.items() if n}
