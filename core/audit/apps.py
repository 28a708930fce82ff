"""The app `core.audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "core.audit"
