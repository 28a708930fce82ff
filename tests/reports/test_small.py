"""Small numbers are hidden so that nobody can reckon them, not even with all the papers of a year."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.small import SMALL, hidden, hidden_over


def test_a_small_number_takes_the_next_larger_one_with_it():
    assert hidden({"a": 3, "b": 12, "c": 40}) == {"a", "b"}


def test_a_nought_and_a_large_number_are_shown():
    assert hidden({"a": 0, "b": 5, "c": 40}) == frozenset()


def test_two_small_ones_hide_behind_each_other_unless_their_sum_gives_them_away():
    assert hidden({"a": 2, "b": 3, "c": 9}) == {"a", "b"}
    assert hidden({"a": 1, "b": 1, "c": 9}) == {"a", "b", "c"}
    assert hidden({"a": 4, "b": 4, "c": 9}) == {"a", "b", "c"}


def test_with_nothing_larger_left_noughts_are_hidden_too():
    assert hidden({"a": 3, "b": 0, "c": 0}) == {"a", "b", "c"}
    assert hidden({"a": 3}) == {"a"}


def attacks(numbers: tuple[int, ...], most: int = 9) -> list[set[int]]:
    """Return, for each place hidden, every value it could have: all lists of that sum that hide the same places."""
    places = sorted(hidden(dict(enumerate(numbers))))
    total, could = sum(numbers), [set() for _ in numbers]
    for guess in product(range(most + 1), repeat=len(places)):
        tried = list(numbers)
        for place, value in zip(places, guess, strict=True):
            tried[place] = value
        if sum(tried) == total and sorted(hidden(dict(enumerate(tried)))) == places:
            for place in places:
                could[place].add(tried[place])
    return could


@pytest.mark.parametrize("size", [2, 3])
def test_who_knows_the_rule_and_the_sum_cannot_reckon_a_small_number(size):
    for numbers in product(range(8), repeat=size):
        found = hidden(dict(enumerate(numbers)))
        if len(found) < 2:
            continue
        could = attacks(numbers)
        for place in found:
            if 0 < numbers[place] < SMALL:
                assert len(could[place]) > 1, (numbers, could)


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 30), min_size=2))
def test_every_small_number_is_hidden_and_never_alone(numbers):
    found = hidden(numbers)
    assert {key for key, number in numbers.items() if 0 < number < SMALL} <= found
    assert len(found) != 1
    assert bool(found) == any(0 < number < SMALL for number in numbers.values())


@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 12), min_size=2), min_size=1, max_size=12))
def test_the_year_shows_no_village_of_which_a_month_was_hidden(months):
    of_months = {key for month in months for key in hidden(month)}
    assert of_months <= hidden_over(months)
