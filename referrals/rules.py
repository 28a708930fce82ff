"""How a referral moves and what a trip may say. Pure: no database, no clock.

States and steps follow the ministry's standard slip (reference/cambodia.md 1.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from statistics import median
from typing import Any, NamedTuple

from core.accounts.roles import Action
from core.errors import RuleBroken
from core.periods import CLINIC_TZ, local_day

# From each state the states that may come next, and whose task the step is. Nothing else moves a referral.
TRANSITIONS: dict[str, dict[str, Action]] = {
    "drafted": {
        "called": Action.REFER,
        "departed": Action.AMBULANCE,
        "own_transport": Action.REFER,
        "cancelled": Action.REFER,
    },
    "called": {
        "departed": Action.AMBULANCE,
        "own_transport": Action.REFER,
        "cancelled": Action.REFER,
    },
    "departed": {
        "arrived": Action.AMBULANCE,
        "did_not_arrive": Action.AMBULANCE,
        "no_answer": Action.REFER,
        "answered": Action.REFER,  # nobody wrote the arrival down, but the hospital's answer says that they came
    },
    "arrived": {
        "handed_over": Action.AMBULANCE,
        "no_answer": Action.REFER,
        "answered": Action.REFER,
    },
    "handed_over": {
        "no_answer": Action.REFER,
        "answered": Action.REFER,
    },
    "own_transport": {
        "arrived": Action.REFER,
        "no_answer": Action.REFER,
        "answered": Action.REFER,
        "did_not_arrive": Action.REFER,
    },
    "did_not_arrive": {
        "arrived": Action.REFER,  # late, but there
        "departed": Action.AMBULANCE,  # the road was cut, or the vehicle broke down: they set out again
        "own_transport": Action.REFER,
        "answered": Action.REFER,
        "cancelled": Action.REFER,  # nobody sets out any more
    },
    "no_answer": {
        "answered": Action.REFER,  # late, but an answer
    },
    "answered": {},
    "cancelled": {},
}
ENDED = frozenset({"answered", "cancelled", "no_answer"})
OPEN = tuple(state for state in TRANSITIONS if state not in ENDED)
# The way most referrals go, drawn on their page.
MAIN_WAY = ("drafted", "called", "departed", "arrived", "handed_over", "answered")
NEED_A_REASON = frozenset({"cancelled", "did_not_arrive", "no_answer"})
AWAITING_ANSWER = ("departed", "arrived", "handed_over", "own_transport")
MAY_CHANGE = frozenset({"drafted", "called"})  # until the slip leaves with the patient
LONGEST_WAIT = timedelta(days=30)  # from the call to leaving; a planned transfer may be asked for weeks before


def next_states(state: str) -> dict[str, Action]:
    """Return the states that may follow and whose task each is; none for a state that is unknown."""
    return TRANSITIONS.get(state, {})


def ways_to(state: str) -> dict[str, Action]:
    """Return the states from which `state` may be reached, and whose task each of these steps is."""
    return {before: after[state] for before, after in TRANSITIONS.items() if state in after}


def step_possible(now: str, to: str) -> None:
    """Refuse a step that the table does not have. Raises RuleBroken("referrals.step_not_allowed")."""
    if to not in next_states(now):
        raise RuleBroken("referrals.step_not_allowed", now=now, to=to)


def time_possible(at: datetime, *, now: datetime, since: datetime | None = None, field: str = "at") -> None:
    """Refuse a time in the future, or one before `since`.

    Raises RuleBroken("referrals.time_in_future") or ("referrals.time_before_last_step").
    """
    if at > now:
        raise RuleBroken("referrals.time_in_future", field=field)
    if since is not None and at < since:
        raise RuleBroken("referrals.time_before_last_step", field=field)


def answer_day_possible(answered_on: date, *, on: date, today: date) -> None:
    """Refuse an answer dated in the future or before the referral.

    Raises RuleBroken("referrals.answer_in_future") or ("referrals.answer_before_referral").
    """
    if answered_on > today:
        raise RuleBroken("referrals.answer_in_future", field="answered_on")
    if answered_on < on:
        raise RuleBroken("referrals.answer_before_referral", field="answered_on")


def received_possible(received_at: datetime | None, *, on: date, now: datetime) -> None:
    """Refuse that the hospital received the patient before the day of the referral, or in the future.

    Raises RuleBroken("referrals.received_before_referral") or ("referrals.received_in_future").
    """
    if received_at is None:
        return
    if local_day(received_at) < on:
        raise RuleBroken("referrals.received_before_referral", field="received_at")
    if received_at > now:
        raise RuleBroken("referrals.received_in_future", field="received_at")


@dataclass(frozen=True)
class Reading:
    """What a clock and an odometer showed at one moment of a journey."""

    at: datetime
    odometer: int


def leg_possible(left: Reading, reached: Reading | None, *, after: Reading, until: Reading | None) -> None:
    """Refuse a leg that begins before the last one ended, runs backwards, or ends after the trip.

    Raises RuleBroken: referrals.leg_too_early, referrals.odometer_backwards, referrals.leg_ends_before_it_began,
    referrals.leg_must_end, referrals.leg_beyond_trip.
    """
    if left.at < after.at:
        raise RuleBroken("referrals.leg_too_early", field="left_at")
    odometer_possible(left.odometer, least=after.odometer, most=None, field="odometer_out")
    if reached is not None:
        if reached.at < left.at:
            raise RuleBroken("referrals.leg_ends_before_it_began", field="reached_at")
        odometer_possible(reached.odometer, least=left.odometer, most=None, field="odometer_in")
    elif until is not None:
        raise RuleBroken("referrals.leg_must_end", field="reached_at")
    if until is not None and reached is not None and (reached.at > until.at or reached.odometer > until.odometer):
        field = "reached_at" if reached.at > until.at else "odometer_in"
        raise RuleBroken("referrals.leg_beyond_trip", field=field, most=until.odometer)


def call_possible(called_at: datetime | None, *, departed_at: datetime) -> None:
    """Refuse a call after the vehicle left, or so long before that it must be a slip of the pen.

    Raises RuleBroken("referrals.called_after_leaving") or ("referrals.called_long_before").
    """
    if called_at is None:
        return
    if called_at > departed_at:
        raise RuleBroken("referrals.called_after_leaving", field="called_at")
    if departed_at - called_at > LONGEST_WAIT:
        raise RuleBroken("referrals.called_long_before", field="called_at", days=LONGEST_WAIT.days)


def arrival_possible(
    reached: datetime, handed_over: datetime | None, *, departed: datetime, back: datetime, to: str
) -> None:
    """Refuse an arrival outside its trip, a hand-over before the arrival or after the return, or one to nobody.

    Raises RuleBroken: referrals.arrival_outside_trip, referrals.handed_over_outside_trip,
    referrals.handed_over_to_whom.
    """
    if not departed <= reached <= back:
        raise RuleBroken("referrals.arrival_outside_trip", field="arrived_at")
    if handed_over is not None and not reached <= handed_over <= back:
        raise RuleBroken("referrals.handed_over_outside_trip", field="handed_over_at")
    if handed_over is not None and not to:
        raise RuleBroken("referrals.handed_over_to_whom", field="received_by")


class Wait(NamedTuple):
    """How long one part of the way took, in minutes: the middle, what nine in ten stayed within, of how many trips."""

    median: int
    ninth: int
    n: int


@dataclass(frozen=True)
class Waits:
    """How long the parts of emergency trips took; None for a part of which no trip knows both times."""

    leaving: Wait | None
    reaching: Wait | None
    handing_over: Wait | None
    arriving: Wait | None
    altogether: Wait | None

    def __bool__(self) -> bool:
        return any((self.leaving, self.reaching, self.handing_over, self.arriving, self.altogether))


# Between which of (called, left, reached, handed over) each part of `Waits` lies.
_PARTS = ((0, 1), (1, 2), (2, 3), (0, 2), (0, 3))


def waits(times: Iterable[tuple[datetime | None, ...]]) -> Waits:
    """Return the waits over trips, each (called, departed, reached, handed over); a part counts where both are known.

    The median and not the mean: one trip behind a broken bridge must not hide how the others went. Beside it the 90th
    percentile by nearest rank, a time that was really taken: so long had the slow ones to wait.
    """
    rows = list(times)
    return Waits(*(_wait(rows, first, last) for first, last in _PARTS))


def _wait(rows: list[tuple[datetime | None, ...]], first: int, last: int) -> Wait | None:
    spans = sorted(end - begin for row in rows if (begin := row[first]) is not None and (end := row[last]) is not None)
    if not spans:
        return None
    minutes = [span.total_seconds() / 60 for span in spans]
    return Wait(round(median(minutes)), round(minutes[ceil(0.9 * len(minutes)) - 1]), len(minutes))


# How a slip writes each measurement: signs every hospital reads, whatever the language of who wrote it.
_MEASURES = (
    ("temperature", "T {} °C"), ("heart_rate", "P {}/min"), ("respiratory_rate", "RR {}/min"),
    ("pressure", "BP {} mmHg"), ("oxygen", "SpO2 {} %"), ("weight", "{} kg"), ("height", "{} cm"),
    ("muac", "MUAC {} mm"), ("glucose", "BS {} mg/dl"),
)  # fmt: skip


def vitals_line(measured: Mapping[str, Any], at: datetime | None) -> str:
    """Write measurements in one line with the clinic's time of the newest, "20/11 14:05 · T 39.5 °C · …"."""
    values = {name: f"{float(value):g}" for name, value in measured.items() if value is not None}
    if {"systolic", "diastolic"} & values.keys():
        values["pressure"] = f"{values.get('systolic', '–')}/{values.get('diastolic', '–')}"
    said = [pattern.format(values[name]) for name, pattern in _MEASURES if name in values]
    return " · ".join([f"{at.astimezone(CLINIC_TZ):%d/%m %H:%M}", *said] if said and at else said)


def odometer_possible(reading: int, *, least: int | None, most: int | None, field: str) -> None:
    """Refuse a reading below the last one known before it, or above the first one known after it.

    Raises RuleBroken("referrals.odometer_backwards") or ("referrals.odometer_ahead").
    """
    if least is not None and reading < least:
        raise RuleBroken("referrals.odometer_backwards", field=field, least=least)
    if most is not None and reading > most:
        raise RuleBroken("referrals.odometer_ahead", field=field, most=most)


def alone_on_the_road(clashes: int, *, field: str) -> None:
    """Refuse a time at which the vehicle was on another trip. Raises RuleBroken("referrals.vehicle_was_out")."""
    if clashes:
        raise RuleBroken("referrals.vehicle_was_out", field=field)


def last_on_the_road(later: int, *, field: str) -> None:
    """Refuse to leave a trip open when the vehicle has set out again. Raises RuleBroken("referrals.left_again")."""
    if later:
        raise RuleBroken("referrals.left_again", field=field)


def slip_number(year: int, n: int) -> str:
    """Write slip n of a year as "R26-0001"."""
    return f"R{year % 100:02d}-{n:04d}"


def moment_of(day: date, now: datetime) -> datetime:
    """Return `now` when `day` is today at the clinic, else the first moment of `day`: no hour is known."""
    if local_day(now) == day:
        return now
    return datetime(day.year, day.month, day.day, tzinfo=CLINIC_TZ)
