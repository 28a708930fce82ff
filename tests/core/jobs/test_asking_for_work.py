"""Work asked for by several at once, and work whose worker died."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection

from core.jobs import alive, tasks, work
from core.jobs.models import Job


@pytest.mark.django_db
def test_work_that_ends_while_it_is_asked_for_again_is_asked_for_anew(monkeypatch):
    first, _ = work.ask("paper", by=None, key="2026-10")
    Job.objects.update(state=Job.State.DONE)
    save, refused = Job.save, []

    def refused_once(job: Job, **given: object) -> None:
        if refused:
            return save(job, **given)
        refused.append(job)
        raise IntegrityError  # it was still at work

    monkeypatch.setattr(Job, "save", refused_once)
    again, new = work.ask("paper", by=None, key="2026-10")
    assert (new, again.state) == (True, Job.State.WAITING)
    assert again.pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_work_is_taken_up_again_as_soon_as_its_workers_connection_is_gone(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the one worker's start says that the one before is dead")
    sent: list[Job] = []
    monkeypatch.setattr(tasks, "send", lambda job: sent.append(job) or True)
    job, _ = work.ask("paper", by=None, key="2026-10")
    died, at_work = threading.Event(), threading.Event()

    def worker() -> None:
        work.claim(str(job.id))
        at_work.set()
        died.wait(20)
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    at_work.wait(20)
    assert tasks.sweep() == 0
    assert Job.objects.get().state == Job.State.RUNNING
    assert work.claim(str(job.id), redelivered=True) is None  # somebody alive is at it
    died.set()
    thread.join()
    tasks.sweep()
    assert Job.objects.get().state == Job.State.WAITING
    assert work.claim(str(job.id))
    alive.let_go()
