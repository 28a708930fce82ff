"""The SQL that counts contacts from the records: one text for writing tallies, for proving them and for fresh days.

What a contact is, is said in reports/figures.py; a test holds both to the same numbers.
"""

# ruff: noqa: S608 - the SQL is put together from our own names only
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from reports.models import Tally
from reports.models.tally import ALL_AGES, UNKNOWN_AGE
from reports.tallies.ages import put_together

MEASURES = Tally.MEASURES
CELL = ("key", "service", "sex", "slot")  # what a line of tallies is known by, beside its span

# `COALESCE` and not `IS NULL`, so that no index fits: EncounterQuerySet.contacts says why.
COUNTS = "{0}.status <> 'void' AND {0}.id = COALESCE({0}.admitted_as_id, {0}.id)"
FALSE = {"sqlite": "0", "postgresql": "FALSE"}
FIRSTS = frozenset({"first_in_month", "first_in_year", "first_ever"})


class Ages(Enum):
    """How a line knows its age: by slot, by slots put together (`ages.KEPT`), or not at all."""

    SLOTS = "slots"
    TOGETHER = "together"
    NONE = "none"

    def of(self, slot: str) -> str:
        """Return the SQL of what a line has for a slot."""
        return {Ages.SLOTS: slot, Ages.TOGETHER: put_together(slot), Ages.NONE: str(ALL_AGES)}[self]


@dataclass(frozen=True)
class Dimension:
    """How a contact gets its keys, "none" where it has none, and by what ages its tallies are kept."""

    key: str
    joins: str = ""
    ages: Ages = Ages.TOGETHER


NO_KEY, EVERY_SLOT = "CAST('' AS varchar(1))", "slot"
DIMENSIONS = {
    "": Dimension(NO_KEY),
    EVERY_SLOT: Dimension(NO_KEY, ages=Ages.SLOTS),  # all contacts once more, for bands that cut finer
    # A contact with two diagnoses stands under both, one without under none of them.
    "condition": Dimension(
        "n.key",
        "JOIN clinic_diagnosis d ON d.encounter_id = c.id JOIN clinic_condition n ON n.id = d.condition_id",
    ),
    "route": Dimension(
        "COALESCE(CAST(s.route_id AS varchar(20)), 'none')",
        "LEFT JOIN mobile_team_session s ON s.id = c.session_id",
    ),
    "village": Dimension("COALESCE(CAST(c.village_id AS varchar(20)), 'none')", ages=Ages.NONE),
}


def as_day(value: Any) -> date:
    """Return a day as the database gave it; SQLite gives text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


Stretch = tuple[date, date]  # from one day to another, both with


def within(column: str, stretches: Sequence[Stretch]) -> tuple[str, list[Any]]:
    """Return the condition that a column of days lies in one of some stretches, and its arguments."""
    if all(first == last for first, last in stretches):
        return f"{column} IN ({', '.join(['%s'] * len(stretches))})", [first for first, _ in stretches]
    said = " OR ".join([f"{column} BETWEEN %s AND %s"] * len(stretches))
    return f"({said})", [day for stretch in stretches for day in stretch]


class Dialect:
    """What SQLite and PostgreSQL write differently."""

    def __init__(self, vendor: str) -> None:
        self.sqlite = vendor == "sqlite"
        self.false = FALSE[vendor]

    def beginning(self, span: str, day: str) -> str:
        """Return the first day of the month or year of a day."""
        if span == Tally.Span.DAY:
            return day
        if self.sqlite:
            return f"substr({day}, 1, 7) || '-01'" if span == Tally.Span.MONTH else f"substr({day}, 1, 4) || '-01-01'"
        unit = "month" if span == Tally.Span.MONTH else "year"
        return f"CAST(date_trunc('{unit}', CAST({day} AS timestamp)) AS date)"


def counted(
    dialect: Dialect, stretches: Sequence[Stretch], *, span: str, dimension: str = "",
    measures: Sequence[str] = MEASURES, ages: Ages | None = None, whole: bool = False,
) -> tuple[str, list[Any]]:  # fmt: skip
    """Return a SELECT of (first, key, service, sex, slot, one sum a measure) over the contacts of some stretches.

    `span` says by what contacts are put together: days, months or years; `ages` are those of the tallies if not given.
    `whole` says that there are no contacts before the stretch.
    """
    marked, arguments = _marked(dialect, stretches, measures, whole=whole)
    sql = _lines(dialect, f"({marked})", span, dimension, measures, ages or DIMENSIONS[dimension].ages)
    return sql, arguments


def all_counted(
    dialect: Dialect, stretch: Stretch, days: Sequence[Stretch], *, whole: bool = False
) -> tuple[str, list[Any]]:
    """Return a SELECT of (span, dimension, first, key, ...) of every line of some months and of some of their days.

    Contacts are read and put in order once. Years are sums of months and not among it.
    """
    marked, arguments = _marked(dialect, [stretch], MEASURES, whole=whole)
    wanted, more = within('c."on"', days)
    parts = [
        _lines(dialect, "marked", span, dimension, MEASURES, DIMENSIONS[dimension].ages, where, named=True)
        for span, dimension, where in (
            (Tally.Span.DAY, "", f"WHERE {wanted}"), *((Tally.Span.MONTH, name, "") for name in DIMENSIONS)
        )
    ]  # fmt: skip
    return f"WITH marked AS MATERIALIZED ({marked}) {' UNION ALL '.join(parts)}", [*arguments, *more]


def _lines(
    dialect: Dialect, marked: str, span: str, dimension: str, measures: Sequence[str], ages: Ages, where: str = "",
    *, named: bool = False,
) -> str:  # fmt: skip
    kept = DIMENSIONS[dimension]
    cells = [dialect.beginning(span, 'c."on"'), kept.key, "c.kind", "c.sex", ages.of("c.slot")]
    said = [f"{cell} AS {name}" for cell, name in zip(cells, ("first", *CELL), strict=True)]
    if named:
        said += [f"'{span}' AS span", f"'{dimension}' AS dimension"]
    said += [
        f"{'COUNT(*)' if measure == 'contacts' else f'COUNT(*) FILTER (WHERE c.{measure})'} AS {measure}"
        for measure in measures
    ]
    return f"SELECT {', '.join(said)} FROM {marked} c {kept.joins} {where} GROUP BY 1, 2, 3, 4, 5"


def _marked(
    dialect: Dialect, stretches: Sequence[Stretch], measures: Sequence[str], *, whole: bool
) -> tuple[str, list[Any]]:
    """Return a SELECT of the contacts of some stretches with what a line needs: one row each, and yes or no."""
    joins = []
    if "first_admissions" in measures:
        joins.append("LEFT JOIN clinic_admission a ON a.encounter_id = c.id AND c.kind = 'inpatient'")
    joins.append("LEFT JOIN mobile_team_dentalcheckup k ON k.encounter_id = c.id")
    yes = "".join(f", ({_yes(dialect, name)}) AS {name}" for name in measures if name != "contacts")
    contacts, arguments = _contacts(stretches, in_order=not FIRSTS.isdisjoint(measures), whole=whole)
    return (
        (
            f'SELECT c.id, c."on", c.kind, p.sex, COALESCE(c.age_slot, {UNKNOWN_AGE}) AS slot, c.village_id, '
            f"k.session_id{yes} FROM ({contacts}) c JOIN clinic_patient p ON p.id = c.patient_id {' '.join(joins)}"
        ),
        arguments,
    )


def _yes(dialect: Dialect, measure: str) -> str:
    """Return the condition under which a contact counts in a measure."""
    true = "= 1" if dialect.sqlite else "IS TRUE"
    month, year = (dialect.beginning(span, 'c."on"') for span in (Tally.Span.MONTH, Tally.Span.YEAR))
    return {
        "new_cases": f"c.new_case {true}",
        "first_in_month": f"c.before IS NULL OR c.before < {month}",
        "first_in_year": f"c.before IS NULL OR c.before < {year}",
        "first_ever": "c.before IS NULL",
        "first_admissions": _first_admission(dialect),
        "dental_education": f"k.dental_education {true}",
        "toothbrushes": f"k.toothbrush {true}",
        "toothpaste": f"k.toothpaste {true}",
    }[measure]


def _first_admission(dialect: Dialect) -> str:
    """Keep stays before which the patient had no other, as `new_patients_admitted` does."""
    return (
        f"a.void = {dialect.false} AND NOT EXISTS (SELECT 1 FROM clinic_admission b JOIN clinic_encounter v"
        f" ON v.id = b.encounter_id AND v.status <> 'void' WHERE b.patient_id = a.patient_id"
        f" AND b.void = {dialect.false}"
        " AND (b.admitted_on < a.admitted_on OR (b.admitted_on = a.admitted_on AND b.id < a.id)))"
    )


def _contacts(stretches: Sequence[Stretch], *, in_order: bool, whole: bool) -> tuple[str, list[Any]]:
    """Return a SELECT of the contacts of some stretches; in order, each knows the contact `before` it."""
    where, days = within('c."on"', stretches)
    before, arguments = _before(stretches, whole=whole) if in_order else ("NULL", [])
    return (
        (
            'SELECT c.id, c."on", c.kind, c.patient_id, c.age_slot, c.village_id, c.new_case, '
            f"{before} AS before FROM clinic_encounter c WHERE {where} AND {COUNTS.format('c')}"
        ),
        arguments + days,
    )


def _before(stretches: Sequence[Stretch], *, whole: bool) -> tuple[str, list[Any]]:
    """Return the day of the person's contact before this one; of two on one day the one recorded first is first.

    One stretch is put in order, and only what comes before the stretch is looked up; with many, every contact looks.
    """
    look = f'SELECT MAX(e."on") FROM clinic_encounter e WHERE e.patient_id = c.patient_id AND {COUNTS.format("e")}'
    if len(stretches) > 1:
        return f'({look} AND e."on" <= c."on" AND (e."on" < c."on" OR e.id < c.id))', []
    previous = 'LAG(c."on") OVER (PARTITION BY c.patient_id ORDER BY c."on", c.id)'
    if whole:
        return previous, []
    return f'COALESCE({previous}, ({look} AND e."on" < %s))', [stretches[0][0]]
