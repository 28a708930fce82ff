"""The app's configuration."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The room of the tablets."""

    name = "sync"
    default_auto_field = "django.db.models.BigAutoField"
