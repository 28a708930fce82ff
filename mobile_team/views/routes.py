"""The routes and their stops, for those who plan."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from mobile_team import selectors
from mobile_team.forms import RouteForm
from mobile_team.models import Route
from mobile_team.services import routes as services
from mobile_team.views import refuse


@require_safe
@requires(Action.SEE_SESSIONS)
def routes(request: HttpRequest) -> HttpResponse:
    """List the routes with their stops."""
    return render(request, "mobile_team/routes.html", {"routes": selectors.routes()})


@requires(Action.PLAN_SESSIONS)
def route(request: HttpRequest, id: int | None = None) -> HttpResponse:
    """Add a route, or change one."""
    found = selectors.route(id) if id is not None else None
    if id is not None and found is None:
        raise Http404
    form = _form(found, request)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.save(
                route=found, name_km=data["name_km"], name_en=data["name_en"], weekday=data["weekday"],
                active=data["active"], stops=data["stops"], by=request.user,  # type: ignore[arg-type]
            )  # fmt: skip
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("mobile_team:routes")
    return render(request, "mobile_team/route.html", {"form": form, "route": found}, status=422 if form.errors else 200)


def _form(found: Route | None, request: HttpRequest) -> RouteForm:
    data = request.POST or None
    return RouteForm.of(found, data) if found else RouteForm(data)
