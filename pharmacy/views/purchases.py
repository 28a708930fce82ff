"""Medicine bought out of the fund."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.db import broken_constraints
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.forms.purchases import Lines, PurchaseForm
from pharmacy.models import Move, Place, Purchase
from pharmacy.selectors import money
from pharmacy.services import purchases as services
from pharmacy.views.common import done, sent, today, uuid_from


@require_safe
@requires(Action.SEE_BOOKS)
def purchases(request: HttpRequest) -> HttpResponse:
    """List purchases, newest first."""
    rows, more = money.purchases_page(before=uuid_from(request, "before"))
    return render(request, "pharmacy/purchases.html", {"rows": rows, "older": f"?before={more}" if more else ""})


@requires(Action.PURCHASE)
def purchase_new(request: HttpRequest) -> HttpResponse:
    """Record an invoice with its lines; each line becomes a batch in the store."""
    form = PurchaseForm(sent(request), initial=starting(today()))
    lines = Lines(sent(request), prefix="line", form_kwargs={"currency": request.POST.get("currency", "KHR")})
    if form.is_valid() & lines.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "currency"}
        if done(form, Purchase, _record, **given, lines=lines.lines(), by=request.user, today=today()):
            messages.success(request, _("Bought, and taken into the store."))
            return redirect("pharmacy:purchase", given["id"])
    wrong = form.errors or (lines.is_bound and not lines.is_valid())
    context = {"form": form, "lines": lines, "holdings": money.holdings(), "suppliers": money.suppliers()}
    return render(request, "pharmacy/purchase_new.html", context, status=422 if wrong else 200)


def _record(**given: object) -> None:
    """Record the purchase; a medicine that is not there shows only when all of it is committed."""
    with broken_constraints():
        services.record(**given)  # type: ignore[arg-type]


@require_safe
@requires(Action.SEE_BOOKS)
def purchase(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one purchase with its batches."""
    found = get_object_or_404(Purchase.objects.select_related("entry__reversed_by", "recorded_by", "fund"), pk=id)
    moves = Move.objects.filter(batch__purchase=found, source=Place.SOURCE).select_related("batch__medicine")
    context = {"purchase": found, "moves": moves.order_by("id"), "form": ReasonForm()}
    return render(request, "pharmacy/purchase.html", context)


@requires(Action.CORRECT_BOOKS)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a whole purchase back, with a reason."""
    form = ReasonForm(sent(request))
    if form.is_valid():
        given = {"purchase_id": id, "on": today(), "reason": form.cleaned_data["reason"]}
        if done(form, None, services.void, **given, by=request.user, today=today()):
            messages.success(request, _("Taken back: the money is in the fund again, the medicine out of the store."))
            return redirect("pharmacy:purchase", id)
    found = get_object_or_404(Purchase.objects.select_related("entry"), pk=id)
    return render(request, "pharmacy/void.html", {"form": form, "purchase": found}, status=422 if form.errors else 200)
