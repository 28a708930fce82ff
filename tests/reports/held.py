"""The Celery app for tests of faults: its worker stops at named places until it is killed, its clock is quick.

A worker that comes to a place whose file lies in the folder HOLD writes "<place>.held" beside it and goes no further
while it is there.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from config.celery import app

django.setup()

# Where a worker is held, always after the named step: the worst moment, for the step is done and nobody was told.
PLACES = {
    "counted": ("reports.tallies.keeping", "_insert"),  # within the transaction
    "issued": ("reports.services", "issue"),
    "half the files": ("core.jobs.work", "keep"),
    "posted": ("reports.tasks", "tried"),
}
FIRST_OF_APRIL = dt.datetime(2025, 4, 1, 0, tzinfo=dt.UTC)  # seven in the morning at the clinic
TICK = 0.4  # seconds

app.conf.beat_schedule = {
    task: {"task": task, "schedule": TICK}
    for task in (
        "reports.tasks.issue_due", "reports.tasks.make_due_reports", "reports.tasks.send_what_waits",
        "reports.tallies.tasks.keep_up", "core.jobs.tasks.sweep",
    )
}  # fmt: skip
app.conf.beat_max_loop_interval = TICK


def _held(place: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def and_then_held(*given: Any, **named: Any) -> Any:
        made, file = step(*given, **named), Path(os.environ["HOLD"], place)
        if file.exists():
            file.with_suffix(".held").touch()
            while file.exists():
                time.sleep(0.05)
        return made

    return and_then_held


for _place, (_module, _name) in PLACES.items():
    setattr(import_module(_module), _name, _held(_place, getattr(import_module(_module), _name)))

_issued = import_module("reports.issued")
_due = _issued.due
_issued.due = lambda now: _due(FIRST_OF_APRIL)  # it is the first of the month whenever the test runs
