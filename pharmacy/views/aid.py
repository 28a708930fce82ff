"""Help with costs: the list of cases, one case with all that belongs to it, its paper; the rule; a month."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.models import Encounter
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import as_pdf, done, sent, today
from core.periods import Month
from pharmacy import aid_rules
from pharmacy.forms.aid import AidRuleForm, CaseForm
from pharmacy.forms.fields import starting
from pharmacy.models import AidCase
from pharmacy.pdf import aid as papers
from pharmacy.selectors import aid as selector
from pharmacy.services import aid as services
from pharmacy.views.common import organisation, uuid_from


@require_safe
@requires(Action.SEE_AID)
def cases(request: HttpRequest) -> HttpResponse:
    """List the open cases, those that wait for approval first; or those that ended."""
    show = selector.ENDED if request.GET.get("show") == selector.ENDED else selector.OPEN
    before = uuid_from(request, "before")
    rows, more = selector.page(show, before=before)
    waiting = selector.waiting() if show == selector.OPEN and before is None else []
    journal.note_reads([row.patient_id for row in [*waiting, *rows]], by=request.user, what="aid cases")
    context = {
        "show": show, "waiting": waiting, "rows": rows, "ruled": bool(selector.rules()),
        "older": f"?show={show}&before={more}" if more else "",
    }  # fmt: skip
    return render(request, "pharmacy/aid_cases.html", context)


@requires(Action.ASK_AID)
def new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open a case for a person; `?visit=` and `?referral=` say where it was opened from."""
    patient = selector.asking_for(id, uuid_from(request, "visit"))
    if patient is None:
        raise Http404
    visit = patient.visit[0] if patient.visit else None
    form = CaseForm(sent(request), initial=starting(today(), **_known(patient, visit)))
    if form.is_valid():
        said = form.cleaned_data
        given: dict[str, Any] = {
            "id": said["id"], "patient": patient, "illness": said["illness"], "on": said["on"],
            "because": form.because(), "referral": uuid_from(request, "referral"),
            "encounter": Encounter(pk=UUID(visit["id"]), patient=patient) if visit else None,
        }  # fmt: skip
        if done(form, AidCase, services.open_case, **given, by=request.user, today=today()):
            messages.success(request, _("The case is open. Now say what is asked for."))
            return redirect("pharmacy:aid_case", said["id"])
    if request.method != "POST":
        journal.note_read(patient.pk, by=request.user, what="aid")
    context = {
        "form": form, "patient": patient, "age": patient.age_on(today()), "today": today(),
        "cards": [(card, card.holds(today())) for card in selector.cards_of(patient)],
        "helped": [row | {"id": UUID(row["id"])} for row in patient.helped or []],  # SQLite leaves out the dashes
    }  # fmt: skip
    return render(request, "pharmacy/aid_new.html", context, status=422 if form.errors else 200)


def _known(patient: Any, visit: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the form starts with: the complaint of the visit, and a card that holds today."""
    known = {"illness": visit["complaint"][:200]} if visit else {}
    card = next((card for card in selector.cards_of(patient) if card.holds(today())), None)
    if card is None:
        return known | {"eligible": AidCase.Eligible.ASSESSED}
    return known | {"eligible": AidCase.Eligible.CARD, "card": card.value}


def found(id: UUID) -> AidCase:
    """Return a case; raises Http404."""
    case = selector.case(id)
    if case is None:
        raise Http404
    return case


@require_safe
@requires(Action.SEE_AID)
def case(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show one case: why they are helped, every cost and who approved it, and what is left of the cap.

    Who decides also sees all help for the household.
    """
    row, user = found(id), request.user
    costs = selector.costs_of(id)
    decides = user.may(Action.DECIDE_AID) or user.may(Action.SECOND_AID)  # type: ignore[union-attr]
    journal.note_read(row.patient_id, by=user, what="aid case")
    context = {
        "case": row, "patient": row.patient, "age": row.patient.age_on(today()), "today": today(),
        "costs": [(cost, _may_approve(cost, user)) for cost in costs], "standing": selector.standing(row, costs),
        "household": selector.household(row) if decides else None, "answers": answers(row),
        "is_open": row.state == AidCase.State.OPEN,
    }  # fmt: skip
    return render(request, "pharmacy/aid_case.html", context)


def _may_approve(cost: Any, user: Any) -> bool:
    """Return whether this colleague's approval is what the cost waits for."""
    if cost.state != cost.State.ASKED or cost.payer != cost.Payer.FUND:
        return False
    if cost.approved_by_id is None:
        return bool(user.may(Action.DECIDE_AID))
    return bool(user.may(Action.SECOND_AID)) and cost.approved_by_id != user.pk


def answers(case: AidCase) -> list[tuple[Any, Any]]:
    """Return the questions of an assessment with what was answered, in words."""
    said = case.answers if isinstance(case.answers, dict) else {}
    return [
        (words, aid_rules.ANSWERS[said[key]])
        for key, words in aid_rules.QUESTIONS.items()
        if said.get(key) in aid_rules.ANSWERS
    ]


@require_safe
@requires(Action.SEE_AID)
def sheet(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the sheet of a case; who decides gets it with what the household was helped with."""
    row, user = found(id), request.user
    decides = user.may(Action.DECIDE_AID) or user.may(Action.SECOND_AID)  # type: ignore[union-attr]
    journal.note_read(row.patient_id, by=user, what="aid sheet")
    made = papers.sheet(
        row, selector.costs_of(id), selector.household(row) if decides else None, organisation(),
        printed_by=str(user), at=timezone.now(),
    )  # fmt: skip
    return as_pdf(made, row.number)


@require_safe
@requires(Action.ASK_AID)
def of_visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show, inside a visit, which cases were opened in it."""
    return render(request, "pharmacy/aid_of_visit.html", {"rows": selector.of_visit(id)})


@require_safe
@requires(Action.SEE_AID)
def todo(request: HttpRequest) -> HttpResponse:
    """Show, inside the home page, how much waits for this colleague's approval and how much to be paid."""
    return render(request, "pharmacy/aid_todo.html", {"todo": selector.todo(request.user)})


@requires(Action.DECIDE_AID)
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules by date, and set one from a day on."""
    form = AidRuleForm(sent(request), initial={"from_on": today()})
    if form.is_valid() and done(form, None, services.set_rule, **form.cleaned_data, by=request.user):
        messages.success(request, _("The rule holds from that day until the next one."))
        return redirect("pharmacy:aid_rules")
    context = {"form": form, "rows": selector.rules(), "today": today()}
    return render(request, "pharmacy/aid_rules.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Action.DECIDE_AID)
def month(request: HttpRequest) -> HttpResponse:
    """Show what was paid in a month: line by line, by fund and kind, and what the Health Equity Fund paid beside."""
    of, now = _month(request.GET.get("month", "")), Month.of(today())
    help_ = selector.month(of)
    seen = [line.cost.case.patient_id for line in help_.lines] + [cost.case.patient_id for cost in help_.hef]
    journal.note_reads(seen, by=request.user, what="aid of a month")
    context = {
        "month": of, "help": help_, "older": f"?month={of.previous()}",
        "newer": f"?month={of.next()}" if of < now else "",
    }  # fmt: skip
    return render(request, "pharmacy/aid_month.html", context)


def _month(text: str) -> Month:
    """Return the month a page's address names, else this one; none that has not begun."""
    now = Month.of(today())
    try:
        return min(Month.parse(text), now)
    except (RuleBroken, ValueError):
        return now
