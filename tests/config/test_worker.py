"""One real worker on a real broker does what a request asked for, and what the clock asks for."""

import time

import pytest
from django.db import transaction
from django.test import Client

from config.celery import BEAT, app, hand_back
from core.audit import journal
from core.audit.models import Entry, Read
from core.audit.tasks import seal_reads
from core.ids import uuid7
from tests.builders import somebody
from tests.live import a_broker


def eventually(true, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(0.05)
    return None


@pytest.mark.services
def test_a_task_asked_for_in_a_transaction_is_done_by_the_worker_after_the_commit(live_worker):
    by = somebody()
    with transaction.atomic():
        journal.note_read(uuid7(), by=by, what="test")
        seal_reads.delay_on_commit()
    assert eventually(lambda: Entry.objects.filter(verb="audit.reads.sealed").first()).detail["count"] == 1
    assert journal.broken_at() is None


def test_every_task_of_the_clock_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT.values()} <= set(app.tasks)


@pytest.mark.django_db
def test_the_seal_of_the_hour_may_run_twice():
    Read.objects.create(at="2026-11-20T01:00Z", by=somebody(), patient_id=uuid7(), what="test")
    assert [seal_reads(), seal_reads()] == [1, 0]
    assert journal.broken_at() is None


@pytest.mark.services
def test_what_a_dead_worker_had_taken_is_given_out_again(monkeypatch):
    with a_broker() as url:
        monkeypatch.setattr(app.conf, "broker_url", url)
        with app.connection_for_write() as connection:
            queue = connection.SimpleQueue("celery", no_ack=False)
            queue.put({"x": 1})
            queue.get(timeout=5)  # taken, never acknowledged
            client = connection.default_channel.client
            assert client.llen("celery") == 0
            assert hand_back() == 1
            assert client.llen("celery") == 1


@pytest.mark.django_db
def test_health_sees_a_broker_that_answers(settings, tmp_path, monkeypatch):
    from config import health

    with a_broker() as url:
        settings.REDIS_URL = url if url.startswith("redis://") else ""
        if not settings.REDIS_URL:
            from pathlib import Path

            settings.BROKER_PROGRAM, settings.BROKER_SOCKET = "x", Path(url.removeprefix("redis+socket://"))
        monkeypatch.setattr(health, "_broker", (0.0, "unknown"))
        assert Client().get("/health/").json()["broker"] == "ok"
