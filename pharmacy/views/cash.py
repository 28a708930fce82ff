"""Money that is changed, and cash that is counted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.money import Currency
from core.pages import done, sent, today
from core.words import say
from pharmacy.forms.cash import CountCashForm, ExchangeForm
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.models import CashCount, Exchange, Fund
from pharmacy.selectors import cash, rates
from pharmacy.services import cash as services
from pharmacy.services import exchanges as exchanging
from pharmacy.views.common import uuid_from


@require_safe
@requires(Action.SEE_BOOKS)
def exchanges(request: HttpRequest) -> HttpResponse:
    """List exchanges, newest first."""
    rows, more = cash.exchanges_page(before=uuid_from(request, "before"))
    return render(request, "pharmacy/exchanges.html", {"rows": rows, "older": f"?before={more}" if more else ""})


@requires(Action.CHANGE_MONEY)
def exchange_new(request: HttpRequest) -> HttpResponse:
    """Write down that money was changed into the other currency."""
    form = ExchangeForm(sent(request), initial=starting(today()))
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "direction"}
        if done(form, Exchange, exchanging.record, **given, by=request.user, today=today()):
            messages.success(request, _("Changed. Both sides stand in the books."))
            return redirect("pharmacy:exchanges")
    context = {"form": form, "rate": rates.holding(today())}
    return render(request, "pharmacy/exchange_new.html", context, status=422 if form.errors else 200)


@requires(Action.CORRECT_BOOKS)
def exchange_void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take an exchange back, with a reason."""
    found = get_object_or_404(Exchange.objects.select_related("fund", "given", "taken"), pk=id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        given = {"exchange_id": id, "on": today(), "reason": form.cleaned_data["reason"]}
        if done(form, None, exchanging.void, **given, by=request.user, today=today()):
            messages.success(request, _("Taken back: both amounts are where they were before."))
            return redirect("pharmacy:exchanges")
    context = {"form": form, "exchange": found}
    return render(request, "pharmacy/exchange_void.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOOKS)
def counts(request: HttpRequest) -> HttpResponse:
    """List counted cash, newest first."""
    rows, more = cash.counts_page(before=uuid_from(request, "before"))
    context = {"rows": rows, "funds": cash.funds(), "older": f"?before={more}" if more else ""}
    return render(request, "pharmacy/cash_counts.html", context)


@requires(Action.COUNT_CASH)
def count_new(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """Count the cash of a fund in one currency, without being told what the books say."""
    if currency not in list(Currency):
        raise Http404
    fund, asked = get_object_or_404(Fund, pk=code), Currency(currency)
    form = CountCashForm(
        sent(request), currency=asked, initial=starting(today(), counted_by=str(request.user))
    )  # fmt: skip
    if form.is_valid():
        given = {"fund": code, "currency": asked, "found": form.found()[asked]} | form.besides()
        if done(form, CashCount, services.count, **given, by=request.user, today=today()):
            return redirect("pharmacy:cash_count", given["id"])
    context = {"form": form, "fund": fund, "currency": asked.value}
    return render(request, "pharmacy/cash_new.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOOKS)
def count(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one count of cash: its notes, what the books said, and what became of the difference."""
    found = get_object_or_404(CashCount.objects.select_related("fund", "entry", "recorded_by"), pk=id)
    context = {"count": found, "difference": found.counted - found.book, "purses": cash.purses(found.notes.all())}
    return render(request, "pharmacy/cash_count.html", context)


@require_POST
@requires(Action.CORRECT_BOOKS)
def count_enter(request: HttpRequest, id: UUID) -> HttpResponse:
    """Bring the books to what was counted."""
    get_object_or_404(CashCount, pk=id)
    try:
        services.enter(count_id=id, by=request.user)
    except RuleBroken as broken:
        if broken.code != "pharmacy.entered_already":  # a second click
            messages.error(request, say(broken))
    else:
        messages.success(request, _("Entered. The books say what was counted."))
    return redirect("pharmacy:cash_count", id)
