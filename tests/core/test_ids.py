"""Identifiers sort by time, repeat when derived, and betray a wrong digit."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from core.ids import derived_id, parse_patient_number, patient_number, receipt_number, uuid7
from core.khmer import khmer_digits

NUMBERS = st.integers(1, 99_999_999)


def code_of(call, *args):
    with pytest.raises(RuleBroken) as refused:
        call(*args)
    return refused.value.code


def test_a_uuid7_says_its_version_its_variant_and_its_millisecond():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_uuids_are_made_in_order_by_many_threads_and_never_twice():
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [uuid7() for _ in range(500)], range(16)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({made for batch in batches for made in batch}) == 8000


def test_uuids_stay_in_order_when_the_clock_is_set_back(monkeypatch):
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert uuid7() > first


def test_a_derived_id_is_the_same_everywhere_for_ever():
    assert derived_id("checkup", "2026-11-21", 7) == UUID("887ab33e-3cef-5396-933b-475e01239253")
    assert derived_id("a", date(2026, 11, 21)) == derived_id("a", "2026-11-21")


def test_parts_of_a_derived_id_do_not_run_together():
    assert len({derived_id("a", "bc"), derived_id("ab", "c"), derived_id("abc"), derived_id('a","bc')}) == 4
    with pytest.raises(ValueError):
        derived_id()


@given(NUMBERS)
def test_a_patient_number_reads_back_however_it_is_typed(n):
    number = patient_number(n)
    plain = number.replace("-", "")
    for typed in (
        number,
        plain,
        plain.lower(),
        khmer_digits(number),
        number.replace("-", " "),
        plain[2:],
        f" {number} ",
    ):
        assert parse_patient_number(typed) == n


def test_a_patient_number_looks_like_the_printed_card():
    assert patient_number(12345) == "SA-012345-9" and patient_number(1_234_567).startswith("SA-1234567-")


@given(NUMBERS, st.data())
def test_one_wrong_digit_is_always_noticed(n, data):
    digits = list(patient_number(n).replace("-", "")[2:])
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    digits[place] = wrong
    assert code_of(parse_patient_number, "SA" + "".join(digits)).startswith("core.number_")


@given(NUMBERS, st.data())
def test_two_swapped_neighbours_are_always_noticed(n, data):
    digits = list(patient_number(n).replace("-", "")[2:])
    place = data.draw(st.integers(0, len(digits) - 2))
    if digits[place] != digits[place + 1]:
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
        assert code_of(parse_patient_number, "SA" + "".join(digits)).startswith("core.number_")


@pytest.mark.parametrize("digits", [6, 7, 8, 9])
@given(st.data())
def test_every_wrong_digit_and_every_swap_of_a_card_of_any_length_is_noticed(digits, data):
    n = data.draw(st.integers(1 if digits == 6 else 10 ** (digits - 1), 10**digits - 1))
    plain = patient_number(n).replace("-", "")[2:]
    assert len(plain) == digits + 1
    places = range(len(plain))
    wrong = [plain[:i] + d + plain[i + 1 :] for i in places for d in "0123456789" if d != plain[i]]
    swapped = [plain[:i] + plain[i + 1] + plain[i] + plain[i + 2 :] for i in places[:-1] if plain[i] != plain[i + 1]]
    codes = {code_of(parse_patient_number, text) for text in wrong + swapped}
    assert codes <= {"core.number_check_digit", "core.number_unreadable"}  # unreadable: a long number led by zero


@pytest.mark.parametrize(
    "text", ["", "SA", "SA-12345-9", "SB-012345-9", "SA-0012345-9", "SA-01234x-9", "0" * 7, "9" * 40]
)
def test_what_is_not_a_patient_number_is_refused(text):
    assert code_of(parse_patient_number, text) == "core.number_unreadable"


@given(st.text(max_size=15))
def test_whatever_is_scanned_is_read_or_refused(text):
    try:
        assert parse_patient_number(text) > 0
    except RuleBroken as refused:
        assert refused.code in ("core.number_check_digit", "core.number_unreadable")


def test_receipts_are_numbered_by_book():
    assert receipt_number("D01", 123) == "D01-000123"
    for prefix, n in (("D01", 0), ("d-1", 1), ("", 1)):
        with pytest.raises(ValueError):
            receipt_number(prefix, n)
    with pytest.raises(ValueError):
        patient_number(0)
