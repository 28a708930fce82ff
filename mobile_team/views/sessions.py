"""One session: its tally, who was seen, what was taught, whom to see next, and whether it was held."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from clinic.selectors import search
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import Conflict, RuleBroken
from core.pages import refuse, sent, today
from mobile_team import selectors
from mobile_team.forms import SessionForm
from mobile_team.models import Session
from mobile_team.selectors import talks
from mobile_team.services import sessions


@require_safe
@requires(Action.SEE_SESSIONS)
def session(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a session: the tally, the roster newest first, the talks, and the box to find or register the next one."""
    found = by_id(id)
    if patient := _uuid(request.GET.get("patient", "")):  # back from registering
        return redirect("mobile_team:checkup_new", session_id=found.pk, patient_id=patient)
    before = _uuid(request.GET.get("before", ""))
    roster, older = selectors.roster(found, before=before)
    taught = talks.of_sessions([found.pk]).get(found.pk, [])
    return render(request, "mobile_team/session.html", {
        "session": found, "tally": selectors.tally(found), "roster": roster, "before": before, "today": today(),
        "older": f"?before={older}#roster" if older else "", "register": _register(found, ""),
        "talks": [(talk, talks.heads_of(talk)) for talk in taught], "team": list(found.team.all()),
    })  # fmt: skip


@require_safe
@requires(Action.CHECKUP)
def find(request: HttpRequest, id: UUID) -> HttpResponse:
    """Find the next person by name, number, phone or village; a fragment while typing, a page without scripts."""
    found, text = by_id(id), request.GET.get("q", "")[:100]
    hits = search.find(text, limit=8, today=found.on) if text.strip() else []
    seen = selectors.seen_in(found, [hit.patient.pk for hit in hits]) if hits else {}
    context = {
        "session": found, "q": text, "hits": [(hit, seen.get(hit.patient.pk)) for hit in hits],
        "register": _register(found, text),
    }  # fmt: skip
    page = "mobile_team/find.html"
    return render(request, f"{page}#hits" if getattr(request, "htmx", False) else page, context)


@requires(Action.PLAN_SESSIONS)
def new(request: HttpRequest) -> HttpResponse:
    """Add a session that no route foresaw."""
    form = SessionForm(sent(request), initial={"on": today()})
    if request.method == "POST" and form.is_valid():
        made = form.cleaned_data["id"]
        try:
            sessions.add(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, Conflict(broken.code, field="village"))
        else:
            return redirect("mobile_team:session", id=made)
    return render(request, "mobile_team/session_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@requires(Action.CHECKUP)
def hold(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that the team was there."""
    sessions.hold(session=get_object_or_404(Session, id=id), by=request.user, today=today())  # type: ignore[arg-type]
    return redirect("mobile_team:session", id=id)


def by_id(id: UUID) -> Session:
    """Return a session with its route and its village's full name; one statement, or 404."""
    return get_object_or_404(Session.objects.select_related("route", "village__commune__district__province"), id=id)


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _register(session: Session, text: str) -> str:
    """Return where to register somebody who was not found, and come back for the check-up."""
    back = reverse("mobile_team:session", args=[session.pk])
    return f"{reverse('clinic:register')}?{urlencode({'next': back, 'q': text, 'village': str(session.village_id)})}"
