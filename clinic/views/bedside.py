"""What is written at the bedside: notes, measurements, orders, medicine given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.forms.patients import ReasonForm
from clinic.forms.stays import BetterNoteForm, GiveForm, GiveOtherForm, NoteForm, OrderForm, StayVitalsForm
from clinic.models import MedicineGiven, StayNote, Treatment, Vitals
from clinic.selectors.stays import Stay
from clinic.services import bedside, notes
from clinic.services.care import Line
from clinic.views import SAME, status_of
from clinic.views.stays import ask_despite, stay_page, whole
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, sent
from core.periods import CLINIC_TZ

State = MedicineGiven.State


def _written(request: HttpRequest, form: Any, act: Callable[[dict[str, Any]], Any], done: str) -> bool:
    """Do what a valid form asks for; true when it stands, also when the same form came before."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except ObjectDoesNotExist:
        raise Http404 from None
    except RuleBroken as broken:
        if broken.code == SAME:
            return True
        refuse(form, broken)
        return False
    messages.success(request, done)
    return True


def _back(stay_id: UUID, part: str) -> HttpResponse:
    return redirect(f"{reverse('clinic:admission', args=[stay_id])}#{part}")


@require_POST
@requires(Action.INPATIENT)
def note(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write a note."""
    now = timezone.now()
    form = NoteForm(request.POST, now=now)
    if _written(request, form, lambda said: notes.write(stay_id=id, by=request.user, now=now, **said), _("Written.")):
        return _back(id, "notes")
    return stay_page(request, whole(request, id), note=form)


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def better_note(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write a better note in the place of one; both stay readable."""
    rows = StayNote.objects.select_related("encounter__admission", "recorded_by", "superseded_by")
    was, now = get_object_or_404(rows, pk=id), timezone.now()
    stay_id = was.encounter.admission.pk
    if request.method == "POST":
        form = BetterNoteForm(request.POST, now=now)
        by = request.user
        if _written(
            request, form, lambda said: notes.supersede(note_id=id, by=by, now=now, **said), _("Written.")
        ):  # fmt: skip
            return _back(stay_id, "notes")
    else:
        form = BetterNoteForm(now=now, initial={"at": was.at, "kind": was.kind, "text": was.text})
    page = {"form": form, "was": was, "newer": getattr(was, "superseded_by", None)}
    return _page(request, "clinic/stay_note.html", whole(request, stay_id), form, page)


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def measure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write one set of measurements."""
    now = timezone.now()
    form = StayVitalsForm(sent(request), now=now)

    def act(said: dict[str, Any]) -> Any:
        return bedside.measure(
            stay_id=id, values=form.measured(), at=said["at"], id=said["id"], by=request.user, now=now
        )  # fmt: skip

    if request.method == "POST" and _written(request, form, act, _("Written.")):
        return _back(id, "measured")
    return _page(request, "clinic/stay_vitals.html", whole(request, id), form, {"form": form})


@require_POST
@requires(Action.INPATIENT)
def order(request: HttpRequest, id: UUID) -> HttpResponse:
    """Order medicine or care."""
    form = OrderForm(request.POST)

    def act(said: dict[str, Any]) -> Any:
        return bedside.order(
            stay_id=id, lines=said["treatments"], id=said["id"], by=request.user, now=timezone.now()
        )  # fmt: skip

    if _written(request, form, act, _("Ordered.")):
        return _back(id, "orders")
    stay = whole(request, id)
    ask_despite(form, stay.admission.patient)
    return stay_page(request, stay, order=form)


@require_POST
@requires(Action.INPATIENT)
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """End an order."""
    try:
        row = bedside.stop(order_id=id, by=request.user, at=timezone.now())
    except Treatment.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Stopped."))
    return _back(row.encounter.admission.pk, "orders")


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def give(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write a dose of an order: at once by one tap, or with another time, or why it was not given."""
    rows = Treatment.objects.select_related("encounter__admission").filter(encounter__admission__isnull=False)
    ordered = get_object_or_404(rows, pk=id, take_home=False)
    stay_id = ordered.encounter.admission.pk

    def act(said: dict[str, Any]) -> Any:
        return bedside.give(stay_id=stay_id, order_id=id, by=request.user, now=timezone.now(), **said)

    return _give(request, stay_id, GiveForm, act, ordered)


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def give_other(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write a dose of something that nobody ordered."""

    def act(said: dict[str, Any]) -> Any:
        line = Line(said.pop("what"), said.pop("dose"))
        return bedside.give(stay_id=id, line=line, by=request.user, now=timezone.now(), **said)

    return _give(request, id, GiveOtherForm, act, None)


def _give(
    request: HttpRequest, stay_id: UUID, kind: type[GiveForm], act: Callable[[dict[str, Any]], Any],
    ordered: Treatment | None,
) -> HttpResponse:  # fmt: skip
    now = timezone.now()
    if request.method == "POST":
        typed = request.POST.copy()
        if "now" in typed:  # the button of one tap: given, at this moment
            typed["at"], typed["state"] = f"{timezone.localtime(now, CLINIC_TZ):%d/%m/%Y %H:%M}", State.GIVEN
        form = kind(typed, now=now)
        if _written(request, form, lambda said: act(dict(said)), _("Written.")):
            return _back(stay_id, "given")
    else:
        form = kind(now=now)
    return _page(request, "clinic/stay_give.html", whole(request, stay_id), form, {"form": form, "ordered": ordered})


@require_POST
@requires(Action.INPATIENT)
def void_vitals(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark one set of measurements as entered in error."""
    rows = Vitals.objects.select_related("encounter__admission").filter(encounter__admission__isnull=False)
    return _void(request, get_object_or_404(rows, pk=id), bedside.void_vitals, "measured")


@require_POST
@requires(Action.INPATIENT)
def void_given(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a dose as entered in error."""
    rows = MedicineGiven.objects.select_related("encounter__admission")
    return _void(request, get_object_or_404(rows, pk=id), bedside.void_given, "given")


def _void(request: HttpRequest, row: Vitals | MedicineGiven, act: Any, part: str) -> HttpResponse:
    form, stay_id = ReasonForm(request.POST), row.encounter.admission.pk
    if _written(
        request, form, lambda said: act(id=row.pk, by=request.user, **said), _("Marked as entered in error.")
    ):  # fmt: skip
        return _back(stay_id, part)
    return stay_page(request, whole(request, stay_id), **{f"wrong_{part}": form, "wrong_id": row.pk})


def _page(request: HttpRequest, template: str, stay: Stay, form: Any, more: dict[str, Any]) -> HttpResponse:
    row = stay.admission
    if request.method == "GET":
        journal.note_read(row.patient_id, by=request.user, what="admission")
    page = {"stay": row, "patient": row.patient, "age": row.patient.age_on(row.admitted_on)}
    return render(request, template, page | more, status=status_of(form))
