"""The ambulance's books of a month: the log of trips with its paper, and the fuel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import NotAllowed, RuleBroken
from core.pages import as_pdf, refuse, sent
from core.periods import Month, local_day
from referrals import pdf, selectors
from referrals.forms import FuelForm, TakeBackForm
from referrals.models import Fuel, Trip
from referrals.services import fuel as services
from referrals.views import key, month_of


@require_safe
@requires(Action.SEE_REFERRALS)
def index(request: HttpRequest) -> HttpResponse:
    """Show a month's trips with kilometres, fuel and how long things took, and which vehicle is out."""
    month, before = month_of(request), key(request.GET.get("before", ""))
    rows = selectors.trips(month, before=get_object_or_404(Trip, id=before) if before else None)
    more = len(rows) > selectors.PAGE
    context: dict[str, Any] = {
        "rows": rows[: selectors.PAGE], "before": before,
        "older": f"?month={month}&before={rows[selectors.PAGE - 1].pk}" if more else "",
    }  # fmt: skip
    if not before:
        context |= {"total": selectors.trips_total(month), "waits": selectors.waits(month),
                    "out": list(selectors.open_trips())}  # fmt: skip
    return render(request, "referrals/trips.html", context | _months(month))


@require_safe
@requires(Action.SEE_REFERRALS)
def log(request: HttpRequest) -> HttpResponse:
    """Print the log book of a month."""
    month, at = month_of(request), timezone.now()
    trips = selectors.log(month)
    journal.note_reads([trip.patient_id for trip in trips if trip.patient_id], by=request.user, what="ambulance log")
    made = pdf.log(month, trips, selectors.trips_total(month), selectors.waits(month), by=str(request.user), at=at)
    return as_pdf(made, f"ambulance-{month}")


@requires(Action.SEE_REFERRALS)
def fuel(request: HttpRequest) -> HttpResponse:
    """Show a month's fuel, and write down what a vehicle took."""
    month, today = month_of(request), local_day(timezone.now())
    may_write = request.user.may(Action.AMBULANCE)  # type: ignore[union-attr]
    if request.method == "POST" and not may_write:
        raise NotAllowed(Action.AMBULANCE)
    form = FuelForm(sent(request), initial={"on": today, "vehicle": _usual()})
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            services.fill(vehicle_id=data.pop("vehicle"), by=request.user, today=today, **data)  # type: ignore[arg-type]
        except RuleBroken as broken:
            if broken.code != "constraint.same_id":
                refuse(form, broken)
        if not form.errors:
            messages.success(request, _("The fuel is written down."))
            return redirect(f"{request.path}?month={Month.of(data['on'])}")
    return render(request, "referrals/fuel.html", {
        "form": form, "rows": selectors.fuel(month), "trips": selectors.taken_on_trips(month),
        "total": selectors.trips_total(month),
    } | _months(month), status=422 if form.errors else 200)  # fmt: skip


@requires(Action.AMBULANCE)
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take an entry of the fuel log back, with a word why."""
    found = Fuel.objects.select_related("vehicle").filter(pk=id).first()
    if found is None:
        raise Http404
    form = TakeBackForm(sent(request))
    if form.is_bound and form.is_valid():
        try:
            services.take_back(fuel=found, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Taken back."))
            return redirect("referrals:fuel")
    context = {"form": form, "fuel": found}
    return render(request, "referrals/fuel_take_back.html", context, status=422 if form.errors else 200)


def _usual() -> int | None:
    """Return the first vehicle in use: mostly there is one."""
    return next((vehicle.pk for vehicle in selectors.vehicles()), None)


def _months(month: Month) -> dict[str, Any]:
    later = month.next() if month < Month.of(local_day(timezone.now())) else None
    return {"month": month, "earlier": month.previous(), "later": later}
