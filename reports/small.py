"""Hide small numbers in what leaves the house with the names of villages, so that nobody can be told from them.

Pure. A number from 1 to 4 is small (domain.md, *What is counted*); a nought says nothing about anybody and is shown.
The number of all villages together is known from other tables, so hiding only the small ones would hide nothing: what
is left could be subtracted.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

SMALL = 5  # below it a number is hidden
Key = TypeVar("Key", bound=Hashable)


def hidden(numbers: Mapping[Key, int], also: Collection[Key] = ()) -> frozenset[Key]:
    """Return which numbers of a list are not shown where the sum of all of them is known.

    All small ones, those of `also`, and as many of the next larger ones as it takes until no hidden number can be
    reckoned, even by a reader who knows this rule. Noughts are taken when nothing larger is left. A list that has
    nothing to hide a number behind (one village, one child) stays with that number hidden.
    """
    found = {key for key, number in numbers.items() if 0 < number < SMALL} | set(also)
    if not found:
        return frozenset()
    # All that are equal go together, noughts last: one picked among equals would tell where the small one is.
    for next_ in sorted({numbers[key] for key in numbers if key not in found}, key=lambda number: (not number, number)):
        if _cannot_be_reckoned([numbers[one] for one in found]):
            break
        found.update(key for key in numbers if numbers[key] == next_)
    return frozenset(found)


def hidden_over(months: Iterable[Mapping[Key, int]]) -> frozenset[Key]:
    """Return which numbers of a whole year are not shown: the shown months must not give away the hidden one.

    What was hidden in a month stays hidden in the year. So the year tells nothing that the months do not.
    """
    months = list(months)
    year: dict[Key, int] = {}
    for month in months:
        for key, number in month.items():
            year[key] = year.get(key, 0) + number
    return hidden(year, {key for month in months for key in hidden(month)})


def _cannot_be_reckoned(numbers: Collection[int]) -> bool:
    """Return whether numbers of which only the sum is known leave room: each could be one more, or one less.

    Small ones lie between 1 and 4, the others at 5 or more. With all of them small, the sum must not be the least or
    the greatest that they can have; with a larger or a nought among them, only the least would give them away.
    """
    small = [number for number in numbers if 0 < number < SMALL]
    if len(numbers) < 2:
        return False
    if len(small) == len(numbers):
        return len(small) < sum(small) < (SMALL - 1) * len(small)
    if 0 in numbers:
        return True  # nobody can tell which of them are nought
    return sum(numbers) > len(small) + SMALL * (len(numbers) - len(small))
