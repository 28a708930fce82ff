"""The dashboard: figures of some days beside those before, in tables and pictures, and how the centre stands today."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from clinic.models import Condition
from core.accounts.models import User
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import BandSet
from core.periods import local_day
from mobile_team import selectors as mobile_team
from pharmacy.selectors import money, stock
from reports import bands as band_sets
from reports import board as boards
from reports import quality, ranges
from reports.asking import Span
from reports.board import Board
from reports.dashboard import Asked, gather
from reports.forms.dashboard import DashboardForm
from reports.naming import band_words

DAYS, BANDS = ("from", "to"), "bands"
WRONG = stock.OUT | stock.LOW | stock.SOON_GONE | stock.EXPIRED


@require_safe
@requires(Action.SEE_DASHBOARD)
def show(request: HttpRequest) -> HttpResponse:
    """Show the figures of this month so far, or of the days that were chosen, narrowed as was asked."""
    now = timezone.now()
    today = local_day(now)
    villages = mobile_team.coverage(today)
    conditions = {row.key: row for row in Condition.objects.order_by("name_en", "key")}
    chosen = band_sets.named(request.GET.get(BANDS) or band_sets.DEFAULT)
    month = ranges.shortcuts(today)["month"]
    form = _form(request, chosen, month, villages, conditions)
    if not form.is_valid():
        return render(request, "reports/dashboard.html", {"form": form}, status=422)
    asked = _asked(form, chosen, today)
    board = Board(asked, gather(asked), request.get_full_path(), cast("User", request.user).may(Action.READ_RECORD))
    return render(request, "reports/dashboard.html", {
        "form": form,
        "asked": asked,
        "title": ranges.span_words(asked.days.now),
        "shortcuts": _shortcuts(request, form, today),
        "narrowed": _narrowed(form),
        "compared": board.comparison(),
        "trend": board.trend(),
        "ages": board.ages(),
        "conditions": board.conditions(conditions),
        "teeth": board.teeth(),
        "money": board.money(),
        "balances": money.balances(),
        "villages": boards.villages(villages),
        "shelves": boards.shelves(stock.medicines_with_stock(today).filter(WRONG).order_by("name", "id")),
        "tablets": quality.tablets(now),
        "late_after": quality.LATE_AFTER,
        "address": request.build_absolute_uri(),
    })  # fmt: skip


def _form(
    request: HttpRequest, chosen: BandSet, month: Span, villages: list[Any], conditions: dict[str, Condition]
) -> DashboardForm:
    """Return the filters; routes and communes are those on which the mobile team goes out."""
    routes = {str(row.route.pk): row.route for row in villages}
    communes = {str(row.village.commune_id): row.village.commune for row in villages}
    districts = {str(commune.district_id): commune.district for commune in communes.values()}
    offered: dict[str, list[tuple[str, Any]]] = {
        "band": [(key, band_words(chosen, key)) for key in chosen.lines],
        "condition": list(conditions.items()),
        "route": list(routes.items()),
        "commune": sorted(communes.items(), key=lambda pair: str(pair[1])),
        "district": list(districts.items()),
    }
    bands = [(each.key, each.words) for each in band_sets.offered()]
    return DashboardForm(request.GET, bands=bands, offered=offered, month=month)


def _asked(form: DashboardForm, bands: BandSet, today: date) -> Asked:
    """Return what a valid form asks for."""
    where = {name: _key(value) for name, value in _filters(form).items()}
    return Asked(ranges.compared(form.cleaned_data["days"], today), bands, where)


def _filters(form: DashboardForm) -> dict[str, Any]:
    given = {name: form.cleaned_data.get(name) for name in form.fields if name not in (*DAYS, BANDS)}
    return {name: value for name, value in given.items() if value}


def _key(value: Any) -> str:
    return str(getattr(value, "pk", value))


def _narrowed(form: DashboardForm) -> list[str]:
    """Return in words by what the figures are narrowed: "Sex: Female"."""
    words = []
    for name, value in _filters(form).items():
        choices = dict(getattr(form.fields[name], "choices", ()))
        words.append(f"{form.fields[name].label}: {choices.get(value, value)}")
    return words


def _shortcuts(request: HttpRequest, form: DashboardForm, today: date) -> list[dict[str, Any]]:
    """Return the ways to the stretches asked for most; the filters are kept."""
    words = {
        "month": gettext("This month"), "last_month": gettext("Last month"), "year": gettext("This year"),
        "last_year": gettext("Last year"), "twelve_months": gettext("Twelve months"),
    }  # fmt: skip
    here = (form.cleaned_data["from"], form.cleaned_data["to"])
    kept = {name: value for name, value in request.GET.items() if value and name not in DAYS}
    return [
        {
            "words": words[name],
            "href": f"?{urlencode({'from': span.first, 'to': span.last} | kept)}",
            "here": here == (span.first, span.last) or (name == "month" and not any(here)),
        }
        for name, span in ranges.shortcuts(today).items()
    ]
