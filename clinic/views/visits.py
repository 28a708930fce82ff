"""Open a visit, write it, close it, correct it; who waits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.forms.patients import ReasonForm
from clinic.forms.visits import NewVisitForm, VisitForm, initial_of
from clinic.models import Encounter, Vitals
from clinic.rules import vitals
from clinic.selectors import catalogue, people, queue, timeline
from clinic.selectors.timeline import Contact
from clinic.services import encounters
from clinic.views import SAME, refuse, status_of, today
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import slot_age
from core.audit import journal
from core.errors import RuleBroken

CLOSE = "close"  # what the button "save and close" says


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open a visit for a person, with as much as is known already."""
    person = people.get_or_404(id)
    closing = request.POST.get("do") == CLOSE
    form = NewVisitForm(request.POST or None, ask_age=person.birth is None, today=today(), closing=closing)
    if request.method == "POST" and form.is_valid():
        said, made = form.cleaned_data, form.cleaned_data["id"]
        try:
            encounters.open_visit(
                id=made, patient=person, on=said["on"], told=said.get("told"), care=form.care(), close=closing,
                by=request.user, today=today(), at=timezone.now(),
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect("clinic:visit", made)
            refuse(form, broken)
        else:
            messages.success(request, _("Saved and closed.") if closing else _("Saved. The visit is open."))
            return redirect("clinic:visit", made)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="visit")
    page = {"patient": person, "age": person.age_on(today()), "form": form}
    return render(request, "clinic/visit_new.html", page, status=status_of(form))


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a visit; write it while it is open, and correct it when it is closed."""
    correcting = "correct" in request.GET
    if request.method == "GET":
        contact = _contact(id)
        journal.note_read(contact.encounter.patient_id, by=request.user, what="visit")
        open_for_writing = contact.encounter.status == Encounter.Status.OPEN or correcting
        form = VisitForm(initial=initial_of(contact)) if open_for_writing else None
        return _visit_page(request, contact, form, correcting=correcting)
    closing = request.POST.get("do") == CLOSE
    form = VisitForm(request.POST, closing=closing)
    if form.is_valid():
        try:
            encounters.save_visit(
                id=id, care=form.care(), close=closing, correcting=correcting, by=request.user, today=today(),
                at=timezone.now(),
            )  # fmt: skip
        except Encounter.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved and closed.") if closing else _("Saved."))
            return redirect("clinic:visit", id)
    return _visit_page(request, _contact(id), form, correcting=correcting)


def _contact(id: UUID) -> Contact:
    contact = timeline.contact(id)
    if contact is None or contact.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Http404
    return contact


def _visit_page(request: HttpRequest, contact: Contact, form: Any, *, correcting: bool) -> HttpResponse:
    visit, values = contact.encounter, contact.newest_vitals
    age = None if visit.age_slot is None else slot_age(visit.age_slot)
    measured = {name: getattr(values, name) for name in Vitals.MEASURES} if values else {}
    page = {
        "contact": contact, "visit": visit, "patient": visit.patient, "age": visit.patient.age_on(visit.on),
        "form": form, "correcting": correcting, "undo": ReasonForm(),
        "measured": [(_label(name), _figure(value)) for name, value in measured.items() if value is not None],
        "unusual": [(_label(found.measure), _figure(found.value), found) for found in vitals.unusual(age, measured)],
    }  # fmt: skip
    return render(request, "clinic/visit.html", page, status=status_of(form) if form else 200)


def _label(measure: str) -> str:
    return str(capfirst(Vitals._meta.get_field(measure).verbose_name))  # type: ignore[union-attr]


def _figure(value: Any) -> str:
    """Write a measurement without zeros that nobody measured: 38.5, not 38.50."""
    return f"{Decimal(value):f}".rstrip("0").rstrip(".") if "." in str(value) else str(value)


@require_POST
@requires(Action.OUTPATIENT)
def left(request: HttpRequest, id: UUID) -> HttpResponse:
    """Close the visit of somebody who left before the end."""
    visit = get_object_or_404(Encounter, pk=id, kind=Encounter.Kind.OUTPATIENT)
    encounters.close_visit(visit=visit, result=Encounter.Result.LEFT, by=request.user, at=timezone.now())
    messages.success(request, _("Closed: left before the end."))
    return redirect("clinic:queue")


@require_POST
@requires(Action.OUTPATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a visit as entered in error."""
    contact = _contact(id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            encounters.void(encounter=contact.encounter, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("desk:record", contact.encounter.patient_id)
    return render(request, "clinic/void.html", {"visit": contact.encounter, "form": form}, status=422)


@require_safe
@requires(Action.OUTPATIENT)
def waiting(request: HttpRequest) -> HttpResponse:
    """Show who waits today, the most urgent first, and whose visit of another day is still open."""
    day = today()
    rows = [(row, row.patient.age_on(day)) for row in queue.today(day)]
    page = {"waiting": rows, "left_open": queue.left_open(day), "day": day}
    return render(request, "clinic/queue.html", page)


@require_safe
@requires(Action.SEARCH_PATIENTS)
def conditions(request: HttpRequest) -> JsonResponse:
    """Offer conditions for what is typed; an empty box gets the common ones."""
    other = "name_km" if get_language() == "en" else "name_en"
    found = catalogue.find(request.GET.get("q", "")[:80])
    return JsonResponse({"results": [
        {"id": row.key, "text": str(row), "more": " · ".join(filter(None, [getattr(row, other), row.icd10]))}
        for row in found
    ]})  # fmt: skip


@require_safe
@requires(Action.OUTPATIENT)
def treatment_row(request: HttpRequest) -> HttpResponse:
    """Give one more empty row of treatment."""
    return render(request, "clinic/treatment_row.html", {"what": "", "dose": "", "name": "treatments"})
