"""Know which work has a living worker: who is at a job holds a lock that the database frees when its holder dies.

Only on PostgreSQL, where workers may be many and on other machines. On SQLite there is one worker under the same roof,
and its start says that the one before is dead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

LOCKS = 60_020  # the class of our advisory locks; within it a number out of the job's id
_here = threading.local()


def hold(job_id: str) -> bool:
    """Hold a job until `let_go` or the end of this connection; return False when somebody alive is at it."""
    if connection.vendor != "postgresql":
        return True
    _here.holds = True
    return bool(_ask("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, _number(UUID(job_id))])[0][0])


def let_go() -> None:
    """Hold nothing any more; a task that ends calls it, however it ended."""
    if getattr(_here, "holds", False):
        _here.holds = False
        _ask("SELECT pg_advisory_unlock_all()")


def forsaken(at_work: Iterable[UUID]) -> list[UUID] | None:
    """Return those of some jobs at work at which nobody alive is; None where that cannot be known."""
    if connection.vendor != "postgresql":
        return None
    ids = list(at_work)  # before the locks: what begins in between has its lock before it reads as running
    held = {number for (number,) in _ask(
        "SELECT CAST(objid AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 "
        "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", [LOCKS],
    )}  # fmt: skip
    return [one for one in ids if _number(one) & 0xFFFFFFFF not in held]


def _number(id: UUID) -> int:
    return int.from_bytes(id.bytes[-4:], signed=True)


def _ask(sql: str, arguments: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()
