"""Pages of the figures: choose a month or a year, see it, ask for the paper."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import BAND_SETS, BandSet
from core.jobs.models import Job
from core.periods import Month, Period, Year, local_day
from reports import bands as band_sets
from reports import charts, issued, selectors, services, tables
from reports.cube import Cube
from reports.figures import COUNTED, FIGURES
from reports.linked import Linker
from reports.naming import (
    bands_named,
    is_year,
    month_words,
    period_named,
    period_words,
)
from reports.tallies import touched
from reports.views import issues
from reports.views.common import hand_over


@requires(Action.SEE_FIGURES)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Choose a month or a year; the newest papers."""
    user, today = cast("User", request.user), local_day(timezone.now())
    shown = Year.parse(request.GET.get("year") or str(today.year))
    first = selectors.first_day()
    numbers = selectors.trend(shown.period.last)
    table = tables.trend(numbers)
    linker = Linker(shown.period, BAND_SETS["published"], user.may(Action.READ_RECORD), request.get_full_path())
    revisions = issued.of_year(shown)
    months = [
        {
            "href": reverse("reports:month", args=[text]) if Month(text).first <= today else "",
            "cells": cells,
            "revision": revisions.get(text, 0),
        }
        for text, cells in zip(numbers, linker.table(table)["rows"], strict=True)
    ]
    return render(request, "reports/home.html", {
        "year": shown,
        "earlier": shown.previous() if first and first.year < shown.number else None,
        "later": shown.next() if shown.number < today.year else None,
        "columns": table.columns,
        "months": months,
        "total": sum(sum(by.values()) for by in numbers.values()),
        "chart": charts.picture(charts.months(numbers)),
        "issued": revisions.get(shown.text, 0),
        "papers": [_paper(job) for job in selectors.papers()] if user.may(Action.MAKE_PAPERS) else [],
    })  # fmt: skip


def _paper(job: Job) -> dict[str, Any]:
    period = period_named(job.params["first"], job.params["last"])
    return {"job": job, "words": period_words(period), "files": list(job.files.all())}


@requires(Action.SEE_FIGURES)
@require_GET
def month(request: HttpRequest, month: str) -> HttpResponse:
    """Show the figures of a month."""
    chosen = Month.parse(month)
    ways = {"before": _month_link(chosen.previous()), "after": _month_link(chosen.next())}
    return _show(request, Period(chosen, chosen), ways)


@requires(Action.SEE_FIGURES)
@require_GET
def year(request: HttpRequest, year: str) -> HttpResponse:
    """Show the figures of a year, month by month, and the results as they are published."""
    chosen = Year.parse(year)
    return _show(request, chosen.period, {"before": _year_link(chosen.previous()), "after": _year_link(chosen.next())})


def _month_link(month: Month) -> tuple[str, str]:
    return month_words(month), reverse("reports:month", args=[month.text])


def _year_link(year: Year) -> tuple[str, str]:
    return year.text, reverse("reports:year", args=[year.text])


def _show(request: HttpRequest, period: Period, ways: dict[str, Any]) -> HttpResponse:
    user, bands = cast("User", request.user), bands_named(request.GET.get("bands") or "published")
    log = touched.look()
    cube, numbers = selectors.count(period, bands, log), selectors.trend(period.last, log=log)
    opens = user.may(Action.READ_RECORD)
    page = request.get_full_path()
    linker = Linker(period, bands, opens, page)
    whole_year = is_year(period)
    shown = [tables.services(cube), tables.ages(cube), tables.hand_outs(cube), tables.conditions(cube)]
    linked = {table.key: linker.table(table) for table in shown}
    if whole_year:
        linked["months"] = linker.table(tables.months(cube))
        linked["published"] = Linker(period, BAND_SETS["published"], opens, page).table(tables.published_results(cube))
    else:
        shown_months = Period(Month(min(numbers)), Month(max(numbers)))
        linked["months"] = Linker(shown_months, bands, opens, page).table(tables.trend(numbers))
    return render(request, "reports/period.html", {
        "period": period,
        "title": period_words(period),
        "address": request.build_absolute_uri(),
        "whole_year": whole_year,
        "paper": issues.card(period),
        "tiles": [_tile(linker, cube, figure.name) for figure in COUNTED],
        "band_sets": [_band_set(request, each, bands) for each in band_sets.offered()],
        "bands": bands,
        "tables": linked,
        "pyramid": charts.picture(charts.pyramid(cube), width=560, height=280) if cube.sum("patients_assessed") else "",
        "trend": charts.picture(charts.months(numbers)),
        "top": charts.picture(charts.top_conditions(cube.conditions), width=440, height=280) if cube.conditions else "",
        **ways,
    })  # fmt: skip


def _tile(linker: Linker, cube: Cube, name: str) -> dict[str, Any]:
    figure = FIGURES[name]
    number = linker.number(tables.Number(cube.sum(name), name))
    return number | {"words": figure.words, "counts": figure.counts_words, "definition": figure.definition}


def _band_set(request: HttpRequest, each: band_sets.Kept, chosen: BandSet) -> dict[str, Any]:
    return {"words": each.words, "href": f"{request.path}?bands={each.key}#ages", "here": each.key == chosen.key}


# --- The paper --------------------------------------------------------------------------------------------------------


@requires(Action.MAKE_PAPERS)
@require_POST
def make_paper(request: HttpRequest) -> HttpResponse:
    """Ask for the papers of a period and go to where their progress is shown."""
    period = period_named(request.POST.get("first", ""), request.POST.get("last", ""))
    bands = bands_named(request.POST.get("bands") or "published")
    job = services.ask_for_paper(period=period, bands=bands, by=request.user)
    transaction.on_commit(lambda: hand_over(request, job))
    return redirect("jobs:job", job.id)
