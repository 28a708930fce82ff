"""How the tallies stand against the records: an alarm on the home page, the last comparisons, a count anew."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import BAND_SETS
from core.errors import RuleBroken
from core.khmer import format_date
from core.periods import Month, Year, local_day
from core.words import say
from reports import keys
from reports.figures import FIGURES
from reports.models import Tally
from reports.naming import SERVICES_SHORT, SEXES, month_words
from reports.tallies import proving, recounting
from reports.views.common import hand_over

LINES = 5  # differences of one comparison that are shown


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
    found = proving.newest()
    named = _named([line for row in found for line in row.detail[:LINES]])
    rows = [{"row": row, "month": _month(row), "lines": [_line(line, named) for line in row.detail[:LINES]]}
            for row in found]  # fmt: skip
    context = {"rows": rows, "year": year, "wrong": wrong}
    return render(request, "reports/tallies.html", context, status=422 if wrong else 200)


def _named(lines: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return what the keys of all lines are called, by dimension, in a statement a dimension at most."""
    keys_of: dict[str, set[str]] = {}
    for line in lines:
        if line["dimension"] in keys.DIMENSIONS:
            keys_of.setdefault(line["dimension"], set()).add(str(line["key"]))
    figure, bands = FIGURES["patients_assessed"], BAND_SETS["published"]
    return {name: keys.words_of_keys(figure, name, found, bands) for name, found in keys_of.items()}


def _line(line: dict[str, Any], named: dict[str, dict[str, str]]) -> str:
    """Return one difference in words: when, of what, of whom, and both numbers where they differ first."""
    first = date.fromisoformat(line["first"])
    when = {
        Tally.Span.DAY: format_date(first, get_language() or "km"), Tally.Span.YEAR: str(first.year),
    }.get(line["span"]) or month_words(Month.of(first))  # fmt: skip
    parts = (named.get(line["dimension"], {}).get(str(line["key"])), SERVICES_SHORT.get(line["service"]),
             SEXES.get(line["sex"]))  # fmt: skip
    tallied, counted = next((n, line["counted"][m]) for m, n in line["tallied"].items() if n != line["counted"][m])
    numbers = gettext("tallies %(tallied)s, records %(counted)s") % {"tallied": tallied, "counted": counted}
    return f"{' · '.join(str(part) for part in (when, *parts) if part)}: {numbers}"


def _month(row: Any) -> str:
    return month_words(Month.of(row.first)) if row.first else ""
