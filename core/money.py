"""Riel and dollars in their smallest units; never a float, never two currencies in one sum."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

CASH_STEP = 100  # the smallest riel note in use; amounts handed over are rounded to it
MOST_DIGITS = 15  # far above any clinic's money, safely inside a 64-bit column


class Currency(StrEnum):
    KHR = "KHR"
    USD = "USD"

    @property
    def decimals(self) -> int:
        return 2 if self is Currency.USD else 0

    @property
    def sign(self) -> str:
        return "$" if self is Currency.USD else "៛"


_SIGNS = {Currency.KHR: r"៛|khr|riels?|រៀល", Currency.USD: r"us\$|\$us|\$|usd|dollars?|ដុល្លារ"}


@dataclass(frozen=True, slots=True)
class Money:
    """Hold an amount in minor units: whole riel, or cents.

    Adding, subtracting and ordering two currencies raises RuleBroken("core.currencies_mixed").
    """

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("money is counted in whole minor units")
        object.__setattr__(self, "currency", Currency(self.currency))

    @classmethod
    def zero(cls, currency: Currency) -> "Money":
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: Currency) -> "Money":
        """Read an amount as a person writes it: "12,500", "១២ ៥០០ ៛", "$1,234.50".

        Riel must be whole, dollars have at most two decimals, groups hold three digits ("12,5" is refused,
        because it is not clear what was meant). No minus sign: books reverse, they do not go negative.
        Raises RuleBroken("core.money_unreadable"), or ("core.currencies_mixed") for the other one's sign.
        """
        currency = Currency(currency)
        plain = latin_digits(normalise(text)).casefold()
        other = Currency.USD if currency is Currency.KHR else Currency.KHR
        if re.search(_SIGNS[other], plain):
            raise RuleBroken("core.currencies_mixed", text=text, currency=currency.value)
        sign = f"(?:{_SIGNS[currency]})?"
        number = r"([0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?:\.([0-9]{1,2}))?"
        match = re.fullmatch(rf"{sign} ?{number} ?{sign}", plain)
        if not match or (match[2] and not currency.decimals):
            raise RuleBroken("core.money_unreadable", text=text, currency=currency.value)
        digits = re.sub("[, ]", "", match[1]) + (match[2] or "").ljust(currency.decimals, "0")
        if len(digits) > MOST_DIGITS:
            raise RuleBroken("core.money_unreadable", text=text, currency=currency.value)
        return cls(int(digits), currency)

    def format(self) -> str:
        """Write it for people: "12,500 ៛", "$1,234.50", a minus sign in front."""
        minus = "-" if self.minor < 0 else ""
        if self.currency is Currency.KHR:
            return f"{minus}{abs(self.minor):,} ៛"
        return f"{minus}${abs(self.minor) // 100:,}.{abs(self.minor) % 100:02d}"

    def __str__(self) -> str:
        return self.format()

    def round_cash(self) -> "Money":
        """Round riel to what notes can pay, 100, half away from zero; dollars stay as they are."""
        if self.currency is Currency.USD:
            return self
        return Money(_divide(self.minor, CASH_STEP) * CASH_STEP, self.currency)

    def _same(self, other: "Money") -> int:
        if self.currency is not other.currency:
            raise RuleBroken("core.currencies_mixed", first=self.currency.value, second=other.currency.value)
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)


def total(amounts: Iterable[Money], currency: Currency) -> Money:
    """Add up amounts of one currency; nothing adds up to zero of it."""
    return sum(amounts, Money.zero(currency))


def split(money: Money, weights: Sequence[int]) -> list[Money]:
    """Share an amount by whole weights without losing a unit.

    Largest remainder; of equal remainders the earlier share gets the unit, so the same question has the
    same answer. Raises RuleBroken("core.split_weights") for a negative weight or none above zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise RuleBroken("core.split_weights", weights=list(weights))
    amount = abs(money.minor)
    shares = [amount * weight // whole for weight in weights]
    largest_first = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in largest_first[: amount - sum(shares)]:
        shares[i] += 1
    direction = -1 if money.minor < 0 else 1
    return [Money(direction * share, money.currency) for share in shares]


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold how many riel one dollar buys, for totals on paper; the books themselves never convert.

    Raises RuleBroken("core.rate_not_positive").
    """

    khr_per_usd: int

    def __post_init__(self) -> None:
        if self.khr_per_usd <= 0:
            raise RuleBroken("core.rate_not_positive", rate=self.khr_per_usd)

    def to_khr(self, money: Money) -> Money:
        """Express an amount in riel, to the nearest riel."""
        if money.currency is Currency.KHR:
            return money
        return Money(_divide(money.minor * self.khr_per_usd, 100), Currency.KHR)

    def to_usd(self, money: Money) -> Money:
        """Express an amount in dollars, to the nearest cent."""
        if money.currency is Currency.USD:
            return money
        return Money(_divide(money.minor * 100, self.khr_per_usd), Currency.USD)


def _divide(number: int, by: int) -> int:
    """Divide to the nearest whole, halves away from zero, so a reversal mirrors what it reverses."""
    nearest = (abs(number) * 2 + by) // (by * 2)
    return nearest if number >= 0 else -nearest
