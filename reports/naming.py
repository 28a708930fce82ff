"""What the keys of the figures are called: services, sexes, age bands, band sets, periods."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic.models import Encounter
from clinic.models.patient import Sex
from core.ages import UNKNOWN, Band, BandSet, Bound
from core.khmer import month_name
from core.periods import Month, Period
from reports.bands import named as bands_named

__all__ = [
    "SERVICES", "SERVICES_SHORT", "SEXES", "band_words", "bands_named", "is_year", "month_words", "period_named",
    "period_words",
]  # fmt: skip

SERVICES: dict[str, str | Promise] = {
    Encounter.Kind.OUTPATIENT.value: _("Treated as out-patients"),
    Encounter.Kind.INPATIENT.value: _("Hospitalised"),
    Encounter.Kind.OUTREACH.value: _("Checked by the mobile team"),
}
SERVICES_SHORT: dict[str, str | Promise] = {kind.value: kind.label for kind in Encounter.Kind}
SEXES: dict[str, str | Promise] = {sex.value: sex.label for sex in Sex}


def period_named(first: str, last: str = "") -> Period:
    """Return the months from one to another, as people write them. Raises RuleBroken for what is no month."""
    begin = Month.parse(first)
    return Period(begin, Month.parse(last) if last else begin)


def is_year(period: Period) -> bool:
    """Return whether the period is one whole calendar year."""
    return (period.first.number, period.last.number) == (1, 12) and period.first.year == period.last.year


def band_words(bands: BandSet, key: str) -> str:
    """Return "under 5 years", "6–12 years", "29 days – 11 months", "60 years and over" or "age unknown"."""
    if key == UNKNOWN:
        return gettext("age unknown")
    return _span(next(band for band in bands.bands if band.key == key))


def _span(band: Band) -> str:
    low, high = band.low, band.high
    if high is None:
        return gettext("%(age)s and over") % {"age": _age(low.n, low.unit)}
    if low.n == 0 and high.unit == "y":
        return gettext("under %(age)s") % {"age": _age(high.n, "y")}
    if low.unit == high.unit:
        last = high.n - 1
        return _age(low.n, low.unit) if last == low.n else f"{low.n}–{_age(last, low.unit)}"
    if low.unit == "m":
        return f"{low.n}–{_age(_months(high) - 1, 'm')}"
    return f"{_age(low.n, low.unit)} – {_age(_months(high) - 1, 'm')}"


def _months(bound: Bound) -> int:
    return bound.n * (12 if bound.unit == "y" else 1)


def _age(n: int, unit: str) -> str:
    words = {
        "y": ngettext("%(n)d year", "%(n)d years", n),
        "m": ngettext("%(n)d month", "%(n)d months", n),
        "d": ngettext("%(n)d day", "%(n)d days", n),
    }
    return words[unit] % {"n": n}


def month_words(month: Month | str) -> str:
    """Return "November 2026" in the language of the moment."""
    month = Month(month) if isinstance(month, str) else month
    return f"{month_name(month.number, get_language() or 'km')} {month.year}"


def period_words(period: Period) -> str:
    """Return the period for a heading: a month, a year, or the months from one to the other."""
    if period.first == period.last:
        return month_words(period.first)
    if is_year(period):
        return gettext("Year %(year)s") % {"year": period.first.year}
    return f"{month_words(period.first)} – {month_words(period.last)}"
