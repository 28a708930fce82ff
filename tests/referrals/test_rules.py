"""The table of steps, times and odometers: what is pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.roles import Action
from core.errors import RuleBroken
from referrals import rules
from referrals.models import Referral

STATES = st.sampled_from(sorted(rules.TRANSITIONS))
AT = datetime(2026, 11, 20, 5, tzinfo=UTC)


def test_the_table_knows_exactly_the_states_of_the_model():
    assert set(rules.TRANSITIONS) == set(Referral.State.values)
    assert {to for after in rules.TRANSITIONS.values() for to in after} <= set(Referral.State.values)
    assert {task for after in rules.TRANSITIONS.values() for task in after.values()} <= {Action.REFER, Action.AMBULANCE}


@given(STATES, STATES)
def test_a_step_is_possible_exactly_when_the_table_has_it(now, to):
    if to in rules.TRANSITIONS[now]:
        rules.step_possible(now, to)
        assert now in rules.ways_to(to)
    else:
        with pytest.raises(RuleBroken, match="step_not_allowed"):
            rules.step_possible(now, to)
        assert now not in rules.ways_to(to)


def test_every_state_is_reached_from_a_draft_and_every_open_one_can_end():
    reached, todo = set(), ["drafted"]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += rules.TRANSITIONS[state]
    assert reached == set(rules.TRANSITIONS)
    for state in rules.OPEN:
        assert _can_end(state), state


def _can_end(state):
    seen, todo = set(), [state]
    while todo:
        here = todo.pop()
        if here in rules.ENDED:
            return True
        if here not in seen:
            seen.add(here)
            todo += rules.TRANSITIONS[here]
    return False


def test_what_has_ended_stays_ended_but_a_late_answer_may_still_come():
    late = {"no_answer": {"answered": Action.REFER}}
    assert {state: rules.TRANSITIONS[state] for state in rules.ENDED} == {"answered": {}, "cancelled": {}} | late


def test_a_time_lies_between_the_last_step_and_now():
    rules.time_possible(AT, now=AT, since=AT)
    with pytest.raises(RuleBroken, match="time_in_future"):
        rules.time_possible(AT + timedelta(minutes=1), now=AT)
    with pytest.raises(RuleBroken, match="time_before_last_step"):
        rules.time_possible(AT - timedelta(minutes=1), now=AT, since=AT)


def test_an_answer_is_dated_between_the_referral_and_today():
    on, today = date(2026, 11, 1), date(2026, 11, 20)
    for day in (on, today):
        rules.answer_day_possible(day, on=on, today=today)
    with pytest.raises(RuleBroken, match="answer_before_referral"):
        rules.answer_day_possible(date(2026, 10, 31), on=on, today=today)
    with pytest.raises(RuleBroken, match="answer_in_future"):
        rules.answer_day_possible(date(2026, 11, 21), on=on, today=today)


def test_an_odometer_never_runs_backwards_nor_past_what_came_later():
    rules.odometer_possible(100, least=100, most=100, field="odometer_out")
    rules.odometer_possible(0, least=None, most=None, field="odometer_out")
    with pytest.raises(RuleBroken, match="odometer_backwards"):
        rules.odometer_possible(99, least=100, most=None, field="odometer_out")
    with pytest.raises(RuleBroken, match="odometer_ahead"):
        rules.odometer_possible(101, least=None, most=100, field="odometer_out")


def test_slip_numbers_carry_their_year():
    assert rules.slip_number(2026, 1) == "R26-0001"
    assert rules.slip_number(2103, 12345) == "R03-12345"
