"""How errors read over REST: a code for programs, the field it belongs to, and the words that pages show."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import Conflict, NotAllowed, RuleBroken
from core.words import say

Context = dict[str, Any]


def handle(error: Exception, context: Context) -> Response | None:
    """Answer every error of a REST view as {"code", "field", "message"}, or {"errors": [those]} for wrong input.

    422 for a broken rule and wrong input, 409 for a conflict, 403 for a missing grant. None lets an unforeseen
    error pass to Django's 500.
    """
    if isinstance(error, RuleBroken):
        code = status.HTTP_409_CONFLICT if isinstance(error, Conflict) else status.HTTP_422_UNPROCESSABLE_ENTITY
        return _answer(_line(error.code, error.field, say(error)), code)
    if isinstance(error, NotAllowed):
        return _answer(_line("core.not_allowed", None, gettext("Your role does not include this.")), 403)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        lines = list(_lines(error.detail))
        return _answer({"errors": lines}, status.HTTP_422_UNPROCESSABLE_ENTITY)
    if isinstance(error, exceptions.APIException):
        detail = error.detail
        line = _line(f"core.{getattr(detail, 'code', error.default_code)}", None, str(detail))
        return _answer(line, error.status_code, _headers(error))
    return None


def _line(code: str, field: str | None, message: str) -> dict[str, str | None]:
    return {"code": code, "field": field, "message": message}


def _lines(detail: Any, path: str = "") -> Any:
    """Yield a line for each problem of a serializer, the field written as a path: "findings.2.tooth"."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _lines(inner, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
    elif isinstance(detail, list):
        for at, inner in enumerate(detail):
            yield from _lines(inner, f"{path}.{at}".lstrip(".") if isinstance(inner, dict) else path)
    elif detail:
        yield _line(f"core.{detail.code}", path or None, str(detail))


def _answer(body: Any, code: int, headers: dict[str, str] | None = None) -> Response:
    set_rollback()
    return Response(body, status=code, headers=headers)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    found = {}
    if header := getattr(error, "auth_header", None):
        found["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        found["Retry-After"] = str(int(wait))
    return found
