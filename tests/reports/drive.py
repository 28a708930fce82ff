"""Run in a process of its own against a database of its own: `ask` for a paper, or `wait` until it is made."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def ask() -> dict[str, object]:
    """Write a contact, ask for its month, hand it over; tell whether a broker took it."""
    from core.accounts.models import User
    from core.ages import BAND_SETS
    from core.jobs.tasks import send
    from core.periods import Month, Period
    from reports import services
    from tests.reports.rows import a_contact

    month = Month("2025-03")
    a_contact(dt.date(2025, 3, 5), "mobile", gave="brush", conditions=["worms"])
    by = User.objects.create_user("sovann", None, name="Prak Sovann", role="admin", language="en")
    job = services.ask_for_paper(period=Period(month, month), bands=BAND_SETS["published"], by=by)
    return {"sent": send(job), "state": job.state}


def wait() -> dict[str, object]:
    """Wait for at most a minute; tell the state and what was made."""
    from core.jobs.models import Job

    for _ in range(600):
        job = Job.objects.get()
        if job.over:
            break
        time.sleep(0.1)
    files = {file.name: bytes(file.content)[:4].decode("latin-1") for file in job.files.all()}
    return {"state": job.state, "message": job.message, "files": files, "result": job.result}


if __name__ == "__main__":
    import django

    import config.celery  # noqa: F401 - the app that `send` speaks through

    django.setup()
    print(json.dumps({"ask": ask, "wait": wait}[sys.argv[1]]()))
