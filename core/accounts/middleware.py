"""What happens around every request: who asks, in which language, what the browser may load, how a no reads."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from core.accounts.sessions import user_of
from core.errors import NotAllowed, RuleBroken
from core.words import say

Respond = Callable[[HttpRequest], HttpResponse]


class ContentSecurityPolicy:
    """Let pages load only what the clinic's own server sends; nothing inline."""

    policy = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.policy)
        response.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=()")
        return response


class UserSessionMiddleware(SessionMiddleware):
    """Give the request its session and its user, one query for both, none when neither is asked for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: user_of(request.session))  # type: ignore[assignment,arg-type]


class LanguageMiddleware:
    """Speak the user's language; before log-in the one chosen on this browser, else Khmer.

    The browser's own wish is not asked: an English Windows would show English errors in a Khmer page.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = ""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            language = request.user.language if request.user.is_authenticated else ""  # type: ignore[union-attr]
        language = language or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.setdefault("Content-Language", language)
            return response


class RuleBrokenMiddleware:
    """Show a broken rule or a missing permission as a page in plain words, whatever view let it through."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 403 for NotAllowed and 422 for RuleBroken; let anything else pass."""
        if isinstance(error, NotAllowed):
            return render(request, "403.html", {"action": error.action}, status=403)
        if isinstance(error, RuleBroken):
            return render(request, "422.html", {"message": say(error)}, status=422)
        return None
