"""Chance that falls the same way every time: everything made up here is drawn from a seed in words."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws from one seed; rests on `random()` alone, whose numbers Python promises to keep."""

    def __init__(self, *seed: object) -> None:
        self._next = random.Random("/".join(map(str, seed))).random  # noqa: S311 - not a secret

    def happens(self, share: float) -> bool:
        """Return True in this share of draws."""
        return self._next() < share

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return low + int(self._next() * (high - low + 1))

    def one(self, of: Sequence[T]) -> T:
        """Return one of several, each as likely."""
        return of[int(self._next() * len(of))]

    def weighted(self, of: Mapping[T, float]) -> T:
        """Return a key, as likely as its weight says."""
        sums = list(accumulate(of.values()))
        drawn = self._next() * sums[-1]
        return next(key for key, upto in zip(of, sums, strict=True) if drawn < upto)

    def early(self, of: Sequence[T]) -> T:
        """Return one of several, those near the front more often."""
        return of[int(self._next() ** 2 * len(of))]

    def shuffled(self, of: Sequence[T]) -> list[T]:
        """Return everything in another order."""
        mixed = list(of)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self._next() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Divide a whole number by weights so that the parts add up to it (largest remainders)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
