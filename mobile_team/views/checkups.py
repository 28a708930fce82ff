"""The check-up: a form for one mouth, its page, its correction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.models import Encounter, Patient, PreventiveDose
from clinic.rules import growth
from clinic.selectors import assessed, people
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse
from core.periods import local_day
from mobile_team import readings, rules, selectors
from mobile_team.forms import (
    CODE_WORDS,
    MARK_WORDS,
    PERMANENT_WORDS,
    PRIMARY_WORDS,
    CheckupForm,
    CorrectionForm,
    VoidForm,
)
from mobile_team.models import DentalCheckup, Session
from mobile_team.selectors import documents
from mobile_team.services import checkups, mouths

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
    """Show a check-up as it was recorded, its indices, and what changed since the last chart of this mouth."""
    found = _checkup(id)
    journal.note_read(found.patient_id, by=request.user, what="checkup")
    said, patient, on = documents.document(found), found.encounter.patient, found.encounter.on
    teeth, marks = documents.chart_of(said)
    before = selectors.charted_before(found) if teeth else None
    dose = documents.deworming(found)
    return render(request, "mobile_team/checkup.html", {
        "checkup": found, "patient": patient, "age": patient.age_on(on), "void_form": VoidForm(), "said": said,
        "void": found.encounter.status == Encounter.Status.VOID, "done": readings.done(said["treatments"]),
        "teeth": [
            (tooth, code, CODE_WORDS[code], MARK_WORDS.get(marks.get(tooth, ""), "")) for tooth, code in teeth.items()
        ],
        "index": rules.indices(teeth, marks, documents.years_at(found.encounter)), "dose": dose,
        "dose_words": _dose_words(dose), "growth": _growth(found, said), "before": before,
        "since": _since(before, said) if before else [],
        "waits": found.advised_to_come and not found.advice_ended,
    })  # fmt: skip


@require_safe
@requires(Action.READ_RECORD)
def versions(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show how a check-up read before each change: who, when, why, and both readings side by side."""
    found = _checkup(id)
    journal.note_read(found.patient_id, by=request.user, what="earlier versions")
    kept = selectors.versions(found)
    after = [*(version.document for version in kept[1:]), documents.document(found)]
    patient = found.encounter.patient
    return render(request, "mobile_team/checkup_versions.html", {
        "checkup": found, "patient": patient, "age": patient.age_on(found.encounter.on),
        "versions": [
            (version, readings.changes(version.document, then)) for version, then in zip(kept, after, strict=False)
        ][::-1],
    })  # fmt: skip


@requires(Action.CHECKUP)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct a check-up; how it read before stays as a version, and the work of two people is brought together."""
    form, was, clashed = CorrectionForm(request.POST or None), shared_edit.read(request), None
    if request.method == "POST" and form.is_valid():
        try:
            checkups.correct_checkup(
                checkup=DentalCheckup(pk=id), why=form.cleaned_data["why"], edit=was, by=request.user, **form.seen()  # type: ignore[arg-type]
            )
        except DentalCheckup.DoesNotExist:
            raise Http404 from None
        except Clashed as found:
            clashed = found
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Corrected."))
            return redirect("mobile_team:checkup", id=id)
    row = _checkup(id)
    said = documents.document(row)
    if request.method != "POST":
        journal.note_read(row.patient_id, by=request.user, what="checkup")
        form = CorrectionForm(initial=CorrectionForm.of(said))
    shared = shared_edit.page(was, said, clashed, words=readings.both)
    contact = row.encounter
    return _form(
        request, form, patient=contact.patient, session=row.session, on=contact.on, checkup=row, shared=shared,
        wrong=clashed is not None,
    )  # fmt: skip


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
    seen: UUID | None = None, checkup: DentalCheckup | None = None, shared: Any = None, wrong: bool = False,
) -> HttpResponse:  # fmt: skip
    age = patient.age_on(on)
    years = age.years if age else 8  # unknown: show both rows
    context = {
        "form": form, "patient": patient, "session": session, "seen": seen, "checkup": checkup, "age": age,
        "mouths": [
            ("primary", rules.CHART_PRIMARY, PRIMARY_WORDS, years < 13),
            ("permanent", rules.CHART_PERMANENT, PERMANENT_WORDS, years >= 5),
        ],
        "counts": [form[name] for name in documents.COUNTS], "shared": shared, "marks": MARK_WORDS.items(),
    }  # fmt: skip
    status = 422 if form.errors or wrong else 200
    return render(request, "mobile_team/checkup_form.html", context, status=status)


def _usual(session: Session) -> dict[str, Any]:
    """Start from no pain and no bleeding, and from what the one before was given: a team gives all the same."""
    last = DentalCheckup.objects.standing().filter(session=session).order_by("-id").values(*HAND_OUTS).first()
    given = last or dict.fromkeys(HAND_OUTS)
    return {"pain": False, "gums_bleed": False, "urgency": 0, "advised_to_come": False} | given


def _growth(found: Any, said: Mapping[str, Any]) -> growth.Growth | None:
    """Return what weight and height say of a child; nothing when neither was taken."""
    if said["weight"] is None and said["height"] is None:
        return None
    patient, contact = found.encounter.patient, found.encounter
    birth = assessed.birth_at(patient, contact)
    return growth.assess(sex=patient.sex, birth=birth, on=contact.on, **mouths.measures(said))


def _dose_words(dose: Mapping[str, Any] | None) -> str:
    return f"{PreventiveDose.What(dose['what']).label} {dose['dose']}".strip() if dose else ""


def _since(before: Any, said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what became of each tooth since an earlier chart: its number, and both readings in words."""
    was = documents.document(before)
    return [
        (tooth, readings.tooth(was, tooth), readings.tooth(said, tooth))
        for tooth in sorted(said["teeth"].keys() & was["teeth"].keys())
        if (was["teeth"][tooth], was["pufa"].get(tooth)) != (said["teeth"][tooth], said["pufa"].get(tooth))
    ]


def _checkup(id: UUID) -> Any:
    found = selectors.checkup(id)
    if found is None:
        raise Http404
    return found
