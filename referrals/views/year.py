"""A year of the road: its months, vehicles, waits and referrals, on a page, on paper and as a sheet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pages import as_pdf
from core.periods import FIRST_YEAR, LAST_YEAR, Year, local_day
from referrals import pdf, selectors, xlsx

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@requires(Action.SEE_REFERRALS)
def index(request: HttpRequest) -> HttpResponse:
    """Show a year month by month."""
    year = _year(request)
    last = local_day(timezone.now()).year
    return render(request, "referrals/year.html", {
        "year": year, "earlier": year.previous() if year.number > FIRST_YEAR else None,
        "later": year.next() if year.number < min(last, LAST_YEAR) else None,
        "days": selectors.answer_due().days, **_told(year),
    })  # fmt: skip


@require_safe
@requires(Action.SEE_REFERRALS)
def paper(request: HttpRequest) -> HttpResponse:
    """Print a year."""
    year = _year(request)
    made = pdf.year(year, **_told(year), days=selectors.answer_due().days, by=str(request.user), at=timezone.now())
    return as_pdf(made, f"ambulance-{year}")


@require_safe
@requires(Action.SEE_REFERRALS)
def sheet(request: HttpRequest) -> HttpResponse:
    """Give a year as an Excel file."""
    year = _year(request)
    made = xlsx.year(year, **_told(year), days=selectors.answer_due().days)
    answer = HttpResponse(made, content_type=SHEET)
    answer["Content-Disposition"] = f'attachment; filename="ambulance-{year}.xlsx"'
    return answer


def _told(year: Year) -> dict[str, Any]:
    """Return what the year says. Five statements."""
    total, months = selectors.months(year)
    today = local_day(timezone.now())
    return {"total": total, "months": months, "waits": selectors.waits(year), "sent": selectors.sent(year, today)}


def _year(request: HttpRequest) -> Year:
    """Return the year asked for, this one when it cannot be read."""
    try:
        return Year.parse(request.GET.get("year", ""))
    except RuleBroken:
        return Year.of(local_day(timezone.now()))
