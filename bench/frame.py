"""How a measurement runs: a scratch database of its own, a warm-up, timed rounds, one round with statements counted."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

WARM_UP = 3

Fresh = Callable[[], AbstractContextManager[None]]  # a database of one's own, empty and migrated


@dataclass(frozen=True)
class Measurement:
    """What is measured: `prepare(size)` makes the data, `once(state, round)` is timed and returns how many it did.

    `most` is the highest number of rounds the data allows. A measurement of many kinds gives a `table` instead, a line
    for each kind.
    """

    about: str
    size: int
    rounds: int
    prepare: Callable[[int], Any]
    once: Callable[[Any, int], int]
    most: int = 1_000_000
    table: Callable[[Any, int], Iterator[dict[str, Any]]] | None = None


@dataclass(frozen=True)
class Result:
    """What came out; times in milliseconds."""

    name: str
    database: str
    size: int
    rounds: int
    p50: float
    p95: float
    per_second: float
    queries: int


@contextmanager
def scratch_databases() -> Iterator[Fresh]:
    """Migrate one database beside the configured one, on the same engine and disk; give how to work on a copy of it."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=settings.VAR_DIR) as folder:
        configured = connection.settings_dict["NAME"]
        connection.settings_dict["TEST"]["NAME"] = migrated = _name(folder)
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        try:
            yield lambda: _copy(migrated, _name(folder))
        finally:
            connection.close()
            connection.creation.destroy_test_db(configured, verbosity=0)


@contextmanager
def _copy(migrated: str, name: str) -> Iterator[None]:
    """Work on a copy of the migrated database; afterwards it is gone and the migrated one is open again."""
    if connection.vendor == "sqlite":
        shutil.copyfile(migrated, name)
    else:
        _besides(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"')
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = migrated
        if connection.vendor == "sqlite":
            Path(name).unlink()
        else:
            _besides(f'DROP DATABASE "{name}" WITH (FORCE)')


def _besides(statement: str) -> None:
    """Say something to PostgreSQL that no open connection to the database allows."""
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement)


def _name(folder: str) -> str:
    unique = f"bench_{time.time_ns()}"
    return str(Path(folder) / f"{unique}.sqlite3") if connection.vendor == "sqlite" else unique


def run(name: str, measurement: Measurement, fresh: Fresh, *, size: int | None, rounds: int | None) -> Result:
    """Run one measurement and return its figures."""
    size, rounds = size or measurement.size, min(rounds or measurement.rounds, measurement.most)
    with fresh():
        state = measurement.prepare(size)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        warm = min(WARM_UP, rounds - 1)
        for number in range(warm):
            measurement.once(state, number)
        times, done = [], 0
        for number in range(warm, warm + rounds):
            began = time.perf_counter()
            done += measurement.once(state, number)
            times.append(time.perf_counter() - began)
        with CaptureQueriesContext(connection) as statements:
            measurement.once(state, warm + rounds)
    times.sort()
    return Result(
        name=name, database=connection.vendor, size=size, rounds=rounds,
        p50=statistics.median(times) * 1000, p95=times[min(len(times) - 1, round(len(times) * 0.95))] * 1000,
        per_second=done / sum(times), queries=len(statements),
    )  # fmt: skip


def tabulate(
    measurement: Measurement, fresh: Fresh, *, size: int | None, rounds: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the lines of a measurement that has a table; the first says how long its data took."""
    assert measurement.table is not None
    with fresh():
        began = time.perf_counter()
        state = measurement.prepare(size or measurement.size)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        yield {"kind": f"{size or measurement.size:,} on {connection.vendor}", "made in s": _seconds_since(began)}
        yield from measurement.table(state, rounds or measurement.rounds)


def _seconds_since(began: float) -> int:
    return round(time.perf_counter() - began)


def as_row(result: Result) -> dict[str, Any]:
    """Return a result for JSON, times rounded."""
    row = asdict(result)
    return row | {key: round(row[key], 2) for key in ("p50", "p95", "per_second")}
