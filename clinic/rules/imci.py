"""How ill a child under five is, by the integrated management of childhood illness (IMCI).

Everything clinical is data that an administrator can read and a clinician can correct: `data/imci_modules.csv`,
`imci_signs.csv`, `imci_terms.csv`, `imci_rules.csv`, each line with its source (reference/cambodia.md 3.1). Here is
only how to read them: within a topic the first rule that holds is the classification; an empty rule holds when all
before it are known not to. What a rule may say: `clinic.rules.expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from clinic.rules.expressions import RESERVED, Atom, Facts, Names, Node, parse
from clinic.rules.tables import FOLDER, Line, Said, Span, lines
from core.ages import Age

MEASURES = frozenset({"temperature", "respiratory_rate", "oxygen", "muac", "weight_for_height", "weight_for_age"})
DANGER = "danger"  # the group of signs that are dangerous whatever the complaint


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
class SignRow:
    """A sign to look for."""

    key: str
    module: str
    group: str
    ages: Span
    asks_days: bool
    said: Said
    source: str


@dataclass(frozen=True)
class Module:
    """A part of the page; it opens by its main question, or stands open."""

    key: str
    main: str
    ages: Span
    opens: Node | None
    said: Said
    source: str


@dataclass(frozen=True)
class TermRow:
    """What a name means at some ages."""

    key: str
    ages: Span
    when: Node
    said: Said
    source: str


@dataclass(frozen=True)
class Rule:
    """A classification and when it holds; `when` None means: when no rule before it in its topic does."""

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
        """Return whether the child should be referred."""
        return self.rule.colour is Colour.RED


@dataclass(frozen=True)
class Assessment:
    """What is found so far, the gravest first; `pending` is asked for before anything more can be said."""

    found: tuple[Classification, ...] = ()
    pending: tuple[Atom, ...] = ()
    open_modules: frozenset[str] = frozenset()

    @property
    def worst(self) -> Colour | None:
        """Return the gravest colour, None while nothing is found."""
        return self.found[0].rule.colour if self.found else None

    @property
    def refer(self) -> bool:
        """Return whether to propose a referral; the nurse decides."""
        return self.worst is Colour.RED


@dataclass(frozen=True)
class Book:
    """All tables together."""

    modules: tuple[Module, ...]
    signs: tuple[SignRow, ...]
    terms: tuple[TermRow, ...]
    rules: tuple[Rule, ...]

    def of(self, age: Age) -> Book:
        """Return what is asked and judged at this age."""
        return Book(
            tuple(row for row in self.modules if row.ages.holds(age)),
            tuple(row for row in self.signs if row.ages.holds(age)),
            tuple(row for row in self.terms if row.ages.holds(age)),
            tuple(row for row in self.rules if row.ages.holds(age)),
        )  # fmt: skip

    def facts(self, signs: Mapping[str, bool], days: Mapping[str, int | None], measures: Mapping[str, Any]) -> Facts:
        """Return what is known, in the terms of these tables."""
        return Facts(
            signs, {name: count for name, count in days.items() if count is not None}, measures,
            {row.key: row.when for row in self.terms}, frozenset(row.key for row in self.signs),
        )  # fmt: skip


def classify(
    age: Age, *, signs: Mapping[str, bool], days: Mapping[str, int | None] | None = None,
    measures: Mapping[str, Any] | None = None, book: Book | None = None,
) -> Assessment:  # fmt: skip
    """Return the classifications of a child; nothing from five years on.

    `signs` are True or False; one that was not asked is left out. `measures`: MEASURES, z-scores included, those
    not known left out or None. Source: data/imci_rules.csv, each rule with its own.
    """
    mine = (book or tables()).of(age)
    facts = mine.facts(signs, days or {}, measures or {})
    opened = {row.key: row.opens.value(facts) if row.opens else True for row in mine.modules}
    pending = [atom for row in mine.modules if row.opens for atom in row.opens.asks(facts)]
    found: list[Classification] = []
    for topic in dict.fromkeys(rule.topic for rule in mine.rules):
        rules = [rule for rule in mine.rules if rule.topic == topic and opened[rule.module]]
        held, unsure = _first(rules, facts)
        if held is None:
            pending += _ask(unsure, facts)
            continue
        reasons = held.when.reasons(facts) if held.when else ()
        graver = [rule for rule in unsure if rule.colour.severity > held.colour.severity]
        found.append(Classification(held, _once(reasons), _once(_ask(graver, facts))))
    found.sort(key=lambda one: -one.rule.colour.severity)
    return Assessment(tuple(found), _once(pending), frozenset(key for key, value in opened.items() if value))


def _ask(rules: list[Rule], facts: Facts) -> list[Atom]:
    return [atom for rule in rules if rule.when for atom in rule.when.asks(facts)]


def _once(atoms: Iterable[Atom]) -> tuple[Atom, ...]:
    return tuple(dict.fromkeys(atoms))


def _first(rules: list[Rule], facts: Facts) -> tuple[Rule | None, list[Rule]]:
    """Return the first rule that holds, and those before it of which nobody knows."""
    unsure: list[Rule] = []
    for rule in rules:
        value = rule.when.value(facts) if rule.when else (not unsure)
        if value:
            return rule, unsure
        if value is None:
            unsure.append(rule)
    return None, unsure


# -- danger signs at any age ------------------------------------------------------------------------------


@dataclass(frozen=True)
class DangerSign:
    """A sign that makes a person urgent at first sight."""

    key: str
    ages: Span
    said: Said
    source: str


def danger_signs(age: Age | None) -> tuple[DangerSign, ...]:
    """Return the short list for the door: IMCI's own under five, and what is dangerous at every age; all if unknown.

    Source: data/imci_signs.csv (group "danger") and data/danger_signs.csv, each line with its own.
    """
    rows = {row.key: row for row in (*_at_the_door(), *_of_children()) if age is None or row.ages.holds(age)}
    return tuple(rows.values())


@cache
def _of_children() -> tuple[DangerSign, ...]:
    rows = (row for row in tables().signs if row.group == DANGER)
    return tuple(DangerSign(row.key, row.ages, row.said, row.source) for row in rows)


@cache
def _at_the_door() -> tuple[DangerSign, ...]:
    path = FOLDER / "danger_signs.csv"
    rows = lines(path, columns=("key", "from", "to", "english", "khmer", "source"), may_be_empty=("to",))
    return tuple(DangerSign(line["key"], line.span, line.said, line["source"]) for line in rows)


# -- reading the tables -----------------------------------------------------------------------------------


@cache
def tables() -> Book:
    """Return the shipped tables."""
    return read(FOLDER)


def read(folder: Path) -> Book:
    """Read the four tables of a folder. Raises DataBroken with file and line for whatever is not right."""
    signs = _signs(folder)
    groups: dict[str, tuple[str, ...]] = {}
    for row in signs:
        if row.group:
            groups[row.group] = (*groups.get(row.group, ()), row.key)
    names = Names(frozenset(row.key for row in signs), MEASURES, groups)
    terms = _terms(folder, names)
    names = replace(names, terms=frozenset(row.key for row in terms))
    modules = _modules(folder, names)
    known = {row.key for row in modules}
    for line, row in zip(_lines_of_signs(folder), signs, strict=True):
        if row.module not in known:
            raise line.wrong(f"there is no module “{row.module}”")
    return Book(modules, signs, terms, _rules(folder, names, known))


_AGES = ("from", "to")
_WORDS = ("english", "khmer", "source")


def _lines_of_signs(folder: Path) -> list[Line]:
    columns = ("module", "key", "group", *_AGES, "days", *_WORDS)
    return list(lines(folder / "imci_signs.csv", columns=columns, may_be_empty=("group", "days")))


def _signs(folder: Path) -> tuple[SignRow, ...]:
    rows: dict[str, SignRow] = {}
    for line in _lines_of_signs(folder):
        key = line["key"]
        if key in rows or key in MEASURES | RESERVED or not re.fullmatch("[a-z][a-z0-9_]{0,39}", key):
            raise line.wrong(f"“{key}” is already used, or no name for a sign")
        days = line.one_of("days", ("", "y")) == "y"
        rows[key] = SignRow(key, line["module"], line["group"], line.span, days, line.said, line["source"])
    return tuple(rows.values())


def _terms(folder: Path, names: Names) -> tuple[TermRow, ...]:
    rows: list[TermRow] = []
    for line in lines(folder / "imci_terms.csv", columns=("key", *_AGES, "when", *_WORDS)):
        if line["key"] in names.signs | MEASURES:
            raise line.wrong(f"“{line['key']}” is already a sign or a measurement")
        # Only those above, so that no term turns in a circle.
        above = replace(names, terms=frozenset(row.key for row in rows) - {line["key"]})
        when = line.read("when", lambda text, above=above: parse(text, above))  # type: ignore[misc]
        rows.append(TermRow(line["key"], line.span, when, line.said, line["source"]))
    return tuple(rows)


def _modules(folder: Path, names: Names) -> tuple[Module, ...]:
    rows: dict[str, Module] = {}
    columns = ("key", "main", *_AGES, "opens", *_WORDS)
    for line in lines(folder / "imci_modules.csv", columns=columns, may_be_empty=("main", "opens")):
        if line["key"] in rows:
            raise line.wrong(f"the module “{line['key']}” stands here twice")
        if line["main"] and line["main"] not in names.signs:
            raise line.wrong(f"there is no sign “{line['main']}”")
        opens = line.read("opens", lambda text: parse(text, names)) if line["opens"] else None
        rows[line["key"]] = Module(line["key"], line["main"], line.span, opens, line.said, line["source"])
    return tuple(rows.values())


def _rules(folder: Path, names: Names, modules: set[str]) -> tuple[Rule, ...]:
    rows: list[Rule] = []
    columns = ("module", "topic", "key", "colour", *_AGES, "when", "english", "khmer", "do_english", "do_khmer",
               "source")  # fmt: skip
    for line in lines(folder / "imci_rules.csv", columns=columns, may_be_empty=("when",)):
        colour = Colour(line.one_of("colour", list(Colour)))
        line.one_of("module", sorted(modules))
        when = line.read("when", lambda text: parse(text, names)) if line["when"] else None
        rule = Rule(
            line["module"], line["topic"], line["key"], colour, line.span, when, line.said,
            Said(line["do_english"], line["do_khmer"]), line["source"],
        )  # fmt: skip
        for before in rows:
            if before.topic != rule.topic or not before.ages.meets(rule.ages):
                continue
            if before.key == rule.key:
                raise line.wrong(f"“{rule.key}” stands here twice for the same age")
            if before.colour.severity < rule.colour.severity:
                raise line.wrong(f"“{rule.key}” is graver than “{before.key}” and must stand before it")
            if before.when is None:
                raise line.wrong(f"“{before.key}” holds whenever nothing else does; “{rule.key}” can never be reached")
        rows.append(rule)
    return tuple(rows)
