"""Follow the money: villages, what each gave and bought, and back from medicine to the money. No names of people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pages import as_pdf, today
from core.periods import Month, Year
from core.places.models import Village
from pharmacy.models import Batch, Purchase
from pharmacy.pdf.village import notice
from pharmacy.selectors import tracing
from pharmacy.views.common import organisation


def year_from(request: HttpRequest) -> Year:
    """Return the year that a page's address names; else this one, none that has not begun."""
    now = Year.of(today())
    try:
        return min(Year.parse(request.GET.get("year", "")), now)
    except RuleBroken:
        return now


def around(year: Year) -> dict[str, Any]:
    """Return the addresses of the years around one."""
    later = year < Year.of(today())
    return {"year": year, "older": f"?year={year.previous()}", "newer": f"?year={year.next()}" if later else ""}


@require_safe
@requires(Action.FOLLOW_MONEY)
def villages(request: HttpRequest) -> HttpResponse:
    """List the villages with what each gave in a year."""
    year = year_from(request)
    context = {"rows": tracing.villages(year.first, year.last), **around(year)}
    return render(request, "pharmacy/villages.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def village(request: HttpRequest, id: int) -> HttpResponse:
    """Show what a village gave in a year, month by month, what that bought, and how many people it helped."""
    found, year = _village(id), year_from(request)
    followed = tracing.from_village(id, year.first, year.last)
    context = {"village": found, "followed": followed, "few": tracing.FEW, **around(year)}
    return render(request, "pharmacy/village.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def village_month(request: HttpRequest, id: int, month: str) -> HttpResponse:
    """Show what became of the gifts of one village in one month: purchases, batches, and how far they went."""
    asked, found = Month.parse(month), _village(id)
    followed = tracing.from_village(id, asked.first, asked.last)
    context = {"village": found, "month": asked, "followed": followed, "few": tracing.FEW}
    return render(request, "pharmacy/village_month.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def village_notice(request: HttpRequest, id: int) -> HttpResponse:
    """Print the sheet for the village's notice board."""
    found, year = _village(id), year_from(request)
    followed = tracing.from_village(id, year.first, year.last)
    return as_pdf(notice(followed, found, year, organisation(), at=timezone.now()), f"village-{id}-{year}")


def _village(id: int) -> Village:
    return get_object_or_404(Village.objects.select_related("commune__district__province"), pk=id)


@require_safe
@requires(Action.FOLLOW_MONEY)
def purchase_money(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show whose money paid for a purchase, by village and month."""
    found = get_object_or_404(Purchase.objects.select_related("entry"), pk=id)
    context = {"purchase": found, "behind": tracing.behind_purchase(found)}
    return render(request, "pharmacy/behind.html", context)


@require_safe
@requires(Action.FOLLOW_MONEY)
def batch_money(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show whose money paid for a batch, by village and month; a batch that was not bought has none."""
    related = Batch.objects.select_related("medicine", "purchase__entry")
    found = get_object_or_404(related, pk=id, purchase__isnull=False)
    assert found.purchase
    context = {"purchase": found.purchase, "batch": found, "behind": tracing.behind_purchase(found.purchase, found)}
    return render(request, "pharmacy/behind.html", context)
