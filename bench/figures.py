"""Years of contacts, tallied: how long a month or a year of figures takes beside the plain SQL of the same question.

Ten years, a fifth as many people as contacts, seven in ten with the mobile team, half with a diagnosis. Written past
the models and past the triggers, and tallied afterwards as an old database would be. Always the same for the same size.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from bench.crowd import Bulk, without_indexes
from bench.people import nurse
from clinic.models import Admission, Condition, Diagnosis, Encounter, Patient
from core.ages import BAND_SETS
from core.ids import patient_number
from core.periods import Month, Period
from core.places.models import Village
from mobile_team.models import DentalCheckup, Route, Session
from reports import selectors
from reports.models import Tally
from reports.tallies import keeping, watch
from reports.tallies.counting import DIMENSIONS, Dialect, counted

YEARS, FIRST, LAST = 10, dt.date(2016, 1, 1), dt.date(2025, 12, 31)
CHUNK, CONTACTS = 50_000, 5  # contacts a person
KINDS = ("mobile",) * 70 + ("outpatient",) * 26 + ("inpatient",) * 4
SLOTS = (None, 12, 29, 40, *range(60, 160))


@dataclass
class Years:
    """What was made: how long tallying it took, in seconds."""

    recount: float


def years(size: int) -> Years:
    """Write `size` contacts and tally them."""
    watch.remove(connection)
    writer = _Writer(size)
    with without_indexes(*writer.bulks):
        writer.write()
    watch.install(connection)
    _vacuum()
    began = time.perf_counter()
    keeping.keep_up()
    return Years(time.perf_counter() - began)


def _vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


class _Writer:
    """Rows by table, in the order of time."""

    def __init__(self, size: int) -> None:
        self.size, self.people = size, max(1, size // CONTACTS)
        self.by, self.chance = nurse(), random.Random(size)
        self.villages = list(Village.objects.order_by("id").values_list("id", flat=True)[:200])
        self.conditions = list(Condition.objects.order_by("id").values_list("id", flat=True))
        routes = [Route.objects.create(name_km=str(n), name_en=str(n), weekday=n % 7) for n in range(9)]
        self.sessions = [
            Session.objects.create(route=routes[n % 9], village_id=village, on=FIRST, recorded_by=self.by).pk
            for n, village in enumerate(self.villages)
        ]
        self.bulks = {
            model: Bulk(model, self.by.pk) for model in (Patient, Encounter, Admission, Diagnosis, DentalCheckup)
        }

    def write(self) -> None:
        """Write people first, then their contacts with what belongs to each."""
        _in_chunks(self.bulks[Patient], map(self._person, range(self.people)))
        numbers = iter(range(self.size))
        while some := list(islice(numbers, CHUNK)):
            rows: dict[type, list[dict[str, Any]]] = {model: [] for model in self.bulks}
            for number in some:
                self._contact(number, rows)
            for model, bulk in self.bulks.items():
                bulk.write(rows[model])

    def _person(self, number: int) -> dict[str, Any]:
        return {
            "id": _key(1, number), "number": patient_number(number + 1), "family_name": "Sok", "given_name": "Dara",
            "sex": "FM"[number % 2],
        }  # fmt: skip

    def _contact(self, number: int, rows: dict[type, list[dict[str, Any]]]) -> None:
        chance, key = self.chance.random, _key(2, number)
        kind = KINDS[int(chance() * 100)]
        on = FIRST + dt.timedelta(days=number * (LAST - FIRST).days // self.size)
        patient, place = _key(1, int(chance() * self.people)), int(chance() * len(self.villages))
        rows[Encounter].append({
            "id": key, "patient_id": patient, "kind": kind, "on": on, "village_id": self.villages[place],
            "age_slot": SLOTS[int(chance() * len(SLOTS))], "status": "closed", "new_case": chance() < 0.8,
        })  # fmt: skip
        if chance() < 0.5:
            condition = self.conditions[int(chance() * chance() * len(self.conditions))]
            rows[Diagnosis].append({"id": _key(3, number), "encounter_id": key, "condition_id": condition})
        if kind == "inpatient":
            stay = {"id": _key(4, number), "encounter_id": key, "patient_id": patient}
            rows[Admission].append(stay | {"admitted_on": on, "discharged_on": on})
        if kind == "mobile":
            given = {"dental_education": chance() < 0.9, "toothbrush": chance() < 0.6, "toothpaste": chance() < 0.6}
            checkup = {"id": _key(5, number), "encounter_id": key, "session_id": self.sessions[place]}
            noon = dt.datetime.combine(on, dt.time(5), dt.UTC)
            rows[DentalCheckup].append(checkup | given | {"observed_at": noon})


def _key(table: int, number: int) -> UUID:
    return UUID(int=(0x7 << 76) + (table << 100) + number)


def _in_chunks(bulk: Bulk, rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        bulk.write(chunk)


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
    sex, and the conditions. The plain SQL counts the same from the records, put in order once. Of the recount,
    milliseconds for all contacts with every dimension.
    """
    bands = BAND_SETS["published"]
    asked: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "a month": (partial(selectors.count, MARCH, bands), partial(_plain_page, MARCH)),
        "a year": (partial(selectors.count, YEAR, bands), partial(_plain_page, YEAR)),
        "twelve months": (partial(selectors.trend, YEAR.last), partial(_plain_page, YEAR)),
    }
    for name, (question, plain) in asked.items():
        yield _line(name, _took(question, rounds), _took(plain, 1))
    yield _line("recount of all", made.recount * 1000, _took(_plain_recount, 1))
    yield {"kind": "rows", "contacts": Encounter.objects.count(), "tallies": Tally.objects.count()}


def _line(kind: str, took: float, plain: float) -> dict[str, Any]:
    return {"kind": kind, "ms": round(took, 1), "plain SQL": round(plain, 1), "ratio": round(took / plain, 3)}


def _plain_page(period: Period) -> None:
    stretch = [(period.first_day, period.last_day)]
    for dimension in ("", "condition"):
        _fetch(*counted(Dialect(connection.vendor), stretch, span=Tally.Span.MONTH, dimension=dimension))


def _plain_recount() -> None:
    """Ask the records for every line of tallies there is: days, months and years, each dimension."""
    for dimension in DIMENSIONS:
        for span in Tally.Span:
            if span != Tally.Span.DAY or not dimension:
                _fetch(*counted(Dialect(connection.vendor), [(FIRST, LAST)], span=span, dimension=dimension))


def _fetch(sql: str, arguments: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*), SUM(contacts) FROM ({sql}) n", arguments)  # noqa: S608 - our own names
        cursor.fetchall()


def _took(what: Callable[[], Any], rounds: int) -> float:
    """Return how long the middle one of some rounds took, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]
