"""A very small language for the rules in `clinic/data/`. It can ask, and nothing else; no code of a file ever runs.

    stridor                          a sign that was looked for
    fast_breathing                   a term, which means something else at each age
    oxygen < 90                      a measurement
    days(cough) >= 14                for how long
    any(danger)                      one sign of a group
    count(a, b or c, d) >= 2         at least so many of these
    cough and (stridor or any(danger))

What was not asked or measured is neither true nor false (Kleene's three values), and so may be what a rule makes of
it. There is no "not": one sign more can make a rule true, never untrue. That is why finding more never makes a child
less ill.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

Known = bool | None
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TOKEN = re.compile(r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<mark><=|>=|[<>(),]))")
RESERVED = frozenset({"and", "or", "any", "count", "days"})
DEEPEST = 12


class Atom(NamedTuple):
    """One thing that can be asked: a "sign", the "days" of a sign, or a "measure"."""

    kind: str
    name: str


@dataclass(frozen=True)
class Facts:
    """What is known of a child: signs looked for, for how many days, measurements. `terms` are those of this age."""

    signs: Mapping[str, bool] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, Node] = field(default_factory=dict)
    askable: frozenset[str] | None = None  # signs that exist at this age; None for all


class Node:
    """A part of a rule."""

    def value(self, facts: Facts) -> Known:
        """Return whether this holds; None when what is known does not say."""
        raise NotImplementedError

    def atoms(self) -> Iterator[Atom]:
        """Return everything this may ask for; terms stay closed."""
        raise NotImplementedError

    def reasons(self, facts: Facts) -> Iterator[Atom]:
        """Return what makes this true."""
        raise NotImplementedError

    def asks(self, facts: Facts) -> Iterator[Atom]:
        """Return what to ask next to learn whether this holds; nothing when that is known."""
        raise NotImplementedError


def _leaf(atom: Atom, facts: Facts) -> Any:
    if atom.kind == "sign":
        return False if facts.askable is not None and atom.name not in facts.askable else facts.signs.get(atom.name)
    if atom.kind == "measure":
        return facts.measures.get(atom.name)
    if not (there := _leaf(Atom("sign", atom.name), facts)):
        return there
    return facts.days.get(atom.name)


@dataclass(frozen=True)
class Sign(Node):
    """A sign, present or not."""

    name: str

    def value(self, facts: Facts) -> Known:
        return _leaf(Atom("sign", self.name), facts)

    def atoms(self) -> Iterator[Atom]:
        yield Atom("sign", self.name)

    def reasons(self, facts: Facts) -> Iterator[Atom]:
        if self.value(facts):
            yield Atom("sign", self.name)

    def asks(self, facts: Facts) -> Iterator[Atom]:
        if self.value(facts) is None:
            yield Atom("sign", self.name)


@dataclass(frozen=True)
class Compare(Node):
    """A measurement, or the days of a sign, beside a number."""

    atom: Atom
    sign: str
    number: Decimal

    def value(self, facts: Facts) -> Known:
        there = _leaf(self.atom, facts)
        return there if there is None or there is False else _OPERATORS[self.sign](Decimal(str(there)), self.number)

    def atoms(self) -> Iterator[Atom]:
        yield self.atom

    def reasons(self, facts: Facts) -> Iterator[Atom]:
        if self.value(facts):
            yield self.atom

    def asks(self, facts: Facts) -> Iterator[Atom]:
        if self.value(facts) is None:
            sign = Atom("sign", self.atom.name)  # for how long is asked once it is there
            yield sign if self.atom.kind == "days" and _leaf(sign, facts) is None else self.atom


@dataclass(frozen=True)
class Term(Node):
    """A name for something that differs by age; what does not exist at an age is not true then."""

    name: str

    def value(self, facts: Facts) -> Known:
        return facts.terms[self.name].value(facts) if self.name in facts.terms else False

    def atoms(self) -> Iterator[Atom]:
        yield Atom("term", self.name)

    def reasons(self, facts: Facts) -> Iterator[Atom]:
        if self.name in facts.terms:
            yield from facts.terms[self.name].reasons(facts)

    def asks(self, facts: Facts) -> Iterator[Atom]:
        if self.name in facts.terms:
            yield from facts.terms[self.name].asks(facts)


@dataclass(frozen=True)
class AtLeast(Node):
    """At least so many of several parts: 1 is "or", all of them is "and"."""

    least: int
    parts: tuple[Node, ...]

    def value(self, facts: Facts) -> Known:
        values = [part.value(facts) for part in self.parts]
        sure = sum(value is True for value in values)
        if sure >= self.least:
            return True
        return None if sure + sum(value is None for value in values) >= self.least else False

    def atoms(self) -> Iterator[Atom]:
        for part in self.parts:
            yield from part.atoms()

    def reasons(self, facts: Facts) -> Iterator[Atom]:
        for part in self.parts:
            if part.value(facts):
                yield from part.reasons(facts)

    def asks(self, facts: Facts) -> Iterator[Atom]:
        if self.value(facts) is not None:
            return
        unsure = [part for part in self.parts if part.value(facts) is None]
        # All must hold: whether the second does matters only once the first is known to.
        for part in unsure[:1] if self.least == len(self.parts) > 1 else unsure:
            yield from part.asks(facts)


@dataclass(frozen=True)
class Names:
    """The names that a rule may use."""

    signs: frozenset[str]
    measures: frozenset[str]
    groups: Mapping[str, tuple[str, ...]]
    terms: frozenset[str] = frozenset()


def parse(text: str, names: Names) -> Node:
    """Read a rule. Raises ValueError that says what is wrong."""
    return _Reader(text, names).whole()


class _Reader:
    """Reads by descent: or < and < one thing."""

    def __init__(self, text: str, names: Names) -> None:
        self.names, self.tokens, self.at, self.depth = names, list(_tokens(text)), 0, 0

    def whole(self) -> Node:
        node = self.either()
        if self.at < len(self.tokens):
            raise ValueError(f"“{self.tokens[self.at]}” is not expected here")
        return node

    def either(self) -> Node:
        parts = self._parts("or", self.both)
        return parts[0] if len(parts) == 1 else AtLeast(1, parts)

    def both(self) -> Node:
        parts = self._parts("and", self.one)
        return parts[0] if len(parts) == 1 else AtLeast(len(parts), parts)

    def _parts(self, between: str, part: Callable[[], Node]) -> tuple[Node, ...]:
        parts = [part()]
        while self._next() == between:
            self.at += 1
            parts.append(part())
        return tuple(parts)

    def one(self) -> Node:
        word = self._take()
        known = self.names
        if word == "(":
            return self._bracket()
        if word == "any":
            return AtLeast(1, tuple(map(Sign, known.groups[self._named(known.groups, "group")])))
        if word == "days":
            return self._compared(Atom("days", self._named(known.signs, "sign")))
        if word == "count":
            return self._count()
        if word in known.measures:
            return self._compared(Atom("measure", word))
        if word in known.terms:
            return Term(word)
        if word in known.signs:
            return Sign(word)
        raise ValueError(f"“{word}” is neither a sign, a term nor a measurement")

    def _bracket(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError("too many brackets inside each other")
        node = self.either()
        self._expect(")")
        self.depth -= 1
        return node

    def _count(self) -> Node:
        self._expect("(")
        parts = self._parts(",", self.either)
        self._expect(")")
        self._expect(">=")
        least = self._number()
        if least != int(least) or not 1 <= least <= len(parts):
            raise ValueError(f"{least} of {len(parts)} cannot be counted")
        return AtLeast(int(least), parts)

    def _compared(self, atom: Atom) -> Node:
        sign = self._take()
        if sign not in _OPERATORS:
            raise ValueError(f"“{sign}” does not compare")
        return Compare(atom, sign, self._number())

    def _named(self, known: Any, what: str) -> str:
        self._expect("(")
        name = self._take()
        if name not in known:
            raise ValueError(f"there is no {what} “{name}”")
        self._expect(")")
        return name

    def _number(self) -> Decimal:
        word = self._take()
        if not re.fullmatch(r"-?\d+(\.\d+)?", word):
            raise ValueError(f"“{word}” is not a number")
        return Decimal(word)

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        if self.at >= len(self.tokens):
            raise ValueError("something is missing at the end")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            raise ValueError(f"“{token}” is expected, not “{found}”")


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f"“{text[at:].strip()[:20]}” cannot be read")
        yield match[match.lastgroup or 0]
        at = match.end()
