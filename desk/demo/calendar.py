"""The demonstration's year: which days the centre is busy, where the van stands, and what keeps it at home."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.periods import Year
from desk.demo.chance import Chance
from desk.demo.villages import ROUNDS, Stop

DAY = dt.timedelta(days=1)
# Public holidays that fall on the same date every year; Khmer New Year is taken as 14–16 April.
HOLIDAYS = {(1, 1), (1, 7), (3, 8), (4, 14), (4, 15), (4, 16), (5, 1), (5, 14), (6, 18), (9, 24), (10, 15), (10, 29),
            (11, 9)}  # fmt: skip

# How busy each month is, January first: the rains (May to October) bring fevers and diarrhoea, and bad roads.
MONTHS = {
    "outpatient": (0.95, 0.85, 0.80, 0.75, 0.95, 1.20, 1.35, 1.30, 1.15, 1.00, 0.95, 0.95),
    "inpatient": (0.80, 0.70, 0.70, 0.75, 1.00, 1.40, 1.60, 1.45, 1.15, 0.95, 0.75, 0.75),
    "mobile": (1.10, 1.10, 1.10, 0.85, 1.05, 1.00, 0.95, 0.95, 0.85, 0.80, 1.05, 1.10),
}
# Monday to Sunday: outside the weekdays only emergencies come; a stay may begin on any day.
WEEK = {"outpatient": (1.3, 1.1, 1.0, 1.0, 1.0, 0.6, 0.1), "inpatient": (1.2, 1.0, 1.0, 1.0, 1.0, 0.9, 0.7)}


def days_of(year: Year) -> list[dt.date]:
    """List the days of a year."""
    return [year.first + n * DAY for n in range((year.last - year.first).days + 1)]


def is_holiday(day: dt.date) -> bool:
    """Return whether the van and most people stay at home."""
    return (day.month, day.day) in HOLIDAYS


def day_weights(year: Year, service: str) -> dict[dt.date, float]:
    """Return how likely a contact of the centre's own falls on each day of a year."""
    calm = 0.3 if service == "outpatient" else 1
    return {
        day: MONTHS[service][day.month - 1] * WEEK[service][day.weekday()] * (calm if is_holiday(day) else 1)
        for day in days_of(year)
    }


@dataclass(frozen=True)
class Stand:
    """The van at one stop on one day, or why it did not come (a reason of `mobile_team.Session`)."""

    on: dt.date
    stop: Stop
    cancelled: str = ""

    @property
    def weight(self) -> float:
        """Return how many come, compared with other stands."""
        return MONTHS["mobile"][self.on.month - 1]


def stands(year: Year) -> list[Stand]:
    """List every stop of every round on its weekday, day after day in driving order."""
    chance = Chance("stands", year)
    return [
        Stand(day, stop, _why_not(day, stop, chance))
        for day in days_of(year)
        for tour in ROUNDS
        if tour.weekday == day.weekday()
        for stop in tour.stops
    ]


def _why_not(day: dt.date, stop: Stop, chance: Chance) -> str:
    drawn = chance.between(1, 100)  # drawn always, so that one rule more does not move the whole year
    if is_holiday(day):
        return "holiday"
    if stop.trouble == "flood" and day.month in (9, 10):
        return "flood" if drawn <= 45 else ""
    if stop.trouble == "road" and day.month in (6, 7, 8, 9):
        return "road" if drawn <= 25 else ""
    return "staff" if drawn == 100 else ""
