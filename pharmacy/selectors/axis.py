"""Where entries lie on the axis of their cash account (docs/adr/0018): placed by the database, days first.

Sums of days come out of an index alone; only the days that matter are opened, and their entries placed one by one.
What was taken back, and what took it back, lies on no axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from pharmacy.shares import Bridge, Flow, Stretch

NOBODY = UUID(int=0)

# The entries of the chosen days of some cash accounts on one side, each with where it begins.
PLACED = """
WITH turned AS (
  SELECT debit_id, credit_id, "on", minor FROM pharmacy_entry WHERE reverses_id >= {nobody}
  UNION ALL
  SELECT e.debit_id, e.credit_id, e."on", e.minor
  FROM pharmacy_entry r JOIN pharmacy_entry e ON e.id = r.reverses_id WHERE r.reverses_id >= {nobody}
), day AS (
  SELECT account, "on", SUM(n) AS n FROM (
    SELECT {side}_id AS account, "on", SUM(minor) AS n FROM pharmacy_entry
    WHERE {side}_id IN ({accounts}) GROUP BY {side}_id, "on"
    UNION ALL
    SELECT {side}_id, "on", -SUM(minor) FROM turned WHERE {side}_id IN ({accounts}) GROUP BY {side}_id, "on"
  ) AS both GROUP BY account, "on"
), pile AS (
  SELECT account, "on", high - n AS low, high FROM (
    SELECT account, "on", n, SUM(n) OVER (PARTITION BY account ORDER BY "on") AS high FROM day
  ) AS summed
), chosen AS (SELECT account, "on", low FROM pile WHERE {days})
SELECT e.id, e.{side}_id AS account, e.{other}_id AS other, e."on", e.minor,
  chosen.low + SUM(e.minor) OVER (PARTITION BY e.{side}_id, e."on" ORDER BY e.id) AS high
FROM chosen JOIN pharmacy_entry e ON e.{side}_id = chosen.account AND e."on" = chosen."on"
WHERE e.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM pharmacy_entry r WHERE r.reverses_id = e.id)
"""
IN, OUT = "debit", "credit"  # the side of a cash account on which money comes, and goes


def cash_accounts() -> str:
    """Return SQL for the codes of all cash accounts."""
    return "SELECT code FROM pharmacy_account WHERE kind = 'asset'"


def placed(side: str, days: str, accounts: str = "") -> str:
    """Return SQL that places entries of the days for which `days` holds; it may speak of `pile`."""
    other = OUT if side == IN else IN
    nobody = f"'{_key(NOBODY)}'"
    return PLACED.format(side=side, other=other, days=days, accounts=accounts or cash_accounts(), nobody=nobody)


def flows(
    side: str, days: str, given: Sequence[Any], *, also: str = "", joins: str = "", where: str = "TRUE",
    more: Sequence[Any] = (), about: Callable[..., Any] | None = None,
) -> list[Flow]:  # fmt: skip
    """Return entries as flows: one statement. `also` are further columns for `about`, joined to `placed`."""
    columns = f", {also}" if also else ""
    columns = f"placed.id, placed.account, placed.other, placed.minor, placed.high{columns}"
    sql = f"SELECT {columns} FROM ({placed(side, days)}) AS placed {joins} WHERE {where}"  # noqa: S608 (names of ours)
    found = []
    for key, account, other, minor, until, *rest in rows(sql, [*given, *more]):
        high = int(until)
        role = other.split("-", 1)[0]
        found.append(Flow(account, high - minor, high, as_uuid(key), role, about(*rest) if about else None))
    return found


def overlapping(stretches: Iterable[tuple[str, int, int]]) -> tuple[str, list[Any]]:
    """Return SQL, with what it is given, for the days that lie within stretches of axes."""
    stretches = list(stretches) or [("", 0, 0)]
    values = ", ".join("(%s, %s, %s)" for _ in stretches)
    wanted = f"SELECT column1 AS account, column2 AS low, column3 AS high FROM (VALUES {values}) AS v"  # noqa: S608
    here = "wanted.account = pile.account AND wanted.low < pile.high AND wanted.high > pile.low"
    sql = f"EXISTS (SELECT 1 FROM ({wanted}) AS wanted WHERE {here})"  # noqa: S608
    return sql, [part for stretch in stretches for part in stretch]


def bridges() -> list[Bridge]:
    """Return every exchange that stands, from where money was given to where it was taken: one statement."""
    on = '"on" IN (SELECT "on" FROM pharmacy_exchange)'
    of = "SELECT x.id, placed.account, placed.minor, placed.high, '{side}' FROM ({placed}) AS placed"
    of += " JOIN pharmacy_exchange x ON x.{name}_id = placed.id"
    given = of.format(side=OUT, placed=placed(OUT, on), name="given")
    taken = of.format(side=IN, placed=placed(IN, on), name="taken")
    ends: dict[Any, dict[str, Stretch]] = {}
    for key, account, minor, high, side in rows(f"{given} UNION ALL {taken}", []):
        ends.setdefault(key, {})[side] = Stretch(account, int(high) - minor, int(high))
    return [Bridge(both[OUT], both[IN]) for both in ends.values() if len(both) == 2]


def rows(sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return what plain SQL finds; keys and days may be given as they are."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_given(value) for value in given])
        return list(cursor.fetchall())


def _given(value: Any) -> Any:
    return _key(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, date) else value


def _key(id: UUID) -> str:
    """Return a key as this database holds it."""
    return str(id) if connection.features.has_native_uuid_field else id.hex


def as_uuid(value: Any) -> UUID:
    """Return a key that plain SQL found."""
    return value if isinstance(value, UUID) else UUID(value)


def as_day(value: Any) -> date:
    """Return a day that plain SQL found: SQLite has no dates."""
    return value if isinstance(value, date) else date.fromisoformat(value)
