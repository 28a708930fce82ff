"""A row that breaks the books, and the two ways to find such rows: by a question, or by a running balance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import translation

from core.words import words_of

MOST = 20  # rows of one proof: who mends books begins with the first
CASH = "SELECT code FROM pharmacy_account WHERE kind = 'asset'"
SHELVES = "SELECT code FROM pharmacy_place WHERE kind IN ('store', 'dispensary', 'kit')"


@dataclass(frozen=True)
class Broken:
    """One row that breaks the books: which rule, which row of which table, and what more there is to say."""

    code: str
    table: str
    key: str
    more: str = ""
    day: str = ""

    @property
    def what(self) -> str:
        """Return the rule that is broken, in the language of the moment."""
        return words_of(self.code, self.code)

    @property
    def row(self) -> str:
        """Return the row as a person at a terminal looks for it."""
        return f"{self.table} {self.key}{self.more}{f' on {self.day}' if self.day else ''}"

    def __str__(self) -> str:
        with translation.override("en"):
            return f"{self.what}: {self.row}"


def rows(code: str, wrong: QuerySet[Any]) -> Iterator[Broken]:
    """Yield the first rows of a query that should find none."""
    model: type[Model] = wrong.model
    for pk in wrong.order_by("pk").values_list("pk", flat=True)[:MOST]:
        yield Broken(code, str(model._meta.model_name), str(pk))


def taken_back(model: type[Model]) -> QuerySet[Any]:
    """Return the keys of the rows that another row takes back.

    Ask for them with `in`, not by way of `reversed_by`: where hardly a row is reversed, SQLite would look for each in
    all of them.
    """
    return model._default_manager.filter(reverses__isnull=False).values("reverses")


def keys(code: str, table: str, sql: str, given: Sequence[Any] = ()) -> Iterator[Broken]:
    """Yield the rows whose keys a statement finds; written by hand only where the models cannot ask it."""
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {MOST}", list(given))
        found = cursor.fetchall()
    for (key,) in found:
        yield Broken(code, table, as_key(key))


def below_zero(table: str, amount: str, gains: str, loses: str, holders: str, by: str) -> list[tuple[Any, str, str]]:
    """Return who ends a day below zero, and when: (by, holder, day), the earliest first.

    Every row gives `amount` to the holder it `gains` and takes it from the one it `loses`. The database sums by day
    and runs along the days, so a million rows leave it as the few that are wrong.
    """
    sql = f"""
        WITH change AS (
            SELECT {by} AS by, {gains} AS holder, "on" AS day, {amount} AS n FROM {table} WHERE {gains} IN ({holders})
            UNION ALL
            SELECT {by}, {loses}, "on", -{amount} FROM {table} WHERE {loses} IN ({holders})
        ),
        days AS (SELECT by, holder, day, SUM(n) AS n FROM change GROUP BY by, holder, day),
        ends AS (SELECT by, holder, day, SUM(n) OVER (PARTITION BY by, holder ORDER BY day) AS n FROM days)
        SELECT by, holder, day FROM ends WHERE n < 0 ORDER BY day, holder, by LIMIT {MOST}
    """  # noqa: S608 - every part is written in this house
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [(by, str(holder), _day(day)) for by, holder, day in cursor.fetchall()]


def as_key(value: Any) -> str:
    """Return a key as it is written everywhere: SQLite keeps a UUID as 32 letters."""
    return str(UUID(value)) if isinstance(value, str) and len(value) == 32 else str(value)


def _day(value: date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()
