"""`blob/{sha256}`: a picture in pieces, known by its hash; it may come before the op that speaks of it."""

from __future__ import annotations

import re
from typing import IO, Any

from django.utils import timezone
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from sync import engine
from sync.api.door import Door, caller
from sync.auth import Refused
from sync.services import blobs

_RANGE = re.compile(r"bytes ([0-9]{1,9})-([0-9]{1,9})/([0-9]{1,9})")
HASH = re.compile(r"[0-9a-f]{64}")


class Bytes(BaseParser):
    """Take a body as it is, whatever it says it is, up to the size of a picture."""

    media_type = "*/*"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the bytes. Raises Refused(413)."""
        body = stream.read(blobs.MOST + 1)
        if len(body) > blobs.MOST:
            raise Refused(413, "too_large")
        return body


class Blob(Door):
    """Sent again from where it broke off."""

    parser_classes = [Bytes]

    def head(self, request: Request, sha256: str) -> Response:
        """Answer 200 when the picture is whole, 308 with `Range` while a piece is there, 404 when nothing is."""
        _hash(sha256)
        return _answer(blobs.there(sha256, device=caller(request)[0]))

    def put(self, request: Request, sha256: str) -> Response:
        """Take a piece: 201 when the picture is whole with it, 200 when it was before, 308 while more is to come."""
        _hash(sha256)
        body = request.data if isinstance(request.data, bytes) else b""
        first, size = _where(request.headers.get("Content-Range", ""), len(body))
        came = blobs.add(
            sha256=sha256, first=first, size=size, piece=body, device=caller(request)[0], now=timezone.now()
        )
        if came.wrong:
            raise Refused(422, "wrong_hash")
        if came.just_now:
            engine.blob_came(sha256)
        return _answer(came, status=201 if came.just_now else 200)


def _hash(text: str) -> None:
    if not HASH.fullmatch(text):
        raise Refused(404, "no_such_picture")


def _where(header: str, length: int) -> tuple[int, int]:
    """Return where a piece begins and how large the whole is; without the header it is the whole."""
    if not header:
        return 0, length
    match = _RANGE.fullmatch(header)
    first, last, size = (int(part) for part in match.groups()) if match else (0, -2, 0)
    if last + 1 - first != length or not 0 < last + 1 <= size:
        raise Refused(400, "range_unreadable")
    return first, size


def _answer(came: blobs.Came, *, status: int = 200) -> Response:
    if came.whole:
        return Response(status=status)
    if not came.length:
        return Response(status=404)
    return Response(status=308, headers={"Range": f"bytes=0-{came.length - 1}"})
