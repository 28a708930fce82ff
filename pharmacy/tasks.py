"""What the clock does for the books: a task only claims its job and calls the room that knows how."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.jobs import work
from core.jobs.tasks import send
from pharmacy.services import proving


@shared_task
def every_night() -> None:
    """Ask for the proof of the books while nobody writes in them."""
    job, new = proving.ask(by=None, language="km")
    if new:
        send(job)


@shared_task(bind=True)
def prove(self: Any, job_id: str) -> None:
    """Prove the books. Safe to run twice: it only reads."""
    job = work.claim(job_id, redelivered=bool((self.request.delivery_info or {}).get("redelivered")))
    if job is None:
        return
    with translation.override(job.params["language"]):
        try:
            proving.prove(job, now=timezone.now())
        except work.Stopped:
            pass
        except Exception:
            work.fail(job, _("Something went wrong inside the system. The books themselves are untouched."))
            raise
