"""One trip: sending a vehicle out, its legs, arrival and return, putting it right; taking the deceased home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.selectors import people
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.editing import Clashed
from core.errors import NotAllowed, RuleBroken
from core.pages import refuse, sent
from core.periods import CLINIC_TZ
from core.places.models import Village
from referrals import selectors
from referrals.forms import (
    FIELD_OF,
    ArrivalForm,
    CorrectionForm,
    DeceasedHomeForm,
    LegForm,
    ReturnForm,
    TakeBackForm,
    TripForm,
)
from referrals.models import Leg, Referral, Trip
from referrals.rules import Reading
from referrals.services import corrections, editing
from referrals.services import legs as legs_services
from referrals.services import trips as services
from referrals.services.legs import Way
from referrals.services.trips import Arrival, Back, Leaving
from referrals.views import key


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
                destination=data["destination"], note=data["note"], back=_back(data),
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
    context = {"form": form, "referral": referral, "copied": _copied(form)}
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
                back=_back(data),
            )  # fmt: skip
        except RuleBroken as broken:
            _refuse(form, broken)
        else:
            return redirect("referrals:trip", id=data["id"])
    context = {"form": form, "copied": _copied(form)}
    return render(request, "referrals/deceased_home.html", context, status=422 if form.errors else 200)


def _copied(form: forms.Form) -> bool:
    """Return whether something was typed, or refused, in the part about a trip that is over."""
    names = ("returned_at", "odometer_in", "fuel_litres", "arrived_at", "handed_over_at", "received_by")
    return any(form[name].errors or form[name].value() for name in names if name in form.fields)


@requires(Action.AMBULANCE)
def correct(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put right what the log says of a trip, with a word why."""
    found, edit, clashed = _found(id), shared_edit.read(request), None
    if found.void_reason:
        return redirect("referrals:trip", id=id)
    columns = corrections.may_be_corrected(found)
    form = CorrectionForm(sent(request), columns=columns, initial=_written(found))
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        reason = data.pop("reason")
        try:
            corrections.correct(
                trip=found, reason=reason, by=request.user, now=timezone.now(), edit=edit, **_columns(data, columns)  # type: ignore[arg-type]
            )  # fmt: skip
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            _refuse(form, broken)
        else:
            messages.success(request, _("The log is corrected."))
            return redirect("referrals:trip", id=id)
    elif not form.is_bound and found.patient_id:
        journal.note_read(found.patient_id, by=request.user, what="trip")
    document = editing.document(found, columns)
    context = {
        "trip": found, "form": form, "back": TakeBackForm(),
        "shared": shared_edit.page(edit, document, clashed, words=partial(_words, form)),
    }  # fmt: skip
    return render(request, "referrals/trip_correct.html", context, status=422 if form.errors or clashed else 200)


@require_POST
@requires(Action.AMBULANCE)
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that a trip never was, with a word why."""
    found, form = _found(id), TakeBackForm(request.POST)
    if form.is_valid():
        try:
            corrections.take_back(
                trip=found, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()  # type: ignore[arg-type]
            )  # fmt: skip
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The trip is taken back."))
            return redirect("referrals:trip", id=id)
    columns = corrections.may_be_corrected(found)
    context = {
        "trip": found, "form": CorrectionForm(columns=columns, initial=_written(found)), "back": form,
        "shared": shared_edit.page(None, editing.document(found, columns)),
    }  # fmt: skip
    return render(request, "referrals/trip_correct.html", context, status=422)


def _found(id: UUID) -> Trip:
    found = selectors.trip(id)
    if found is None:
        raise Http404
    return found


def _written(trip: Trip) -> dict[str, Any]:
    """Return a trip as its form shows it."""
    said = {FIELD_OF.get(name, name): getattr(trip, name) for name in corrections.TOLD}
    return said | {"person": trip.patient.number if trip.patient else trip.person_name, "village": trip.village}


def _columns(data: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """Return what was typed by the columns of a trip."""
    said = {name: data[FIELD_OF.get(name, name)] for name in columns if FIELD_OF.get(name, name) != "person"}
    if "person" in data:
        patient, name = data["person"]
        known = people.survivor(patient) if patient else None
        said |= {"patient_id": known.pk if known else None, "person_name": name}
    if "village_id" in said:
        said["village_id"] = said["village_id"].pk if said["village_id"] else None
    return said


def _words(form: CorrectionForm, name: str, value: Any) -> tuple[str, str]:
    """Return the name of a column and its value in words."""
    field = form.fields.get(FIELD_OF.get(name, name))
    if name.endswith("_at") and value:
        value = f"{timezone.localtime(datetime.fromisoformat(value), CLINIC_TZ):%d/%m/%Y %H:%M}"
    elif name == "village_id" and value:
        value = str(Village.objects.filter(pk=value).first() or value)
    elif isinstance(value, bool):
        value = _("yes") if value else _("no")
    return str(field.label if field else name), str(value if value is not None else "")


@requires(Action.SEE_REFERRALS)
def trip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a trip with its legs; while the vehicle is out, ask for its return."""
    form = None
    if request.method == "POST":
        _ask_ambulance(request)
        form = ReturnForm(request.POST)
        if form.is_valid() and _done(form, lambda: _complete(request, id, form.cleaned_data)):
            messages.success(request, _("The vehicle is back."))
            return redirect("referrals:trip", id=id)
    return _page(request, id, back=form)


@require_POST
@requires(Action.AMBULANCE)
def arrive(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write that a vehicle on the road reached the hospital, and who took the patient over."""
    form = ArrivalForm(request.POST)
    if form.is_valid() and _done(form, lambda: _arrive(request, id, form.cleaned_data)):
        messages.success(request, _("The arrival is written down."))
        return redirect("referrals:trip", id=id)
    return _page(request, id, arrival=form)


@require_POST
@requires(Action.AMBULANCE)
def leg(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write the next leg of a trip, or the newest one again."""
    form = LegForm(request.POST)
    if form.is_valid() and _done(form, lambda: _write_leg(request, id, form.cleaned_data)):
        messages.success(request, _("The leg is written down."))
        return redirect("referrals:trip", id=id)
    return _page(request, id, leg=form)


def _page(
    request: HttpRequest, id: UUID, *, back: ReturnForm | None = None, arrival: ArrivalForm | None = None,
    leg: LegForm | None = None,
) -> HttpResponse:  # fmt: skip
    """Show a trip with its forms; one that was refused keeps what was typed."""
    found = _found(id)
    if found.patient_id and request.method == "GET":
        journal.note_read(found.patient_id, by=request.user, what="trip")
    now, legs = timezone.now(), selectors.legs_of(found)
    to_hospital = found.purpose not in services.HOMEWARD
    wrong = any(form is not None and form.errors for form in (back, arrival, leg))
    return render(request, "referrals/trip.html", {
        "trip": found, "legs": legs, "leg_wrong": bool(leg and leg.errors),
        "arriving": found.is_open and to_hospital and found.handed_over_at is None,
        "form": back or ReturnForm(initial={"returned_at": now}), "arrival": arrival or _arriving(found, now),
        "leg": leg or _next_leg(found, legs, now), "last": legs[-1] if legs else None,
    }, status=422 if wrong else 200)  # fmt: skip


def _done(form: Any, do: Callable[[], Any]) -> bool:
    """Do what a form asks; False with the words beside its field when a rule refuses it."""
    try:
        do()
    except Trip.DoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        refuse(form, broken)
    return not form.errors


def _arriving(trip: Trip, now: datetime) -> ArrivalForm:
    return ArrivalForm(initial={"arrived_at": trip.reached_at or now, "received_by": trip.handed_over_to})


def _next_leg(trip: Trip, legs: list[Leg], now: datetime) -> LegForm:
    """Return the form for the leg under way, else for one that begins where the last ended."""
    last = legs[-1] if legs else None
    if last and last.reached_at is None:
        names = [name for name in LegForm.base_fields if name != "reached_at"]
        return LegForm(initial={name: getattr(last, name) for name in names} | {"reached_at": now})
    begin = {"place_from": settings.CENTRE["name_km" if get_language() == "km" else "name_en"],
             "left_at": trip.departed_at, "odometer_out": trip.odometer_out}  # fmt: skip
    if last:
        begin = {"place_from": last.place_to, "left_at": last.reached_at, "odometer_out": last.odometer_in}
    return LegForm(initial=begin)


def _write_leg(request: HttpRequest, id: UUID, data: dict[str, Any]) -> Leg:
    reached = None
    if data["reached_at"] is not None and data["odometer_in"] is not None:
        reached = Reading(data["reached_at"], data["odometer_in"])
    elif data["reached_at"] is not None or data["odometer_in"] is not None:
        missing = "odometer_in" if data["odometer_in"] is None else "reached_at"
        raise RuleBroken("referrals.leg_half_ended", field=missing)
    way = Way(
        data["place_from"], data["place_to"], Reading(data["left_at"], data["odometer_out"]), reached, data["carried"]
    )
    return legs_services.write(trip=Trip(pk=id), way=way, by=request.user, now=timezone.now(), id=data["id"])  # type: ignore[arg-type]


def _arrive(request: HttpRequest, id: UUID, data: dict[str, Any]) -> None:
    services.arrive(trip=Trip(pk=id), arrival=_arrival(data), by=request.user, now=timezone.now())  # type: ignore[arg-type]


def _arrival(data: dict[str, Any]) -> Arrival:
    return Arrival(data["arrived_at"], data["handed_over_at"], data["received_by"])


def _complete(request: HttpRequest, id: UUID, data: dict[str, Any]) -> None:
    services.complete(
        trip=Trip(pk=id), returned_at=data["returned_at"], odometer=data["odometer_in"], by=request.user,  # type: ignore[arg-type]
        now=timezone.now(), fuel_litres=data["fuel_litres"], note=data["note"], arrival=_arrival(data),
    )  # fmt: skip


def _ask_ambulance(request: HttpRequest) -> None:
    if not request.user.may(Action.AMBULANCE):  # type: ignore[union-attr]
        raise NotAllowed(Action.AMBULANCE)


def _leaving(data: dict[str, Any]) -> Leaving:
    return Leaving(
        vehicle_id=data["vehicle"], driver=data["driver"], at=data["departed_at"], odometer=data["odometer_out"],
        escort=data.get("escort", ""), called_at=data.get("called_at"), oxygen=data.get("oxygen", False),
    )  # fmt: skip


def _back(data: dict[str, Any]) -> Back | None:
    """Return how the vehicle came back, when the trip is copied after it was over."""
    if data["returned_at"] is None:
        return None
    arrival = _arrival(data) if "arrived_at" in data else Arrival()
    return Back(data["returned_at"], data["odometer_in"], data.get("fuel_litres"), arrival)


def _refuse(form: forms.Form, broken: RuleBroken) -> None:
    """Set the words beside their field of this form."""
    if broken.code == "constraint.referrals_vehicle_on_one_trip":
        broken.field = "vehicle"
    elif broken.field == "at":
        broken.field = "departed_at"
    elif broken.field in FIELD_OF:
        broken.field = FIELD_OF[broken.field]
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
