"""Health education: the talks of a month with their heads, one talk, its correction."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse, sent, today
from core.periods import Month
from mobile_team import phrases
from mobile_team.forms import MonthForm, TalkForm, VoidForm
from mobile_team.models import Attendance, Education, Session
from mobile_team.selectors import talks as selectors
from mobile_team.services import talks
from mobile_team.views.sessions import by_id


@require_safe
@requires(Action.SEE_SESSIONS)
def month(request: HttpRequest) -> HttpResponse:
    """List the talks of a month, newest first, and how many listened in it: heads, apart from all contacts."""
    form = MonthForm(request.GET if "month" in request.GET else {"month": Month.of(today()).text})
    shown = form.cleaned_data["month"] if form.is_valid() else Month.of(today())
    rows, last = selectors.page(shown.first, shown.last, before=_key(request.GET.get("before", "")))
    older = {"month": shown.text, "before": f"{last.on}.{last.pk}"} if last else None
    return render(request, "mobile_team/talks.html", {
        "form": form, "month": shown, "rows": [(talk, selectors.heads_of(talk)) for talk in rows],
        "heads": selectors.heads_between(shown.first, shown.last), "older": f"?{urlencode(older)}" if older else "",
        "before": shown.previous(), "after": shown.next() if shown.next().first <= today() else None,
    }, status=422 if form.errors else 200)  # fmt: skip


@require_safe
@requires(Action.SEE_SESSIONS)
def talk(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a talk: what about, who taught, who listened."""
    found = _talk(id)
    counts = selectors.audiences(found)
    return render(request, "mobile_team/talk.html", {
        "talk": found, "heads": selectors.heads_of(found), "void_form": VoidForm(),
        "audiences": [(Attendance.Audience(name).label, count, sum(count.values())) for name, count in counts.items()],
    })  # fmt: skip


@requires(Action.CHECKUP)
def new(request: HttpRequest, session_id: UUID | None = None) -> HttpResponse:
    """Record a talk, in a session or alone."""
    session = by_id(session_id) if session_id else None
    form = TalkForm(sent(request), in_session=session is not None, initial=_usual(request, session))
    if request.method == "POST" and form.is_valid():
        try:
            made = talks.record(
                id=form.cleaned_data["id"], session_id=session_id, by=request.user, today=today(), **form.said()
            )
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("mobile_team:session", session_id) if session_id else redirect("mobile_team:talk", made.pk)
    return _page(request, form, {"session": session})


@requires(Action.CHECKUP)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct a talk; what a colleague changed meanwhile is brought together with it."""
    found, edit, clashed = _talk(id), shared_edit.read(request), None
    document = selectors.document(found)
    form = TalkForm.of(found, document, sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            talks.correct(talk_id=id, by=request.user, today=today(), edit=edit, **form.said())
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Corrected."))
            return redirect("mobile_team:talk", id)
    shared = shared_edit.page(edit, document, clashed, words=phrases.of_talk)
    return _page(request, form, {"talk": found, "session": found.session, "shared": shared}, clashed)


@requires(Action.CHECKUP)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that a talk was entered in error."""
    form = VoidForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            talks.void(talk_id=id, reason=form.cleaned_data["reason"], by=request.user)
        except Education.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("mobile_team:talk", id)
    context = {"form": form, "talk": _talk(id)}
    return render(request, "mobile_team/talk_void.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, form: TalkForm, context: dict[str, Any], clashed: Any = None) -> HttpResponse:
    status = 422 if form.errors or clashed else 200
    return render(
        request, "mobile_team/talk_form.html", {"form": form, "heads": Attendance.HEADS} | context, status=status
    )


def _usual(request: HttpRequest, session: Session | None) -> dict[str, Any]:
    """Return what a new talk begins with: today, who writes it, where its session meets."""
    return {"on": today(), "teachers": request.user.name, "place": session.place if session else ""}  # type: ignore[union-attr]


def _talk(id: UUID) -> Any:
    found = selectors.talk(id)
    if found is None:
        raise Http404
    return found


def _key(text: str) -> tuple[date, UUID] | None:
    """Return after which talk the page begins; None for the first page, 404 for what cannot be read."""
    if not text:
        return None
    on, _dot, key = text.partition(".")
    try:
        return date.fromisoformat(on), UUID(key)
    except ValueError:
        raise Http404 from None
