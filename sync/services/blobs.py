"""Pictures as they come from tablets: piece by piece, whole when their hash is right."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256 as hash_of

from django.db import transaction

from core.db import keep
from sync.auth import Refused
from sync.models import Blob, Device

MOST = 200 * 1024  # bytes of one picture
WAITING = 50  # pictures of one device that are not whole: more than any outbox holds


@dataclass(frozen=True)
class Came:
    """How much of a picture is here, whether it is whole, became so with this piece, or proved to be another one."""

    length: int = 0
    whole: bool = False
    just_now: bool = False
    wrong: bool = False


def there(sha256: str, *, device: Device) -> Came:
    """Return how much of a picture is here; of one that another device is sending, nothing."""
    row = Blob.objects.filter(pk=sha256).first()
    return _came(row) if row and (row.whole or row.device_id == device.pk) else Came()


@transaction.atomic
def add(*, sha256: str, first: int, size: int, piece: bytes, device: Device, now: dt.datetime) -> Came:
    """Take a piece that begins at byte `first`; what is there already is passed over.

    A piece behind a gap changes nothing: the answer says how much is there. Of a picture with another hash all is
    forgotten, so that it can be sent anew. Raises Refused: 413 too_large, 429 when too many are unfinished.
    """
    if size > MOST:
        raise Refused(413, "too_large")
    row = Blob.objects.select_for_update().filter(pk=sha256).first()
    if row and row.whole:
        return _came(row)
    if row is None or row.device_id != device.pk or row.size != size:
        if row is None and Blob.objects.filter(device=device, whole=False)[:WAITING].count() >= WAITING:
            raise Refused(429, "too_many_pictures", wait=60)
        row = Blob(sha256=sha256, size=size, device=device, received_at=now)
    content = bytes(row.content)
    if first > len(content):
        return _came(row)
    row.content = content[:first] + piece if first + len(piece) > len(content) else content
    if len(row.content) >= size:
        if hash_of(row.content).hexdigest() != sha256:
            Blob.objects.filter(pk=sha256, whole=False).delete()
            return Came(wrong=True)
        row.whole = True
    keep(row)
    return Came(len(row.content), row.whole, just_now=row.whole)


def _came(row: Blob) -> Came:
    return Came(len(bytes(row.content)), row.whole)
