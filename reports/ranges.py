"""Which days are held against each other: those chosen, the same stretch just before, and the same a year earlier.

What has not come to its end is compared so far: the first 22 days of November with the first 22 of October.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language, gettext

from core.ages import months_before
from core.errors import RuleBroken
from core.khmer import format_date, latin_digits
from core.periods import Month, Period, Year
from reports.asking import Span
from reports.naming import is_year, period_words

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Compared:
    """Three stretches of days; `before` and `year_ago` are the same days where a whole year was chosen."""

    now: Span
    before: Span
    year_ago: Span
    so_far: bool

    @property
    def three(self) -> tuple[Span, Span, Span]:
        """Return them, the chosen one first."""
        return self.now, self.before, self.year_ago

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return them, the chosen one first, none twice."""
        return tuple(dict.fromkeys(self.three))


def compared(chosen: Span, today: date) -> Compared:
    """Return what to compare the days with. Whole months go back by months, other days by their number."""
    so_far = chosen.first <= today < chosen.last
    now = Span(chosen.first, today) if so_far else chosen
    months = whole_months(chosen)
    if not months:
        length = now.last - now.first + DAY
        return Compared(now, Span(now.first - length, now.first - DAY), back(now, 12), so_far)
    if so_far:
        return Compared(now, back(now, months), back(now, 12), so_far)
    return Compared(now, _whole(chosen, months), _whole(chosen, 12), so_far)


def whole_months(span: Span) -> int:
    """Return how many whole months the days are, 0 when they are not."""
    first, last = Month.of(span.first), Month.of(span.last)
    if (span.first, span.last) != (first.first, last.last):
        return 0
    return (last.year - first.year) * 12 + last.number - first.number + 1


def back(span: Span, months: int) -> Span:
    """Return the same days some months earlier: of 31 May the 30th of April, of 29 February the 28th."""
    return Span(months_before(span.first, months), months_before(span.last, months))


def _whole(span: Span, months: int) -> Span:
    """Return whole months some months earlier, to the last day of the last of them."""
    first, last = months_before(span.first, months), months_before(span.last.replace(day=1), months)
    return Span(first, Month.of(last).last)


def twelve_months(last: date) -> Span:
    """Return the twelve months that end with the month of a day."""
    return Span(months_before(last.replace(day=1), 11), Month.of(last).last)


def shortcuts(today: date) -> dict[str, Span]:
    """Return the stretches that are asked for most, by name."""
    month, year = Month.of(today), Year.of(today)
    return {
        "month": Span.of(month),
        "last_month": Span.of(month.previous()),
        "year": Span.of(year),
        "last_year": Span.of(year.previous()),
        "twelve_months": twelve_months(today),
    }


def span_words(span: Span) -> str:
    """Return the days for a heading: a month, a year, a day, "1–22 November 2026", or from one date to another."""
    if whole_months(span):
        period = Period(Month.of(span.first), Month.of(span.last))
        return str(period.first.year) if is_year(period) else period_words(period)
    language = get_language() or "km"
    last = format_date(span.last, language)
    if span.first == span.last:
        return last
    if Month.of(span.first) == Month.of(span.last):
        return f"{span.first.day}–{last}"
    return gettext("%(first)s to %(last)s") % {"first": format_date(span.first, language), "last": last}


def named(first: str, last: str = "", *, today: date | None = None) -> Span:
    """Return the days from one month or day to another, as an address writes them: "2025-03", "2025-03-31".

    Raises RuleBroken("core.month_unreadable", "core.period_backwards").
    """
    return Span(_first(first), _last(last or first), today)


def _first(text: str) -> date:
    return _day(text) or Month.parse(text).first


def _last(text: str) -> date:
    return _day(text) or Month.parse(text).last


def _day(text: str) -> date | None:
    plain = latin_digits(text).strip()
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", plain):
        return None
    try:
        return date.fromisoformat(plain)
    except ValueError:
        raise RuleBroken("core.month_unreadable", text=text[:60]) from None
