"""Let two pushes in at a time on this machine, so that a desk beside fifty tablets stays quick; the others come back.

The places are files that a push locks: they hold across the processes of the web server, and one that dies gives its
place back by itself. Nobody waits inside, for who waits holds a thread that the desk needs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import IO

from django.conf import settings
from django.db import connection

from sync.auth import Refused

try:
    import fcntl
except ImportError:  # Windows: one process serves there, so a semaphore of its own is enough
    fcntl = None  # type: ignore[assignment]

PLACES = 2
BREATH = 0.02  # seconds between two transactions of pushes in which only the desk may write
WAIT = (1, 4)  # seconds, drawn by lot so that those sent away do not come back together

_places = BoundedSemaphore(PLACES)


@contextmanager
def place() -> Iterator[None]:
    """Hold one of the places. Raises Refused(503) with a time to come back when all are taken."""
    if fcntl is None:
        if not _places.acquire(blocking=False):
            raise _full()
        try:
            yield
        finally:
            _places.release()
        return
    with _locked() as held:
        if held is None:
            raise _full()
        yield


@contextmanager
def turn() -> Iterator[None]:
    """Write while no other push does, and leave the desk a moment afterwards; nothing on PostgreSQL.

    SQLite lets one write at a time, and who waits for it looks again only every now and then: a push that begins its
    next transaction at once would always be first, and the desk would stand until the whole push is done.
    """
    if connection.vendor != "sqlite" or fcntl is None:
        yield
        return
    with _file("push-turn.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            time.sleep(BREATH)


@contextmanager
def _locked() -> Iterator[IO[bytes] | None]:
    for number in range(PLACES):
        with _file(f"push-{number}.lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield file
            return
    yield None


def _file(name: str) -> IO[bytes]:
    folder = settings.VAR_DIR / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / name).open("ab")


def _full() -> Refused:
    return Refused(503, "busy", wait=random.randint(*WAIT))  # noqa: S311 - spread, not secrecy
