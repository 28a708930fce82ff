"""What speaks against giving a medicine to this person now, and what its label must say. Pure.

Age and pregnancy are data (`data/cautions.csv`), each line with its source; a clinician signs the list off before it is
relied on. Allergies follow the same classes as when a medicine is prescribed (`clinic.rules.allergies`). Each warning
is a code, `allergy:Penicillins`, `age:aspirin_child`, that is kept with what was given; none of them refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from clinic.rules import allergies, dosage, prescriptions, tables
from clinic.rules.tables import Said, Span
from core.ages import Age

FOLDER = Path(__file__).parent / "data"
KINDS = AGE, PREGNANCY = ("age", "pregnancy")
ALLERGY, SAME, CLASS, TWICE, GIVEN = "allergy", "same", "class", "twice", "given"
TERM = timedelta(days=280)  # from the first day of the last period to the expected day of birth
LASTS = timedelta(days=7)  # how long medicine is thought to be taken when nobody said


class Weeks(NamedTuple):
    """Weeks of a pregnancy from one up to but without another."""

    since: int
    until: int | None

    def holds(self, weeks: int) -> bool:
        """Tell whether a pregnancy of so many whole weeks lies within."""
        return self.since <= weeks and (self.until is None or weeks < self.until)


class Caution(NamedTuple):
    """A line of the list: at which ages, or in which weeks, a class of medicine should not be given, and why."""

    key: str
    atc: tuple[str, ...]
    ages: Span | None
    weeks: Weeks | None
    said: Said


class Advice(NamedTuple):
    """A sentence for the labels of a class or of a form."""

    key: str
    atc: tuple[str, ...]
    forms: tuple[str, ...]
    said: Said


class Substance(NamedTuple):
    """A medicine by its name and ATC code."""

    name: str
    atc: str


class Running(NamedTuple):
    """What was given lately, and the day from which it is used up."""

    substance: Substance
    until: date


@dataclass(frozen=True)
class Person:
    """What is known of a person on a day: allergies, age, weeks of an open pregnancy, what is still being taken."""

    alerts: Sequence[Mapping[str, Any]] = ()
    age: Age | None = None
    weeks: int | None = None
    running: Sequence[Running] = field(default=())


@cache
def cautions() -> dict[str, Caution]:
    """Return the list by key. Raises tables.DataBroken with the number of a line that is wrong."""
    columns = ("key", "kind", "atc", "from", "to", "english", "khmer", "source")
    found: dict[str, Caution] = {}
    for line in tables.lines(FOLDER / "cautions.csv", columns=columns, may_be_empty=("to",)):
        if line["key"] in found:
            raise line.wrong(f"the key {line['key']} stands above")
        by_age = line.one_of("kind", KINDS) == AGE
        weeks = None if by_age else Weeks(line.read("from", _weeks), line.read("to", _weeks) if line["to"] else None)
        found[line["key"]] = Caution(line["key"], _codes(line), line.span if by_age else None, weeks, line.said)
    return found


@cache
def advice() -> tuple[Advice, ...]:
    """Return the sentences for labels in the order of the list."""
    columns = ("key", "atc", "forms", "english", "khmer", "source")
    rows = tables.lines(FOLDER / "label_advice.csv", columns=columns, may_be_empty=("atc", "forms"))
    return tuple(
        Advice(row["key"], _codes(row), tuple(filter(None, row["forms"].split(";"))), row.said) for row in rows
    )


def weigh(medicine: Substance, person: Person, *, beside: Iterable[Substance] = (), on: date) -> list[str]:
    """Return the codes of what speaks against a medicine on a day, allergies first.

    `beside` is what is given in the same act before it.
    """
    codes = [f"{ALLERGY}:{touch.substance}" for touch in allergies.touching(person.alerts, medicine.atc, medicine.name)]
    codes += [f"{AGE if row.ages else PREGNANCY}:{row.key}" for row in _against(medicine, person)]
    taken = [one.substance for one in person.running if one.until > on]
    codes += [code for other in taken if (code := _likeness(medicine, other))]
    codes += [f"{TWICE}:{code.partition(':')[2]}" for other in beside if (code := _likeness(medicine, other))]
    return list(dict.fromkeys(codes))


def until(given_on: date, directions: str) -> date:
    """Return the day from which what was given is used up: by its directions, else after a week."""
    dose = dosage.parse(directions)
    return given_on + (timedelta(days=dose.days) if dose and dose.days else LASTS)


def weeks_on(day: date, born_by: date) -> int:
    """Return how many whole weeks a pregnancy has lasted, by the expected day of birth."""
    return max((day - (born_by - TERM)).days // 7, 0)


def sentences(atc: str, form: str) -> list[Said]:
    """Return what the label of a medicine must say, at most three sentences."""
    fits = (
        row for row in advice()
        if (not row.atc or _under(atc, row.atc)) and (not row.forms or form in row.forms)
    )  # fmt: skip
    return [row.said for row in fits][:3]


def _against(medicine: Substance, person: Person) -> Iterator[Caution]:
    for row in cautions().values():
        if not _under(medicine.atc, row.atc):
            continue
        too_young = row.ages is not None and person.age is not None and row.ages.holds(person.age)
        if too_young or (row.weeks is not None and person.weeks is not None and row.weeks.holds(person.weeks)):
            yield row


def _likeness(medicine: Substance, other: Substance) -> str:
    double = prescriptions.doubles([other, medicine])
    return f"{SAME if double[0].level == 'same' else CLASS}:{other.name}" if double else ""


def _under(atc: str, prefixes: Iterable[str]) -> bool:
    return any(atc.startswith(prefix) for prefix in prefixes)


def _codes(line: tables.Line) -> tuple[str, ...]:
    return _parts(line["atc"])


def _parts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(";")))


def _weeks(text: str) -> int:
    if not text.endswith("w"):
        raise ValueError("weeks are written like 28w")
    return int(text[:-1])
