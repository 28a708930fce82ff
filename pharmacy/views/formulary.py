"""The list of medicines and the places where they lie: what each is called, and whether it is in use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.khmer import normalise
from core.pages import done, sent, today
from pharmacy.forms.formulary import MedicineForm, NewKitForm, PlaceForm
from pharmacy.models import Medicine, Place
from pharmacy.models.stock import Form
from pharmacy.selectors import formulary as selectors
from pharmacy.selectors import places as lying
from pharmacy.selectors.stock import shelves
from pharmacy.services import formulary as services
from pharmacy.services import places as place_services
from pharmacy.views.common import number_from, uuid_from


@require_safe
@requires(Action.SEE_STOCK)
def formulary(request: HttpRequest) -> HttpResponse:
    """List the medicines by name; `?unused=1` those that are out of use."""
    text, unused = normalise(request.GET.get("q", "")[:80]), request.GET.get("unused") == "1"
    rows, more = selectors.page(text=text, unused=unused, after=number_from(request, "after"))
    query = {"q": text} | ({"unused": "1"} if unused else {})
    context = {
        "rows": rows, "q": text, "unused": unused,
        "older": "?" + urlencode(query | {"after": more}) if more else "",
    }  # fmt: skip
    return render(request, "pharmacy/formulary.html", context)


@requires(Action.MANAGE_FORMULARY)
def medicine_new(request: HttpRequest) -> HttpResponse:
    """Add a medicine to the list."""
    form = MedicineForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        twice = Medicine.objects.filter(**given).first()  # the same form sent again: it stands, as it was meant
        if twice or done(form, None, services.add, **given, by=request.user):
            return redirect("pharmacy:formulary")
    context = {"form": form, "groups": selectors.groups()}
    return render(request, "pharmacy/medicine_edit.html", context, status=422 if form.errors else 200)


@requires(Action.MANAGE_FORMULARY)
def medicine_change(request: HttpRequest, id: int) -> HttpResponse:
    """Change what is said of a medicine."""
    found = get_object_or_404(Medicine, pk=id)
    document = selectors.document(found)
    form = MedicineForm(sent(request), initial=document)
    edit, clashed = shared_edit.read(request), None
    if form.is_valid():
        try:
            if done(form, None, services.change, medicine_id=id, **form.cleaned_data, by=request.user, edit=edit):
                messages.success(request, _("Saved."))
                return redirect("pharmacy:medicine", id)
        except Clashed as clash:
            clashed = clash
    shared = shared_edit.page(edit, document, clashed, words=_medicine_words)
    context = {"form": form, "medicine": found, "shared": shared, "groups": selectors.groups()}
    return render(request, "pharmacy/medicine_edit.html", context, status=422 if form.errors or clashed else 200)


def _medicine_words(field: str, value: Any) -> tuple[str, str]:
    """Return the label of one fact of a medicine and its value in words."""
    if field == "active":
        value = _("In use") if value else _("out of use")
    elif field == "form":
        value = Form(value).label
    return str(MedicineForm.base_fields[field].label), str(value)


@require_safe
@requires(Action.SEE_STOCK)
def places(request: HttpRequest) -> HttpResponse:
    """List the places where medicine lies."""
    return render(request, "pharmacy/places.html", {"rows": shelves()})


@require_safe
@requires(Action.SEE_STOCK)
def place(request: HttpRequest, code: str) -> HttpResponse:
    """Show what lies in one place."""
    found = lying.found(code)
    rows, more = lying.lying_in(found, after=uuid_from(request, "after"))
    context = {"place": found, "rows": rows, "today": today(), "older": f"?after={more}" if more else ""}
    return render(request, "pharmacy/place.html", context)


@requires(Action.MANAGE_FORMULARY)
def kit_new(request: HttpRequest) -> HttpResponse:
    """Add a kit."""
    form = NewKitForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        twice = Place.objects.filter(**given, kind=Place.Kind.KIT).exists()
        if twice or done(form, None, place_services.add_kit, **given, by=request.user):
            return redirect("pharmacy:places")
    return render(request, "pharmacy/place_edit.html", {"form": form}, status=422 if form.errors else 200)


@requires(Action.MANAGE_FORMULARY)
def place_rename(request: HttpRequest, code: str) -> HttpResponse:
    """Give a place another name."""
    found = lying.found(code)
    document = lying.document(found)
    form = PlaceForm(sent(request), initial=document)
    edit, clashed = shared_edit.read(request), None
    if form.is_valid():
        try:
            if done(form, None, place_services.rename, code=code, **form.cleaned_data, by=request.user, edit=edit):
                messages.success(request, _("Saved."))
                return redirect("pharmacy:places")
        except Clashed as clash:
            clashed = clash
    shared = shared_edit.page(edit, document, clashed, words=lambda f, v: (str(PlaceForm.base_fields[f].label), v))
    context = {"form": form, "place": found, "shared": shared}
    return render(request, "pharmacy/place_edit.html", context, status=422 if form.errors or clashed else 200)
