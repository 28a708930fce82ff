"""Gifts towards medicine, their receipts, and the fund they go into."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.pages import as_pdf, done, sent, today
from pharmacy.forms.donations import DonateForm
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.models import Donation
from pharmacy.pdf import receipts
from pharmacy.selectors import money
from pharmacy.services import donations as services
from pharmacy.views.common import organisation, uuid_from


@requires(Action.RECEIVE_DONATION)
def donate(request: HttpRequest) -> HttpResponse:
    """Take a gift and go to its receipt."""
    form = DonateForm(sent(request), initial=starting(today()))
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "currency"}
        if done(form, Donation, services.receive, **given, by=request.user, today=today()):
            return redirect("pharmacy:donation", form.cleaned_data["id"])
    return render(request, "pharmacy/donate.html", {"form": form}, status=422 if form.errors else 200)


def _found(id: UUID) -> Donation:
    related = ("entry__reversed_by", "village__commune__district__province", "recorded_by", "fund", "opening__box")
    return get_object_or_404(Donation.objects.select_related(*related), pk=id)


@require_safe
@requires(Action.RECEIVE_DONATION)
def donation(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one receipt, to be printed."""
    return render(request, "pharmacy/donation.html", {"donation": _found(id)})


@require_safe
@requires(Action.RECEIVE_DONATION)
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the receipt as a PDF for A5 paper, in Khmer and English."""
    found = _found(id)
    made = receipts.receipt(found, organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"receipt-{found.receipt}")


@requires(Action.CORRECT_BOOKS)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Void one receipt, with a reason."""
    found = _found(id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        given = {"donation_id": id, "on": today(), "reason": form.cleaned_data["reason"]}
        if done(form, None, services.void, **given, by=request.user, today=today()):
            messages.success(request, _("Voided. The receipt stays in the book with its reason."))
            return redirect("pharmacy:donations")
    return render(request, "pharmacy/void.html", {"form": form, "donation": found}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOOKS)
def donations(request: HttpRequest) -> HttpResponse:
    """List gifts, newest first."""
    rows, more = money.donations_page(before=uuid_from(request, "before"))
    return render(request, "pharmacy/donations.html", {"rows": rows, "older": f"?before={more}" if more else ""})
