"""The page of a person's family: who lives together, who answers for whom, whose equity card holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.forms.families import GuardianForm, MemberForm
from clinic.models import Patient, Relation
from clinic.selectors import households as selector
from clinic.services import households
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, today


@require_safe
@requires(Action.READ_RECORD)
def page(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show who lives with a person and who answers for whom."""
    person = selector.get_or_404(id)
    journal.note_read(person.id, by=request.user, what="family")
    return _page(request, person)


@require_POST
@requires(Action.REGISTER_PATIENT)
def join(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let somebody live with the person of the page."""
    person = selector.get_or_404(id)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            households.join(patient=form.cleaned_data["member"], other=person, by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            said = _("%(name)s is now written as living here.") % {"name": form.cleaned_data["member"].name}
            messages.success(request, said)
            return redirect("clinic:family", person.id)
    return _page(request, person, member=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def leave(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a member, the person of the page or one who lives with them, live there no more."""
    person = selector.get_or_404(id)
    family = selector.family_of(person, today())
    here: dict[str, Patient] = {str(one.patient.pk): one.patient for one in family.members} | {str(person.pk): person}
    leaving = here.get(request.POST.get("member", ""))
    try:
        if leaving is not None:
            households.leave(patient=leaving, by=request.user)
            messages.success(request, _("%(name)s lives here no more.") % {"name": leaving.name})
    except RuleBroken:  # gone already: a second click
        pass
    return redirect("clinic:family", person.id)


@require_POST
@requires(Action.REGISTER_PATIENT)
def relate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down who answers for the person of the page."""
    person = selector.get_or_404(id)
    form = GuardianForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            households.relate(
                patient=person, guardian=said["guardian"], kind=said["guardian_kind"], by=request.user, id=said["id"]
            )
        except RuleBroken as broken:
            if Relation.objects.filter(pk=said["id"], patient=person).exists():  # a second click
                return redirect("clinic:family", person.id)
            broken.field = broken.field or "guardian"
            refuse(form, broken)
        else:
            messages.success(request, _("Written."))
            return redirect("clinic:family", person.id)
    return _page(request, person, guardian=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def unrelate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back who answers for whom; sent twice it is already gone."""
    back = request.POST.get("back", "")
    relation = Relation.objects.filter(pk=id).select_related("patient").first()
    if relation is not None:
        households.unrelate(relation=relation, by=request.user)
        messages.success(request, _("Taken back."))
        back = back or str(relation.patient_id)
    try:
        return redirect("clinic:family", UUID(back))
    except ValueError:
        raise Http404 from None


@require_safe
@requires(Action.REGISTER_PATIENT)
def offer(request: HttpRequest) -> HttpResponse:
    """Say, beside a guardian chosen on the form of a new person, with whom and on which card they live."""
    try:
        person = selector.get_or_404(UUID(request.GET.get("guardian_id", "")))
    except (ValueError, Http404):
        return HttpResponse("")
    family = selector.family_of(person, today())
    return render(request, "clinic/family.html#offer", {"guardian": person, "family": family})


def _page(request: HttpRequest, person: Any, **shown: Any) -> HttpResponse:
    """Show the page; a form that was refused comes in `member` or `guardian`."""
    return render(request, "clinic/family.html", {
        "patient": person, "age": person.age_on(today()), "at": "family",
        "family": selector.family_of(person, today()), "member": shown.get("member") or MemberForm(),
        "guardian": shown.get("guardian") or GuardianForm(),
        "may_write": request.user.may(Action.REGISTER_PATIENT),  # type: ignore[union-attr]
    }, status=422 if shown else 200)  # fmt: skip
