"""What may be written of teeth, sessions and spans of days; the dental indices. Pure: no database, no clock.

Teeth are numbered as FDI / ISO 3950 does, crowns coded as in the WHO's basic methods of 2013, letters for milk teeth
(reference/cambodia.md 4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.errors import RuleBroken
from core.periods import CLINIC_TZ, local_day

Findings = Mapping[int, str]

PERMANENT = [10 * quadrant + place for quadrant in (1, 2, 3, 4) for place in range(1, 9)]
PRIMARY = [10 * quadrant + place for quadrant in (5, 6, 7, 8) for place in range(1, 6)]
PERMANENT_CODES = "0123456789"
PRIMARY_CODES = "ABCDEFG"
# As a dentist looks into a mouth: the patient's right is on the left; upper row, then lower row.
CHART_PERMANENT = ([18, 17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27, 28],
                   [48, 47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37, 38])  # fmt: skip
CHART_PRIMARY = ([55, 54, 53, 52, 51, 61, 62, 63, 64, 65], [85, 84, 83, 82, 81, 71, 72, 73, 74, 75])

MOST_DAYS_PLANNED = 400
TOO_LONG_AGO = timedelta(weeks=6)  # a village not reached for this long stands out


@dataclass(frozen=True, slots=True)
class Index:
    """Hold decayed, missing and filled teeth of one dentition; `total` is its DMFT, or its dmft."""

    decayed: int
    missing: int
    filled: int

    @property
    def total(self) -> int:
        return self.decayed + self.missing + self.filled


def teeth_exist(findings: Findings) -> None:
    """Refuse a tooth nobody has, or a code that is not of its dentition.

    Raises RuleBroken("mobile_team.no_such_tooth") or ("mobile_team.no_such_code").
    """
    for tooth, code in findings.items():
        if tooth in PERMANENT:
            codes = PERMANENT_CODES
        elif tooth in PRIMARY:
            codes = PRIMARY_CODES
        else:
            raise RuleBroken("mobile_team.no_such_tooth", field="findings", tooth=tooth)
        if len(code) != 1 or code not in codes:
            raise RuleBroken("mobile_team.no_such_code", field="findings", tooth=tooth, mark=code)


def dmft_permanent(findings: Findings, years: int | None) -> Index:
    """Give DMFT: D = 1 and 2, M = 4 (from 30 years on also 5), F = 3 (WHO 2013)."""
    missing = "45" if years is not None and years >= 30 else "4"
    codes = [code for tooth, code in findings.items() if tooth in PERMANENT]
    return _index(codes, decayed="12", missing=missing, filled="3")


def dmft_primary(findings: Findings, years: int | None) -> Index:
    """Give dmft: d = B and C, m = E, f = D. A lost milk incisor counts only below 6 years: later it fell out."""
    young = years is not None and years < 6
    codes = [
        code for tooth, code in findings.items()
        if tooth in PRIMARY and (code != "E" or young or tooth % 10 > 2)
    ]  # fmt: skip
    return _index(codes, decayed="BC", missing="E", filled="D")


def _index(codes: Collection[str], *, decayed: str, missing: str, filled: str) -> Index:
    return Index(*(sum(code in wanted for code in codes) for wanted in (decayed, missing, filled)))


def chart_or_counts(findings: Findings, counts: Collection[int | None]) -> None:
    """Refuse a chart and typed counts in one check-up: nobody could say which is right."""
    if findings and any(count is not None for count in counts):
        raise RuleBroken("mobile_team.chart_or_counts", field="decayed_primary")


def moment_on(on: date, told: datetime) -> datetime:
    """Return the moment told when it lies on the session's day; else that day's noon, for no hour is known."""
    return told if local_day(told) == on else datetime.combine(on, time(12), CLINIC_TZ)


def days_between(first: date, last: date) -> list[date]:
    """List the days of a span, both ends included. Raises RuleBroken for a span backwards or longer than a year."""
    if last < first:
        raise RuleBroken("mobile_team.span_backwards", field="last")
    if (last - first).days >= MOST_DAYS_PLANNED:
        raise RuleBroken("mobile_team.span_too_long", field="last", days=MOST_DAYS_PLANNED)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def week_of(day: date) -> tuple[date, date]:
    """Give Monday and Sunday of the week a day lies in."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
