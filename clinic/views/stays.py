"""A stay: admit, move, discharge, correct how it ended, take a discharge back."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import course, endings
from clinic.forms.patients import ReasonForm
from clinic.forms.stays import AdmitForm, DischargeForm, LateStayForm, NoteForm, OrderForm, TransferForm, as_it_ended
from clinic.models import Admission, DischargeType, Patient
from clinic.rules import allergies
from clinic.selectors import people, stays, timeline, wards
from clinic.selectors.stays import Stay
from clinic.services import admissions, discharges
from clinic.views import SAME, status_of, writing
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.editing import Clashed, Edit
from core.errors import RuleBroken
from core.ids import uuid7
from core.pages import refuse, sent, today

SHOWN = dt.timedelta(days=13)  # of a long stay the last two weeks are shown first
LIES_HERE = frozenset({"clinic.already_admitted", "constraint.clinic_one_open_admission"})


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def admit(request: HttpRequest, id: UUID, *, late: bool = False) -> HttpResponse:
    """Admit a person to a bed, from the visit named in the address or directly; `late`, a stay that is over."""
    visit = _visit_named(request, id)
    person = visit.encounter.patient if visit else people.get_or_404(id)
    here: dict[str, Any] = {"ask_age": person.birth is None, "from_visit": visit is not None, "today": today()}
    initial: dict[str, Any] = {"bed": request.GET.get("bed", "")}
    if visit:
        initial |= {"reason": visit.encounter.complaint[:200], "urgency": visit.encounter.urgency}
    form = (LateStayForm if late else AdmitForm)(sent(request), initial=initial, **here)
    lying = stays.open_of(person.pk) if request.method == "GET" and not late else None
    if request.method == "POST" and form.is_valid():
        made = form.cleaned_data["id"]
        try:
            _admit(request, person, visit, form)
        except RuleBroken as broken:
            if broken.code == SAME or Admission.objects.filter(pk=made, patient=person).exists():
                return redirect("clinic:admission", made)
            refuse(form, broken)
            if late:
                ask_despite(form, person)
            lying = stays.open_of(person.pk) if broken.code in LIES_HERE else None
        else:
            messages.success(request, _("Written.") if late else _("Admitted."))
            return redirect("clinic:admission", made)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="admission")
    page = {
        "patient": person, "age": person.age_on(today()), "form": form, "visit": visit, "board": wards.board(),
        "lying": lying, "late": late, "alerts": signed(person) if late else "",
    }  # fmt: skip
    return render(request, "clinic/admit.html", page, status=status_of(form))


def _admit(request: HttpRequest, person: Patient, visit: timeline.Contact | None, form: AdmitForm) -> None:
    said = form.cleaned_data
    given: dict[str, Any] = {
        "id": said["id"], "patient": person, "bed": said["bed"], "on": said["on"], "reason": said["reason"],
        "visit": visit, "diagnoses": said.get("diagnoses") or (), "told": said.get("told"), "urgency": said["urgency"],
        "by": request.user, "today": today(), "at": timezone.now(),
    }  # fmt: skip
    if isinstance(form, LateStayForm):
        discharges.write_late(ending=form.ending(said["left_on"]), **given)
    else:
        admissions.admit(**given)


def _visit_named(request: HttpRequest, patient_id: UUID) -> timeline.Contact | None:
    text = request.GET.get("visit", "")
    if not text:
        return None
    try:
        visit = timeline.contact(UUID(text))
    except ValueError:
        raise Http404 from None
    if visit is None or patient_id not in (visit.encounter.patient_id, visit.encounter.patient.merged_into_id):
        raise Http404
    return visit


def signed(person: Patient) -> str:
    """Return what a person is allergic to, signed, for the words below a prescription."""
    return signing.dumps(people.alerts_of(person), salt=writing.SALT)


def ask_despite(form: Any, person: Patient) -> None:
    """Ask in the row of each medicine that touches an allergy why it is given all the same."""
    alerts, lines = people.alerts_of(person), form.cleaned_data.get("treatments") or ()
    form.fields["treatments"].widget.touched = frozenset(
        place for place, line in enumerate(lines) if allergies.touching(alerts, line.atc, line.what)
    )


@require_safe
@requires(Action.SEE_WARDS)
def admission(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a stay: why, where, how it goes, what is ordered and given, how it ended."""
    stay = whole(request, id)
    journal.note_read(stay.admission.patient_id, by=request.user, what="admission")
    return stay_page(request, stay)


def whole(request: HttpRequest, id: UUID) -> Stay:
    """Return a stay, the last two weeks of it unless the address asks for all. Raises Http404."""
    row = Admission.objects.filter(pk=id).only("discharged_on").first()
    if row is None:
        raise Http404
    since = None if "all" in request.GET else (row.discharged_on or today()) - SHOWN
    return stays.whole(id, since)


def stay_page(request: HttpRequest, stay: Stay, **again: Any) -> HttpResponse:
    """Render the page of a stay; `again` is a form that was refused, shown in its place."""
    row, now = stay.admission, timezone.now()
    last = row.discharged_on or today()
    refused = next(iter(again.values()), None)
    after = [*(version.document for version in stay.versions[1:]), discharges.document(stay)]
    page = {
        "stay": row, "whole": stay, "patient": row.patient, "age": row.patient.age_on(row.admitted_on),
        "days": stay.days(today()), "note": NoteForm(now=now), "order": OrderForm(), "undo": ReasonForm(),
        "alerts": signed(row.patient),
        "open": not row.void and row.discharged_on is None, "doses": _doses(stay),
        "hidden": "all" not in request.GET and row.admitted_on < last - SHOWN,
        "charts": course.charts(stay), "measured": course.table(stay), "newest": course.newest(stay),
        "versions": [(version, endings.changes(version.document, then))
                     for version, then in zip(stay.versions, after, strict=False)][::-1],
        "came_from": getattr(row.encounter, "came_from", None), "refused": refused,
    }  # fmt: skip
    return render(request, "clinic/admission.html", page | again, status=status_of(refused) if refused else 200)


def _doses(stay: Stay) -> list[dict[str, Any]]:
    """Return each order with its last dose, and the id of the next one: a second tap on it gives nothing twice."""
    last: dict[Any, Any] = {}
    for dose in stay.given:
        if not dose.void_reason:
            last.setdefault(dose.treatment_id, dose)
    return [{"order": order, "last": last.get(order.pk), "id": uuid7()} for order in stay.orders]


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def transfer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Move a patient to another bed."""
    form = TransferForm(sent(request), initial={"on": today(), "bed": request.GET.get("bed", "")})
    if request.method == "POST" and form.is_valid():
        try:
            admissions.transfer(id=id, by=request.user, today=today(), **form.cleaned_data)
        except Admission.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Moved."))
            return redirect("clinic:admission", id)
    stay = _read(request, id)
    page = _who(stay) | {"form": form, "board": wards.board()}
    return render(request, "clinic/transfer.html", page, status=status_of(form))


def _read(request: HttpRequest, id: UUID) -> Stay:
    """Return a whole stay, and note that it was looked at."""
    try:
        stay = stays.whole(id)
    except Admission.DoesNotExist:
        raise Http404 from None
    if request.method == "GET":
        journal.note_read(stay.admission.patient_id, by=request.user, what="admission")
    return stay


def _who(stay: Stay) -> dict[str, Any]:
    row = stay.admission
    age = row.patient.age_on(row.admitted_on)
    return {"stay": row, "whole": stay, "patient": row.patient, "age": age, "alerts": signed(row.patient)}


@require_http_methods(["GET", "POST"])
@requires(Action.INPATIENT)
def discharge(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a stay: when, how, with which diagnoses, what goes home; or correct how it ended."""
    correcting = "correct" in request.GET
    if request.method == "GET":
        stay = _read(request, id)
        if stay.admission.void or bool(stay.admission.discharged_on) != correcting:
            return redirect("clinic:admission", id)
        return _discharge_page(request, stay, DischargeForm(initial=_prefilled(stay), **_mode(correcting)))
    form, edit = DischargeForm(request.POST, **_mode(correcting)), shared_edit.read(request)
    clashed = None
    if form.is_valid():
        try:
            _discharge(request, id, form, edit)
        except Admission.DoesNotExist:
            raise Http404 from None
        except Clashed as found:
            clashed = found
        except RuleBroken as broken:
            stay = stays.whole(id)
            if broken.code == "clinic.discharged_already" and _is_same(stay, form):
                return redirect("clinic:admission", id)
            refuse(form, broken)
            ask_despite(form, stay.admission.patient)
        else:
            messages.success(request, _("Corrected.") if correcting else _("Discharged."))
            return redirect(_onward(request, id, form))
    return _discharge_page(request, _read(request, id), form, edit=edit, clashed=clashed)


def _mode(correcting: bool) -> dict[str, Any]:
    return {"correcting": correcting, "today": today()}


def _prefilled(stay: Stay) -> dict[str, Any]:
    """Return what the form begins with: how it ended, or what the stay says so far."""
    said = as_it_ended(stay)
    return said | {"on": said["on"] or today(), "summary": said["summary"] or endings.draft(stay)}


def _discharge(request: HttpRequest, id: UUID, form: DischargeForm, edit: Edit | None) -> None:
    given: dict[str, Any] = {
        "id": id, "ending": form.ending(form.cleaned_data["on"]), "by": request.user, "today": today(),
        "at": timezone.now(),
    }  # fmt: skip
    if "why" in form.fields:
        discharges.correct(why=form.cleaned_data["why"], edit=edit, **given)
    else:
        discharges.write(**given)


def _is_same(stay: Stay, form: DischargeForm) -> bool:
    """Tell whether a form that comes too late says what has been written already: the second click of one."""
    return discharges.document(stay) == discharges.document_of(form.ending(form.cleaned_data["on"]), stay)


def _onward(request: HttpRequest, id: UUID, form: DischargeForm) -> str:
    """Return where a discharge leads: to the referral of somebody referred out, else back to the stay."""
    if "why" not in form.fields and form.cleaned_data["type"] == DischargeType.REFERRED:
        row = Admission.objects.only("patient_id", "encounter_id").get(pk=id)
        if (address := referral_address(row)) and request.user.may(Action.REFER):  # type: ignore[union-attr]
            return address
    return reverse("clinic:admission", args=[id])


def referral_address(row: Admission) -> str:
    """Return where a patient in a bed is referred, empty when this house has no referrals."""
    try:
        return f"{reverse('referrals:new', args=[row.patient_id])}?encounter={row.encounter_id}"
    except NoReverseMatch:
        return ""


def _discharge_page(
    request: HttpRequest, stay: Stay, form: DischargeForm, *, edit: Edit | None = None, clashed: Clashed | None = None
) -> HttpResponse:  # fmt: skip
    correcting = "why" in form.fields
    page = _who(stay) | {"form": form, "correcting": correcting, "days": stay.days(today())}
    if correcting:
        page["shared"] = shared_edit.page(edit, discharges.document(stay), clashed, words=endings.words)
    return render(request, "clinic/discharge.html", page, status=422 if clashed else status_of(form))


@require_POST
@requires(Action.INPATIENT)
def discharge_undone(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back a discharge made in error."""
    return _with_reason(request, id, discharges.undo, _("The patient lies here again."), "reopening")


@require_POST
@requires(Action.INPATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a whole stay as entered in error."""
    return _with_reason(request, id, admissions.void, _("Marked as entered in error."), "voiding")


def _with_reason(request: HttpRequest, id: UUID, act: Any, done: str, place: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            act(id=id, reason=form.cleaned_data["reason"], by=request.user)
        except Admission.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, done)
            return redirect("clinic:admission", id)
    return stay_page(request, whole(request, id), **{place: form})
