"""Look for signs, and show at once what they mean; a child's growth on one page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import phrases
from clinic.forms.assess import AssessForm, initial_of
from clinic.models import Encounter
from clinic.rules import imci
from clinic.selectors import assessed, growth, people, timeline
from clinic.selectors.assessed import Seen
from clinic.selectors.timeline import Contact
from clinic.services import assessments
from clinic.views import status_of
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse, today


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def assess(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask for the signs of this age; `?look` shows what the answers mean and writes nothing."""
    contact = timeline.contact(id)
    if contact is None:
        raise Http404
    visit = contact.encounter
    correcting = "correct" in request.GET and visit.status == Encounter.Status.CLOSED
    parts = imci.questions(assessed.age_of(visit.patient, visit))
    if request.method == "GET":
        journal.note_read(visit.patient_id, by=request.user, what="assessment")
        form = AssessForm(parts=parts, initial=initial_of(contact.signs), correcting=correcting)
        return _page(request, contact, form, assessed.seen(contact, visit.patient), correcting=correcting)
    form = AssessForm(request.POST, parts=parts, correcting=correcting)
    valid = form.is_valid()
    seen = _seen(contact, form)
    if "look" in request.GET:
        page = {"seen": seen, "visit": visit, "patient": visit.patient}
        return render(request, "clinic/assess.html#result", page)
    edit, clashed = shared_edit.read(request), None
    if valid:
        try:
            assessments.record(
                id=id, signs=form.answers_of(seen.imci.open_modules if seen.imci else [imci.DANGER]),
                asked=[question.key for question in form.asked], correcting=correcting,
                why=form.cleaned_data.get("why", ""), edit=edit, by=request.user,
            )  # fmt: skip
        except Clashed as found:
            clashed = found
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("clinic:visit" if visit.kind == Encounter.Kind.OUTPATIENT else "clinic:assess", id)
    return _page(request, contact, form, seen, correcting=correcting, edit=edit, clashed=clashed)


def _seen(contact: Contact, form: AssessForm) -> Seen:
    """Return what the answers mean; those behind a shut part are left out, so they are looked at twice."""
    patient = contact.encounter.patient
    seen = assessed.seen(contact, patient, signs=form.answers())
    if seen.imci is None:
        return seen
    return assessed.seen(contact, patient, signs=form.answers_of(seen.imci.open_modules))


def _page(
    request: HttpRequest, contact: Contact, form: AssessForm, seen: Seen, *, correcting: bool, edit: Any = None,
    clashed: Clashed | None = None,
) -> HttpResponse:  # fmt: skip
    visit = contact.encounter
    standing = assessments.signs_document(contact, [question.key for question in form.asked])
    page = {
        "contact": contact, "visit": visit, "patient": visit.patient, "age": visit.patient.age_on(visit.on),
        "form": form, "seen": seen, "sections": form.sections(seen.imci.open_modules if seen.imci else ()),
        "correcting": correcting, "writable": correcting or visit.status == Encounter.Status.OPEN,
        "shared": shared_edit.page(edit, standing, clashed, words=_answer),
    }  # fmt: skip
    return render(request, "clinic/assess.html", page, status=422 if clashed else status_of(form))


def _answer(sign: str, value: Any) -> tuple[str, str]:
    return phrases.sign_words(sign), phrases.answer_words(*value) if value else _("not asked")


@require_safe
@requires(Action.READ_RECORD)
def grown(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show how a child grew: curves, and the table behind them."""
    person = people.get_or_404(id)
    journal.note_read(person.id, by=request.user, what="growth")
    page = {"patient": person, "age": person.age_on(today()), "growth": growth.series(person)}
    return render(request, "clinic/growth_page.html", page)
