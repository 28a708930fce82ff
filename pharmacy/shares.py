"""Whose money paid for what: first in, first out, along an axis for each cash account. Pure.

All money that ever came into an account lies end to end on its axis, in order of date and entry; so does all that
ever went out. Money at one place of the axis paid for what stands at the same place (docs/adr/0018). An exchange
leads from a stretch of one axis to a stretch of another, evenly. Places are exact; only amounts are whole, cut down
at each end, so that neighbours always add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

Place = int | Fraction
DEEPEST = 12  # exchanges one after the other; money that went round more often than this is told as not traced
STRETCHES = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis of one cash account, from `low` up to `high`."""

    account: str
    low: Place
    high: Place


@dataclass(frozen=True, slots=True)
class Flow(Stretch):
    """One entry that brought money in or took it out, at its place on the axis.

    `role` is that of the other account: donations, purchases, aid, exchange, differences.
    """

    entry: UUID
    role: str
    about: Any = None


@dataclass(frozen=True, slots=True)
class Piece(Stretch):
    """A part of the money of one `flow`, where it is now; on that flow's own axis it lies from `since` to `until`."""

    flow: Flow
    since: Place
    until: Place

    @classmethod
    def of(cls, flow: Flow) -> Piece:
        return cls(flow.account, flow.low, flow.high, flow, flow.low, flow.high)

    @property
    def minor(self) -> int:
        """Return how much it is in the currency in which it is now."""
        return floor(self.high) - floor(self.low)

    @property
    def of_flow(self) -> int:
        """Return how much it is in the currency of its flow."""
        return floor(self.until) - floor(self.since)

    def within(self, other: Stretch) -> Piece | None:
        """Return the part of it that lies within a stretch of the same axis."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        if low >= high:
            return None
        if (low, high) == (self.low, self.high):
            return self
        return replace(self, low=low, high=high, since=self._back(low), until=self._back(high))

    def _back(self, place: Place) -> Place:
        return carried(place, (self.low, self.high), (self.since, self.until))


def carried(place: Place, start: tuple[Place, Place], end: tuple[Place, Place]) -> Place:
    """Return the place in one stretch that is as far along as `place` is in another."""
    long, other = start[1] - start[0], end[1] - end[0]
    along = place - start[0]
    return end[0] + (along if long == other else Fraction(along * other) / long)


@dataclass(frozen=True, slots=True)
class Bridge:
    """An exchange: evenly from a stretch of one axis to a stretch of another."""

    start: Stretch
    end: Stretch

    @property
    def back(self) -> Bridge:
        return Bridge(self.end, self.start)

    def over(self, piece: Piece) -> Piece:
        """Return a piece that lies within the start as it lies at the end."""
        start, end = (self.start.low, self.start.high), (self.end.low, self.end.high)
        low, high = carried(piece.low, start, end), carried(piece.high, start, end)
        return replace(piece, account=self.end.account, low=low, high=high)


def follow(pieces: Iterable[Piece], bridges: Iterable[Bridge]) -> tuple[list[Piece], list[Piece]]:
    """Lead pieces over every bridge that begins where they lie; return where they came to rest, and what never did.

    What was taken back later can leave two exchanges that feed each other: money that went over `DEEPEST` bridges
    is not followed any further.
    """
    by_account: dict[str, list[Bridge]] = defaultdict(list)
    for bridge in sorted(bridges, key=lambda bridge: bridge.start.low):
        by_account[bridge.start.account].append(bridge)
    resting: list[Piece] = []
    moving = list(pieces)
    for _ in range(DEEPEST):
        ahead: list[Piece] = []
        for piece, bridge in _meet(moving, by_account, lambda bridge: bridge.start, resting):
            ahead.append(bridge.over(piece))
        moving = ahead
        if not moving:
            break
    return resting, moving


def meet(pieces: Iterable[Piece], flows: Iterable[Flow]) -> tuple[list[tuple[Piece, Flow]], list[Piece]]:
    """Return each part of a piece with the flow that lies at the same place, and the parts where none does."""
    by_account: dict[str, list[Flow]] = defaultdict(list)
    for flow in sorted(flows, key=lambda flow: flow.low):
        by_account[flow.account].append(flow)
    alone: list[Piece] = []
    return list(_meet(pieces, by_account, lambda flow: flow, alone)), alone


def _meet(pieces: Iterable[Piece], by_account: dict[str, list[Any]], stretch: Any, alone: list[Piece]) -> Iterator[Any]:
    """Yield (part, other) where they overlap; put the parts that meet nothing into `alone`. Others do not overlap."""
    at: dict[str, int] = defaultdict(int)
    for piece in sorted(pieces, key=lambda piece: (piece.account, piece.low)):
        others = by_account.get(piece.account, [])
        while at[piece.account] < len(others) and stretch(others[at[piece.account]]).high <= piece.low:
            at[piece.account] += 1
        done = piece.low
        for n in range(at[piece.account], len(others)):
            other = stretch(others[n])
            if other.low >= piece.high:
                break
            if other.low > done:
                alone.append(_part(piece, done, other.low))
            part = piece.within(other)
            if part:
                yield part, others[n]
            done = min(other.high, piece.high)
        if done < piece.high:
            alone.append(_part(piece, done, piece.high))


def _part(piece: Piece, low: Place, high: Place) -> Piece:
    part = piece.within(Stretch(piece.account, low, high))
    assert part is not None
    return part


def covered(pieces: Iterable[Piece]) -> list[tuple[str, int, int]]:
    """Return stretches that cover all pieces, at most `STRETCHES` an account, in whole units."""
    by_account: dict[str, list[Piece]] = defaultdict(list)
    for piece in sorted(pieces, key=lambda piece: piece.low):
        by_account[piece.account].append(piece)
    found = []
    for account, those in by_account.items():
        step = -(-len(those) // STRETCHES)
        for n in range(0, len(those), step):
            some = those[n : n + step]
            found.append((account, floor(some[0].low), -floor(-max(piece.high for piece in some))))
    return found


def spread(upto: int, weights: Sequence[int]) -> list[int]:
    """Share the first `upto` units of a sum among weights that add up to that sum.

    Each weight takes its part of what those before it left, cut down to a whole unit. One unit more gives one share
    one unit more and no other any less; so parts of a sum, shared this way from one end to the other, add up to
    themselves and to the weights.
    """
    left, weight_left, found = upto, sum(weights), []
    for weight in weights:
        share = left * weight // weight_left if weight_left else 0
        found.append(share)
        left, weight_left = left - share, weight_left - weight
    return found


def shared(low: int, high: int, weights: Sequence[int]) -> list[tuple[int, int]]:
    """Return which units of each weight the units from `low` up to `high` of the whole are."""
    return list(zip(spread(low, weights), spread(high, weights), strict=True))
