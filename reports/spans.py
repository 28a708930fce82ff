"""Days that are asked about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

from core.errors import RuleBroken
from core.periods import CLINIC_TZ, Month, Period, Year


@dataclass(frozen=True, order=True)
class Span:
    """Days from the first to the last, both included, as seen on the day `today`; empty is when all are over.

    Raises RuleBroken("core.period_backwards"), and ("core.month_unreadable") for years nobody has figures of.
    """

    first: date
    last: date
    today: date | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        Month.of(self.first), Month.of(self.last)
        if self.last < self.first:
            raise RuleBroken("core.period_backwards", first=str(self.first), last=str(self.last))

    @classmethod
    def of(cls, period: Period | Month | Year, today: date | None = None) -> Span:
        """Return the days of whole months."""
        if isinstance(period, Period):
            return cls(period.first_day, period.last_day, today)
        return cls(period.first, period.last, today)

    @property
    def first_day(self) -> date:
        return self.first

    @property
    def last_day(self) -> date:
        return self.last

    @property
    def known(self) -> date:
        """Return the last day of which anything can be known."""
        return min(self.last, self.today) if self.today else self.last

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Return the first and the last instant of these days at the clinic."""
        first, last = datetime.combine(self.first, time(), CLINIC_TZ), datetime.combine(self.last, time.max, CLINIC_TZ)
        return first, last

    def months(self) -> list[str]:
        """List the months that have a day in the span, "2025-03"."""
        return [month.text for month in Period(Month.of(self.first), Month.of(self.last))]
