"""The rooms and beds; admit, move, discharge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.forms.stays import AdmitForm, BedForm, DischargeForm
from clinic.models import Admission, Patient
from clinic.selectors import timeline, wards
from clinic.services import admissions
from clinic.views import SAME, refuse, status_of, today
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken


@require_safe
@requires(Action.SEE_WARDS)
def board(request: HttpRequest) -> HttpResponse:
    """Show the rooms as they are: each bed, and who lies in it since when."""
    found = wards.board()
    return render(request, "clinic/wards.html", {"board": found, "day": today()})


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def admit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Admit a person to a bed, from the visit named in the address or directly."""
    visit = _visit_named(request, id)
    person = visit.encounter.patient if visit else get_object_or_404(Patient.objects.select_related("village"), pk=id)
    initial = {"bed": request.GET.get("bed", ""), "reason": visit.encounter.complaint[:200] if visit else ""}
    form = AdmitForm(
        request.POST or None, ask_age=person.birth is None, from_visit=visit is not None, today=today(), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        said, made = form.cleaned_data, form.cleaned_data["id"]
        try:
            admissions.admit(
                id=made, patient=person, bed=said["bed"], on=said["on"], reason=said["reason"], visit=visit,
                diagnoses=said.get("diagnoses", ()), told=said.get("told"), by=request.user, today=today(),
                at=timezone.now(),
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code == SAME or Admission.objects.filter(pk=made, patient=person).exists():
                return redirect("clinic:admission", made)
            refuse(form, broken)
        else:
            messages.success(request, _("Admitted."))
            return redirect("clinic:admission", made)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="admission")
    page = {"patient": person, "age": person.age_on(today()), "form": form, "visit": visit, "board": wards.board()}
    return render(request, "clinic/admit.html", page, status=status_of(form))


def _visit_named(request: HttpRequest, patient_id: UUID) -> timeline.Contact | None:
    text = request.GET.get("visit", "")
    if not text:
        return None
    try:
        visit = timeline.contact(UUID(text))
    except ValueError:
        raise Http404 from None
    if visit is None or visit.encounter.patient_id != patient_id:
        raise Http404
    return visit


def _stay(id: UUID) -> Admission:
    joined = Admission.objects.select_related("patient__village", "encounter", "bed__ward")
    return get_object_or_404(joined, pk=id)


@require_safe
@requires(Action.SEE_WARDS)
def admission(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a stay: why, where, since when, what was found, how it ended."""
    stay = _stay(id)
    journal.note_read(stay.patient_id, by=request.user, what="admission")
    return render(request, "clinic/admission.html", _stay_page(stay))


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def transfer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Move a patient to another bed."""
    stay = _stay(id)
    form = BedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admissions.transfer(admission=stay, bed=form.cleaned_data["bed"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Moved."))
            return redirect("clinic:admission", stay.id)
    page = _stay_page(stay) | {"form": form, "board": wards.board()}
    return render(request, "clinic/transfer.html", page, status=status_of(form))


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def discharge(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a stay: when, how, and how the patient is."""
    stay = _stay(id)
    form = DischargeForm(request.POST or None, initial={"on": today()})
    if request.method == "POST" and form.is_valid():
        try:
            admissions.discharge(admission=stay, by=request.user, today=today(), at=timezone.now(), **form.cleaned_data)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Discharged."))
            return redirect("clinic:admission", stay.id)
    return render(request, "clinic/discharge.html", _stay_page(stay) | {"form": form}, status=status_of(form))


def _stay_page(stay: Admission) -> dict[str, Any]:
    until = stay.discharged_on or today()
    return {
        "stay": stay, "patient": stay.patient, "age": stay.patient.age_on(stay.admitted_on),
        "days": (until - stay.admitted_on).days,
        "diagnoses": stay.encounter.diagnoses.select_related("condition").order_by("-primary", "id"),
    }  # fmt: skip
