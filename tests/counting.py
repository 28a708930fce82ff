"""Count the statements of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements(call: Callable[[], Any]) -> tuple[Any, int]:
    """Return what a call returns and how many statements it asked, as on SQLite: without those that lock a row."""
    with CaptureQueriesContext(connection) as seen:
        response = call()
    return response, len(seen) - sum("FOR UPDATE" in query["sql"] for query in seen.captured_queries)
