"""The week's round, the plan, and the villages with how long they have waited."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.periods import FIRST_YEAR, LAST_YEAR
from mobile_team import rules, selectors
from mobile_team.forms import PlanForm
from mobile_team.services import planning
from mobile_team.views import refuse, today

WEEK = timedelta(days=7)
PLAN_AHEAD = timedelta(weeks=4)


@require_safe
@requires(Action.SEE_SESSIONS)
def week(request: HttpRequest) -> HttpResponse:
    """Show the sessions of a week, day by day, and how far each is."""
    day = _day(request.GET.get("on", ""))
    first, last = rules.week_of(day)
    days = selectors.week(day)
    return render(request, "mobile_team/week.html", {
        "days": days, "first": first, "last": last, "today": today(), "total": _total(days),
        "before": (first - WEEK).isoformat(), "after": (first + WEEK).isoformat(),
    })  # fmt: skip


@requires(Action.PLAN_SESSIONS)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan the sessions of a span of days from the routes."""
    first = today()
    form = PlanForm(request.POST or None, initial={"first": first, "last": first + PLAN_AHEAD})
    if request.method == "POST" and form.is_valid():
        try:
            planned = planning.plan(**form.cleaned_data, by=request.user).made  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            said = ngettext("%(n)s session planned.", "%(n)s sessions planned.", len(planned)) % {"n": len(planned)}
            messages.success(request, said if planned else _("Nothing to add: all of it is planned already."))
            return redirect(_week_of(form.cleaned_data["first"]))
    until = selectors.planned_until(first) if request.method == "GET" else None
    return render(request, "mobile_team/plan.html", {"form": form, "until": until}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_SESSIONS)
def villages(request: HttpRequest) -> HttpResponse:
    """Show every village of the routes: who has waited longest comes first."""
    rows = selectors.coverage(today())
    overdue = sum(row["overdue"] for row in rows)
    weeks = rules.TOO_LONG_AGO.days // 7
    return render(request, "mobile_team/villages.html", {"rows": rows, "overdue": overdue, "weeks": weeks})


def _day(text: str) -> date:
    """Return the day asked for, today when it cannot be read."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today()
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today()


def _total(days: list[selectors.Day]) -> dict[str, int]:
    """Add up the tallies of a week."""
    total = dict(selectors.NOTHING)
    for day in days:
        for session in day.sessions:
            for name in total:
                total[name] += session.tally[name]  # type: ignore[attr-defined]
    return total


def _week_of(day: date) -> str:
    return f"{reverse('mobile_team:week')}?on={day.isoformat()}"
