"""The weeks of a pregnancy, when the next contact is, and what is a warning.

A pregnancy is reckoned to last 280 days from the first day of the last period (reference/cambodia.md 1.6). The plans of
contacts, the danger signs and the warnings are data, each line with its source: `data/anc_schedule.csv`,
`anc_danger.csv`, `anc_rules.csv`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from clinic.rules.expressions import Facts, Names, parse
from clinic.rules.judging import Colour, Judgement, Rule, fits, judge
from clinic.rules.tables import FOLDER, Said, Span, lines
from core.ages import Age, Bound
from core.errors import RuleBroken

TERM = 280  # days
LONGEST = 44 * 7  # days after which a pregnancy is over, or the dates are wrong
EARLY = 12  # a first contact before this week is early (ANC1)
USUAL_AGES = (12, 50)  # years; outside of it the page asks whether this is the right person
MEASURES = frozenset(
    {"systolic", "diastolic", "protein", "haemoglobin", "fetal_heart_rate", "weeks", "womb_gap"}
)  # fmt: skip
PROTEIN = {"neg": 0, "trace": 0.5, "1": 1, "2": 2, "3": 3}
_EVERY_AGE = Span(Bound(0, "d"))


class Gestation(NamedTuple):
    """How far a pregnancy is: completed weeks and days."""

    weeks: int
    days: int

    def __str__(self) -> str:
        return f"{self.weeks}+{self.days}"


# -- dates ------------------------------------------------------------------------------------------------


def due_from_lmp(lmp: dt.date) -> dt.date:
    """Return the expected day of birth from the first day of the last period."""
    return lmp + dt.timedelta(days=TERM)


def due_from_weeks(weeks: int, days: int, *, on: dt.date) -> dt.date:
    """Return the expected day of birth of a pregnancy that is so far on a day."""
    return on + dt.timedelta(days=TERM - weeks * 7 - days)


def gestation(edd: dt.date, on: dt.date) -> Gestation | None:
    """Return how far the pregnancy is on a day; None before it began."""
    days = TERM - (edd - on).days
    return Gestation(*divmod(days, 7)) if days >= 0 else None


def check_due(edd: dt.date, *, on: dt.date, field: str) -> None:
    """Refuse dates by which the woman is not pregnant yet, or for longer than 44 weeks.

    Raises RuleBroken: clinic.pregnancy_not_begun, clinic.pregnancy_too_long.
    """
    days = TERM - (edd - on).days
    if days < 0:
        raise RuleBroken("clinic.pregnancy_not_begun", field=field)
    if days > LONGEST:
        raise RuleBroken("clinic.pregnancy_too_long", field=field, weeks=days // 7)


def check_numbers(*, gravida: int | None, para: int | None, abortions: int | None, living: int | None) -> None:
    """Refuse numbers of earlier pregnancies that contradict each other; what was not asked contradicts nothing.

    Raises RuleBroken: clinic.gravida_too_small, clinic.living_too_many.
    """
    before = (para or 0) + (abortions or 0)
    if gravida is not None and gravida < before + 1:
        raise RuleBroken("clinic.gravida_too_small", field="gravida", least=before + 1)
    if living is not None and para is not None and living > para * 3:  # triplets each time, and not more
        raise RuleBroken("clinic.living_too_many", field="living")


def check_end(on: dt.date, *, edd: dt.date, today: dt.date, last_contact: dt.date | None) -> None:
    """Refuse an end in the future, before the pregnancy began, or before a day on which it was still seen.

    Raises RuleBroken: clinic.date_in_future, clinic.pregnancy_not_begun, clinic.pregnancy_seen_later.
    """
    if on > today:
        raise RuleBroken("clinic.date_in_future", field="ended_on")
    if gestation(edd, on) is None:
        raise RuleBroken("clinic.pregnancy_not_begun", field="ended_on")
    if last_contact and on < last_contact:
        raise RuleBroken("clinic.pregnancy_seen_later", field="ended_on", seen=last_contact.isoformat())


def unusual_age(age: Age | None) -> bool:
    """Return whether the page should ask if this is the right person; nobody is refused for her age."""
    return age is not None and not USUAL_AGES[0] <= age.years <= USUAL_AGES[1]


# -- contacts ---------------------------------------------------------------------------------------------


class Planned(NamedTuple):
    """A contact of a plan: which one, from what week, and on what day that week begins."""

    number: int
    weeks: int
    on: dt.date


@cache
def plans() -> dict[str, tuple[tuple[int, ...], Said]]:
    """Return the plans of contacts by key: the weeks, and what the plan is called."""
    columns = ("plan", "number", "weeks", "english", "khmer", "source")
    found: dict[str, tuple[tuple[int, ...], Said]] = {}
    for line in lines(FOLDER / "anc_schedule.csv", columns=columns):
        weeks = found[line["plan"]][0] if line["plan"] in found else ()
        if line.read("number", int) != len(weeks) + 1:
            raise line.wrong("the contacts of a plan are numbered from 1")
        if weeks and line.read("weeks", int) <= weeks[-1]:
            raise line.wrong("a contact must be later than the one before it")
        found[line["plan"]] = ((*weeks, line.read("weeks", int)), line.said)
    return found


def next_contact(edd: dt.date, on: dt.date, *, plan: str = "who8") -> Planned | None:
    """Return the first contact of the plan after this day, None when it was the last."""
    for number, weeks in enumerate(plans()[plan][0], start=1):
        day = edd - dt.timedelta(days=TERM - weeks * 7)
        if day > on:
            return Planned(number, weeks, day)
    return None


@dataclass(frozen=True)
class Coverage:
    """What a pregnancy counts for: how many contacts, and whether the first came early."""

    contacts: int
    early: bool

    @property
    def anc1(self) -> bool:
        """Return whether there was a first contact before week 12."""
        return self.early

    @property
    def anc2(self) -> bool:
        """Return whether there were two contacts or more."""
        return self.contacts >= 2

    @property
    def anc4(self) -> bool:
        """Return whether there were four contacts or more."""
        return self.contacts >= 4

    @property
    def anc8(self) -> bool:
        """Return whether there were eight contacts or more."""
        return self.contacts >= 8


def coverage(days: Sequence[dt.date], edd: dt.date) -> Coverage:
    """Return what the contacts on these days count for (reference/cambodia.md 1.6)."""
    first = gestation(edd, min(days)) if days else None
    return Coverage(len(days), first is not None and first.weeks < EARLY)


# -- warnings ---------------------------------------------------------------------------------------------


class DangerSign(NamedTuple):
    """A danger sign in pregnancy; `hypertension` when with high pressure it means pre-eclampsia."""

    key: str
    hypertension: bool
    said: Said
    source: str


@cache
def danger_signs() -> tuple[DangerSign, ...]:
    """Return the danger signs in pregnancy, in the order of the list."""
    columns = ("key", "hypertension", "english", "khmer", "source")
    rows = lines(FOLDER / "anc_danger.csv", columns=columns, may_be_empty=("hypertension",))
    return tuple(
        DangerSign(line["key"], line.one_of("hypertension", ("", "y")) == "y", line.said, line["source"])
        for line in rows
    )


@cache
def rules() -> tuple[Rule, ...]:
    """Return the warnings, the gravest of each topic first. Raises DataBroken."""
    signs = danger_signs()
    groups = {"danger": tuple(s.key for s in signs), "hypertension": tuple(s.key for s in signs if s.hypertension)}
    names = Names(frozenset(groups["danger"]), MEASURES, groups)
    columns = ("topic", "key", "colour", "when", "english", "khmer", "do_english", "do_khmer", "source")
    rows: list[Rule] = []
    for line in lines(FOLDER / "anc_rules.csv", columns=columns):
        rule = Rule(
            "", line["topic"], line["key"], Colour(line.one_of("colour", list(Colour))), _EVERY_AGE,
            line.read("when", lambda text: parse(text, names)), line.said, Said(line["do_english"], line["do_khmer"]),
            line["source"],
        )  # fmt: skip
        rows.append(fits(rule, rows, line))
    return tuple(rows)


def measures(
    *, at: Gestation | None, systolic: int | None = None, diastolic: int | None = None, protein: str = "",
    haemoglobin: Any = None, fetal_heart_rate: int | None = None, fundal_height: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what the warnings look at: the measures, the completed weeks, and how far the womb is from them."""
    weeks = at.weeks if at else None
    gap = abs(float(fundal_height) - weeks) if fundal_height is not None and weeks is not None else None
    return {
        "systolic": systolic, "diastolic": diastolic, "protein": PROTEIN.get(protein), "haemoglobin": haemoglobin,
        "fetal_heart_rate": fetal_heart_rate, "weeks": weeks, "womb_gap": gap,
    }  # fmt: skip


def warnings(signs: Mapping[str, bool], measured: Mapping[str, Any]) -> Judgement:
    """Return what is a warning in one contact: pressure from 140/90, severe from 160/110, … (data/anc_rules.csv)."""
    return judge(rules(), Facts(signs, measures=measured))
