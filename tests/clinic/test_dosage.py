"""Doses as they are typed in a hurry: what they mean, and that what cannot be meant stays text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from clinic import phrases
from clinic.rules.dosage import MEASURED, MOST_AT_A_TIME, MOST_DAYS, MOST_MEASURED, MOST_TIMES, UNITS, Dose, parse
from clinic.rules.prescriptions import doubles
from core.khmer import khmer_digits

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("typed", "amount", "times", "days"),
    [
        ("1x3x5", 1, 3, 5), ("១x៣x៥", 1, 3, 5), ("1 × 3, 5 days", 1, 3, 5), ("1*3*5", 1, 3, 5), ("1x3x5d", 1, 3, 5),
        ("1 tab 3/d 5d", 1, 3, 5), ("1 tab 3/day for 5 days", 1, 3, 5), ("1 tab 3x/day 5d", 1, 3, 5),
        ("1/2 x 3, 3 d", HALF, 3, 3), ("½x2x3", HALF, 2, 3), ("1½ x 2 x 5", 3 * HALF, 2, 5),
        ("1,5x2x5", 3 * HALF, 2, 5),
        ("1 tab tid 1w", 1, 3, 7), ("2 tabs bid 5 days", 2, 2, 5), ("1 tab every 8h 5d", 1, 3, 5),
        ("5 ml 2/d 5d", 5, 2, 5), ("500 mg x3x5", 500, 3, 5), ("1x3", 1, 3, None), ("1 stat", 1, 1, 1),
        ("១ គ្រាប់ ៣ដង ៥ថ្ងៃ", 1, 3, 5), ("១ គ្រាប់ ៣ដងក្នុងមួយថ្ងៃ ៥ថ្ងៃ", 1, 3, 5), ("1 គ្រាប់ x 3 ដង x 5 ថ្ងៃ", 1, 3, 5),
        ("1 3 fois 5j", 1, 3, 5),
    ],
)  # fmt: skip
def test_a_dose_is_read_as_it_is_typed(typed, amount, times, days):
    dose = parse(typed)
    assert (dose.amounts[0], dose.times, dose.days) == (amount, times, days)
    assert dose.quantity == (None if days is None else amount * times * days)


def test_a_day_in_parts_skips_the_empty_ones():
    dose = parse("1-0-2 5d")
    assert (dose.amounts, dose.times, dose.quantity) == ((1, 0, 2), 2, 15)


@pytest.mark.parametrize(
    "typed",
    ["", "once", "2 sachets", "as needed", "10 mg/kg", "0x3x5", "1x0x5", "1x3x0", "1/0x3x5", "1x30x5", "25x3x5",
     "1x3x999", "1 every 5h", "3x/day", "-1x3x5", "1x3x5x7", "x", "1" * 200, "\x00", "0-0-0 5d"],
)  # fmt: skip
def test_what_cannot_be_meant_is_no_dose(typed):
    assert parse(typed) is None


def doses():
    amount = st.builds(Fraction, st.integers(1, 40), st.sampled_from([1, 2, 4])).filter(lambda n: n <= MOST_AT_A_TIME)
    measured = st.integers(1, MOST_MEASURED).map(Fraction)
    unit = st.sampled_from(["", *UNITS])
    days = st.none() | st.integers(1, MOST_DAYS)

    def same(pair):
        name, times, many = pair
        return st.builds(lambda n: Dose((n,) * times, many, name), measured if name in MEASURED else amount)

    parted = st.lists(st.just(Fraction(0)) | amount, min_size=3, max_size=4).filter(any).map(tuple)
    return st.one_of(
        st.tuples(unit, st.integers(1, MOST_TIMES), days).flatmap(same),
        st.builds(lambda amounts, many, name: Dose(amounts, many, name, parted=True), parted, days,
                  st.sampled_from(sorted(set(UNITS) - MEASURED))),
        st.builds(lambda n: Dose((n,), 1, "", once=True), amount),
    )  # fmt: skip


@given(doses())
def test_every_dose_reads_back_from_how_it_is_written(dose):
    assert parse(str(dose)) == dose
    assert parse(khmer_digits(str(dose))) == dose
    assert parse(f"  {str(dose).upper()} ") == dose


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_or_left_alone(text):
    dose = parse(text)
    assert dose is None or (dose.times >= 1 and (dose.quantity is None or dose.quantity > 0))


@given(st.integers(1, 20), st.integers(1, 12), st.integers(1, 60))
def test_the_quantity_is_the_product(amount, times, days):
    assert parse(f"{amount}x{times}x{days}").quantity == amount * times * days


def test_a_dose_is_said_in_the_language_of_the_page():
    assert phrases.dose_words("1x3x5") == "1 at a time, 3 times a day for 5 days, together 15"
    with translation.override("km"):
        assert "3 ដង" in phrases.dose_words("1x3x5")
    assert phrases.dose_words("as needed") == ""


@pytest.mark.parametrize(
    ("lines", "levels"),
    [
        ([("Paracetamol tablet", "N02BE01"), ("Paracetamol syrup", "N02BE01")], [(1, 0, "same")]),
        ([("Amoxicillin", "J01CA04"), ("Ampicillin", "J01CA01")], [(1, 0, "alike")]),
        ([("ORS", ""), ("ors 1 sachet", "")], [(1, 0, "same")]),
        ([("", ""), ("", ""), ("Iron", "B03AA07")], []),
        ([("Amoxicillin", "J01CA04"), ("Ampicillin", "J01CA01"), ("amoxicillin 250", "J01CA04")],
         [(1, 0, "alike"), (2, 0, "same")]),
    ],
)  # fmt: skip
def test_medicine_written_twice_is_pointed_out(lines, levels):
    assert [tuple(double) for double in doubles(lines)] == levels
