"""What the funds hold, new funds, the rates of a day, and how a month reconciles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.money import Money
from core.pages import done, sent, today
from core.periods import Month
from pharmacy.forms.cash import FundForm, RateForm
from pharmacy.forms.fields import starting
from pharmacy.models import Fund
from pharmacy.selectors import cash, money, rates
from pharmacy.services import funds as services


@require_safe
@requires(Action.SEE_BOOKS)
def funds(request: HttpRequest) -> HttpResponse:
    """Show every fund with its cash, and all of it together at the rate that holds today."""
    rows = cash.held()
    riel, dollars = cash.together(rows)
    rate = rates.holding(today())
    common: Money | None = riel + rates.factor(rate).to_khr(dollars) if rate else None
    context = {"rows": rows, "riel": riel, "dollars": dollars, "rate": rate, "common": common}
    return render(request, "pharmacy/funds.html", context)


@require_safe
@requires(Action.SEE_BOOKS)
def fund(request: HttpRequest, code: str = Fund.MEDICINE) -> HttpResponse:
    """Show what a fund took in, paid out and holds, in riel and in dollars."""
    found = get_object_or_404(Fund, pk=code)
    context = {"fund": found, "holdings": money.holdings(code), "entries": money.latest_entries(code)}
    return render(request, "pharmacy/fund.html", context)


@requires(Action.MANAGE_FUNDS)
def fund_new(request: HttpRequest) -> HttpResponse:
    """Begin a fund with its accounts in both currencies."""
    form = FundForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        twice = Fund.objects.filter(**given).exists()  # the same form sent again: it is there, as it was meant
        if twice or done(form, None, services.add, **given, by=request.user):
            messages.success(request, _("The fund is there, with its accounts in riel and dollars."))
            return redirect("pharmacy:fund_of", given["code"])
    return render(request, "pharmacy/fund_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOOKS)
def rates_page(request: HttpRequest) -> HttpResponse:
    """Show what a dollar was worth, newest first."""
    return _rates(request, RateForm(initial=starting(today())))


@requires(Action.MANAGE_FUNDS)
def rate_set(request: HttpRequest) -> HttpResponse:
    """Say what a dollar is worth from a day on."""
    form = RateForm(sent(request), initial=starting(today()))
    if form.is_valid() and done(
        form, None, services.set_rate, **form.cleaned_data, by=request.user, today=today()
    ):  # fmt: skip
        messages.success(request, _("The rate holds from that day until the next one."))
        return redirect("pharmacy:rates")
    return _rates(request, form)


def _rates(request: HttpRequest, form: RateForm) -> HttpResponse:
    context = {"form": form, "rows": rates.latest()}
    return render(request, "pharmacy/rates.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOOKS)
def month_end(request: HttpRequest) -> HttpResponse:
    """Show, for each fund and currency, what the books say at the end of a month beside what was counted."""
    month = _month(request.GET.get("month", ""))
    now = Month.of(today())
    rows = cash.reconciled(month)
    rate = rates.holding(min(month.last, today()))
    riel, dollars = cash.together(cash.held_of(rows))
    context = {
        "month": month, "rows": rows, "rate": rate, "riel": riel, "dollars": dollars,
        "common": riel + rates.factor(rate).to_khr(dollars) if rate else None,
        "older": f"?month={month.previous()}", "newer": f"?month={month.next()}" if month < now else "",
        "open": sum(not row.agrees for row in rows if row.book or row.count),
    }  # fmt: skip
    return render(request, "pharmacy/month_end.html", context)


def _month(text: str) -> Month:
    """Return the month a page's address names; else the one that ended last, none that has not begun."""
    now = Month.of(today())
    try:
        return min(Month.parse(text), now)
    except (RuleBroken, ValueError):
        return now.previous()
