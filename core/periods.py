"""Months, years and spans of months, and the clinic's local day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.errors import RuleBroken
from core.khmer import latin_digits

CLINIC_TZ = ZoneInfo("Asia/Phnom_Penh")
FIRST_YEAR, LAST_YEAR = 1900, 2199


def local_day(instant: datetime) -> date:
    """Give the clinic's calendar day of an aware instant; 00:30 on the 1st is the new month's."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone names no day")
    return instant.astimezone(CLINIC_TZ).date()


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """Hold one calendar month, written "2026-11"; sorts as time does.

    Raises RuleBroken("core.month_unreadable").
    """

    text: str

    def __post_init__(self) -> None:
        match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", self.text)
        if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise RuleBroken("core.month_unreadable", text=self.text)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read "2026-11", "2026-1", "11/2026", with Khmer digits too."""
        plain = latin_digits(text).strip()
        if match := re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})", plain):
            return cls(f"{match[1]}-{int(match[2]):02d}")
        if match := re.fullmatch(r"([0-9]{1,2})[-/]([0-9]{4})", plain):
            return cls(f"{match[2]}-{int(match[1]):02d}")
        raise RuleBroken("core.month_unreadable", text=text)

    @classmethod
    def of(cls, day: date) -> "Month":
        """Give the month a date lies in."""
        return cls(f"{day.year:04d}-{day.month:02d}")

    @property
    def year(self) -> int:
        return int(self.text[:4])

    @property
    def number(self) -> int:
        """Give 1 for January … 12 for December."""
        return int(self.text[5:])

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year + self.number // 12, self.number % 12 + 1, 1) - timedelta(days=1)

    def next(self) -> "Month":
        return Month.of(self.last + timedelta(days=1))

    def previous(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, order=True, slots=True)
class Year:
    """Hold one calendar year, written "2026". Raises RuleBroken("core.year_unreadable")."""

    text: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{4}", self.text) or not FIRST_YEAR <= int(self.text) <= LAST_YEAR:
            raise RuleBroken("core.year_unreadable", text=self.text)

    @classmethod
    def parse(cls, text: str) -> "Year":
        """Read "2026", with Khmer digits too."""
        return cls(latin_digits(text).strip())

    @classmethod
    def of(cls, day: date) -> "Year":
        """Give the year a date lies in."""
        return cls(f"{day.year:04d}")

    @property
    def number(self) -> int:
        return int(self.text)

    @property
    def first(self) -> date:
        return date(self.number, 1, 1)

    @property
    def last(self) -> date:
        return date(self.number, 12, 31)

    @property
    def period(self) -> "Period":
        return Period(Month(f"{self.text}-01"), Month(f"{self.text}-12"))

    def months(self) -> list[Month]:
        return self.period.months()

    def next(self) -> "Year":
        return Year(f"{self.number + 1:04d}")

    def previous(self) -> "Year":
        return Year(f"{self.number - 1:04d}")

    def __contains__(self, day: date) -> bool:
        return day.year == self.number

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """Hold whole months from `first` to `last`, both included.

    Raises RuleBroken("core.period_backwards") when the last month comes before the first.
    """

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise RuleBroken("core.period_backwards", first=str(self.first), last=str(self.last))

    @property
    def first_day(self) -> date:
        return self.first.first

    @property
    def last_day(self) -> date:
        return self.last.last

    def months(self) -> list[Month]:
        """List every month of the period, in order."""
        return list(self)

    def __iter__(self) -> Iterator[Month]:
        month = self.first
        while month < self.last:
            yield month
            month = month.next()
        yield month

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"
