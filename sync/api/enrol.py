"""`enrol`: a tablet that read the code of an invitation is let in."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from sync import tokens
from sync.api.door import OpenDoor, document, key, short
from sync.sealing import current_key
from sync.services import devices, history


class Enrol(OpenDoor):
    """The code is the key: it works once, for a quarter of an hour."""

    def post(self, request: Request) -> Response:
        """Return who the tablet is from now on, its first token, and the key to which it seals."""
        sent, now = document(request), timezone.now()
        device = devices.enrol(
            code=short(sent, "code", 100), db_id=key(sent, "db_id"), public_key=short(sent, "device_pub", 200),
            model=short(sent, "model", 120), app_version=short(sent, "app_version", 40), now=now,
        )  # fmt: skip
        seal = current_key()
        return Response({
            "device_id": str(device.pk), "device_code": device.code,
            "device_token": tokens.token_of(device, device.token_number), "seal_kid": seal.kid, "seal_pub": seal.public,
            "server_epoch": str(history.current().pk), "server_time": now.isoformat(),
            "centre": {"km": settings.CENTRE["name_km"], "en": settings.CENTRE["name_en"]},
        })  # fmt: skip
