"""`@requires(Action.X)`: every view says what it does; the table in `roles` says who may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from core.accounts.roles import Action
from core.errors import NotAllowed

View = Callable[..., HttpResponse]


def requires(action: Action) -> Callable[[View], View]:
    """Let a view be used only by people whose role grants `action`; others are asked to log in or told no.

    Raises NotAllowed for a logged-in user without the grant.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if action is not Action.PUBLIC:
                if not request.user.is_authenticated:
                    return ask_to_log_in(request)
                if not request.user.may(action):  # type: ignore[union-attr]
                    raise NotAllowed(action)
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return declare


def public(view: View) -> View:
    """Declare that a view may be used without a log-in."""
    return requires(Action.PUBLIC)(view)


def ask_to_log_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the log-in page and back; a fragment request makes the whole page go there."""
    if getattr(request, "htmx", False):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = resolve_url("accounts:login")
        return response
    return redirect_to_login(request.get_full_path())
