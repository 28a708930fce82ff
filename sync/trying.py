"""Try a transaction again when the database was busy, and never longer than a desk can wait."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

log = logging.getLogger("clinic.sync")
T = TypeVar("T")

TRIES = 3
PAUSE = 0.05  # seconds before the second try, twice as long before each further one
# Below PostgreSQL's deadlock_timeout (1 s): of a desk and a tablet that wait for each other, the tablet gives way.
PATIENCE = "SET LOCAL lock_timeout = '700ms'"


class Busy(Exception):
    """Say that the database cannot take this now: it is locked, or away."""


def in_transaction(act: Callable[[], T]) -> T:
    """Return what `act` returns, done in one transaction; tried again when the database was locked or away.

    Raises Busy, and whatever else `act` raises.
    """
    for turn in range(TRIES):
        if turn:
            time.sleep(PAUSE * 2**turn * random.uniform(0.5, 1))  # noqa: S311 - two that wait must not wait alike
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(PATIENCE)
                return act()
        except (OperationalError, InterfaceError) as error:
            log.warning("a tablet's ops wait for the database: %s", error)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
    raise Busy
