"""Trips: the log of a month, sending a vehicle out, bringing it back, taking the deceased home."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.selectors import people
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import NotAllowed, RuleBroken
from core.periods import Month, local_day
from referrals import selectors
from referrals.forms import DeceasedHomeForm, LeavingForm, ReturnForm, TripForm
from referrals.models import Referral, Trip
from referrals.services import trips as services
from referrals.services.trips import Leaving
from referrals.views import key, refuse


@require_safe
@requires(Action.SEE_REFERRALS)
def index(request: HttpRequest) -> HttpResponse:
    """Show a month's trips with their kilometres and fuel, and which vehicle is out."""
    month = _month(request.GET.get("month", ""))
    before = key(request.GET.get("before", ""))
    rows = selectors.trips(month, before=get_object_or_404(Trip, id=before) if before else None)
    more = len(rows) > selectors.PAGE
    return render(request, "referrals/trips.html", {
        "month": month, "rows": rows[: selectors.PAGE], "total": selectors.trips_total(month),
        "earlier": month.previous(), "later": month.next() if month < Month.of(local_day(timezone.now())) else None,
        "older": f"?month={month}&before={rows[selectors.PAGE - 1].pk}" if more else "", "before": before,
        "out": list(selectors.open_trips()) if not before else [],
    })  # fmt: skip


@requires(Action.AMBULANCE)
def new(request: HttpRequest) -> HttpResponse:
    """Send a vehicle out, for a referral when one is named."""
    now, referral_id = timezone.now(), key(request.GET.get("referral", ""))
    initial = {"departed_at": now, "purpose": Trip.Purpose.EMERGENCY} | _known(request)
    form = TripForm(request.POST or None, initial=initial, for_referral=referral_id is not None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        patient, name = data.get("person", (None, ""))
        try:
            services.dispatch(
                leaving=_leaving(data), purpose=data["purpose"], by=request.user, now=now, id=data["id"],  # type: ignore[arg-type]
                referral_id=referral_id, patient=patient, person_name=name, village=data.get("village"),
                destination=data["destination"], note=data["note"],
            )  # fmt: skip
        except Referral.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            _refuse(form, broken)
        else:
            return redirect("referrals:trip", id=data["id"])
    referral = selectors.referral(referral_id) if referral_id else None
    if referral_id and referral is None:
        raise Http404
    context = {"form": form, "referral": referral}
    return render(request, "referrals/trip_new.html", context, status=422 if form.errors else 200)


@requires(Action.AMBULANCE)
def deceased_home(request: HttpRequest) -> HttpResponse:
    """Take the deceased home to the family."""
    now = timezone.now()
    form = DeceasedHomeForm(request.POST or None, initial={"departed_at": now} | _known(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        patient, name = data["person"]
        try:
            services.take_deceased_home(
                leaving=_leaving(data), by=request.user, now=now, id=data["id"], patient=patient, person_name=name,  # type: ignore[arg-type]
                village=data["village"], destination=data["destination"], family_contact=data["family_contact"],
            )  # fmt: skip
        except RuleBroken as broken:
            _refuse(form, broken)
        else:
            return redirect("referrals:trip", id=data["id"])
    return render(request, "referrals/deceased_home.html", {"form": form}, status=422 if form.errors else 200)


@requires(Action.SEE_REFERRALS)
def trip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a trip; while the vehicle is out, ask for its return."""
    now = timezone.now()
    form = ReturnForm(request.POST or None, initial={"returned_at": now}, with_arrival=True)
    if request.method == "POST":
        _ask_ambulance(request)
        if form.is_valid():
            try:
                _complete(request, id, form.cleaned_data)
            except Trip.DoesNotExist:
                raise Http404 from None
            except RuleBroken as broken:
                refuse(form, broken)
            else:
                messages.success(request, _("The vehicle is back."))
                return redirect("referrals:trip", id=id)
    found = selectors.trip(id)
    if found is None:
        raise Http404
    with_arrival = found.referral is not None and found.referral.state == Referral.State.DEPARTED
    if not form.is_bound:
        form = ReturnForm(initial={"returned_at": now}, with_arrival=with_arrival)
    context = {"trip": found, "form": form, "with_arrival": with_arrival}
    return render(request, "referrals/trip.html", context, status=422 if form.errors else 200)


def _complete(request: HttpRequest, id: UUID, data: dict[str, Any]) -> None:
    services.complete(
        trip=Trip(pk=id), returned_at=data["returned_at"], odometer=data["odometer_in"], by=request.user,  # type: ignore[arg-type]
        now=timezone.now(), fuel_litres=data["fuel_litres"], note=data["note"], arrived_at=data["arrived_at"],
        received_by=data["received_by"],
    )  # fmt: skip


def _ask_ambulance(request: HttpRequest) -> None:
    if not request.user.may(Action.AMBULANCE):  # type: ignore[union-attr]
        raise NotAllowed(Action.AMBULANCE)


def _leaving(data: dict[str, Any]) -> Leaving:
    return Leaving(
        vehicle_id=data["vehicle"], driver=data["driver"], at=data["departed_at"], odometer=data["odometer_out"],
        escort=data.get("escort", ""),
    )  # fmt: skip


def _refuse(form: LeavingForm, broken: RuleBroken) -> None:
    """Set the words beside their field of this form."""
    if broken.code == "constraint.referrals_vehicle_on_one_trip":
        broken.field = "vehicle"
    elif broken.field == "at":
        broken.field = "departed_at"
    elif broken.field == "person_name":
        broken.field = "person"
    refuse(form, broken)


def _known(request: HttpRequest) -> dict[str, Any]:
    """Begin with the vehicle that stands in the yard, and from the person whose record the user came from."""
    if request.method != "GET":
        return {}
    known = key(request.GET.get("patient", ""))
    vehicle = {"vehicle": next((v.pk for v in selectors.vehicles() if not v.out_since), None)}  # type: ignore[attr-defined]
    if known is None:
        return vehicle
    patient = get_object_or_404(people.standing(known).select_related("village__commune__district__province"))
    return vehicle | {"person": patient.number, "village": patient.village}


def _month(text: str) -> Month:
    """Return the month asked for, this one when it cannot be read."""
    try:
        return Month.parse(text)
    except RuleBroken:
        return Month.of(local_day(timezone.now()))
