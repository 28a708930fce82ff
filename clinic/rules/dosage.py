"""Read a dose as it is typed in a hurry: how much at a time, how often a day, for how many days.

    1x3x5   ១x៣x៥   1 × 3, 5 days   1 tab 3/d 5d   1/2 tab tid 1w   5 ml 2/d 5d   1-0-1 5d   ១ គ្រាប់ ៣ដង ៥ថ្ងៃ

What cannot be read, or cannot be meant (a hundred tablets at a time, a dose every five minutes), is no dose: the text
stays as it was typed. The abbreviations are those of prescriptions everywhere; "od", which some read as "right eye",
is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from core.khmer import latin_digits, normalise

MOST_AT_A_TIME = 20  # tablets, spoons, puffs
MOST_MEASURED = 2000  # of what is measured, not counted
MEASURED = frozenset({"ml", "mg", "drop"})
MOST_TIMES = 24
MOST_DAYS = 366
LONGEST = 160

_SIGNS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
UNITS: dict[str, str] = {
    "tablet": r"tablets?|tabs?|tb|comprimés?|cps?|គ្រាប់",
    "capsule": r"capsules?|caps?|gélules?|កាប់ស៊ុល",
    "ml": r"ml|mls|cc|មល",
    "mg": r"mg|មក",
    "spoon": r"teaspoons?|spoons?|tsp|ស្លាបព្រាកាហ្វេ|ស្លាបព្រា",
    "sachet": r"sachets?|packets?|កញ្ចប់",
    "drop": r"drops?|gtt|តំណក់",
    "puff": r"puffs?|បាញ់",
    "ampoule": r"ampoules?|amps?|vials?|អំពូល",
}
_WORDED = {"bid": 2, "bd": 2, "tid": 3, "tds": 3, "qid": 4, "qds": 4, "daily": 1}

_NUMBER = r"(?:[0-9]{1,4} [0-9]{1,2}/[0-9]{1,2}|[0-9]{1,4}/[0-9]{1,2}|[0-9]{1,4}(?:[.,][0-9]{1,3})?)"
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in UNITS.items())
_AMOUNT = rf"(?P<amount>{_NUMBER}) ?(?:(?:{_UNIT})(?![a-z])\.?)?"
_A_DAY = (
    r"(?:(?:x ?)?/ ?(?:days?|d|j|ថ្ងៃ)"
    r"|(?:times|fois|ដង)(?: ?(?:a day|per day|par jour|ក្នុងមួយថ្ងៃ|(?:/|ក្នុង) ?(?:1 ?)?(?:ថ្ងៃ|days?|d)))?)"
)
_TIMES = (
    r"(?:"
    rf"x ?(?P<by>[0-9]{{1,2}})(?: ?{_A_DAY})?"
    rf"|(?P<a_day>[0-9]{{1,2}}) ?{_A_DAY}"
    r"|every (?P<every>[0-9]{1,2}) ?(?:h|hours?)"
    rf"|(?P<worded>{'|'.join(_WORDED)})"
    r"|(?P<once>stat|once|ម្តង|ម្ដង)"
    r")"
)
_DAYS = r"(?:(?:x|for|រយៈពេល|,)? ?(?P<days>[0-9]{1,3}) ?(?P<span>weeks?|wks?|w|សប្តាហ៍|days?|d|j|ថ្ងៃ)?)"
_COUNTED = re.compile(rf"{_AMOUNT} ?,? ?{_TIMES}(?: ?,? ?{_DAYS})?\.?")
_PARTED = re.compile(
    rf"(?P<parts>{_NUMBER}(?:-{_NUMBER}){{2,3}}) ?(?:(?:{_UNIT})(?![a-z])\.?)?(?: ?,? ?{_DAYS})?\.?"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dose:
    """How much at each time of a day, and for how many days (None: not said).

    `amounts` are the doses of one day in order; `parted` tells that they were said as morning-noon-evening(-night).
    """

    amounts: tuple[Fraction, ...]
    days: int | None = None
    unit: str = ""
    parted: bool = False
    once: bool = False

    @property
    def times(self) -> int:
        """Return how many doses a day."""
        return sum(amount > 0 for amount in self.amounts)

    @property
    def a_day(self) -> Fraction:
        """Return how much in one day."""
        return sum(self.amounts, Fraction(0))

    @property
    def quantity(self) -> Fraction | None:
        """Return how much for all days together; None when nobody said how long."""
        return None if self.days is None else self.a_day * self.days

    def __str__(self) -> str:
        """Write it in the shortest way that reads back as the same."""
        unit = f" {self.unit}" if self.unit else ""
        if self.once:
            return f"{figure(self.amounts[0])}{unit} stat"
        if self.parted:
            return "-".join(map(figure, self.amounts)) + unit + (f" {self.days}d" if self.days else "")
        days = "" if self.days is None else f"x{self.days}"
        return f"{figure(self.amounts[0])}{unit}{' ' if unit else ''}x{len(self.amounts)}{days}"


def parse(text: str) -> Dose | None:
    """Return the dose that a text says, None when it says none that can be meant."""
    plain = _plain(text)
    if not plain or len(plain) > LONGEST:
        return None
    if match := _PARTED.fullmatch(plain):
        amounts = tuple(_fraction(part) for part in match["parts"].split("-"))
        dose = Dose(amounts, _days(match), _unit(match), parted=True)
    elif match := _COUNTED.fullmatch(plain):
        times = _times(match)
        if not 1 <= times <= MOST_TIMES:
            return None
        days = 1 if match["once"] and not match["days"] else _days(match)
        dose = Dose((_fraction(match["amount"]),) * times, days, _unit(match), once=bool(match["once"]) and days == 1)
    else:
        return None
    return dose if _can_be_meant(dose) else None


def figure(amount: Fraction) -> str:
    """Write an amount as people do: 2, 1/2, 1 1/2, 2.5 is 2 1/2."""
    whole, rest = divmod(amount, 1)
    if not rest:
        return str(whole)
    if rest.denominator > 8:  # no tablet breaks like this: a decimal of millilitres
        return f"{float(amount):.3f}".rstrip("0").rstrip(".")
    return f"{whole} {rest}" if whole else str(rest)


def _plain(text: str) -> str:
    plain = latin_digits(normalise(text)).casefold()
    for sign, words in _SIGNS.items():
        plain = re.sub(rf"([0-9]?) ?{sign}", lambda m, words=words: f"{m[1]} {words}" if m[1] else words, plain)  # type: ignore[misc]
    plain = re.sub(r"[x×*✕х]", " x ", plain)
    return re.sub(r" +", " ", plain).strip()


def _fraction(text: str) -> Fraction:
    if "/" in text:
        whole, _, rest = text.rpartition(" ")
        above, below = rest.split("/")
        if int(below) == 0:
            return Fraction(0)
        return Fraction(int(whole or 0)) + Fraction(int(above), int(below))
    return Fraction(text.replace(",", "."))


def _times(match: re.Match[str]) -> int:
    if match["worded"]:
        return _WORDED[match["worded"]]
    if match["every"]:
        hours = int(match["every"])
        return 24 // hours if hours and 24 % hours == 0 else 0
    return 1 if match["once"] else int(match["by"] or match["a_day"])


def _days(match: re.Match[str]) -> int | None:
    if not match["days"]:
        return None
    return int(match["days"]) * (7 if (match["span"] or "").startswith(("w", "ស")) else 1)


def _unit(match: re.Match[str]) -> str:
    return next((name for name in UNITS if match[name]), "")


def _can_be_meant(dose: Dose) -> bool:
    most = MOST_MEASURED if dose.unit in MEASURED else MOST_AT_A_TIME
    return (
        dose.times > 0
        and all(amount <= most for amount in dose.amounts)
        and (dose.days is None or 1 <= dose.days <= MOST_DAYS)
    )
