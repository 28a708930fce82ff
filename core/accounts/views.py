"""Log in, log out, choose a language, look after colleagues' accounts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from core.accounts import services
from core.accounts.forms import LoginForm, UserForm
from core.accounts.models import User
from core.accounts.permissions import public, requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.words import say

LANGUAGE_COOKIE_AGE = 365 * 24 * 3600


@public
@never_cache
@sensitive_post_parameters("password")
def log_in(request: HttpRequest) -> HttpResponse:
    """Log a colleague in and go where they wanted to be."""
    form = LoginForm(request.POST or None, request=request, initial={"next": request.GET.get("next", "")})
    if request.method == "POST" and form.is_valid() and form.user:
        login(request, form.user)
        response = HttpResponseRedirect(_safe(request, form.cleaned_data["next"]))
        return _remember(response, form.user.language)
    return render(request, "accounts/login.html", {"form": form}, status=422 if form.errors else 200)


@public
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the log-in."""
    logout(request)
    return redirect("accounts:login")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language, for the person when logged in and for this browser."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_safe(request, request.POST.get("next", "")))
    if chosen in dict(settings.LANGUAGES):
        _remember(response, chosen)
        if request.user.is_authenticated:
            services.choose_language(request.user, chosen)
    return response


def _remember(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=LANGUAGE_COOKIE_AGE, samesite="Lax")
    return response


def _safe(request: HttpRequest, address: str) -> str:
    """Return `address` when it is one of ours, else the home page."""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours else resolve_url("desk:home")


@requires(Action.MANAGE_USERS)
def users(request: HttpRequest) -> HttpResponse:
    """List colleagues."""
    colleagues = User.objects.order_by("-is_active", "role", "username")[:500]
    return render(request, "accounts/users.html", {"users": colleagues})


@requires(Action.MANAGE_USERS)
@sensitive_post_parameters("password")
def user(request: HttpRequest, id: UUID | None = None) -> HttpResponse:
    """Add a colleague, or change one."""
    found = get_object_or_404(User, id=id) if id else None
    form = UserForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_user(form.instance, password=form.cleaned_data["password"], by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            form.add_error(broken.field, say(broken))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:users")
    return render(request, "accounts/user.html", {"form": form, "found": found}, status=422 if form.errors else 200)


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None, *args: Any) -> HttpResponse:
    """Say that there were too many wrong passwords, and when to try again."""
    return render(request, "accounts/locked.html", status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page had grown old, and offer a way back that keeps what was typed."""
    return render(request, "403_csrf.html", status=403)
