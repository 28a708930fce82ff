"""The public health address."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import health


@pytest.mark.django_db
def test_health_answers_anybody_with_one_statement():
    with CaptureQueriesContext(connection) as statements:
        answer = Client().get("/health/")
    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"
    assert answer.json()["broker"] in {"ok", "failing", "unknown"}
    assert len(statements) == 1


@pytest.mark.django_db
def test_a_database_that_fails_is_a_server_that_cannot_work(monkeypatch):
    class Broken:
        def cursor(self):
            raise DatabaseError

    monkeypatch.setattr(health, "connection", Broken())
    answer = Client().get("/health/")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")


def test_a_lost_broker_is_told_and_fails_nothing(monkeypatch, settings, tmp_path):
    settings.REDIS_URL, settings.BROKER_PROGRAM, settings.BROKER_SOCKET = "", "x", tmp_path / "nobody.sock"
    assert health._ping() == "failing"
    settings.BROKER_PROGRAM = None
    assert health._ping() == "unknown"
