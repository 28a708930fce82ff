"""`ping`: whether the server is there, what time it has, which history goes on."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from sync.api.door import OpenDoor
from sync.feed import SCHEMA
from sync.services import history


class Ping(OpenDoor):
    """Answers everybody; says nothing of anybody."""

    def get(self, request: Request) -> Response:
        """Return the server's time, history, schema and version; one statement."""
        return Response({
            "server_time": timezone.now().isoformat(), "server_epoch": str(history.current().pk), "schema": SCHEMA,
            "app_version": settings.VERSION,
        })  # fmt: skip
