"""Who was advised to come to the centre and has not been seen there; how nobody waits any more."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, today
from core.places.models import Village
from mobile_team import selectors
from mobile_team.forms import EndAdviceForm
from mobile_team.models import DentalCheckup
from mobile_team.services import checkups

PAGE = 40
SINCE = timedelta(days=365)  # whoever has not come for a year is not called any more


@require_safe
@requires(Action.SEE_SESSIONS)
def advised(request: HttpRequest) -> HttpResponse:
    """List who is still awaited, who has waited longest first, all or those of one village."""
    village = _village(request.GET.get("village", ""))
    rows = selectors.advised(since=today() - SINCE, village=village, after=_after(request.GET.get("after", "")))
    page = list(rows[: PAGE + 1])
    shown = page[:PAGE]
    journal.note_reads((row.patient_id for row in shown), by=request.user, what="advised to come")
    here = f"village={village.pk}&" if village else ""
    last = shown[-1] if shown else None
    return render(request, "mobile_team/advised.html", {
        "rows": shown, "village": village, "today": today(),
        "more": f"?{here}after={last.encounter.on}.{last.pk}" if last and len(page) > PAGE else "",
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Action.END_ADVICE)
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say why nobody waits any more for somebody who was advised to come."""
    found = selectors.checkup(id)
    if found is None:
        raise Http404
    form = EndAdviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            checkups.end_advice(checkup=found, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Nobody waits for %(name)s any more.") % {"name": found.encounter.patient.name})
            return redirect(_back(request) or "mobile_team:advised")
    elif request.method == "GET":
        journal.note_read(found.patient_id, by=request.user, what="advised to come")
    page = {
        "form": form, "checkup": found, "patient": found.encounter.patient, "today": today(), "next": _back(request),
        "age": found.encounter.patient.age_on(today()), "ended": _ended(found),
    }  # fmt: skip
    return render(request, "mobile_team/advice_end.html", page, status=422 if form.errors else 200)


def _ended(found: DentalCheckup) -> bool:
    return not found.advised_to_come or bool(found.advice_ended) or bool(found.encounter.void_reason)


def _back(request: HttpRequest) -> str:
    """Return the page of this house from which somebody came, if it is one."""
    path = request.POST.get("next") or request.GET.get("next", "")
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _village(text: str) -> Village | None:
    """Return the village asked for; none for anything else."""
    known = text.isascii() and text.isdigit() and len(text) < 10
    return Village.objects.filter(pk=int(text)).first() if known else None


def _after(text: str) -> tuple[date, UUID] | None:
    """Read the key behind which a page goes on; None when nobody wrote it."""
    on, _dot, key = text.partition(".")
    try:
        return date.fromisoformat(on), UUID(key)
    except ValueError:
        return None
