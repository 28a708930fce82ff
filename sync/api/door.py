"""What every door of the tablets shares: who may come in, how a no reads, that nothing of it is kept on the way."""

from __future__ import annotations

import json
import zlib
from typing import IO, Any
from uuid import UUID

from django.db import OperationalError
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from core.accounts.models import User
from core.accounts.roles import Action
from core.api.errors import handle
from core.documents import LARGEST, Document
from core.errors import RuleBroken
from core.words import say, words_of
from sync.auth import DeviceAuthentication, Refused
from sync.envelope import storable
from sync.models import Device

MOST_BYTES = 1024 * 1024  # of any body but a picture's
UNREADABLE = frozenset({"sync.envelope_unreadable", "core.not_a_document"})
BUSY = 5  # seconds


class Json(BaseParser):
    """Read a body of UTF-8 JSON, packed or not; nothing that stands in it brings the reader down."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the document. Raises ParseError, Refused(413)."""
        body = stream.read(MOST_BYTES + 1)
        if parser_context and parser_context["request"].headers.get("Content-Encoding") == "gzip":
            body = _unpacked(body)
        if len(body) > MOST_BYTES:
            raise Refused(413, "too_large")
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise ParseError(gettext("This cannot be read.")) from None


class Door(APIView):
    """A call of somebody who is logged in on a tablet; answers in their language and is kept by nobody on the way."""

    action = Action.TABLET
    authentication_classes = [DeviceAuthentication]
    parser_classes = [Json]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Speak the language that the tablet asks for, Khmer unless it asks for English."""
        with translation.override(language_of(request.headers.get("Accept-Language", ""))):
            response: Any = super().dispatch(request, *args, **kwargs)
            response["Content-Language"] = translation.get_language()
        response["Cache-Control"] = "no-store"
        return response

    def get_exception_handler(self) -> Any:
        return answer_error


class OpenDoor(Door):
    """A call of a tablet on which nobody is logged in."""

    action = Action.PUBLIC
    authentication_classes = []


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a no with the code that a tablet acts on (protocol, section 1); the rest reads as everywhere."""
    if isinstance(error, Refused):
        set_rollback()
        line = {"code": error.code, "field": error.field, "message": words_of(f"sync.{error.code}", error.code)}
        return Response(line | error.more, status=error.status, headers=_wait(error.wait))
    if isinstance(error, RuleBroken) and error.code in UNREADABLE:
        set_rollback()
        return Response({"code": error.code, "field": error.field, "message": say(error)}, status=400)
    if isinstance(error, OperationalError):  # the database is busy or restarting: the tablet comes back by itself
        set_rollback()
        line = {"code": "busy", "field": None, "message": words_of("sync.busy", "busy")}
        return Response(line, status=503, headers=_wait(BUSY))
    return handle(error, context)


def language_of(wished: str) -> str:
    """Return "en" when the header asks for English first, else "km"."""
    for language, _ in parse_accept_lang_header(wished[:200]):
        if language[:2] in {"km", "en"}:
            return language[:2]
    return "km"


def caller(request: Request) -> tuple[Device, User]:
    """Return the device that calls, its checkout joined, and who is logged in on it."""
    access: Any = request.auth
    return access.device, access.user


def document(request: Request) -> Document:
    """Return the body, which holds no text that a database cannot keep. Raises RuleBroken("core.not_a_document")."""
    if not storable(request.data):
        raise RuleBroken("core.not_a_document")
    return Document(request.data)


def short(sent: Document, name: str, most: int) -> str:
    """Return text of at most so many characters. Raises RuleBroken("core.not_text"), ("core.out_of_range")."""
    text = sent.text(name)
    if len(text) > most:
        raise RuleBroken("core.out_of_range", field=name, least=0, most=most)
    return text


def key(sent: Document, name: str) -> UUID:
    """Return a key that must be there. Raises RuleBroken("core.key_unreadable")."""
    if (found := sent.key(name)) is None:
        raise RuleBroken("core.key_unreadable", field=name)
    return found


def count(sent: Document, name: str) -> int | None:
    """Return a count that a tablet tells of itself; anything else tells nothing."""
    value = sent.doc.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else None


def _unpacked(body: bytes) -> bytes:
    """Return what was packed with gzip, one byte more than is allowed at most. Raises ParseError."""
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise ParseError(gettext("This cannot be read.")) from None


def _wait(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)} if seconds else {}


def _no_number(name: str) -> None:
    raise ValueError(name)
