"""The rooms and beds: who lies where, and setting them up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import phrases
from clinic.forms.stays import BedLabelForm, WardForm
from clinic.models import Bed, Ward
from clinic.selectors import people, wards
from clinic.services import wards as services
from clinic.services.care import figure
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pages import refuse, today
from core.periods import Month


@require_safe
@requires(Action.SEE_WARDS)
def board(request: HttpRequest) -> HttpResponse:
    """Show the rooms as they are: each bed, who lies in it and how they are; and the bed-days of a month."""
    day = today()
    month = _month(request.GET.get("month", "")) or Month.of(day)
    if month.first > day:
        raise Http404
    uses, found = wards.bed_days(month, day), wards.board()
    possible, in_beds = sum(use.possible for use in uses), sum(use.days for use in uses if use.ward)
    return render(request, "clinic/wards.html", {
        "board": found, "rooms": [(room, [_tile(place, day) for place in room.places]) for room in found.rooms],
        "day": day, "month": month, "uses": uses, "earlier": month.previous(),
        "later": month.next() if month.last < day else None, "days": sum(use.days for use in uses),
        "possible": possible, "percent": round(100 * in_beds / possible) if possible else None,
    })  # fmt: skip


def _tile(place: wards.Place, day: dt.date) -> dict[str, Any]:
    """Return what the picture of one bed says."""
    if place.stay is None:
        return {"bed": place.bed, "stay": None}
    person = place.stay.patient
    return {
        "bed": place.bed, "stay": place.stay, "age": person.age_on(day), "days": (day - place.stay.admitted_on).days,
        "alerts": people.alerts_of(person), "measured_at": place.measured_at,
        "unusual": [(phrases.label(one.measure), figure(one.value), one.is_high) for one in place.unusual],
    }  # fmt: skip


def _month(text: str) -> Month | None:
    if not text:
        return None
    try:
        return Month.parse(text)
    except RuleBroken:
        raise Http404 from None


@require_safe
@requires(Action.MANAGE_CENTRE)
def setup(request: HttpRequest) -> HttpResponse:
    """Show every room and bed, those out of use too, with what may be changed."""
    return _setup_page(request)


@require_http_methods(["POST"])
@requires(Action.MANAGE_CENTRE)
def ward_new(request: HttpRequest) -> HttpResponse:
    """Add a room."""
    form = WardForm(request.POST, prefix="ward")
    return _done(request, form, ("ward", 0), lambda said: services.add_ward(by=request.user, **said))


@require_http_methods(["POST"])
@requires(Action.MANAGE_CENTRE)
def ward(request: HttpRequest, id: int) -> HttpResponse:
    """Rename a room."""
    row, form = get_object_or_404(Ward, pk=id), WardForm(request.POST, prefix=f"ward{id}")
    return _done(request, form, ("ward", id), lambda said: services.rename_ward(ward=row, by=request.user, **said))


@require_http_methods(["POST"])
@requires(Action.MANAGE_CENTRE)
def bed_new(request: HttpRequest, id: int) -> HttpResponse:
    """Add a bed to a room."""
    row, form = get_object_or_404(Ward, pk=id), BedLabelForm(request.POST, prefix=f"new{id}")
    return _done(request, form, ("new", id), lambda said: services.add_bed(ward=row, by=request.user, **said))


@require_http_methods(["POST"])
@requires(Action.MANAGE_CENTRE)
def bed(request: HttpRequest, id: int) -> HttpResponse:
    """Rename a bed, take it out of use, or back into it."""
    row = get_object_or_404(Bed.objects.select_related("ward"), pk=id)
    form, use = BedLabelForm(request.POST, prefix=f"bed{id}"), request.POST.get("use", "")
    if use not in ("on", "off"):
        return _done(request, form, ("bed", id), lambda said: services.rename_bed(bed=row, by=request.user, **said))
    form = BedLabelForm({f"bed{id}-label": row.label}, prefix=f"bed{id}")
    return _done(
        request, form, ("bed", id), lambda _said: services.use_bed(bed=row, active=use == "on", by=request.user)
    )


def _done(
    request: HttpRequest, form: Any, which: tuple[str, int], act: Callable[[dict[str, Any]], Any]
) -> HttpResponse:  # fmt: skip
    """Do what a valid form asks for and go back to the list, or show the list with what was wrong at its place."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("clinic:wards_setup")
    return _setup_page(request, form, which)


def _setup_page(request: HttpRequest, sent: Any = None, which: tuple[str, int] | None = None) -> HttpResponse:
    def form(kind: type, name: str, id: int, **initial: Any) -> Any:
        return sent if which == (name, id) else kind(prefix=f"{name}{id or ''}", initial=initial)

    rooms = [
        {
            "ward": room.ward, "places": [
                (place, form(BedLabelForm, "bed", place.bed.pk, label=place.bed.label)) for place in room.places
            ],
            "form": form(WardForm, "ward", room.ward.pk, name_km=room.ward.name_km, name_en=room.ward.name_en),
            "new": form(BedLabelForm, "new", room.ward.pk),
        }
        for room in wards.everything()
    ]  # fmt: skip
    page = {"rooms": rooms, "new": form(WardForm, "ward", 0)}
    return render(request, "clinic/wards_setup.html", page, status=422 if sent is not None else 200)
