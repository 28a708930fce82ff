"""Register a person, correct what is written, record a death and take it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.forms import besides
from clinic.forms.patients import DeathForm, PersonForm, ReasonForm, RegisterForm, initial_of, typed_already
from clinic.models import Patient
from clinic.reasons import in_words
from clinic.selectors import duplicates
from clinic.services import patients
from clinic.views import SAME, refuse, status_of, today
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken

NEXT = {"visit": "clinic:visit_new", "admit": "clinic:admit"}


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def register(request: HttpRequest) -> HttpResponse:
    """Register a person on one screen; what was typed into the search is filled in already."""
    back = _back(request)
    if request.method == "GET":
        form = RegisterForm(today=today(), initial=typed_already(request.GET.get("q", "")))
        return render(request, "clinic/register.html", {"form": form, "back": back})
    form = RegisterForm(request.POST, today=today())
    if form.is_valid():
        made = form.cleaned_data["id"]
        try:
            person = patients.register(
                id=made, by=request.user, today=today(), besides=besides.read(request.POST), **form.given()
            )
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect(f"{back}?patient={made}") if back else redirect("desk:record", made)
            refuse(form, broken)
        else:
            said = _("%(name)s is registered, number %(number)s.") % {"name": person.name, "number": person.number}
            messages.success(request, said)
            if back:
                return redirect(f"{back}?patient={person.id}")
            return redirect(NEXT.get(request.POST.get("then", ""), "desk:record"), person.id)
    return render(request, "clinic/register.html", {"form": form, "back": back}, status=422)


def _back(request: HttpRequest) -> str:
    """Return the page of ours that sent here for a new person and wants them back as `?patient=`, else nothing."""
    back = request.GET.get("next", "")
    return back if back and "?" not in back and url_has_allowed_host_and_scheme(back, None) else ""


@require_POST
@requires(Action.REGISTER_PATIENT)
def likely(request: HttpRequest) -> HttpResponse:
    """Show who may already be the person being typed, and why."""
    form = RegisterForm(request.POST, today=today())
    found = duplicates.likely(form.described(), today=today(), besides=form.cleaned_data.get("id"))
    rows = [(row.hit, in_words(row.reasons)) for row in found]
    shown = besides.token((row.hit.patient.pk, row.hit.score, row.reasons) for row in found)
    return render(request, "clinic/register.html#likely", {"likely": rows, "shown": shown})


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct what is written of a person; the log keeps what stood there before."""
    person = get_object_or_404(Patient.objects.select_related("village__commune__district__province"), pk=id)
    form = PersonForm(request.POST or None, today=today(), initial=initial_of(person))
    if request.method == "POST" and form.is_valid():
        said = form.given()
        if not form.birth_changed:
            said |= {"birth": ..., "told": None}
        try:
            patients.correct(patient=person, by=request.user, today=today(), **said)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Corrected."))
            return redirect("desk:record", person.id)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="edit")
    return render(request, "clinic/patient_edit.html", _edit_page(person, form), status=status_of(form))


@require_POST
@requires(Action.REGISTER_PATIENT)
def death(request: HttpRequest, id: UUID) -> HttpResponse:
    """Record that a person died."""
    person = get_object_or_404(Patient.objects.select_related("village__commune__district__province"), pk=id)
    form = DeathForm(request.POST)
    if form.is_valid():
        try:
            patients.record_death(patient=person, by=request.user, today=today(), **form.cleaned_data)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The death is recorded."))
            return redirect("desk:record", person.id)
    page = _edit_page(person, PersonForm(today=today(), initial=initial_of(person))) | {"death": form}
    return render(request, "clinic/patient_edit.html", page, status=422)


@require_POST
@requires(Action.REGISTER_PATIENT)
def death_undone(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back a death that was recorded in error."""
    person = get_object_or_404(Patient.objects.select_related("village__commune__district__province"), pk=id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            patients.undo_death(patient=person, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Taken back: the person is alive."))
            return redirect("desk:record", person.id)
    page = _edit_page(person, PersonForm(today=today(), initial=initial_of(person))) | {"undo": form}
    return render(request, "clinic/patient_edit.html", page, status=422)


def _edit_page(person: Patient, form: PersonForm) -> dict[str, object]:
    return {
        "patient": person, "form": form, "age": person.age_on(today()), "death": DeathForm(),
        "undo": ReasonForm(),
    }  # fmt: skip
