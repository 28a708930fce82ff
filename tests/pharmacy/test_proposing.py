"""From a line of a prescription to tablets in hand: which medicine, how many, out of which batches."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import ceil
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.rules import dosage
from clinic.rules.dosage import Dose
from core.errors import RuleBroken
from pharmacy import proposing, rules
from pharmacy.models import Medicine
from pharmacy.proposing import quantity
from tests.builders import TODAY


@pytest.mark.parametrize(
    ("dose", "form", "strength", "units"),
    [
        ("1x3x5", "tablet", "500 mg", 15),
        ("១x៣x៥", "tablet", "500 mg", 15),
        ("1/2 tab tid 1w", "tablet", "500 mg", 11),  # 10½: a half is not handed out
        ("1-0-1 5d", "capsule", "", 10),
        ("2 stat", "tablet", "", 2),
        ("250mg x3x5", "tablet", "500 mg", 8),  # halves: 7½
        ("125 mg x2x3", "dispersible", "250 mg", 3),
        ("1 g x1x3", "tablet", "500 mg", None),  # grams are not read as a dose
        ("500 mg x1x3", "powder", "1 g", 2),
        ("500 mg x2x5", "tablet", "400/80 mg", None),  # a mixture has no one strength
        ("5 ml x3x5", "syrup", "120 mg/5 ml", 1),  # one bottle
        ("2 puffs x4", "inhaler", "", None),  # nobody said how long
        ("1 drop x3x7", "drops", "0.3 %", 1),
        ("1x3", "tablet", "", None),
        ("1 sachet x3x2", "sachet", "", 6),
        ("1 sachet x3x2", "tablet", "", None),
        ("as needed", "tablet", "", None),
        ("", "tablet", "", None),
    ],
)
def test_a_dose_for_so_many_days_is_so_many_units(dose, form, strength, units):
    assert quantity(dose, form, strength) == units


amounts = st.fractions(Fraction(1, 4), 6, max_denominator=4).filter(lambda n: n.denominator in (1, 2, 4))


@given(st.lists(amounts, min_size=1, max_size=6), st.integers(1, 90))
def test_what_is_proposed_lasts_for_all_days_and_not_a_whole_unit_longer(of_a_day, days):
    dose = Dose(tuple(of_a_day), days)
    units = quantity(dose, "tablet")
    needed = sum(of_a_day, Fraction(0)) * days
    assert units is not None and needed <= units < needed + 1


@given(amounts, st.integers(1, 6), st.integers(1, 60))
def test_a_dose_reads_back_to_the_same_quantity_however_it_is_written(amount, times, days):
    said = str(Dose((amount,) * times, days))
    assert quantity(said, "tablet") == quantity(dosage.parse(said), "tablet") == ceil(amount * times * days)


@given(st.integers(1, 2000), st.integers(1, 6), st.integers(1, 30), st.sampled_from([100, 125, 250, 500, 1000]))
def test_milligrams_become_pieces_that_are_enough(amount, times, days, strength):
    units = quantity(Dose((Fraction(amount),) * times, days, "mg"), "tablet", f"{strength} mg")
    assert units is not None
    assert units * strength >= amount * times * days
    assert units <= ceil((Fraction(amount, strength) + Fraction(1, 2)) * times * days)


lots = st.lists(st.tuples(st.integers(-20, 400), st.integers(0, 40)), max_size=8)


@given(lots, st.integers(1, 120))
def test_the_soonest_to_expire_leaves_first_and_nothing_expired_ever(found, wanted):
    shelf = [rules.Lot(UUID(int=n), TODAY + timedelta(days=d), free) for n, (d, free) in enumerate(found, start=1)]
    good = {lot.batch: lot for lot in shelf if lot.expires_on >= TODAY}
    there = sum(lot.free for lot in good.values())
    if wanted > there:
        with pytest.raises(RuleBroken) as refused:
            rules.first_expired_first_out(shelf, wanted, TODAY)
        assert refused.value.params["available"] == there
        return
    chosen = rules.first_expired_first_out(shelf, wanted, TODAY)
    assert sum(n for _, n in chosen) == wanted
    assert all(0 < n <= good[batch].free for batch, n in chosen)
    last = good[chosen[-1][0]].expires_on
    emptied = {batch for batch, n in chosen if n == good[batch].free}
    assert all(lot.batch in emptied for lot in good.values() if lot.free and lot.expires_on < last)


def medicines() -> list[Medicine]:
    rows = [
        ("Paracetamol", "syrup", "120 mg/5 ml", "N02BE01"), ("Paracetamol", "tablet", "100 mg", "N02BE01"),
        ("Paracetamol", "tablet", "500 mg", "N02BE01"), ("Amoxicillin", "capsule", "500 mg", "J01CA04"),
        ("Amoxicillin", "dispersible", "250 mg", "J01CA04"),
    ]  # fmt: skip
    return [Medicine(name=name, form=form, strength=s, atc=atc, name_km="") for name, form, s, atc in rows]


@pytest.mark.parametrize(
    ("what", "atc", "first", "count"),
    [
        ("Paracetamol tablet 500 mg", "N02BE01", "Paracetamol tablet 500 mg", 3),
        ("Paracetamol syrup", "N02BE01", "Paracetamol syrup 120 mg/5 ml", 3),
        ("paracetamol 100mg", "", "Paracetamol tablet 100 mg", 3),
        ("AMOXICILLIN 250 mg", "", "Amoxicillin dispersible tablet 250 mg", 2),
        ("Amoxicillin capsule 500 mg", "X99XX99", "Amoxicillin capsule 500 mg", 2),  # a code of an older list
        ("Dressing of a wound", "", "", 0),
        ("", "", "", 0),
    ],
)
def test_a_line_finds_its_medicine_and_others_of_the_same_code(what, atc, first, count):
    found = proposing.fitting(what, atc, medicines())
    assert len(found) == count
    assert not first or str(found[0]) == first
