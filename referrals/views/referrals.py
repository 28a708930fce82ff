"""Referrals: the list, a new one, the page with its steps, the answer, the printed slip."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.models import Outcome, Patient
from clinic.selectors import people, timeline
from clinic.selectors.timeline import Contact
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action, Role, allowed
from core.audit import journal
from core.editing import Clashed
from core.errors import RuleBroken
from core.khmer import format_date
from core.pages import as_pdf, refuse, sent
from core.periods import local_day
from core.places.models import Village
from referrals import pdf, rules, selectors, slips
from referrals.forms import AnswerForm, CallForm, ReferralForm, SlipForm, StepForm
from referrals.models import Call, Hospital, Referral, Step
from referrals.services import calls, editing
from referrals.services import referrals as services
from referrals.services.referrals import Answer
from referrals.views import key

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
    due = today - selectors.answer_due()
    return render(request, "referrals/list.html", {
        "rows": rows[: selectors.PAGE] if show == "ended" else rows, "show": show, "older": older, "due": due,
        "trips": list(selectors.open_trips()) if not show else [], "awaiting": rules.AWAITING_ANSWER,
        "days": selectors.answer_due().days,
    })  # fmt: skip


@require_safe
@requires(Action.SEE_REFERRALS)
def table(request: HttpRequest) -> HttpResponse:
    """Show the table by which every referral moves: from which state to which, and whose task each step is."""
    rows = [
        (State(state), [(State(to), _doers(task), to in rules.NEED_A_REASON) for to, task in after.items()])
        for state, after in rules.TRANSITIONS.items()
    ]
    return render(request, "referrals/steps.html", {"rows": rows, "days": selectors.answer_due().days})


def _doers(task: Action) -> str:
    """Name the roles whose task a step is."""
    return ", ".join(str(role.label) for role in Role if allowed(role, task))


@requires(Action.REFER)
def new(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Draft a referral of a patient, from a visit, a stay or an outreach contact if one is named."""
    patient, contact = _who(patient_id, key(request.GET.get("encounter", "")))
    now = timezone.now()
    if request.method == "POST":
        form = ReferralForm(request.POST)
        if form.is_valid() and _draft(request, form, patient, contact):
            return redirect("referrals:referral", id=form.cleaned_data["id"])
    else:
        journal.note_read(patient.pk, by=request.user, what="referral")
        form = ReferralForm(initial=_begin(request, patient, contact, now))
    context = {
        "form": form, "patient": patient, "age": patient.age_on(local_day(now)),
        "encounter": contact.encounter if contact else None,
    }  # fmt: skip
    return render(request, "referrals/new.html", context, status=422 if form.errors else 200)


@requires(Action.REFER)
def change(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put right what a slip says, or send it to another hospital, before the patient leaves."""
    form, edit, clashed = SlipForm(sent(request)), shared_edit.read(request), None
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        village = data.pop("village")
        data |= {"hospital_id": data.pop("hospital"), "village_id": village.pk if village else None}
        try:
            services.change(referral=Referral(pk=id), by=request.user, edit=edit, **data)  # type: ignore[arg-type]
        except Referral.DoesNotExist:
            raise Http404 from None
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The slip is corrected. Print it again."))
            return redirect("referrals:referral", id=id)
    found = _referral(id)
    if request.method == "GET" and found.state not in rules.MAY_CHANGE:
        return redirect("referrals:referral", id=id)
    document = editing.document(found, services.SLIP)
    if not form.is_bound:
        form = SlipForm(initial=document | {"hospital": found.hospital_id, "village": found.village})
    shared = shared_edit.page(edit, document, clashed, words=partial(_words, form, found))
    context = {
        "form": form, "patient": found.patient, "age": found.patient.age_on(found.on), "referral": found,
        "shared": shared,
    }  # fmt: skip
    return render(request, "referrals/new.html", context, status=422 if form.errors or clashed else 200)


def _words(form: Any, found: Referral, name: str, value: Any) -> tuple[str, str]:
    """Return the name of a column and its value in words."""
    field = form.fields.get(name.removesuffix("_id"))
    said = str(value if value is not None else "")
    if name == "village_id" and value:
        said = str(Village.objects.filter(pk=value).first() or said)
    elif choices := dict(getattr(field, "choices", ())):
        said = str(choices.get(value, said))
    elif name in {"received_at", "answered_on"} and value:
        said = format_date(date.fromisoformat(value[:10]), get_language() or "km")
    return str(field.label if field else name), said


def _draft(request: HttpRequest, form: ReferralForm, patient: Patient, contact: Contact | None) -> bool:
    """Write the slip; False with the words in the form when a rule refuses it. A second click finds it written."""
    data: dict[str, Any] = dict(form.cleaned_data)
    hospital = Hospital.objects.filter(pk=data.pop("hospital"), active=True).first()
    try:
        if hospital is None:
            raise RuleBroken("referrals.no_such_hospital", field="hospital")
        services.draft(
            patient=patient, encounter=contact.encounter if contact else None, hospital=hospital, now=timezone.now(),
            by=request.user, **data,  # type: ignore[arg-type]
        )  # fmt: skip
    except RuleBroken as broken:
        if broken.code != "constraint.same_id":
            refuse(form, broken)
    return not form.errors


def _begin(request: HttpRequest, patient: Patient, contact: Contact | None, now: datetime) -> dict[str, Any]:
    """Return what a new slip begins with."""
    hospital = next((row.pk for row in selectors.hospitals()), None)
    role = str(request.user.get_role_display())  # type: ignore[union-attr]
    begun = slips.begun_from(contact, role=role) if contact else {"referrer_role": role}
    pregnancy = slips.pregnancy_line(patient, local_day(now), get_language() or "km")[:120]
    return {"at": now, "urgency": Referral.Urgency.URGENT, "hospital": hospital, "pregnancy": pregnancy} | begun


@require_safe
@requires(Action.SEE_REFERRALS)
def referral(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a referral, the way it has gone, and the steps that may come next."""
    found = _referral(id)
    journal.note_read(found.patient_id, by=request.user, what="referral")
    services.open_answer(referral=found, by=request.user, at=timezone.now())  # type: ignore[arg-type]
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
def call(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down a call with the hospital."""
    now = timezone.now()
    form = CallForm(sent(request), initial={"at": now})
    if request.method == "POST" and form.is_valid():
        try:
            written = calls.write(referral=Referral(pk=id), now=now, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Referral.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            if broken.code == "constraint.same_id":
                return redirect("referrals:referral", id=id)
            refuse(form, broken)
        else:
            messages.success(request, _("The call is written down."))
            news = written.result == Call.Result.NEWS and State.ANSWERED in rules.next_states(written.referral.state)
            return redirect("referrals:answer" if news else "referrals:referral", id=id)
    context = {"form": form, "referral": _referral(id)}
    return render(request, "referrals/call.html", context, status=422 if form.errors else 200)


@requires(Action.REFER)
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take down the hospital's answer, or complete and correct the one that stands."""
    now = timezone.now()
    form, edit, clashed = AnswerForm(sent(request)), shared_edit.read(request), None
    if form.is_bound and form.is_valid():
        try:
            services.record_answer(
                referral=Referral(pk=id), answer=_answer_of(form.cleaned_data), by=request.user, now=now, edit=edit,  # type: ignore[arg-type]
            )  # fmt: skip
        except Referral.DoesNotExist:
            raise Http404 from None
        except Clashed as clash:
            clashed = clash
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The answer is kept."))
            return redirect("referrals:referral", id=id)
    found = _referral(id)
    if request.method == "GET" and not _answers(found):
        return redirect("referrals:referral", id=id)
    document = editing.document(found, services.ANSWER)
    if not form.is_bound:
        written = {name: getattr(found, name) for name in services.ANSWER}
        form = AnswerForm(initial=written | ({} if found.answered_on else {"answered_on": local_day(now)}))
    shared = shared_edit.page(edit, document, clashed, words=partial(_words, form, found))
    context = {"form": form, "referral": found, "shared": shared}
    return render(request, "referrals/answer.html", context, status=422 if form.errors or clashed else 200)


def _answers(found: Referral) -> bool:
    """Return whether an answer may be written, or one that stands be written on."""
    return found.state == State.ANSWERED or State.ANSWERED in rules.next_states(found.state)


def _answer_of(data: dict[str, Any]) -> Answer:
    return Answer(
        on=data["answered_on"], words=data["answer"], outcome=data["answer_outcome"], channel=data["answer_by"],
        told_by=data["answer_from"], received_at=data["received_at"], diagnosis=data["answer_diagnosis"],
        treatment=data["answer_treatment"], advice=data["answer_advice"],
    )  # fmt: skip


@require_safe
@requires(Action.SEE_REFERRALS)
def slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the slip that goes with the patient, with the answer to tear off."""
    found = _referral(id)
    journal.note_read(found.patient_id, by=request.user, what="referral slip")
    made = pdf.slip(found, selectors.steps_of(found), selectors.calls_of(found), at=timezone.now())
    return as_pdf(made, found.number)


@require_safe
@requires(Action.SEE_REFERRALS)
def answer_slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the answer slip alone: what came back, or empty for the hospital to fill in."""
    found = _referral(id)
    journal.note_read(found.patient_id, by=request.user, what="answer slip")
    return as_pdf(pdf.answer(found, at=timezone.now()), f"{found.number}-answer")


def _page(request: HttpRequest, found: Referral, form: StepForm) -> HttpResponse:
    steps = selectors.steps_of(found)
    moves = [State(to) for to, task in rules.next_states(found.state).items() if request.user.may(task)]  # type: ignore[union-attr]
    on_pages_of_their_own = {State.CALLED, State.ANSWERED, State.DEPARTED}
    by_hand = [state for state in moves if state not in on_pages_of_their_own]
    may_refer = request.user.may(Action.REFER)  # type: ignore[union-attr]
    died = found.answer_outcome == Outcome.DECEASED and not found.patient.deceased_on
    return render(request, "referrals/referral.html", {
        "referral": found, "patient": found.patient, "age": found.patient.age_on(found.on), "form": form,
        "way": _way(found, steps), "steps": steps, "trips": selectors.trips_of(found), "moves": by_hand,
        "calls": selectors.calls_of(found), "may_call": may_refer and found.state != State.CANCELLED, "died": died,
        "may_send": State.DEPARTED in moves, "may_answer": State.ANSWERED in moves,
        "may_change": may_refer and found.state in rules.MAY_CHANGE,
        "may_write_on": may_refer and found.state == State.ANSWERED,
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


def _referral(id: UUID) -> Referral:
    found = selectors.referral(id)
    if found is None:
        raise Http404
    return found
