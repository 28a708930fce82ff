"""Money: whole riel, whole cents, nothing lost and nothing mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from core.khmer import khmer_digits
from core.money import Currency, Money, Rate, split, total

KHR, USD = Currency.KHR, Currency.USD
MONEY = st.builds(Money, st.integers(-(10**12), 10**12), st.sampled_from(Currency))


def code_of(call, *args):
    with pytest.raises(RuleBroken) as refused:
        call(*args)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12500", KHR, 12500), ("12,500", KHR, 12500), ("12 500", KHR, 12500), ("១២,៥០០ ៛", KHR, 12500),
        ("12,500៛", KHR, 12500), ("៛ 12,500", KHR, 12500), ("12,500 KHR", KHR, 12500),
        ("១២៥០០ រៀល", KHR, 12500),
        ("12,500 riel", KHR, 12500), ("0", KHR, 0), ("1,234,567", KHR, 1234567), ("12\u00a0500", KHR, 12500),
        ("$1,234.50", USD, 123450), ("1234.5", USD, 123450), ("១.២៥", USD, 125), ("3", USD, 300),
        ("USD 3.00", USD, 300),
        ("0.05 $", USD, 5), ("US$ 20", USD, 2000),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", KHR), ("៛", KHR), ("12.5", KHR), ("12,5", KHR), ("12.500", KHR), ("1,23,456", KHR),
        ("-500", KHR),
        ("1e3", KHR), ("500 500 5", KHR), ("1.234", USD), ("1,5", USD), (".", USD), ("5.", USD), ("nan", USD),
        ("9" * 16, KHR), ("9" * 14, USD), ("1_000", KHR), ("²", KHR),
    ],
)  # fmt: skip
def test_an_amount_that_is_not_clear_is_refused(text, currency):
    assert code_of(Money.parse, text, currency) == "core.money_unreadable"


def test_dollars_in_a_riel_field_are_refused_by_name():
    assert code_of(Money.parse, "$5", KHR) == "core.currencies_mixed"
    assert code_of(Money.parse, "5000 ៛", USD) == "core.currencies_mixed"


def test_amounts_are_written_for_people():
    assert str(Money(12500, KHR)) == "12,500 ៛"
    assert Money(123450, USD).format() == "$1,234.50"
    assert str(Money(-5, USD)) == "-$0.05"
    assert str(Money(-12500, KHR)) == "-12,500 ៛"


@given(st.integers(0, 10**15 - 1), st.sampled_from(Currency))
def test_what_is_written_reads_back_the_same_in_both_digits(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(str(money), currency) == money
    assert Money.parse(khmer_digits(str(money)), currency) == money


def test_two_currencies_never_meet_in_one_sum_or_comparison():
    riel, dollars = Money(4000, KHR), Money(100, USD)
    for mixed in (
        lambda: riel + dollars, lambda: riel - dollars, lambda: riel < dollars, lambda: riel >= dollars,
        lambda: total([riel, dollars], KHR), lambda: max(riel, dollars),
    ):  # fmt: skip
        assert code_of(mixed) == "core.currencies_mixed"
    assert Money(0, KHR) != Money(0, USD)


def test_arithmetic_within_a_currency_is_whole():
    assert Money(500, KHR) + Money(700, KHR) - Money(200, KHR) == Money(1000, KHR)
    assert Money(125, USD) * 3 == Money(375, USD) == -Money(-375, USD) == abs(Money(-375, USD))
    assert total([], USD) == Money(0, USD) and not Money(0, USD)
    assert Money(1, "KHR").currency is KHR


@pytest.mark.parametrize("minor", [1.0, True, "5", None])
def test_money_is_never_a_float(minor):
    with pytest.raises(TypeError):
        Money(minor, KHR)


@pytest.mark.parametrize(
    ("minor", "cash"), [(0, 0), (49, 0), (50, 100), (149, 100), (150, 200), (-150, -200)]
)
def test_cash_is_rounded_to_the_hundred_riel_note(minor, cash):
    assert Money(minor, KHR).round_cash() == Money(cash, KHR)
    assert Money(minor, USD).round_cash() == Money(minor, USD)


@given(MONEY, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_splitting_loses_no_unit_and_is_never_off_by_one_whole(money, weights):
    shares = split(money, weights)
    assert total(shares, money.currency) == money
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor * sum(weights) - money.minor * weight) < sum(weights)
        assert weight or not share.minor
    assert shares == split(money, weights) and split(-money, weights) == [-share for share in shares]


def test_of_equal_claims_the_first_gets_the_odd_riel():
    assert [share.minor for share in split(Money(100, KHR), [1, 1, 1])] == [34, 33, 33]


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_an_amount_cannot_be_split_among_nobody(weights):
    assert code_of(split, Money(100, KHR), weights) == "core.split_weights"


def test_a_rate_expresses_totals_in_either_currency():
    rate = Rate(4100)
    assert rate.to_khr(Money(1050, USD)) == Money(43050, KHR)
    assert rate.to_usd(Money(43050, KHR)) == Money(1050, USD)
    assert rate.to_usd(Money(20, KHR)) == Money(0, USD) and rate.to_usd(Money(21, KHR)) == Money(1, USD)
    assert rate.to_khr(Money(5, KHR)) == Money(5, KHR) and rate.to_usd(Money(5, USD)) == Money(5, USD)
    assert code_of(Rate, 0) == "core.rate_not_positive"


@given(st.text(max_size=20), st.sampled_from(Currency))
def test_whatever_is_typed_is_read_or_refused(text, currency):
    try:
        assert Money.parse(text, currency).minor >= 0
    except RuleBroken as refused:
        assert refused.code in ("core.money_unreadable", "core.currencies_mixed")
