"""Donation boxes: where they stand, their openings, and the sheets that are printed for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.editing import Clashed
from core.pages import as_pdf, done, sent, today
from core.places.models import Village
from pharmacy.forms.cash import ChangeBoxForm, NewBoxForm, OpenBoxForm
from pharmacy.forms.fields import starting
from pharmacy.models import BoxOpening, DonationBox
from pharmacy.pdf import boxes as papers
from pharmacy.selectors import cash
from pharmacy.services import boxes as services
from pharmacy.views.common import organisation, uuid_from


@require_safe
@requires(Action.SEE_BOXES)
def boxes(request: HttpRequest) -> HttpResponse:
    """List the boxes, those in use first."""
    return render(request, "pharmacy/boxes.html", {"rows": cash.boxes()})


@require_safe
@requires(Action.SEE_BOXES)
def box(request: HttpRequest, code: str) -> HttpResponse:
    """Show one box with its openings, newest first."""
    found = _found(code)
    rows, more = cash.openings_page(found, before=uuid_from(request, "before"))
    context = {"box": found, "rows": rows, "older": f"?before={more}" if more else ""}
    return render(request, "pharmacy/box.html", context)


@requires(Action.MANAGE_FUNDS)
def box_new(request: HttpRequest) -> HttpResponse:
    """Put up a box."""
    form = NewBoxForm(sent(request))
    if form.is_valid():
        given = form.cleaned_data
        twice = DonationBox.objects.filter(**given).exists()  # the same form sent again: it stands, as it was meant
        if twice or done(form, None, services.add, **given, by=request.user):
            return redirect("pharmacy:box", given["code"])
    return render(request, "pharmacy/box_edit.html", {"form": form}, status=422 if form.errors else 200)


@requires(Action.MANAGE_FUNDS)
def box_change(request: HttpRequest, code: str) -> HttpResponse:
    """Say where a box stands now, or that it is out of use."""
    found = _found(code)
    began = {name: getattr(found, name) for name in ("place_km", "place_en", "village", "active")}
    form = ChangeBoxForm(sent(request), initial=began)
    edit, clashed = shared_edit.read(request), None
    if form.is_valid():
        try:
            if done(form, None, services.change, code=code, **form.cleaned_data, by=request.user, edit=edit):
                messages.success(request, _("Saved."))
                return redirect("pharmacy:box", code)
        except Clashed as clash:
            clashed = clash
    shared = shared_edit.page(edit, cash.document(found), clashed, words=_words)
    context = {"form": form, "box": found, "shared": shared}
    return render(request, "pharmacy/box_edit.html", context, status=422 if form.errors or clashed else 200)


def _words(field: str, value: Any) -> tuple[str, str]:
    """Return the label of one fact of a box and its value in words."""
    if field == "active":
        value = _("In use") if value else _("out of use")
    elif field == "village" and value:
        value = Village.objects.get(pk=value)
    return str(ChangeBoxForm.base_fields[field].label), str(value or "")


@requires(Action.OPEN_BOX)
def box_open(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what two people found in a box; its receipts are made."""
    found = _found(code)
    form = OpenBoxForm(sent(request), initial=starting(today(), counted_by=str(request.user)))
    if form.is_valid():
        given = {"box": found, "found": form.found()} | form.besides()
        if done(form, BoxOpening, services.open_box, **given, by=request.user, today=today()):
            return redirect("pharmacy:opening", given["id"])
    return render(request, "pharmacy/box_open.html", {"form": form, "box": found}, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_BOXES)
def opening(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one opening: its notes and the receipts of what was found."""
    found = _opening(id)
    gifts = found.donations.select_related("entry").order_by("number")
    context = {"opening": found, "purses": cash.purses(found.notes.all()), "gifts": gifts}
    return render(request, "pharmacy/opening.html", context)


@require_safe
@requires(Action.OPEN_BOX)
def blank_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Return the sheet on which a box is counted, as a PDF to be filled in by hand."""
    made = papers.sheet(_found(code), organisation(), printed_by=str(request.user), at=timezone.now())
    return as_pdf(made, f"box-{code}")


@require_safe
@requires(Action.SEE_BOXES)
def opening_sheet(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the sheet of an opening as a PDF, to be signed."""
    found = _opening(id)
    counted = papers.Counted(
        found, cash.purses(found.notes.all()), [gift.receipt for gift in found.donations.order_by("number")]
    )
    made = papers.sheet(
        found.box, organisation(), printed_by=str(request.user), at=timezone.now(), counted=counted
    )  # fmt: skip
    return as_pdf(made, f"box-{found.box_id}-{found.on}")


def _found(code: str) -> DonationBox:
    return get_object_or_404(DonationBox.objects.select_related("village__commune__district__province"), pk=code)


def _opening(id: UUID) -> BoxOpening:
    related = ("box__village__commune__district__province", "recorded_by")
    return get_object_or_404(BoxOpening.objects.select_related(*related), pk=id)
