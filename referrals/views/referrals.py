"""Referrals: the list, a new one, the page with its steps, the answer, the printed slip."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.models import Patient
from clinic.selectors import people, timeline
from clinic.selectors.timeline import Contact
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.periods import local_day
from referrals import pdf, rules, selectors
from referrals.forms import AnswerForm, ReferralForm, StepForm
from referrals.models import Hospital, Referral, Step
from referrals.services import referrals as services
from referrals.views import key, refuse

State = Referral.State


@require_safe
@requires(Action.SEE_REFERRALS)
def index(request: HttpRequest) -> HttpResponse:
    """List referrals under way, those the hospital has not answered, or those that have ended."""
    today, show = local_day(timezone.now()), request.GET.get("show", "")
    older = ""
    if show == "ended":
        before = key(request.GET.get("before", ""))
        rows = list(
            selectors.ended(before=get_object_or_404(Referral, id=before) if before else None)[: selectors.PAGE + 1]
        )
        older = f"?show=ended&before={rows[selectors.PAGE - 1].pk}" if len(rows) > selectors.PAGE else ""
    elif show == "unanswered":
        rows = list(selectors.unanswered(today)[:500])
    else:
        show, rows = "", list(selectors.open_referrals()[:500])
    due = today - rules.ANSWER_DUE
    return render(request, "referrals/list.html", {
        "rows": rows[: selectors.PAGE] if show == "ended" else rows, "show": show, "older": older, "due": due,
        "trips": list(selectors.open_trips()) if not show else [], "awaiting": rules.AWAITING_ANSWER,
    })  # fmt: skip


@requires(Action.REFER)
def new(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Draft a referral of a patient, from a visit if one is named."""
    patient, contact = _who(patient_id, key(request.GET.get("encounter", "")))
    now = timezone.now()
    form = ReferralForm(request.POST or None, initial={"at": now, "urgency": Referral.Urgency.URGENT} | _from(contact))
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = dict(form.cleaned_data)
        hospital = Hospital.objects.filter(pk=data.pop("hospital"), active=True).first()
        try:
            if hospital is None:
                raise RuleBroken("referrals.no_such_hospital", field="hospital")
            services.draft(
                patient=patient, encounter=contact.encounter if contact else None, hospital=hospital, now=now,
                by=request.user, **data,  # type: ignore[arg-type]
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code != "constraint.same_id":
                refuse(form, broken)
        if not form.errors:
            return redirect("referrals:referral", id=data["id"])
    if request.method != "POST":
        journal.note_read(patient.pk, by=request.user, what="referral")
        usual = next((hospital.pk for hospital in selectors.hospitals()), None)
        form = ReferralForm(initial={"at": now, "urgency": Referral.Urgency.URGENT, "hospital": usual} | _from(contact))
    context = {
        "form": form,
        "patient": patient,
        "age": patient.age_on(local_day(now)),
        "encounter": contact.encounter if contact else None,
    }
    return render(request, "referrals/new.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_REFERRALS)
def referral(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a referral, the way it has gone, and the steps that may come next."""
    found = _referral(id)
    journal.note_read(found.patient_id, by=request.user, what="referral")
    return _page(request, found, StepForm(initial={"at": timezone.now()}))


@require_POST
@requires(Action.SEE_REFERRALS)
def step(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take one step; whether this user may is a question for the table of steps."""
    form = StepForm(request.POST)
    if form.is_valid():
        data = dict(form.cleaned_data)
        try:
            services.advance(referral=Referral(pk=id), **data, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
        except Referral.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Noted: %(state)s.") % {"state": State(data["to"]).label})
            return redirect("referrals:referral", id=id)
    return _page(request, _referral(id), form)


@requires(Action.REFER)
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take down the hospital's answer."""
    now = timezone.now()
    form = AnswerForm(request.POST or None, initial={"answered_on": local_day(now), "answer_outcome": ""})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.record_answer(
                referral=Referral(pk=id), answered_on=data["answered_on"], answer=data["answer"],
                outcome=data["answer_outcome"], by=request.user, now=now,  # type: ignore[arg-type]
            )  # fmt: skip
        except Referral.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The answer is kept."))
            return redirect("referrals:referral", id=id)
    context = {"form": form, "referral": _referral(id)}
    return render(request, "referrals/answer.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.SEE_REFERRALS)
def slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the slip that goes with the patient, with the answer to tear off."""
    found = _referral(id)
    journal.note_read(found.patient_id, by=request.user, what="referral slip")
    made = pdf.slip(found, selectors.steps_of(found), at=timezone.now())
    name = f"{found.number}.pdf"
    return HttpResponse(
        made, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def _page(request: HttpRequest, found: Referral, form: StepForm) -> HttpResponse:
    steps = selectors.steps_of(found)
    moves = [State(to) for to, task in rules.next_states(found.state).items() if request.user.may(task)]  # type: ignore[union-attr]
    by_hand = [state for state in moves if state not in {State.ANSWERED, State.DEPARTED}]
    return render(request, "referrals/referral.html", {
        "referral": found, "patient": found.patient, "age": found.patient.age_on(found.on), "form": form,
        "way": _way(found, steps), "steps": steps, "trips": selectors.trips_of(found), "moves": by_hand,
        "may_send": State.DEPARTED in moves, "may_answer": State.ANSWERED in moves,
        "hands_over": State.HANDED_OVER in by_hand,
    }, status=422 if form.errors else 200)  # fmt: skip


def _way(found: Referral, steps: list[Step]) -> list[dict[str, Any]]:
    """Return what has been done, then what usually follows from where it stands."""
    way = [{"state": State(step.state), "at": step.at, "done": True, "here": False} for step in steps]
    if way:
        way[-1]["here"] = True
    here = found.state if found.state in rules.MAIN_WAY else "departed" if found.state == "own_transport" else ""
    ahead = rules.MAIN_WAY[rules.MAIN_WAY.index(here) + 1 :] if here else ()
    return way + [{"state": State(state), "at": None, "done": False, "here": False} for state in ahead]


def _who(patient_id: UUID, encounter_id: UUID | None) -> tuple[Patient, Contact | None]:
    """Find the person, and the visit or stay when one is named."""
    if encounter_id is None:
        return people.get_or_404(patient_id), None
    contact = timeline.contact(encounter_id)
    if contact is None:
        raise Http404
    person = contact.encounter.patient
    if person.pk != patient_id and person.pk != people.get_or_404(patient_id).pk:  # a record merged away
        raise Http404
    return person, contact


def _from(contact: Contact | None) -> dict[str, Any]:
    """Take over what the visit or the stay says already: why, what was found, what it is."""
    if contact is None:
        return {}
    row, stay = contact.encounter, contact.admission
    named = ", ".join(str(condition) for condition in contact.conditions)
    found = [row.findings, stay.summary if stay else "", _("Diagnoses: %(names)s") % {"names": named} if named else ""]
    reason = (stay.reason if stay else "") or row.complaint or named
    return {"reason": reason[:200], "findings": "\n".join(filter(None, found))}


def _referral(id: UUID) -> Referral:
    found = selectors.referral(id)
    if found is None:
        raise Http404
    return found
