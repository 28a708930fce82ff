"""The check-up: a form for one mouth, its page, its correction."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.models import Encounter, Patient
from clinic.selectors import people
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.periods import local_day
from mobile_team import rules, selectors
from mobile_team.forms import CODE_WORDS, PERMANENT_WORDS, PRIMARY_WORDS, CheckupForm, VoidForm
from mobile_team.models import DentalCheckup, Session
from mobile_team.services import checkups
from mobile_team.services.checkups import FACTS
from mobile_team.views import refuse

HAND_OUTS = ("dental_education", "toothbrush", "toothpaste")


@requires(Action.CHECKUP)
def new(request: HttpRequest, session_id: UUID, patient_id: UUID) -> HttpResponse:
    """Check one mouth in a session, then go on to the next child."""
    patient = people.get_or_404(patient_id)
    form = CheckupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            checkup = checkups.record_checkup(
                id=form.cleaned_data["id"], session=Session(id=session_id), patient=patient, observed_at=now,
                by=request.user, today=local_day(now), **form.seen(),  # type: ignore[arg-type]
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code == "mobile_team.no_such_session":
                raise Http404 from broken
            refuse(form, broken)
        else:
            messages.success(request, _("Saved: %(name)s. Now the next one.") % {"name": patient.name})
            return redirect("mobile_team:session", id=checkup.session_id)
    session = get_object_or_404(Session.objects.select_related("village__commune"), id=session_id)
    if request.method != "POST":
        journal.note_read(patient.pk, by=request.user, what="checkup")
        form = CheckupForm(initial=_usual(session))
    seen = selectors.seen_in(session, [patient.pk]).get(patient.pk)
    return _form(request, form, patient=patient, session=session, on=session.on, seen=seen)


@require_safe
@requires(Action.READ_RECORD)
def checkup(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a check-up as it was recorded."""
    found = _checkup(id)
    journal.note_read(found.patient_id, by=request.user, what="checkup")
    patient, age = found.encounter.patient, found.encounter.patient.age_on(found.encounter.on)
    findings = {finding.tooth: finding.code for finding in found.teeth.all()}
    years = age.years if age else None
    return render(request, "mobile_team/checkup.html", {
        "checkup": found, "patient": patient, "age": age, "void_form": VoidForm(), "findings": findings,
        "void": found.encounter.status == Encounter.Status.VOID,
        "teeth": [(tooth, code, CODE_WORDS[code]) for tooth, code in findings.items()],
        "primary": rules.dmft_primary(findings, years), "permanent": rules.dmft_permanent(findings, years),
    })  # fmt: skip


@requires(Action.CHECKUP)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct a check-up; the log keeps what stood there."""
    form = CheckupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            checkups.correct_checkup(checkup=DentalCheckup(pk=id), by=request.user, **form.seen())  # type: ignore[arg-type]
        except DentalCheckup.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Corrected."))
            return redirect("mobile_team:checkup", id=id)
    found = _checkup(id)
    if request.method != "POST":
        journal.note_read(found.patient_id, by=request.user, what="checkup")
        form = CheckupForm(initial=_as_it_stands(found))
    on = found.encounter.on
    return _form(request, form, patient=found.encounter.patient, session=found.session, on=on, checkup=found)


@requires(Action.CHECKUP)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that a check-up was entered in error."""
    found = _checkup(id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            checkups.void_checkup(checkup=found, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("mobile_team:checkup", id=id)
    context = {"form": form, "checkup": found, "patient": found.encounter.patient}
    return render(request, "mobile_team/checkup_void.html", context, status=422 if form.errors else 200)


def _form(
    request: HttpRequest, form: CheckupForm, *, patient: Patient, session: Session | None, on: date,
    seen: UUID | None = None, checkup: DentalCheckup | None = None,
) -> HttpResponse:  # fmt: skip
    age = patient.age_on(on)
    years = age.years if age else 8  # unknown: show both rows
    context = {
        "form": form, "patient": patient, "session": session, "seen": seen, "checkup": checkup, "age": age,
        "mouths": [
            ("primary", rules.CHART_PRIMARY, PRIMARY_WORDS, years < 13),
            ("permanent", rules.CHART_PERMANENT, PERMANENT_WORDS, years >= 5),
        ],
        "counts": [form[name] for name in checkups.COUNTS],
    }  # fmt: skip
    return render(request, "mobile_team/checkup_form.html", context, status=422 if form.errors else 200)


def _usual(session: Session) -> dict[str, Any]:
    """Start from no pain and no bleeding, and from what the one before was given: a team gives all the same."""
    last = DentalCheckup.objects.standing().filter(session=session).order_by("-id").values(*HAND_OUTS).first()
    given = last or dict.fromkeys(HAND_OUTS)
    return {"pain": False, "gums_bleed": False, "urgency": 0, "advised_to_come": False} | given


def _as_it_stands(found: DentalCheckup) -> dict[str, Any]:
    """Return a check-up as the form takes it; what is counted from its chart is not a typed count."""
    initial: dict[str, Any] = {name: getattr(found, name) for name in FACTS} | {"id": found.pk}
    initial["findings"] = {finding.tooth: finding.code for finding in found.teeth.all()}
    return initial | (dict.fromkeys(checkups.COUNTS) if initial["findings"] else {})


def _checkup(id: UUID) -> DentalCheckup:
    found = selectors.checkup(id)
    if found is None:
        raise Http404
    return found
