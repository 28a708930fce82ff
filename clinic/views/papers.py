"""The papers of a person: cards one by one or ten to a sheet, the slip of a visit, the summary of a stay."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.forms.cards import CARD, ChooseForm, PrintForm
from clinic.models import Admission, Encounter, Patient
from clinic.pdf import card as card_paper
from clinic.pdf import discharge, slip
from clinic.selectors import cards, people, registry, stays, timeline
from clinic.services import cards as services
from clinic.views import SAME, status_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.gather import instant
from core.pages import as_pdf, refuse, today
from core.periods import local_day


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def card(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show when a person's card was printed and why, and print it (again)."""
    patient = people.get_or_404(id)
    form = PrintForm(request.POST if request.method == "POST" else None, initial={"paper": CARD})
    if form.is_bound:
        if response := _print(request, form, cards.chosen([patient.id])):
            return response
    else:
        journal.note_read(patient.id, by=request.user, what="card")
    return render(request, "clinic/card.html", {
        "patient": patient, "age": patient.age_on(today()), "form": form, "prints": cards.prints_of(patient),
    }, status=status_of(form))  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Action.REGISTER_PATIENT)
def many_cards(request: HttpRequest) -> HttpResponse:
    """Choose whose cards to print together: a household, or those without a card; then print them."""
    if request.method == "POST":
        sent = PrintForm(request.POST)
        found = cards.chosen(sent.fields["who"].clean(request.POST.getlist("who")))
        if response := _print(request, sent, found):
            return response
        return _choose(request, ChooseForm(initial=_these_days()), found, sent, title=_("Those chosen"), status=422)
    if home := _uuid(request.GET.get("household", "")):
        return _choose(request, ChooseForm(initial=_these_days()), cards.household(home), title=_("This household"))
    form = ChooseForm(request.GET if "first" in request.GET else _these_days())
    found = cards.without_card(**form.cleaned_data) if form.is_valid() else []
    return _choose(request, form, found, title=_("Without a card"), status=status_of(form))


@require_safe
@requires(Action.REGISTER_PATIENT)
def cards_pdf(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """Show the cards that were printed together; opening it again prints the same sheet, not another."""
    found = cards.printed(sheet)
    if not found:
        raise Http404
    journal.note_reads((person.id for person in found), by=request.user, what="card")
    single = len(found) == 1
    on_a4 = request.GET.get("paper") != CARD
    name = f"card-{found[0].number}" if single else f"cards-{timezone.localdate():%Y-%m-%d}"
    return as_pdf(card_paper.cards(found, at=timezone.now(), sheet=on_a4), name)


@require_safe
@requires(Action.READ_RECORD)
def visit_slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print what was found and prescribed in an out-patient visit."""
    contact = timeline.contact(id)
    if contact is None or contact.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Http404
    patient = registry.get_or_404(contact.encounter.patient_id)
    journal.note_read(patient.id, by=request.user, what="visit slip")
    made = slip.slip(contact, patient, by=request.user, at=timezone.now())
    return as_pdf(made, f"visit-{patient.number}-{contact.encounter.on}")


@require_safe
@requires(Action.READ_RECORD)
def discharge_summary(request: HttpRequest, id: UUID) -> HttpResponse:
    """Print the whole of a stay; before its end, as far as it went."""
    try:
        stay = stays.whole(id)
    except Admission.DoesNotExist:
        raise Http404 from None
    patient = registry.get_or_404(stay.admission.patient_id)
    journal.note_read(patient.id, by=request.user, what="discharge summary")
    made = discharge.summary(stay, patient, by=request.user, at=timezone.now())
    return as_pdf(made, f"stay-{patient.number}-{stay.admission.admitted_on}")


def _print(request: HttpRequest, form: PrintForm, found: list[Patient]) -> HttpResponse | None:
    """Remember the print and show it; None when the form has to be shown again."""
    if not form.is_valid():
        return None
    said: dict[str, Any] = form.cleaned_data
    try:
        services.print_cards(patients=found, sheet=said["id"], by=request.user, again=said["again"])
    except RuleBroken as broken:
        if broken.code != SAME:
            refuse(form, broken)
            return None
    return redirect(f"{reverse('clinic:cards_pdf', args=[said['id']])}?{urlencode({'paper': said['paper']})}")


def _choose(
    request: HttpRequest, choose: ChooseForm, found: list[Patient], form: PrintForm | None = None, *, title: str,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    if len(found) > cards.MOST:
        found = found[: cards.MOST]
        messages.info(request, _("Only the newest %(n)s are shown; print these first.") % {"n": cards.MOST})
    journal.note_reads((person.id for person in found), by=request.user, what="cards to print")
    on = today()
    return render(request, "clinic/cards.html", {
        "choose": choose, "form": form or PrintForm(), "title": title,
        "found": [(person, person.age_on(on), _last(person)) for person in found],
        "again": any(person.prints for person in found),  # type: ignore[attr-defined]
    }, status=status)  # fmt: skip


def _last(person: Any) -> dt.date | None:
    """Return the day on which a person's last card was printed."""
    return max((local_day(instant(row["at"])) for row in person.prints or []), default=None)


def _these_days() -> dict[str, Any]:
    """Return what is looked for when nothing is said: those registered today."""
    return {"how": cards.REGISTERED, "first": f"{today():%d/%m/%Y}", "last": f"{today():%d/%m/%Y}"}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
