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
app.autodiscover_tasks(["reports.tallies"])
app.set_default()  # request threads of the web server look here, not at the thread that imported us

# The clinic's local time (CELERY_TIMEZONE). A second beat does no harm: each of these may run twice.
BEAT: dict[str, dict[str, Any]] = {
    "seal the reads of patients' records into the log": {
        "task": "core.audit.tasks.seal_reads",
        "schedule": crontab(minute="7"),
    },
    "look for records of one person": {
        "task": "desk.tasks.every_night",
        "schedule": crontab(hour="2", minute="40"),
    },
    "prove the books": {
        "task": "pharmacy.tasks.every_night",
        "schedule": crontab(hour="3", minute="10"),
    },
    "issue the papers of the month that is over": {
        "task": "reports.tasks.issue_due",
        "schedule": crontab(hour="5", minute="0", day_of_month="1"),
    },
    "issue the papers for which no computer was on": {
        "task": "reports.tasks.issue_due",
        "schedule": crontab(minute="25", day_of_month="1-8"),
    },
    "look at what tablets saved and what still waits for another save": {
        "task": "sync.tasks.look_at_sleepers",
        "schedule": crontab(hour="2", minute="20"),
    },
    "make the built reports that are due": {
        "task": "reports.tasks.make_due_reports",
        "schedule": crontab(hour="5-22", minute="35"),
    },
    "send the ministry what waits for another try": {
        "task": "reports.tasks.send_what_waits",
        "schedule": 60.0,
    },
    "bring the tallies up to what changed": {
        "task": "reports.tallies.tasks.keep_up",
        "schedule": 30.0,
        "options": {"expires": 25},  # while nobody works, one question is enough
    },
    "hold some tallies against the records": {
        "task": "reports.tallies.tasks.every_night",
        "schedule": crontab(hour="3", minute="40"),
    },
    "find work whose message or worker was lost": {
        "task": "core.jobs.tasks.sweep",
        "schedule": 60.0,
    },
}
app.conf.beat_schedule = BEAT


def hand_back() -> int:
    """Give out again what workers that died had taken; return how many messages.

    Only for a broker whose one worker is not running: `start` calls it before each start of that worker. On a
    shared broker the visibility time-out does this by itself, later.
    """
    options = app.conf.broker_transport_options | {"visibility_timeout": 0}
    with app.connection_for_write(transport_options=options) as connection:
        qos = connection.default_channel.qos
        if not hasattr(qos, "restore_visible"):
            return 0
        before = connection.default_channel.client.zcard(qos.unacked_index_key)
        qos.restore_visible(num=10_000, interval=1)
        return before
