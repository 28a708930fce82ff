"""Record that a person died, and take it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.forms.patients import DeathForm, ReasonForm
from clinic.selectors import registry
from clinic.services import patients
from clinic.views.patients import edit_page
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.pages import refuse, today


@require_POST
@requires(Action.REGISTER_PATIENT)
def death(request: HttpRequest, id: UUID) -> HttpResponse:
    """Record that a person died; somebody who lies in a bed of ours is discharged first."""
    person = registry.get_or_404(id)
    form, discharge = DeathForm(request.POST), ""
    if form.is_valid():
        try:
            patients.record_death(patient=person, by=request.user, today=today(), **form.cleaned_data)
        except RuleBroken as broken:
            refuse(form, broken)
            if broken.code == "clinic.discharge_first":
                discharge = reverse("clinic:discharge", args=[broken.params["stay"]])
        else:
            messages.success(request, _("The death is recorded."))
            return redirect("desk:record", person.id)
    page = edit_page(person, user=request.user) | {"death": form, "discharge": discharge}
    return render(request, "clinic/patient_edit.html", page, status=422)


@require_POST
@requires(Action.UNDO_DEATH)
def death_undone(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back a death that was recorded in error."""
    person = registry.get_or_404(id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            patients.undo_death(patient=person, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Taken back: the person is alive."))
            return redirect("desk:record", person.id)
    page = edit_page(person, user=request.user) | {"undo": form}
    return render(request, "clinic/patient_edit.html", page, status=422)
