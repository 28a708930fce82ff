"""A device's tokens, numbered: each is made from its number, so that an answer asked for twice carries the same one.

A token tells by itself that this server made it, and whether it is older or newer than the one in use: older, and
somebody holds a copy of the device; newer, and it is the server that was put back to an earlier day.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from sync.models import Device

_SHAPE = re.compile(r"([0-9]{1,9})\.[A-Za-z0-9_-]{43}")


def token_of(device: Device, number: int) -> str:
    """Return the token of this number; another store of saves on the same device has others."""
    return f"{number}.{_mac(device.pk, device.db_id, number)}"


def number_of(device: Device, token: str) -> int | None:
    """Return the number of a token that was made here for this device and its store, else None."""
    match = _SHAPE.fullmatch(token)
    if not match or not constant_time_compare(token, token_of(device, int(match[1]))):
        return None
    return int(match[1])


def _mac(device: UUID, db_id: UUID | None, number: int) -> str:
    digest = salted_hmac("sync.token", f"{device}|{db_id}|{number}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")
