"""Pages to keep the hospitals that take our patients, the vehicles, and who drives them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse, sent
from referrals.forms import DriverForm, HospitalForm, VehicleForm
from referrals.models import Driver, Hospital, Vehicle
from referrals.services import keeping


@require_safe
@requires(Action.MANAGE_CENTRE)
def index(request: HttpRequest) -> HttpResponse:
    """List all hospitals, vehicles and drivers, those out of use too."""
    return render(request, "referrals/keeping.html", {
        "hospitals": list(Hospital.objects.all()), "vehicles": list(Vehicle.objects.order_by("-active", "id")),
        "drivers": list(Driver.objects.all()),
    })  # fmt: skip


@requires(Action.MANAGE_CENTRE)
def hospital(request: HttpRequest, id: int | None = None) -> HttpResponse:
    """Add a hospital, or change one."""
    return _edit(request, id, Hospital, HospitalForm, lambda row, **said: keeping.save_hospital(hospital=row, **said))


@requires(Action.MANAGE_CENTRE)
def vehicle(request: HttpRequest, id: int | None = None) -> HttpResponse:
    """Add a vehicle, or change one."""
    return _edit(request, id, Vehicle, VehicleForm, lambda row, **said: keeping.save_vehicle(vehicle=row, **said))


@requires(Action.MANAGE_CENTRE)
def driver(request: HttpRequest, id: int | None = None) -> HttpResponse:
    """Add a driver, or change one."""
    return _edit(request, id, Driver, DriverForm, lambda row, **said: keeping.save_driver(driver=row, **said))


def _edit(
    request: HttpRequest, id: int | None, model: Any, make: type[forms.Form], save: Callable[..., Any]
) -> HttpResponse:
    """Show the form of one row and save it; what a colleague changed meanwhile is brought together with it."""
    form, edit, clashed = make(sent(request)), shared_edit.read(request), None
    if form.is_bound and form.is_valid():
        try:
            save(model(pk=id) if id else None, by=request.user, edit=edit, **form.cleaned_data)
        except model.DoesNotExist:
            raise Http404 from None
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("referrals:keeping")
    found = model.objects.filter(pk=id).first() if id else model()
    if found is None:
        raise Http404
    document = keeping.document(found)
    if not form.is_bound:
        form = make(initial=document)
    shared = shared_edit.page(edit, document, clashed, words=partial(_words, make)) if id else None
    context = {"form": form, "row": found if id else None, "shared": shared, "kind": model._meta.model_name}
    return render(request, "referrals/keep.html", context, status=422 if form.errors or clashed else 200)


def _words(make: type[forms.Form], name: str, value: Any) -> tuple[str, str]:
    """Return the name of a field and its value in words."""
    said = (_("yes") if value else _("no")) if isinstance(value, bool) else str(value if value is not None else "")
    return str(make.base_fields[name].label), said
