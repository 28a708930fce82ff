"""Register a person, correct what is written of them, find somebody while typing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.animals import ANIMALS
from clinic.forms import besides
from clinic.forms.patients import (
    NUMBERS,
    DeathForm,
    EditForm,
    ReasonForm,
    RegisterForm,
    in_words,
    typed_already,
)
from clinic.reasons import in_words as reasons_in_words
from clinic.rules import zodiac as animals
from clinic.selectors import duplicates, registry, search
from clinic.services import patients
from clinic.views import SAME, status_of
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import parse_age
from core.audit import journal
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse, today
from core.templatetags.house import age

NEXT = {"visit": "clinic:visit_new", "admit": "clinic:admit"}
TAKEN = "constraint.clinic_identifier_one_person"
MOST = 8  # people offered while a name is typed


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def register(request: HttpRequest) -> HttpResponse:
    """Register a person on one screen; what was typed into the search is filled in already."""
    back = _back(request)
    if request.method == "GET":
        form = RegisterForm(today=today(), initial=typed_already(request.GET.get("q", "")))
        return render(request, "clinic/register.html", _register_page(form, back))
    form = RegisterForm(request.POST, request.FILES, today=today())
    if form.is_valid():
        made = form.cleaned_data["id"]
        try:
            person = patients.register(
                id=made, by=request.user, today=today(), besides=besides.read(request.POST), **form.given()
            )
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect(f"{back}?patient={made}") if back else redirect("desk:record", made)
            _refuse(form, broken, made)
        else:
            said = _("%(name)s is registered, number %(number)s.") % {"name": person.name, "number": person.number}
            messages.success(request, said)
            if back:
                return redirect(f"{back}?patient={person.id}")
            return redirect(NEXT.get(request.POST.get("then", ""), "desk:record"), person.id)
    return render(request, "clinic/register.html", _register_page(form, back), status=422)


def _register_page(form: RegisterForm, back: str) -> dict[str, Any]:
    return {"form": form, "back": back, "animals": ANIMALS.items()}


def _back(request: HttpRequest) -> str:
    """Return the page of ours that sent here for a new person and wants them back as `?patient=`, else nothing."""
    back = request.GET.get("next", "")
    return back if back and "?" not in back and url_has_allowed_host_and_scheme(back, None) else ""


def _refuse(form: forms.Form, broken: RuleBroken, id: UUID) -> None:
    """Say what is wrong beside its box; of several numbers, beside the one that somebody else has."""
    if broken.code == TAKEN:
        typed = [(kind, form.cleaned_data[name]) for name, kind in NUMBERS.items()]
        kind = registry.taken(typed, besides=id)
        broken.field = next((name for name, other in NUMBERS.items() if other == kind), None)
    refuse(form, broken)


@require_POST
@requires(Action.REGISTER_PATIENT)
def likely(request: HttpRequest) -> HttpResponse:
    """Show who may already be the person being typed, and why."""
    form = RegisterForm(request.POST, today=today())
    found = duplicates.likely(form.described(), today=today(), besides=form.cleaned_data.get("id"))
    rows = [(row.hit, reasons_in_words(row.reasons)) for row in found]
    shown = besides.token((row.hit.patient.pk, row.hit.score, row.reasons) for row in found)
    return render(request, "clinic/register.html#likely", {"likely": rows, "shown": shown})


@require_safe
@requires(Action.REGISTER_PATIENT)
def zodiac(request: HttpRequest) -> HttpResponse:
    """Offer the years of birth that an animal may mean, those nearest to the age typed first."""
    animal = request.GET.get("animal", "")
    years = animals.likely_years(animal, today=today(), told=_told_years(request)) if animal in ANIMALS else []
    return render(request, "clinic/zodiac.html#years", {"years": years})


def _told_years(request: HttpRequest) -> int | None:
    """Return the age in years that stands in the box, None when none does."""
    try:
        value, unit = parse_age(request.GET.get("birth", "")[:40])
    except RuleBroken:
        return None
    return value if unit == "y" else {"m": value // 12, "w": value // 52}.get(unit, 0)


@require_safe
@requires(Action.SEARCH_PATIENTS)
def people(request: HttpRequest) -> JsonResponse:
    """Offer people for what is typed: a guardian, somebody of the household."""
    hits = search.find(request.GET.get("q", "")[:80], limit=MOST, today=today())
    return JsonResponse({"results": [_offered(hit) for hit in hits]})


def _offered(hit: search.Hit) -> dict[str, str]:
    person = hit.patient
    about = [person.get_sex_display(), age(hit.age, person.age_is_estimated), person.village, person.number]
    return {
        "id": str(person.pk), "text": person.name, "full": person.name,
        "more": str(join([str(part) for part in about if part], " · ", autoescape=False)),
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct what is written of a person; what another nurse changed meanwhile is brought together with it."""
    person = registry.get_or_404(id)
    form = EditForm(request.POST or None, today=today(), person=person)
    began = shared_edit.read(request)
    clashed = None
    if request.method == "POST" and form.is_valid():
        now = registry.document(person)
        try:
            patients.correct(
                patient=person, by=request.user, today=today(), edit=began, **form.changes(began.was if began else now)
            )
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            _refuse(form, broken, person.pk)
        else:
            messages.success(request, _("Corrected."))
            return redirect("desk:record", person.id)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="edit")
    shared = shared_edit.page(began, registry.document(person), clashed, words=in_words)
    page = edit_page(person, form, request.user) | {"shared": shared}
    return render(request, "clinic/patient_edit.html", page, status=422 if clashed else status_of(form))


def edit_page(person: Any, form: EditForm | None = None, user: Any = None) -> dict[str, Any]:
    """Return what the page of corrections shows."""
    form = form or EditForm(today=today(), person=person)
    return {
        "patient": person, "form": form, "age": person.age_on(today()), "death": DeathForm(), "undo": ReasonForm(),
        "shared": shared_edit.page(None, registry.document(person)), "at": "data",
        "may_undo": user.may(Action.UNDO_DEATH), "may_write": True,
    }  # fmt: skip
