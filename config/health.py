"""One public address that says whether this server can work; a load balancer and `manage.py start` ask it."""

from __future__ import annotations

import time

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import broker
from core.accounts.permissions import public

BROKER_SECONDS = 5  # how long an answer of the broker is believed
_broker: tuple[float, str] = (0.0, "unknown")


@public
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503. A lost broker only delays papers, so it is told, not failed."""
    database = database_state()
    answer = {
        "status": "ok" if database == "ok" else "failing",
        "version": settings.VERSION,
        "database": database,
        "broker": broker_state(),
    }
    return JsonResponse(answer, status=200 if database == "ok" else 503)


def database_state() -> str:
    """Ask the database one question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM core_clock WHERE id = 1")
            return "ok" if cursor.fetchone() else "empty"
    except DatabaseError:
        return "failing"


def broker_state() -> str:
    """Return ok, failing, or unknown where the broker is a folder; asked at most every few seconds."""
    global _broker
    asked, state = _broker
    if time.monotonic() - asked > BROKER_SECONDS or not asked:
        state = _ping()
        _broker = (time.monotonic(), state)
    return state


def _ping() -> str:
    if not (settings.REDIS_URL or settings.BROKER_PROGRAM):
        return "unknown"
    try:
        with broker.client(settings.REDIS_URL, settings.BROKER_SOCKET) as client:
            return "ok" if client.ping() else "failing"
    except redis.RedisError:
        return "failing"
