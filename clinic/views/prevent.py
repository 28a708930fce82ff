"""Give doses against worms and of vitamin A; what was given so far, and what is due."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.forms.patients import ReasonForm
from clinic.forms.prevent import DoseForm
from clinic.models import Encounter, Patient, PreventiveDose
from clinic.rules import prevention as rules
from clinic.selectors import assessed, people
from clinic.services import prevention
from clinic.views import SAME, status_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import age_at
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, today

SHOWN = 30


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def prevent(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show what a person had and what is due, and write down a dose, of the visit named in the address or not."""
    person = people.get_or_404(id)
    visit_id = _visit_id(request)
    age = age_at(person.birth.date, max(today(), person.birth.date)) if person.birth else None
    if request.method == "POST":
        form = DoseForm(request.POST, age=age)
        if form.is_valid() and (answer := _give(request, person, form, visit_id)):
            return answer
    else:
        journal.note_read(person.id, by=request.user, what="prevention")
        form = DoseForm(age=age, initial={"on": today(), "what": request.GET.get("what", "")})
    given = list(PreventiveDose.objects.filter(patient=person).order_by("-on", "-id")[:SHOWN])
    expected = assessed.expecting(person, today()) if age and age.years >= 10 else None
    due = assessed.due(person, today(), expected=expected)
    page = {
        "patient": person, "age": person.age_on(today()), "form": form, "given": given, "due": due,
        "expected": expected, "visit_id": visit_id, "undo": ReasonForm(), "doses": rules.doses(),
    }  # fmt: skip
    return render(request, "clinic/prevent.html", page, status=status_of(form))


def _give(request: HttpRequest, person: Patient, form: DoseForm, visit_id: UUID | None) -> HttpResponse | None:
    said = form.cleaned_data
    try:
        visit = Encounter.objects.filter(pk=visit_id, patient=person).first() if visit_id else None
        prevention.give(
            id=said["id"], patient=person, what=said["what"], on=said["on"], despite=said["despite"], visit=visit,
            by=request.user, today=today(),
        )  # fmt: skip
    except RuleBroken as broken:
        if broken.code != SAME:
            refuse(form, broken)
            return None
    else:
        messages.success(request, _("Written down."))
    return redirect(_address(person.pk, visit_id))


@require_POST
@requires(Action.OUTPATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a dose as written in error."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            row = prevention.void(id=id, reason=form.cleaned_data["reason"], by=request.user)
        except PreventiveDose.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("clinic:prevent", row.patient_id)
    dose = get_object_or_404(PreventiveDose.objects.select_related("patient__village"), pk=id)
    page = {"patient": dose.patient, "age": dose.patient.age_on(today()), "row": dose, "form": form}
    return render(request, "clinic/prevent_void.html", page, status=422)


def _visit_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("visit", ""))
    except ValueError:
        return None


def _address(patient_id: UUID, visit_id: UUID | None) -> str:
    return reverse("clinic:visit", args=[visit_id]) if visit_id else reverse("clinic:prevent", args=[patient_id])
