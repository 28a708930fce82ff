"""How ill a child under five is, by the integrated management of childhood illness (IMCI).

Everything clinical is data that an administrator can read and a clinician can correct: `data/imci_modules.csv`,
`imci_signs.csv`, `imci_terms.csv`, `imci_rules.csv`, each line with its source (reference/cambodia.md 3.1). Here is
only how to read them: within a topic the first rule that holds is the classification; an empty rule holds when all
before it are known not to. What a rule may say: `clinic.rules.expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from clinic.rules.expressions import RESERVED, Facts, Names, Node, parse
from clinic.rules.judging import Colour, Judgement, Rule, fits, judge, once
from clinic.rules.tables import FOLDER, Line, Said, Span, lines
from core.ages import Age

MEASURES = frozenset({"temperature", "respiratory_rate", "oxygen", "muac", "weight_for_height", "weight_for_age"})
DANGER = "danger"  # the group of signs that are dangerous whatever the complaint


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
class Assessment(Judgement):
    """What is found of a child so far, and which parts of the page stand open."""

    open_modules: frozenset[str] = frozenset()


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
    first = [atom for row in mine.modules if row.opens for atom in row.opens.asks(facts)]
    found = judge([rule for rule in mine.rules if opened[rule.module]], facts)
    return Assessment(
        found.found, once([*first, *found.pending]), frozenset(key for key, value in opened.items() if value)
    )


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


# -- what a page asks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """One sign to ask for, and whether for how many days."""

    key: str
    said: Said
    asks_days: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the page: questions that stand open, or wait behind a main one."""

    key: str
    said: Said
    main: Question | None
    questions: tuple[Question, ...]

    @property
    def all(self) -> tuple[Question, ...]:
        """Return every question, the main one first."""
        return (self.main, *self.questions) if self.main else self.questions


def questions(age: Age | None) -> tuple[Part, ...]:
    """Return what to ask at an age: all of IMCI under five, from then on the danger signs of the door alone."""
    book = tables().of(age) if age else Book((), (), (), ())
    door = [Question(row.key, row.said) for row in danger_signs(age)]
    if not book.modules:
        return (Part(DANGER, tables().modules[0].said, None, tuple(door)),)
    parts = []
    for row in book.modules:
        asked = [Question(s.key, s.said, s.asks_days) for s in book.signs if s.module == row.key]
        if row.key == DANGER:
            asked += [question for question in door if question.key not in {one.key for one in asked}]
        main = next((question for question in asked if question.key == row.main), None)
        parts.append(Part(row.key, row.said, main, tuple(one for one in asked if one is not main)))
    return tuple(parts)


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
        rows.append(fits(rule, rows, line))
    return tuple(rows)
