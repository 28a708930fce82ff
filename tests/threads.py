"""Let several things happen at the same instant, each on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connections


def at_once(*calls: Callable[[], Any], seconds: float = 60) -> list[Any]:
    """Run every call in its own thread from one starting shot; return each result, or the exception it raised.

    The test must be `django_db(transaction=True)`, else the threads cannot see what it made.
    """
    barrier = Barrier(len(calls))
    results: list[Any] = [TimeoutError()] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(seconds)
            results[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    return results
