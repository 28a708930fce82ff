"""The arithmetic of shelves and the reading of the formulary."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from pharmacy import formulary, rules

DAY = date(2026, 11, 20)
days = st.integers(-20, 20).map(lambda n: DAY + timedelta(days=n))
deltas = st.lists(st.tuples(days, st.integers(-50, 50)), max_size=12)


@given(deltas, days)
def test_what_is_free_may_leave_and_one_more_may_not(changes, on):
    free = rules.free(changes, on)
    later = [day for day, _ in changes if day >= on] + [on]
    ends = [rules.balance(changes, day) for day in later]
    assert free == max(min(ends), 0)  # to the last tablet, and no day below


@given(deltas)
def test_the_first_day_below_zero_is_found_whatever_the_order(changes):
    day = rules.first_below_zero(changes)
    assert day == rules.first_below_zero(changes[::-1])
    below = sorted(d for d, _ in changes if rules.balance(changes, d) < 0)
    assert day == (below[0] if below else None)


@given(st.lists(st.tuples(days, st.integers(0, 9)), max_size=8), st.integers(1, 40))
def test_the_first_to_expire_goes_first_and_nothing_expired_ever(lots, quantity):
    shelf = [rules.Lot(UUID(int=n), expires_on, free) for n, (expires_on, free) in enumerate(lots)]
    good = [lot for lot in shelf if lot.expires_on >= DAY]
    if quantity > sum(lot.free for lot in good):
        with pytest.raises(RuleBroken) as refused:
            rules.first_expired_first_out(shelf, quantity, DAY)
        assert refused.value.params == {"available": sum(lot.free for lot in good)}
        return
    chosen = rules.first_expired_first_out(shelf, quantity, DAY)
    by_id = {lot.batch: lot for lot in shelf}
    assert sum(taken for _, taken in chosen) == quantity
    assert all(by_id[batch].expires_on >= DAY and 0 < taken <= by_id[batch].free for batch, taken in chosen)
    dates = [by_id[batch].expires_on for batch, _ in chosen]
    assert dates == sorted(dates)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Paracetamol", "tab 500 mg; tab 100 mg; syrup 120 mg/5 ml",
         [("tablet", "500 mg"), ("tablet", "100 mg"), ("syrup", "120 mg/5 ml")]),
        ("Mebendazole", "chew tab 500 mg; 100 mg", [("chewable", "500 mg"), ("chewable", "100 mg")]),
        ("Ibuprofen", "tab 200/400 mg", [("tablet", "200 mg"), ("tablet", "400 mg")]),
        ("Amoxicillin + clavulanic acid", "tab 500/125 mg", [("tablet", "500/125 mg")]),
        ("Sulfamethoxazole + trimethoprim", "tab 400/80; 100/20 mg",
         [("tablet", "400/80 mg"), ("tablet", "100/20 mg")]),
        ("Ampicillin", "inj 500 mg/1 g", [("injection", "500 mg"), ("injection", "1 g")]),
        ("Thiamine (B1)", "tab/inj 100 mg", [("tablet", "100 mg"), ("injection", "100 mg")]),
        ("Glucose", "10 %/50 % sol.", [("solution", "10 %"), ("solution", "50 %")]),
        ("Epinephrine", "inj 1 mg/ml", [("injection", "1 mg/ml")]),
    ],
)  # fmt: skip
def test_a_row_of_the_formulary_is_as_many_medicines_as_it_names(name, text, found):
    assert formulary.forms(name, text) == found


def test_every_medicine_of_the_formulary_has_a_form_and_is_there_once():
    lines = list(formulary.lines())
    assert len(lines) == len({line[:3] for line in lines}) > 100
    assert all(line.form for line in lines)
