"""How stock is used: consumption, months of stock, what to order, what expires, the ministry's monthly line."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.khmer import normalise
from core.pages import as_pdf, today
from core.periods import Month, Year
from pharmacy.models import Medicine
from pharmacy.pdf import supply as papers
from pharmacy.selectors import stock
from pharmacy.selectors import supply as selectors
from pharmacy.views.common import number_from, organisation, uuid_from

EARLIEST = Month("2000-01")


@require_safe
@requires(Action.SEE_STOCK)
def supply(request: HttpRequest) -> HttpResponse:
    """List what is used of each medicine, how long it lasts, when it was out."""
    text = normalise(request.GET.get("q", "")[:80])
    rows, more = selectors.page(today=today(), text=text, after=number_from(request, "after"))
    last = Month.of(today()).previous()
    context = {
        "rows": rows, "q": text, "first": selectors.months_before(last, selectors.REVIEWED - 1), "last": last,
        "older": "?" + urlencode({"q": text, "after": more}) if more else "",
    }  # fmt: skip
    return render(request, "pharmacy/supply.html", context)


@require_safe
@requires(Action.SEE_STOCK)
def reorder_list(request: HttpRequest) -> HttpResponse:
    """List what should be ordered now, and how much of it."""
    months = _months(request)
    rows = [(row, row.order(months)) for row in selectors.reorder_list(today())]
    context = {"rows": rows, "months": months, "choices": selectors.ORDER_FOR, "below": selectors.LOW_BELOW}
    return render(request, "pharmacy/reorder_list.html", context)


@require_safe
@requires(Action.SEE_STOCK)
def reorder_paper(request: HttpRequest) -> HttpResponse:
    """Return what should be ordered as a PDF."""
    rows, months = selectors.reorder_list(today()), _months(request)
    made = papers.order(
        rows, months, organisation(), on=today(), printed_by=str(request.user), at=timezone.now()
    )  # fmt: skip
    return as_pdf(made, f"order-{today()}")


def _months(request: HttpRequest) -> int:
    asked = number_from(request, "months")
    return asked if asked in selectors.ORDER_FOR else selectors.ORDER_FOR[1]


@require_safe
@requires(Action.SEE_STOCK)
def expiring(request: HttpRequest) -> HttpResponse:
    """List the batches that must be used soon or written off, the first to expire first."""
    shorter = request.GET.get("within") == "3"
    within = stock.SOON if shorter else selectors.LATER
    rows, more = selectors.expiring(today=today(), within=within, after=uuid_from(request, "after"))
    context = {
        "rows": rows, "today": today(), "soon": today() + stock.SOON, "shorter": shorter,
        "older": f"?within={3 if shorter else 6}&after={more}" if more else "",
    }  # fmt: skip
    return render(request, "pharmacy/expiring.html", context)


@require_safe
@requires(Action.SEE_STOCK)
def month(request: HttpRequest) -> HttpResponse:
    """Show the ministry's stock line of a month, medicine by medicine."""
    shown, this = _month(request), Month.of(today())
    context = {
        "month": shown, "rows": selectors.month_lines(shown, today()), "previous": shown.previous(),
        "next": shown.next() if shown < this else None, "open": shown == this,
    }  # fmt: skip
    return render(request, "pharmacy/stock_month.html", context)


@require_safe
@requires(Action.SEE_STOCK)
def month_paper(request: HttpRequest) -> HttpResponse:
    """Return the ministry's stock line of a month as a PDF."""
    shown = _month(request)
    rows = selectors.month_lines(shown, today())
    made = papers.month(shown, rows, organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"stock-{shown}")


def _month(request: HttpRequest) -> Month:
    """Return the month that an address names, this one for any that cannot be, is too long ago or has not come."""
    this = Month.of(today())
    try:
        asked = Month.parse(request.GET.get("month", "")[:20])
    except RuleBroken:
        return this
    return asked if EARLIEST <= asked <= this else this


@require_safe
@requires(Action.SEE_STOCK)
def card_paper(request: HttpRequest, id: int) -> HttpResponse:
    """Return the stock card of a medicine for a year as a PDF."""
    found = get_object_or_404(Medicine, pk=id)
    try:
        year = min(Year.parse(request.GET.get("year", "")[:10]), Year.of(today()))
    except RuleBroken:
        year = Year.of(today())
    opening, lines = stock.card_of(found, year.first, year.last)
    made = papers.card(found, year, opening, lines, organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"stock-card-{found.pk}-{year}")
