"""How a table of rules is read: within a topic the first rule that holds is what is found.

IMCI and the warnings in pregnancy are both judged so; what a rule may say is in `clinic.rules.expressions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from clinic.rules.expressions import Atom, Facts, Node
from clinic.rules.tables import Line, Said, Span


class Colour(StrEnum):
    """How urgent: red is referred, yellow is treated here, green goes home."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"

    @property
    def severity(self) -> int:
        """Return 3 for red, 2 for yellow, 1 for green."""
        return {"red": 3, "yellow": 2, "green": 1}[self]


@dataclass(frozen=True)
class Rule:
    """A finding and when it holds; `when` None means: when no rule before it in its topic does."""

    module: str
    topic: str
    key: str
    colour: Colour
    ages: Span
    when: Node | None
    said: Said
    action: Said
    source: str


@dataclass(frozen=True)
class Classification:
    """A rule that holds, what made it hold, and what is not asked or measured yet that could make it graver."""

    rule: Rule
    reasons: tuple[Atom, ...]
    could_change: tuple[Atom, ...] = ()

    @property
    def is_red(self) -> bool:
        """Return whether to propose a referral."""
        return self.rule.colour is Colour.RED


@dataclass(frozen=True)
class Judgement:
    """What is found, the gravest first; `pending` is asked for before more can be said."""

    found: tuple[Classification, ...] = ()
    pending: tuple[Atom, ...] = ()

    @property
    def worst(self) -> Colour | None:
        """Return the gravest colour, None while nothing is found."""
        return self.found[0].rule.colour if self.found else None

    @property
    def unknown(self) -> tuple[Atom, ...]:
        """Return everything that is not known yet and could still change what is found, danger signs first."""
        return once([*(atom for one in self.found for atom in one.could_change), *self.pending])

    @property
    def refer(self) -> bool:
        """Return whether to propose a referral; the nurse decides."""
        return self.worst is Colour.RED


def judge(rules: Iterable[Rule], facts: Facts) -> Judgement:
    """Return what holds in each topic; an empty rule holds once all before it are known not to."""
    topics: dict[str, list[Rule]] = {}
    for rule in rules:
        topics.setdefault(rule.topic, []).append(rule)
    found: list[Classification] = []
    pending: list[Atom] = []
    for mine in topics.values():
        held, unsure = _first(mine, facts)
        if held is None:
            pending += _ask(unsure, facts)
            continue
        reasons = held.when.reasons(facts) if held.when else ()
        graver = [rule for rule in unsure if rule.colour.severity > held.colour.severity]
        found.append(Classification(held, once(reasons), once(_ask(graver, facts))))
    found.sort(key=lambda one: -one.rule.colour.severity)
    return Judgement(tuple(found), once(pending))


def once(atoms: Iterable[Atom]) -> tuple[Atom, ...]:
    """Return each atom once, in order."""
    return tuple(dict.fromkeys(atoms))


def fits(rule: Rule, before: Iterable[Rule], line: Line) -> Rule:
    """Return a rule that may follow those before it. Raises DataBroken: graver, twice, or never to be reached."""
    for other in before:
        if other.topic != rule.topic or not other.ages.meets(rule.ages):
            continue
        if other.key == rule.key:
            raise line.wrong(f"“{rule.key}” stands here twice for the same age")
        if other.colour.severity < rule.colour.severity:
            raise line.wrong(f"“{rule.key}” is graver than “{other.key}” and must stand before it")
        if other.when is None:
            raise line.wrong(f"“{other.key}” holds whenever nothing else does; “{rule.key}” can never be reached")
    return rule


def _first(rules: list[Rule], facts: Facts) -> tuple[Rule | None, list[Rule]]:
    """Return the first rule that holds, and those before it of which nobody knows."""
    unsure: list[Rule] = []
    for rule in rules:
        value = rule.when.value(facts) if rule.when else not unsure
        if value:
            return rule, unsure
        if value is None:
            unsure.append(rule)
    return None, unsure


def _ask(rules: list[Rule], facts: Facts) -> list[Atom]:
    return [atom for rule in rules if rule.when for atom in rule.when.asks(facts)]
