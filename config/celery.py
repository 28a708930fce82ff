"""The Celery app and its beat table: what happens by the clock stands here, in one visible list.

A task is asked for with ids only (`delay_on_commit(str(job.id))`), is safe to run twice, and keeps its result in a
row that people can see: no result backend.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # request threads of the web server look here, not at the thread that imported us

# The clinic's local time (CELERY_TIMEZONE). A second beat does no harm: each of these may run twice.
BEAT: dict[str, dict[str, Any]] = {
    "seal the reads of patients' records into the log": {
        "task": "core.audit.tasks.seal_reads",
        "schedule": crontab(minute="7"),
    },
}
app.conf.beat_schedule = BEAT
