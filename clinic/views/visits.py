"""Open a visit, write it, close it, correct it, read how it was before."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import phrases
from clinic.forms.patients import ReasonForm
from clinic.forms.visits import NewVisitForm, VisitForm, follow_up_of, initial_of
from clinic.models import Encounter, EncounterVersion, Patient, Vitals
from clinic.rules import allergies, contacts, sayings, visits
from clinic.selectors import assessed, people, queue, timeline
from clinic.selectors.timeline import Contact
from clinic.services import assessments, encounters
from clinic.services.care import document, figure, written
from clinic.views import SAME, status_of, writing
from clinic.views.queue import in_words
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import slot_age
from core.audit import journal
from core.editing import Clashed, Edit
from core.errors import RuleBroken
from core.pages import refuse, today

CLOSE = "close"  # what the button "save and close" says
GLANCE = 5  # earlier contacts beside the form


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def new(request: HttpRequest, id: UUID, *, follow_up: bool = False) -> HttpResponse:
    """Open a visit for a person, with as much as is known already; as a follow-up, with what was found last time."""
    person, on = people.get_or_404(id), today()
    open_visit, history, last = None, None, None
    if request.method == "GET":
        open_visit = queue.open_visit_of(person, on)
        if follow_up and open_visit:
            return redirect(f"{reverse('clinic:visit', args=[open_visit.pk])}?again")
        history = _history(person)
        last = _last_found(history) if follow_up else None
    closing = request.POST.get("do") == CLOSE
    form = NewVisitForm(
        request.POST or None, ask_age=person.birth is None, today=on, closing=closing,
        open_already=open_visit is not None or "another" in request.POST, initial=follow_up_of(last) if last else None,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said, made = form.cleaned_data, form.cleaned_data["id"]
        try:
            encounters.open_visit(
                id=made, patient=person, on=said["on"], told=said.get("told"), care=form.care(), close=closing,
                seen=True, alone=not closing and not said.get("another"), by=request.user, today=on, at=timezone.now(),
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect("clinic:visit", made)
            _refuse(form, broken, person)
            open_visit = queue.open_visit_of(person, on)
        else:
            messages.success(request, _("Saved and closed.") if closing else _("Saved. The visit is open."))
            return redirect("clinic:visit", made)
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="visit")
    slot = contacts.slot_at(on, birth=person.birth)
    history = _history(person) if history is None else history
    page = _form_page(person, history, on, slot) | {
        "patient": person, "age": person.age_on(on), "form": form, "open_visit": open_visit,
        "follow_up": _last_found(history) if follow_up else None,
    }  # fmt: skip
    return render(request, "clinic/visit_new.html", page, status=status_of(form))


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a visit; write it while it is open, and correct it when it is closed."""
    correcting = "correct" in request.GET
    if request.method == "POST":
        return _save(request, id, correcting=correcting)
    contact = _contact(id)
    row = contact.encounter
    journal.note_read(row.patient_id, by=request.user, what="visit")
    if row.status == Encounter.Status.VOID or not (correcting or row.status == Encounter.Status.OPEN):
        return _visit_page(request, contact, None, [])
    history, initial = _history(row.patient, leave_out=id), initial_of(contact)
    last = _last_found(history)
    if "again" in request.GET and last and not contact.diagnoses:
        initial |= follow_up_of(last)
    form = VisitForm(initial=initial, correcting=correcting, on=row.on)
    return _visit_page(request, contact, form, history, last=last)


def _save(request: HttpRequest, id: UUID, *, correcting: bool) -> HttpResponse:
    closing, edit = request.POST.get("do") == CLOSE and not correcting, shared_edit.read(request)
    form = VisitForm(request.POST, closing=closing, correcting=correcting)
    clashed = None
    if form.is_valid():
        try:
            saved = encounters.save_visit(
                id=id, care=form.care(), close=closing, correcting=correcting, why=form.cleaned_data.get("why", ""),
                edit=edit, by=request.user, today=today(), at=timezone.now(),
            )  # fmt: skip
        except Encounter.DoesNotExist:
            raise Http404 from None
        except Clashed as found:
            clashed = found
        except RuleBroken as broken:
            _refuse(form, broken, _contact(id).encounter.patient)
        else:
            messages.success(request, _("Saved and closed.") if closing else _("Saved."))
            if saved.meanwhile:
                names = ", ".join(phrases.label(name) for name in saved.meanwhile)
                messages.info(request, _("Somebody else wrote here too; both are kept: %(names)s.") % {"names": names})
            return redirect("clinic:visit", id)
    contact = _contact(id)
    history = _history(contact.encounter.patient, leave_out=id)
    return _visit_page(request, contact, form, history, edit=edit, clashed=clashed)


@require_safe
@requires(Action.OUTPATIENT)
def versions(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show how a visit read before each change: who, when, why, and both readings side by side."""
    contact = _contact(id)
    row = contact.encounter
    journal.note_read(row.patient_id, by=request.user, what="earlier versions")
    kept = list(EncounterVersion.objects.filter(encounter=row).select_related("recorded_by").order_by("number"))
    after = [*(version.document for version in kept[1:]), assessments.whole(contact)]
    page = {
        "visit": row, "patient": row.patient, "age": row.patient.age_on(row.on),
        "versions": [
            (version, phrases.changes(version.document, then)) for version, then in zip(kept, after, strict=False)
        ][::-1],
    }  # fmt: skip
    return render(request, "clinic/visit_versions.html", page)


@require_POST
@requires(Action.OUTPATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a visit as entered in error."""
    contact = _contact(id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            encounters.void(encounter=contact.encounter, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("desk:record", contact.encounter.patient_id)
    return render(request, "clinic/void.html", {"visit": contact.encounter, "form": form}, status=422)


def _contact(id: UUID) -> Contact:
    contact = timeline.contact(id)
    if contact is None or contact.encounter.kind != Encounter.Kind.OUTPATIENT:
        raise Http404
    return contact


def _history(person: Patient, leave_out: UUID | None = None) -> list[Contact]:
    """Return the last contacts that stand, without the one being written; one statement."""
    found = timeline.of(person, GLANCE + 3)
    standing = [c for c in found if c.encounter.pk != leave_out and c.encounter.status != Encounter.Status.VOID]
    return standing[:GLANCE]


def _last_found(history: list[Contact]) -> Contact | None:
    """Return the last contact in which anything was found."""
    return next((contact for contact in history if contact.diagnoses), None)


def _refuse(form: Any, broken: RuleBroken, person: Patient) -> None:
    """Set the words of a broken rule beside its field; of an allergy, also ask for the reason in its row."""
    lines = form.cleaned_data.get("treatments") or ()
    refuse(form, broken)
    if broken.code == "clinic.allergy_touched":
        alerts = people.alerts_of(person)
        form.fields["treatments"].widget.touched = frozenset(
            place for place, line in enumerate(lines) if allergies.touching(alerts, line.atc, line.what)
        )


def _form_page(person: Patient, history: list[Contact], on: dt.date, slot: int | None) -> dict[str, Any]:
    """Return what stands beside and behind the boxes: the history, usual sentences, what goes on from before."""
    seen = [(row.condition.key, contact.encounter.on) for contact in history for row in contact.diagnoses]
    last = next((contact for contact in history if contact.treatments), None)
    weights = ((c.newest_vitals.weight, c.encounter.on) for c in history if c.newest_vitals and c.newest_vitals.weight)
    weighed = next(((figure(weight), day) for weight, day in weights), None)
    return {
        "history": [(contact, _measured(contact)) for contact in history], "slot": slot, "weighed": weighed,
        "continuing": {key: phrases.words("follow_up_on", day.isoformat())
                       for key, day in visits.continuing(seen, on).items()},
        "alerts": signing.dumps(people.alerts_of(person), salt=writing.SALT), "repeat": last,
        "sentences": in_words(sayings.advice()), "complaints": in_words(sayings.complaints()),
    }  # fmt: skip


def _measured(contact: Contact) -> list[tuple[str, str]]:
    values = contact.newest_vitals
    taken = [(name, getattr(values, name)) for name in Vitals.MEASURES] if values else []
    return [(phrases.label(name), figure(value)) for name, value in taken if value is not None]


def _visit_page(
    request: HttpRequest, contact: Contact, form: VisitForm | None, history: list[Contact], *,
    last: Contact | None = None, edit: Edit | None = None, clashed: Clashed | None = None,
) -> HttpResponse:  # fmt: skip
    row, values = contact.encounter, contact.newest_vitals
    age = None if row.age_slot is None else slot_age(row.age_slot)
    measured = {name: getattr(values, name) for name in Vitals.MEASURES} if values else {}
    page = {
        "contact": contact, "visit": row, "patient": row.patient, "age": row.patient.age_on(row.on), "form": form,
        "correcting": "correct" in request.GET, "undo": ReasonForm(), "last": last, "measured": _measured(contact),
        "unusual": writing.unusual(age, measured), "glance": assessed.glance(contact, row.patient, today()),
        "follow_up": bool(last) and "again" in request.GET,
        "lines": [(line, phrases.dose_words(line.dose)) for line in contact.treatments],
    }  # fmt: skip
    if form:
        page |= _form_page(row.patient, history, row.on, row.age_slot)
        standing = document(written(contact), row.pk)
        page["shared"] = shared_edit.page(edit, standing, clashed, words=phrases.both)
    status = 422 if clashed else status_of(form) if form else 200
    return render(request, "clinic/visit.html", page, status=status)
