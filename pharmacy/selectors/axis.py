"""Where entries lie on the axis of their cash account (docs/adr/0018): placed by the database, days first.

`Axes` asks once for the sum of each day, which comes out of an index alone; after that only the days that matter are
opened, and their entries placed one by one. What was taken back, and what took it back, lies on no axis.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection

from pharmacy.shares import Bridge, Flow, Stretch

IN, OUT = "debit", "credit"  # the side of a cash account on which money comes, and goes
_CASH = "SELECT code FROM pharmacy_account WHERE kind = 'asset'"

# Entries that were taken back, and those that take them back.
_TURNED = """
turned AS (
  SELECT id, debit_id, credit_id, "on", minor FROM pharmacy_entry WHERE reverses_id >= '{nobody}'
  UNION ALL
  SELECT e.id, e.debit_id, e.credit_id, e."on", e.minor
  FROM pharmacy_entry r JOIN pharmacy_entry e ON e.id = r.reverses_id WHERE r.reverses_id >= '{nobody}'
)
"""
_DAYS = """
SELECT '{side}', account, "on", SUM(n) FROM (
  SELECT {side}_id AS account, "on", SUM(minor) AS n FROM pharmacy_entry
  WHERE {side}_id {cash} GROUP BY {side}_id, "on"
  UNION ALL
  SELECT {side}_id, "on", -SUM(minor) FROM turned WHERE {side}_id {cash} GROUP BY {side}_id, "on"
) AS {side}_days GROUP BY account, "on"
"""
# The entries of some days of some cash accounts, each with where it ends within its day.
_PLACED = """
SELECT e.id, e.{side}_id AS account, e.{other}_id AS other, e."on", e.minor,
  SUM(e.minor) OVER (PARTITION BY e.{side}_id, e."on" ORDER BY e.id) AS high
FROM ({opened}) AS opened
JOIN pharmacy_entry e ON e.{side}_id = opened.account AND e."on" = opened."on"
WHERE e.id NOT IN (SELECT id FROM turned)
"""


class Axes:
    """The axes of all cash accounts, each day with where it begins: one statement when made."""

    def __init__(self) -> None:
        sides = " UNION ALL ".join(_DAYS.format(side=side, cash=_cash()) for side in (IN, OUT))
        sums: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
        for side, account, on, n in rows(f"WITH {_turned()} {sides}", []):
            sums[side, account].append((as_day(on), int(n)))
        self._days: dict[tuple[str, str], list[date]] = {}
        self._ends: dict[tuple[str, str], list[int]] = {}
        for key, days in sums.items():
            days.sort()
            self._days[key] = [on for on, _ in days]
            self._ends[key] = list(accumulate(n for _, n in days))

    def start(self, side: str, account: str, on: date) -> int:
        """Return where a day begins."""
        at = bisect_left(self._days[side, account], on)
        return self._ends[side, account][at - 1] if at else 0

    def days(self, side: str, stretches: Iterable[tuple[str, int, int]]) -> list[tuple[str, date]]:
        """Return the days of accounts that lie within stretches of their axes."""
        found: dict[tuple[str, date], None] = {}
        for account, low, high in stretches:
            days, ends = self._days.get((side, account), []), self._ends.get((side, account), [])
            for at in range(bisect_right(ends, low), min(bisect_left(ends, high) + 1, len(days))):
                found[account, days[at]] = None
        return list(found)

    def flows(
        self, side: str, opened: str, given: Sequence[Any], *, also: str = "", joins: str = "", where: str = "TRUE",
        more: Sequence[Any] = (), about: Callable[..., Any] | None = None,
    ) -> list[Flow]:  # fmt: skip
        """Return the entries of the days that `opened` selects as (account, on): one statement.

        `also` are further columns for `about`, of what is joined to `placed`.
        """
        columns = "placed.id, placed.account, placed.other, placed.on, placed.minor, placed.high"
        columns = columns.replace(".on", '."on"') + (f", {also}" if also else "")
        placed = _PLACED.format(side=side, other=OUT if side == IN else IN, opened=opened)
        sql = f"WITH {_turned()} SELECT {columns} FROM ({placed}) AS placed {joins} WHERE {where}"  # noqa: S608
        found = []
        for key, account, other, on, minor, high, *rest in rows(sql, [*given, *more]):
            end = self.start(side, account, as_day(on)) + int(high)
            role = other.split("-", 1)[0]
            found.append(Flow(account, end - minor, end, as_uuid(key), role, about(*rest) if about else None))
        return found

    def bridges(self) -> list[Bridge]:
        """Return every exchange that stands, from where money was given to where it was taken: one statement."""
        parts = []
        for side, name in ((OUT, "given"), (IN, "taken")):
            opened = f'SELECT DISTINCT e.{side}_id AS account, e."on" FROM pharmacy_exchange x'  # noqa: S608
            opened += f" JOIN pharmacy_entry e ON e.id = x.{name}_id"
            placed = _PLACED.format(side=side, other=OUT if side == IN else IN, opened=opened)
            parts.append(
                f"SELECT x.id, '{side}', placed.account, placed.\"on\", placed.minor, placed.high"  # noqa: S608
                f" FROM ({placed}) AS placed JOIN pharmacy_exchange x ON x.{name}_id = placed.id"
            )
        ends: dict[Any, dict[str, Stretch]] = defaultdict(dict)
        for key, side, account, on, minor, high in rows(f"WITH {_turned()} {' UNION ALL '.join(parts)}", []):
            end = self.start(side, account, as_day(on)) + int(high)
            ends[key][side] = Stretch(account, end - minor, end)
        return [Bridge(both[OUT], both[IN]) for both in ends.values() if len(both) == 2]


def opened(days: Iterable[tuple[str, date]]) -> tuple[str, list[Any]]:
    """Return SQL that selects days of accounts, with what it is given: however many, they are one or two values."""
    days = list(days)
    if connection.vendor == "postgresql":
        accounts, those = [account for account, _ in days], [on.isoformat() for _, on in days]
        return 'SELECT * FROM UNNEST(%s::text[], %s::date[]) AS u (account, "on")', [accounts, those]
    pairs = json.dumps([[account, on.isoformat()] for account, on in days])
    return "SELECT json_extract(value, '$[0]') AS account, json_extract(value, '$[1]') AS \"on\" FROM json_each(%s)", [
        pairs
    ]


def among(column: str, keys: Iterable[UUID]) -> tuple[str, list[Any]]:
    """Return SQL that holds for some keys, and what it is given: one value, however many they are."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::uuid[])", [[str(key) for key in keys]]
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps([key.hex for key in keys])]  # noqa: S608


def rows(sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return what plain SQL finds; keys and days may be given as they are."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_given(value) for value in given])
        return list(cursor.fetchall())


def _cash() -> str:
    """Return SQL that picks cash accounts; PostgreSQL gets them as a value, or it joins every entry with them."""
    return f"= ANY (ARRAY({_CASH}))" if connection.vendor == "postgresql" else f"IN ({_CASH})"


def _turned() -> str:
    return _TURNED.format(nobody=_key(UUID(int=0)))


def _given(value: Any) -> Any:
    return _key(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, date) else value


def _key(key: UUID) -> str:
    """Return a key as this database holds it."""
    return str(key) if connection.features.has_native_uuid_field else key.hex


def as_uuid(value: Any) -> UUID:
    """Return a key that plain SQL found."""
    return value if isinstance(value, UUID) else UUID(value)


def as_day(value: Any) -> date:
    """Return a day that plain SQL found: SQLite has no dates."""
    return value if isinstance(value, date) else date.fromisoformat(value)
