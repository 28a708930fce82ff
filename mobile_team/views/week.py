"""The round by week and by month, the plan, and the villages with how long they have waited."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

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
from core.khmer import latin_digits
from core.pages import refuse, sent, today
from core.periods import FIRST_YEAR, LAST_YEAR, Month
from mobile_team import rules, selectors
from mobile_team.forms import PlanForm
from mobile_team.selectors.roads import Reached
from mobile_team.services import planning

WEEK = timedelta(days=7)
WEEKS = (2, 4, 6, 8, 12, 26)  # after how many a village waits long; chosen on the page
USUAL = rules.TOO_LONG_AGO.days // 7


@require_safe
@requires(Action.SEE_SESSIONS)
def week(request: HttpRequest) -> HttpResponse:
    """Show the sessions of a week, day by day, how far each is, and what was taught."""
    day = _day(request.GET.get("on", ""))
    first, last = rules.week_of(day)
    days = selectors.week(day)
    return render(request, "mobile_team/week.html", {
        "days": days, "first": first, "last": last, "today": today(), "total": _total(days), "month": Month.of(first),
        "heads": sum((day.heads for day in days), selectors.Heads()),
        "before": (first - WEEK).isoformat(), "after": (first + WEEK).isoformat(),
    })  # fmt: skip


@require_safe
@requires(Action.SEE_SESSIONS)
def month(request: HttpRequest) -> HttpResponse:
    """Show the sessions of a month as a calendar: a row a week, a cell a day; on a narrow screen a list of days."""
    shown = _month(request.GET.get("month", ""))
    first, last = rules.week_of(shown.first)[0], rules.week_of(shown.last)[1]
    there = {day.on: day for day in selectors.days(first, last)}
    days = [there.get(on) or selectors.Day(on) for on in rules.days_between(first, last)]
    return render(request, "mobile_team/month.html", {
        "month": shown, "weeks": [days[n : n + 7] for n in range(0, len(days), 7)], "today": today(),
        "before": shown.previous(), "after": shown.next(),
    })  # fmt: skip


@requires(Action.PLAN_SESSIONS)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan the sessions of a span of days from the routes; stops without a way there are left out and named."""
    first = today()
    until = Month.of(first).next().next().last
    form = PlanForm(sent(request), initial={"first": first, "last": until})
    if request.method == "POST" and form.is_valid():
        try:
            done = planning.plan(**form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            _say_planned(request, done)
            return redirect(_week_of(form.cleaned_data["first"]))
    context: dict[str, Any] = {"form": form, "closed": selectors.closed_stops()}
    if request.method == "GET":
        context["until"] = selectors.planned_until(first)
    return render(request, "mobile_team/plan.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_SESSIONS)
def villages(request: HttpRequest) -> HttpResponse:
    """Show every village of the routes, who has waited longest first; after how many weeks is chosen here."""
    text = latin_digits(request.GET.get("weeks", ""))[:3]
    weeks = min(max(int(text), 1), 104) if text.isascii() and text.isdigit() else USUAL
    rows = selectors.coverage(today(), weeks)
    return render(request, "mobile_team/villages.html", {
        "rows": rows, "overdue": sum(row.overdue for row in rows), "weeks": weeks, "offered": WEEKS, "today": today(),
        "unplanned": _unplanned(rows),
    })  # fmt: skip


def _unplanned(rows: list[Reached]) -> int:
    """Return how many have waited long and are not planned either."""
    return sum(row.overdue and row.next is None for row in rows)


def _say_planned(request: HttpRequest, done: planning.Planned) -> None:
    made = len(done.made)
    said = ngettext("%(n)s session planned.", "%(n)s sessions planned.", made) % {"n": made}
    messages.success(request, said if made else _("Nothing to add: all of it is planned already."))
    if done.left_out:
        named = ", ".join(f"{stop.village} ({len(days)})" for stop, days in done.left_out.items())
        messages.warning(request, _("Not planned, for there is no way there in these months: %(stops)s.") % {
            "stops": named
        })  # fmt: skip


def _day(text: str) -> date:
    """Return the day asked for, today when it cannot be read."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today()
    return day if FIRST_YEAR < day.year < LAST_YEAR else today()


def _month(text: str) -> Month:
    """Return the month asked for, this one when it cannot be read."""
    try:
        asked = Month.parse(text[:10])
    except RuleBroken:
        return Month.of(today())
    return asked if FIRST_YEAR < asked.year < LAST_YEAR else Month.of(today())


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
