"""The page of a person's allergies: written, taken back, none known."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.forms.allergies import AllergyForm, NoneKnownForm
from clinic.forms.patients import ReasonForm
from clinic.models import Allergy, Patient
from clinic.rules import allergies as rules
from clinic.selectors import people
from clinic.services import allergies
from clinic.substances import both_names
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.khmer import search_key
from core.pages import refuse, today

MOST = 10


@require_safe
@requires(Action.READ_RECORD)
def page(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show what a person must not be given, also what was taken back, and a form to write more."""
    person = people.get_or_404(id)
    journal.note_read(person.id, by=request.user, what="allergies")
    return _page(request, person)


@require_POST
@requires(Action.REGISTER_PATIENT)
def add(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down an allergy."""
    person = people.get_or_404(id)
    form = AllergyForm(request.POST)
    if form.is_valid():
        try:
            allergies.add(
                patient=person, said=form.said(), told_on=form.cleaned_data["told_on"], by=request.user, today=today(),
                id=form.cleaned_data["id"],
            )  # fmt: skip
        except RuleBroken as broken:
            if Allergy.objects.filter(pk=form.cleaned_data["id"], patient=person).exists():  # a second click
                return redirect("clinic:allergies", person.id)
            broken.field = broken.field or "substance"
            refuse(form, broken)
        else:
            messages.success(request, _("The allergy is written. It now stands in red on every page."))
            return redirect("clinic:allergies", person.id)
    return _page(request, person, form=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def none_known(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down that somebody asked and no allergy is known."""
    person = people.get_or_404(id)
    form = NoneKnownForm(request.POST)
    if form.is_valid():
        try:
            allergies.none_known(patient=person, on=form.cleaned_data["on"], by=request.user, today=today())
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Written: no allergy known."))
            return redirect("clinic:allergies", person.id)
    return _page(request, person, none=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back an allergy with a reason."""
    allergy = get_object_or_404(Allergy.objects.select_related("patient"), pk=id)
    form = ReasonForm(request.POST, prefix=f"void-{allergy.pk}")
    if form.is_valid():
        try:
            allergies.void(allergy=allergy, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Taken back."))
            return redirect("clinic:allergies", allergy.patient_id)
    return _page(request, people.get_or_404(allergy.patient_id), void=form)


@require_safe
@requires(Action.SEARCH_PATIENTS)
def allergens(request: HttpRequest) -> JsonResponse:
    """Offer usual substances for what is typed, in either language."""
    wanted = search_key(request.GET.get("q", "")[:80])
    rows = [row for row in rules.allergens().values() if wanted in search_key(f"{row.english} {row.khmer}")]
    rows += [row for row in rules.allergens().values() if row not in rows and _begins(row, wanted)]
    found = [(row.key, *both_names(row)) for row in rows[:MOST]]
    return JsonResponse(
        {"results": [{"id": key, "text": text, "full": text, "more": more} for key, text, more in found]}
    )


def _begins(row: rules.Allergen, wanted: str) -> bool:
    return any(word.startswith(wanted) for word in row.words)


def _page(request: HttpRequest, person: Patient, **shown: Any) -> HttpResponse:
    """Show the page; a form that was refused comes in `form`, `none` or `void`."""
    rows = Allergy.objects.filter(patient=person).select_related("recorded_by").order_by("-severe", "-id")[:50]
    refused: Any = shown.get("void")
    standing = [(row, _void_form(row, refused)) for row in rows if not row.void_reason]
    return render(request, "clinic/allergy_page.html", {
        "patient": person, "age": person.age_on(today()), "at": "allergies", "standing": standing,
        "voided": [row for row in rows if row.void_reason], "refused": refused,
        "form": shown.get("form") or AllergyForm(initial={"told_on": today()}),
        "none": shown.get("none") or NoneKnownForm(initial={"on": today()}),
        "may_write": request.user.may(Action.REGISTER_PATIENT),  # type: ignore[union-attr]
    }, status=422 if shown else 200)  # fmt: skip


def _void_form(row: Allergy, refused: ReasonForm | None) -> ReasonForm:
    prefix = f"void-{row.pk}"
    return refused if refused and refused.prefix == prefix else ReasonForm(prefix=prefix)
