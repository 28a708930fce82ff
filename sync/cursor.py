"""Where a tablet stands in the feed, written so that only this server can have written it."""

from __future__ import annotations

import binascii
import datetime as dt
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from sync.auth import Refused

LONGEST = 400
KEEPS = dt.timedelta(days=400)  # for so long the feed can tell what to forget


@dataclass(frozen=True)
class Cursor:
    """The history it belongs to, the number up to which all is known, under which scope, written on which day."""

    epoch: UUID
    seq: int
    scope_version: int
    on: dt.date

    def text(self) -> str:
        """Return it as the tablet keeps it."""
        parts = {
            "epoch": str(self.epoch), "seq": self.seq, "scope_version": self.scope_version, "on": self.on.isoformat()
        }  # fmt: skip
        body = urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")
        return f"{body}.{_mac(body)}"


def read(text: object, *, today: dt.date) -> Cursor | None:
    """Return the cursor, None for none.

    Raises Refused: 400 cursor_unreadable for one not made here, 410 cursor_too_old.
    """
    if text is None:
        return None
    try:
        if not isinstance(text, str) or len(text) > LONGEST or not text.isascii():
            raise ValueError("no cursor")
        body, _, mac = text.partition(".")
        if not constant_time_compare(mac, _mac(body)):
            raise ValueError("forged")
        parts = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        on = dt.date.fromisoformat(parts["on"])
        found = Cursor(UUID(parts["epoch"]), int(parts["seq"]), int(parts["scope_version"]), on)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Refused(400, "cursor_unreadable", field="cursor") from None
    if today - found.on > KEEPS:
        raise Refused(410, "cursor_too_old")
    return found


def _mac(body: str) -> str:
    return urlsafe_b64encode(salted_hmac("sync.cursor", body, algorithm="sha256").digest()).decode().rstrip("=")
