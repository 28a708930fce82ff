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
from core.pages import done, sent, today
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.forms.purchases import Lines, PurchaseForm, ScanForm
from pharmacy.models import Move, Place, Purchase, Scan
from pharmacy.pictures import JPEG, PDF
from pharmacy.selectors import money
from pharmacy.services import purchases as services
from pharmacy.services import scans
from pharmacy.views.common import uuid_from


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
    context = {"form": form, "lines": lines, "suppliers": money.suppliers()}
    return render(request, "pharmacy/purchase_new.html", context, status=422 if wrong else 200)


def _record(**given: object) -> None:
    """Record the purchase; a medicine that is not there shows only when all of it is committed."""
    with broken_constraints():
        services.record(**given)  # type: ignore[arg-type]


@require_safe
@requires(Action.SEE_BOOKS)
def purchase(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one purchase with its batches."""
    return _shown(request, _found(id), ScanForm())


def _found(id: UUID) -> Purchase:
    related = ("entry__reversed_by", "recorded_by", "fund", "scan")
    return get_object_or_404(Purchase.objects.select_related(*related).defer("scan__content"), pk=id)


def _shown(request: HttpRequest, found: Purchase, form: ScanForm) -> HttpResponse:
    moves = Move.objects.filter(batch__purchase=found, source=Place.SOURCE).select_related("batch__medicine")
    context = {"purchase": found, "scan": getattr(found, "scan", None), "moves": moves.order_by("id"), "form": form}
    return render(request, "pharmacy/purchase.html", context, status=422 if form.errors else 200)


@requires(Action.PURCHASE)
def scan(request: HttpRequest, id: UUID) -> HttpResponse:
    """Keep the picture or PDF of an invoice in place of the one before."""
    found = _found(id)
    form = ScanForm(sent(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = {"purchase_id": id, "data": form.cleaned_data["scan"]}
        if done(form, None, scans.put, **given, by=request.user):
            messages.success(request, _("The invoice is kept with the purchase."))
            return redirect("pharmacy:purchase", id)
    return _shown(request, found, form)


@require_safe
@requires(Action.SEE_BOOKS)
def invoice(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send the scan of an invoice: a picture to be seen, a PDF as a file to keep."""
    scan = get_object_or_404(Scan, purchase=id)
    is_picture = scan.kind == JPEG
    response = HttpResponse(bytes(scan.content), content_type=JPEG if is_picture else PDF)
    name = f"invoice-{id}.{'jpg' if is_picture else 'pdf'}"
    response["Content-Disposition"] = f'{"inline" if is_picture else "attachment"}; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=300"
    return response


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
