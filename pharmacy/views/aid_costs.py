"""What is done to a case of help and its costs: ask, approve, refuse, pay, take back; cap, close, open again.

Each deed has one small page, drawn by `aid_form.html`; a deed that was done leads back to the case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.errors import RuleBroken
from core.money import Currency, Money
from core.pages import done, sent, today
from core.words import say
from pharmacy.forms.aid import AskForm, CapForm, CloseForm, EquityFundForm, PayForm
from pharmacy.forms.fields import ReasonForm, starting
from pharmacy.models import AidCost
from pharmacy.services import aid, aid_costs
from pharmacy.views.aid import found


@requires(Action.ASK_AID)
def ask(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask that a fund pays a cost."""
    form = AskForm(sent(request), initial=starting(today()))
    words = (_("Ask for help with a cost"), _("Ask"), _("Asked for. It waits for approval."))
    return _answer(request, form, id, aid_costs.ask, words, makes=AidCost, today=today())


@requires(Action.ASK_AID)
def equity_fund(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what the Health Equity Fund paid."""
    form = EquityFundForm(sent(request), initial=starting(today()))
    words = (_("What the Health Equity Fund paid"), _("Write it down"), _("Written down beside our costs."))
    return _answer(request, form, id, aid_costs.equity_fund_paid, words, makes=AidCost, today=today())


@requires(Action.DECIDE_AID)
def cap(request: HttpRequest, id: UUID) -> HttpResponse:
    """Lower the cap of a case."""
    form = CapForm(sent(request))
    words = (_("Change the cap of this case"), _("Set the cap"), _("The cap is set."))
    return _answer(request, form, id, aid.set_cap, words)


@requires(Action.ASK_AID)
def close(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a case with what became of the patient."""
    form = CloseForm(sent(request), initial=starting(today()))
    words = (_("Close the case"), _("Close"), _("The case is closed."))
    return _answer(request, form, id, aid.close, words, today=today())


@requires(Action.DECIDE_AID)
def refuse_case(request: HttpRequest, id: UUID) -> HttpResponse:
    """Refuse a case with all that was asked for."""
    words = (_("Refuse to help"), _("Refuse"), _("Refused, with the reason."))
    return _answer(request, ReasonForm(sent(request)), id, aid.refuse_case, words, danger=True, today=today())


@requires(Action.DECIDE_AID)
def reopen(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open a case again that had ended."""
    words = (_("Open the case again"), _("Open again"), _("The case is open again."))
    return _answer(request, ReasonForm(sent(request)), id, aid.reopen, words)


@require_POST
@requires(Action.SECOND_AID)
def approve(request: HttpRequest, id: UUID) -> HttpResponse:
    """Approve a cost, as the first or the second person; a second click of the same person changes nothing."""
    try:
        cost = aid_costs.approve(cost_id=id, by=request.user, today=today())
    except ObjectDoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        if broken.code != "pharmacy.aid_not_asked":
            messages.error(request, say(broken))
        cost = get_object_or_404(AidCost, pk=id)
    else:
        waits = cost.state == AidCost.State.ASKED
        messages.success(request, _("Approved. Another person must approve it too.") if waits else _("Approved."))
    return redirect("pharmacy:aid_case", cost.case_id)


@requires(Action.SEE_AID)
def refuse(request: HttpRequest, id: UUID) -> HttpResponse:
    """Refuse a cost that is not paid yet, or withdraw one's own."""
    words = (_("Refuse this cost"), _("Refuse"), _("Refused, with the reason."))
    return _answer_cost(request, ReasonForm, id, aid_costs.refuse, words, danger=True)


@requires(Action.PAY_AID)
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    """Pay an approved cost out of its fund."""
    words = (_("Pay"), _("Paid out"), _("Paid, and written in the books of the fund."))
    return _answer_cost(request, PayForm, id, aid_costs.pay, words, quiet="pharmacy.aid_paid_already", today=today())


@requires(Action.CORRECT_BOOKS)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a payment back: the money is the fund's again."""
    words = (_("Take this payment back"), _("Take back"), _("Taken back, with the reason."))
    more = {"on": today(), "today": today()}
    return _answer_cost(
        request, ReasonForm, id, aid_costs.void, words, danger=True, quiet="pharmacy.void_already", **more
    )


def _answer(
    request: HttpRequest, form: forms.Form, id: UUID, act: Callable[..., Any], words: tuple[str, str, str], *,
    makes: Any = None, danger: bool = False, **more: Any,
) -> HttpResponse:  # fmt: skip
    """Do to a case what a valid form says and go back to it; else show the form. `words`: title, button, done."""
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "currency"}
        try:
            if done(form, makes, act, case_id=id, **given, by=request.user, **more):
                messages.success(request, words[2])
                return redirect("pharmacy:aid_case", id)
        except ObjectDoesNotExist:
            raise Http404 from None
    row = found(id)
    if not form.is_bound and "cap" in form.fields:
        form.initial["cap"] = Money(row.cap, Currency.KHR)
    context = {"form": form, "case": row, "patient": row.patient, "title": words[0], "button": words[1],
               "danger": danger}  # fmt: skip
    return render(request, "pharmacy/aid_form.html", context, status=422 if form.errors else 200)


def _answer_cost(
    request: HttpRequest, make: Callable[..., forms.Form], id: UUID, act: Callable[..., Any],
    words: tuple[str, str, str], *, danger: bool = False, quiet: str = "", **more: Any,
) -> HttpResponse:  # fmt: skip
    """Do to a cost what a valid form says and go back to its case; else show the form.

    `quiet` is the code of what a second click runs into: it has been done already, and nothing is wrong.
    """
    form = make(sent(request))
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "currency"}
        try:
            cost = act(cost_id=id, **given, by=request.user, **more)
        except ObjectDoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            if quiet and broken.code == quiet:
                return redirect("pharmacy:aid_case", get_object_or_404(AidCost, pk=id).case_id)
            form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        else:
            messages.success(request, words[2])
            return redirect("pharmacy:aid_case", cost.case_id)
    cost = get_object_or_404(AidCost.objects.select_related("fund", "recorded_by"), pk=id)
    if not form.is_bound and isinstance(form, PayForm):
        form.initial = starting(today(), currency=cost.currency, amount=cost.money, payee=cost.payee)
    row = found(cost.case_id)
    context = {"form": form, "case": row, "patient": row.patient, "cost": cost, "title": words[0], "button": words[1],
               "danger": danger}  # fmt: skip
    return render(request, "pharmacy/aid_form.html", context, status=422 if form.errors else 200)
