"""What the clock does for the tablets."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sync import waking


@shared_task
def look_at_sleepers() -> int:
    """Try every op once that waits for another: a server that died between two commits may have left some asleep."""
    return waking.wake_all(now=timezone.now())
