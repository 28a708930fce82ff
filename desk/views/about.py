"""What this system is, and whose work it stands on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action


@require_safe
@requires(Action.HOME)
def about(request: HttpRequest) -> HttpResponse:
    """Show the version and the sources of data, fonts and codes."""
    return render(request, "desk/about.html")
