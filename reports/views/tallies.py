"""How the tallies stand against the records: an alarm on the home page, the last comparisons, a count anew."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.periods import Month, Year, local_day
from core.words import say
from reports.naming import month_words
from reports.tallies import proving, recounting
from reports.views.common import hand_over


@require_safe
@requires(Action.HOME)
@never_cache
def alarm(request: HttpRequest) -> HttpResponse:
    """Answer with a red notice while tallies and records differ, else with nothing; for who makes papers of them."""
    found = proving.alarm() if cast("User", request.user).may(Action.MAKE_PAPERS) else None
    if found is None:
        return HttpResponse()
    return render(request, "reports/alarm.html", {"month": _month(found), "url": reverse("reports:tallies")})


@require_safe
@requires(Action.MAKE_PAPERS)
def show(request: HttpRequest) -> HttpResponse:
    """Show the last comparisons of tallies with the records, and what differed."""
    return _page(request, str(local_day(timezone.now()).year))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Action.MAKE_PAPERS)
def again(request: HttpRequest) -> HttpResponse:
    """Have a year counted again and go to where its progress is shown; loaded anew it is the page of the tallies."""
    if request.method != "POST":
        return redirect("reports:tallies")
    typed = request.POST.get("year", "")[:60]
    try:
        year = Year.parse(typed)
    except RuleBroken as error:
        return _page(request, typed, say(error))
    job = recounting.ask(year=year, by=request.user)
    transaction.on_commit(lambda: hand_over(request, job))
    return redirect("jobs:job", job.id)


def _page(request: HttpRequest, year: str, wrong: str = "") -> HttpResponse:
    rows = [{"row": row, "month": _month(row)} for row in proving.newest()]
    context = {"rows": rows, "year": year, "wrong": wrong}
    return render(request, "reports/tallies.html", context, status=422 if wrong else 200)


def _month(row: Any) -> str:
    return month_words(Month.of(row.first)) if row.first else ""
