"""The routes and their stops, for those who plan."""

from __future__ import annotations

from typing import Any

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
from mobile_team import phrases, rules, selectors
from mobile_team.forms import RouteForm
from mobile_team.models import Route
from mobile_team.selectors import roads
from mobile_team.services import routes as services


@require_safe
@requires(Action.SEE_SESSIONS)
def routes(request: HttpRequest) -> HttpResponse:
    """List the routes with their stops, and say when they drive on other than the planned number of days."""
    rows = selectors.routes()
    return render(request, "mobile_team/routes.html", {
        "routes": rows, "week": roads.week_of(rows, rules.DAYS_A_WEEK), "month": today().month,
    })  # fmt: skip


@requires(Action.PLAN_SESSIONS)
def route(request: HttpRequest, id: int | None = None) -> HttpResponse:
    """Add a route, or change one; what a colleague changed meanwhile is brought together with it."""
    data, edit, clashed = sent(request), shared_edit.read(request), None
    form = RouteForm(data)
    form.fields["team"].offer(selectors.colleagues())  # type: ignore[attr-defined]
    if data is not None and form.is_valid():
        try:
            there, edit = (Route(pk=id), edit) if id else (None, None)
            services.save(route=there, by=request.user, edit=edit, **form.said())  # type: ignore[arg-type]
        except Route.DoesNotExist:
            raise Http404 from None
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("mobile_team:routes")
    context: dict[str, Any] = {"form": form}
    if id is not None:
        context["route"] = found = selectors.route(id)
        if found is None:
            raise Http404
        form.show(found)
        context["shared"] = shared_edit.page(edit, roads.document(found), clashed, words=phrases.of_route)
    return render(request, "mobile_team/route.html", context, status=422 if form.errors or clashed else 200)
