"""How a referral moves and what a trip may say. Pure: no database, no clock.

States and steps follow the ministry's standard slip (reference/cambodia.md 1.7).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

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
        "answered": Action.REFER,  # the hospital's answer says that they came
        "did_not_arrive": Action.REFER,
    },
    "did_not_arrive": {
        "arrived": Action.REFER,  # late, but there
        "answered": Action.REFER,
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
ANSWER_DUE = timedelta(days=30)  # after this an unanswered referral is a reported number


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


def slip_number(year: int, n: int) -> str:
    """Write slip n of a year as "R26-0001"."""
    return f"R{year % 100:02d}-{n:04d}"


def moment_of(day: date, now: datetime) -> datetime:
    """Return `now` when `day` is today at the clinic, else the first moment of `day`: no hour is known."""
    if local_day(now) == day:
        return now
    return datetime(day.year, day.month, day.day, tzinfo=CLINIC_TZ)
