"""The wiring as a Django app: its system checks, its commands, and the Celery app that `delay()` finds."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the system checks and make the Celery app the current one."""
        from config import celery, checks  # noqa: F401
