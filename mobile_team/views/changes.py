"""What becomes of planned sessions: moved, cancelled, planned again, one by one or many at once; who goes to one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pages import refuse, sent, today
from mobile_team import selectors
from mobile_team.forms import CancelForm, ChangeForm, DescribeForm, MoveForm, RestoreForm, WhichForm
from mobile_team.models import Session
from mobile_team.services import planning, sessions
from mobile_team.views.sessions import by_id

DONE = {
    planning.CANCEL: ("%(n)s session is cancelled.", "%(n)s sessions are cancelled."),
    planning.MOVE: ("%(n)s session is moved.", "%(n)s sessions are moved."),
    planning.RESTORE: ("%(n)s session is planned again.", "%(n)s sessions are planned again."),
}


@requires(Action.PLAN_SESSIONS)
def move(request: HttpRequest, id: UUID) -> HttpResponse:
    """Move a session to another day, and say why."""
    words = (_("Move this session"), _("The session is moved."))
    return _act(request, id, MoveForm, sessions.move, words)


@requires(Action.PLAN_SESSIONS)
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that the team did not come, and why."""
    words = (_("Cancel this session"), _("The session is cancelled."))
    return _act(request, id, CancelForm, sessions.cancel, words, danger=True)


@requires(Action.PLAN_SESSIONS)
def restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Plan a session again that was cancelled, and say why."""
    words = (_("Plan this session again"), _("The session is planned again."))
    return _act(request, id, RestoreForm, sessions.restore, words)


@requires(Action.PLAN_SESSIONS)
def describe(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say where a session meets, with which vehicle, and who goes."""
    form = DescribeForm(sent(request))
    form.fields["team"].offer(selectors.colleagues())  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            sessions.describe(session=Session(pk=id), by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("mobile_team:session", id=id)
    found = by_id(id)
    form.initial = {name: getattr(found, name) for name in ("place", "vehicle", "note")} | {"team": found.team.all()}
    return _page(request, found, form, _("Team and meeting place"), button=_("Save"))


@requires(Action.PLAN_SESSIONS)
def many(request: HttpRequest) -> HttpResponse:
    """Change many sessions at once: those of a day, a week of floods, or a whole route."""
    which = WhichForm(_asked(request), routes=selectors.routes_in_short())
    found = selectors.sessions_between(**which.cleaned_data) if which.is_valid() else []
    form = ChangeForm(sent(request))
    ticked = request.POST.getlist("sessions") if request.method == "POST" else [str(row.pk) for row in found]
    if request.method == "POST" and form.is_valid():
        try:
            done = planning.change_many(ids=_uuids(ticked), by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            one, more = DONE[form.cleaned_data["deed"]]
            messages.success(request, ngettext(one, more, len(done)) % {"n": len(done)})
            return redirect(f"{reverse('mobile_team:week')}?on={min(row.on for row in done).isoformat()}")
    return render(request, "mobile_team/many.html", {
        "which": which, "form": form, "found": found, "ticked": set(ticked), "most": planning.MOST,
    }, status=422 if form.errors or (which.is_bound and which.errors) else 200)  # fmt: skip


def _act(
    request: HttpRequest, id: UUID, form_of: type[forms.Form], service: Callable[..., Session], words: tuple[str, str],
    *, danger: bool = False,
) -> HttpResponse:  # fmt: skip
    """Do one thing to one session, with the form that asks for its reason."""
    form = form_of(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            service(session=Session(pk=id), by=request.user, **form.cleaned_data)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, words[1])
            return redirect("mobile_team:session", id=id)
    found = by_id(id)
    form.initial = {"note": found.note}
    return _page(request, found, form, words[0], danger=danger)


def _page(
    request: HttpRequest, found: Session, form: forms.Form, title: str, *, danger: bool = False, button: str = ""
) -> HttpResponse:
    context = {"form": form, "session": found, "title": title, "danger": danger, "button": button}
    return render(request, "mobile_team/session_act.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> Any:
    """Return which sessions are asked for: as the address says, else those of the coming week."""
    if "first" in request.GET:
        return request.GET
    first = today()
    last = first + timedelta(days=6)
    return {"first": f"{first:%d/%m/%Y}", "last": f"{last:%d/%m/%Y}", "route": request.GET.get("route", "")}


def _uuids(texts: list[str]) -> list[UUID]:
    """Return the keys that can be read; a forged one names no session."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
