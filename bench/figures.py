"""Years of contacts, tallied: how long a month or a year of figures takes beside the plain SQL of the same question.

Ten years, a fifth as many people as contacts, seven in ten with the mobile team, one or two diagnoses each, half of all
ages in months of under five years. Written past the models and past the triggers, and tallied afterwards as an old
database would be. Always the same for the same size.
"""

# ruff: noqa: S608 - the SQL is put together from our own names only

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from bench.crowd import Bulk, without_indexes
from bench.people import nurse
from clinic.models import Admission, Condition, Diagnosis, Encounter, Patient
from core.ages import BAND_SETS
from core.periods import Month, Period
from core.places.models import Village
from mobile_team.models import DentalCheckup, Route, Session
from reports import dashboard, ranges, selectors
from reports.models import Tally
from reports.spans import Span
from reports.tallies import keeping, watch
from reports.tallies.counting import DIMENSIONS, Dialect, counted
from reports.tallies.touched import Log

EVERYTHING = Log(None)  # a log so long that all is counted from the records
YEARS, FIRST, LAST = 10, dt.date(2016, 1, 1), dt.date(2025, 12, 31)
CONTACTS, VILLAGES = 5, 400  # contacts a person; villages we go to, the first of them most often


@dataclass
class Years:
    """What was made: how long tallying it took, in seconds, without tallies and with old ones."""

    recount: float
    again: float


def years(size: int) -> Years:
    """Write `size` contacts and tally them."""
    watch.remove(connection)
    writer = _Writer(size)
    with without_indexes(Patient, Encounter, Admission, Diagnosis, DentalCheckup):
        writer.write()
    watch.install(connection)
    _vacuum()
    took = []
    for count in (keeping.count_all, keeping.count_all):
        began = time.perf_counter()
        count()
        took.append(time.perf_counter() - began)
    _vacuum()
    return Years(*took)


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


class _Writer:
    """Rows made by the database itself out of the numbers from nought up, table by table."""

    def __init__(self, size: int) -> None:
        self.size, self.people, self.by = size, max(1, size // CONTACTS), nurse()
        self.sqlite = connection.vendor == "sqlite"
        routes = [Route.objects.create(name_km=str(n), name_en=str(n), weekday=n % 7) for n in range(9)]
        villages = list(Village.objects.order_by("id")[:VILLAGES])
        self.places = len(villages)
        Session.objects.bulk_create(
            Session(route=routes[n % 9], village=village, on=FIRST, recorded_by=self.by)
            for n, village in enumerate(villages)
        )

    def write(self) -> None:
        """Write people, their contacts, and what belongs to each."""
        u, sick = _drawn, Condition.objects.count()
        village, condition = f"CAST({u(1)} * {u(2)} * {self.places} AS integer)", f"{u(3)} * {u(4)} * {sick}"
        day = f"number * {(LAST - FIRST).days} / {self.size}"
        on = f"DATE '{FIRST}' + CAST({day} AS integer)"
        if self.sqlite:
            on = f"date('{FIRST}', '+' || ({day}) || ' days')"
        patient = self._key(1, f"CAST({u(5)} * {self.people - 1} AS integer)")
        kinds = f"CASE WHEN {u(6)} < 0.7 THEN 'mobile' WHEN {u(6)} < 0.96 THEN 'outpatient' ELSE 'inpatient' END"
        child, older = f"CAST({u(8)} * 90 AS integer)", f"90 + CAST({u(8)} * {u(9)} * 99 AS integer)"
        slots = f"CASE WHEN {u(7)} < 0.02 THEN NULL WHEN {u(7)} < 0.55 THEN {child} ELSE {older} END"
        self._fill(Patient, self.people, {
            "id": self._key(1), "number": self._text("B", "number"), "family_name": "'Sok'", "given_name": "'Dara'",
            "sex": "CASE WHEN number % 2 = 0 THEN 'F' ELSE 'M' END",
        })  # fmt: skip
        self._fill(Encounter, self.size, {
            "id": self._key(2), "patient_id": patient, "kind": kinds, "on": on, "village_id": "v.id",
            "age_slot": slots, "status": "'closed'", "new_case": f"{u(10)} < 0.8",
        }, _picked(Village, village))  # fmt: skip
        for nth, table in enumerate((3, 6)):  # every contact has one diagnosis, half of them another one
            self._fill(Diagnosis, self.size, {
                "id": self._key(table), "encounter_id": self._key(2), "condition_id": "v.id",
            }, _picked(Condition, f"(CAST({condition} AS integer) + {nth}) % {sick}"),
               f"{u(11)} < 0.5" if nth else "1 = 1")  # fmt: skip
        self._fill(Admission, self.size, {
            "id": self._key(4), "encounter_id": self._key(2), "patient_id": patient, "admitted_on": on,
            "discharged_on": on,
        }, where=f"{u(6)} >= 0.96")  # fmt: skip
        self._fill(DentalCheckup, self.size, {
            "id": self._key(5), "encounter_id": self._key(2), "session_id": "v.id",
            "observed_at": f"'{FIRST} 05:00:00+00:00'",
            "dental_education": f"{u(12)} < 0.9", "toothbrush": f"{u(13)} < 0.6", "toothpaste": f"{u(13)} < 0.6",
        }, _picked(Session, village), f"{u(6)} < 0.7")  # fmt: skip

    def _fill(self, model: type[Model], size: int, given: dict[str, str], join: str = "", where: str = "1 = 1") -> None:
        """Write a row for each number; a column that is not given has the model's default."""
        bulk = Bulk(model, self.by.pk)
        columns, said, usual = [], [], []
        for field in bulk.fields:
            columns.append(f'"{field.column}"')
            said.append(given.get(str(field.column), "%s"))
            if field.column not in given:
                usual.append(field.get_db_prep_save(bulk.usual[field.column], connection))
        with transaction.atomic(), connection.cursor() as cursor:
            if not self.sqlite:  # to look up every foreign key would take longer than all the rest
                cursor.execute(
                    "SELECT set_config('session_replication_role', 'replica', TRUE)"
                    " WHERE current_setting('is_superuser') = 'on'"
                )
            cursor.execute(
                f"INSERT INTO {bulk.table} ({', '.join(columns)}) SELECT {', '.join(said)} "
                f"FROM {self._numbers(size)} {join} WHERE {where} ORDER BY number".replace(" % ", " %% "),
                usual,
            )

    def _numbers(self, size: int) -> str:
        if not self.sqlite:
            return f"(SELECT generate_series(CAST(0 AS bigint), {size - 1}) AS number) s"
        more = f"SELECT number + 1 FROM s WHERE number < {size - 1}"
        return f"(WITH RECURSIVE s(number) AS (SELECT 0 UNION ALL {more}) SELECT number FROM s) s"

    def _key(self, table: int, number: str = "number") -> str:
        key = self._text(f"000000{table}000007", number, 19)
        return key if self.sqlite else f"CAST({key} AS uuid)"

    def _text(self, head: str, number: str, length: int = 9) -> str:
        if self.sqlite:
            return f"'{head}' || printf('%%0{length}x', {number})"
        return f"'{head}' || lpad(to_hex({number}), {length}, '0')"


def _drawn(which: int) -> str:
    """Return SQL for a number from 0 up to 1 that looks drawn by lot, always the same for the same row."""
    x = f"(number * {1_000_003 + which * 60_013_337} % 2147483647)"
    return f"(({x} * {x} / 32768 + {x}) % 2147483647 / CAST(2147483647 AS float))"


def _picked(model: type[Model], place: str) -> str:
    """Return SQL that joins the row of a model which stands at a place in the order of ids."""
    rows = f"SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place FROM {model._meta.db_table}"
    return f"JOIN ({rows}) v ON v.place = {place}"


# -- the questions ---------------------------------------------------------------------------------------

MARCH = Period(Month("2024-03"), Month("2024-03"))
YEAR = Period(Month("2024-01"), Month("2024-12"))


def once(made: Years, number: int) -> int:
    """Ask for a month of figures, for the line that every measurement prints."""
    month = Month(f"{2016 + number % YEARS}-{1 + number % 12:02d}")
    selectors.count(Period(month, month), BAND_SETS["published"])
    return 1


def table(made: Years, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each question: milliseconds out of tallies, those of the plain SQL, and how many times as long.

    `a month` and `a year` are everything a page of figures shows of contacts: each number by month, service, age and
    sex, and the conditions. The plain SQL counts the same from the records, put in order once.

    `dashboard` is all that one asks but its villages and shelves; its plain SQL is the same question to the records.

    `recount of all` is counting every tally there is. Its plain SQL is one aggregate for each grouping that tallies
    hold (days, months, years; conditions, routes, villages by months and years), each over all contacts with all
    measures, with the same memory; the server reads every line of it. `one grouping` is the largest of these alone.
    """
    bands = BAND_SETS["published"]
    asked: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "a month": (partial(selectors.count, MARCH, bands), partial(_plain_page, MARCH)),
        "a year": (partial(selectors.count, YEAR, bands), partial(_plain_page, YEAR)),
        "twelve months": (partial(selectors.trend, YEAR.last), partial(_plain_page, YEAR)),
    }
    for name, (question, plain) in asked.items():
        yield _line(name, _took(question, rounds), _took(plain, 1))
    for name, period in {"dashboard, a month": MARCH, "dashboard, a year": YEAR}.items():
        board = dashboard.Asked(ranges.compared(Span.of(period), LAST), bands)
        yield _line(
            name,
            _took(partial(dashboard.gather, board), rounds),
            _took(partial(dashboard.gather, board, EVERYTHING), 1),
        )
    groupings = [_took(partial(_plain_grouping, *grouping), 1) for grouping in GROUPINGS]
    yield _line("recount of all", made.recount * 1000, sum(groupings))
    yield _line("recount over old tallies", made.again * 1000, sum(groupings))
    yield _line("recount to one grouping", made.recount * 1000, max(groupings))
    yield {"kind": "rows", "contacts": Encounter.objects.count(), "tallies": Tally.objects.count()}


def _line(kind: str, took: float, plain: float) -> dict[str, Any]:
    return {"kind": kind, "ms": round(took, 1), "plain SQL": round(plain, 1), "ratio": round(took / plain, 3)}


def _plain_page(period: Period) -> None:
    stretch = [(period.first_day, period.last_day)]
    for dimension in ("", "condition"):
        _fetch(*counted(Dialect(connection.vendor), stretch, span=Tally.Span.MONTH, dimension=dimension))


GROUPINGS = [(span, name) for name in DIMENSIONS for span in Tally.Span if span != Tally.Span.DAY or not name]


@transaction.atomic
def _plain_grouping(span: Tally.Span, dimension: str) -> None:
    """Ask the records for every line of tallies of one kind."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{keeping.MEMORY}'")
    _fetch(*counted(Dialect(connection.vendor), [(FIRST, LAST)], span=span, dimension=dimension, whole=True))


def _fetch(sql: str, arguments: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*), SUM(contacts) FROM ({sql}) n", arguments)
        cursor.fetchall()


def _took(what: Callable[[], Any], rounds: int) -> float:
    """Return how long the middle one of some rounds took, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]
