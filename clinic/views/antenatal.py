"""A pregnancy: opened, seen at each visit, corrected, ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import phrases
from clinic.forms import antenatal as forms
from clinic.forms.assess import initial_of as answers_of
from clinic.forms.patients import ReasonForm
from clinic.models import AntenatalContact, Encounter, Pregnancy
from clinic.rules import antenatal as rules
from clinic.selectors import assessed, people, timeline
from clinic.selectors.timeline import Contact
from clinic.services import pregnancies
from clinic.views import SAME, status_of
from core import shared_edit
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.editing import Clashed
from core.errors import RuleBroken
from core.pages import refuse, today

OPEN_ALREADY = "constraint.clinic_one_open_pregnancy"


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open a pregnancy, for a visit named in the address or on its own."""
    person, visit = people.get_or_404(id), _named(request, id)
    on = visit.on if visit else today()
    form = forms.NewPregnancyForm(_sent(request), initial={"on": on})
    if request.method == "POST" and form.is_valid():
        made = form.cleaned_data["id"]
        try:
            pregnancies.begin(
                id=made, patient=person, dated=form.dated(), on=form.cleaned_data["on"], by=request.user,
                today=today(), **form.counts(),
            )  # fmt: skip
        except RuleBroken as broken:
            # A form sent twice meets the open pregnancy that it made itself.
            if broken.code != SAME and not (broken.code == OPEN_ALREADY and _is_there(made, person)):
                refuse(form, broken)
        else:
            messages.success(request, _("The pregnancy is opened."))
        if form.is_valid():
            return redirect(
                reverse("clinic:antenatal", args=[visit.pk]) if visit else reverse("clinic:pregnancy", args=[made])
            )
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="pregnancy")
    age = person.age_on(on)
    page = {"patient": person, "age": age, "visit": visit, "form": form, "unusual": rules.unusual_age(age)}
    return render(request, "clinic/antenatal_new.html", page, status=status_of(form))


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def contact(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write what a visit of a pregnancy showed; `?look` shows the warnings and writes nothing."""
    correcting = "correct" in request.GET
    form, edit, clashed = forms.ContactForm(_sent(request), correcting=correcting), shared_edit.read(request), None
    if request.method == "POST" and form.is_valid() and "look" not in request.GET:
        try:
            row = pregnancies.record_contact(
                visit_id=id, examined=form.examined(), correcting=correcting, why=form.cleaned_data.get("why", ""),
                edit=edit, by=request.user,
            )  # fmt: skip
        except Encounter.DoesNotExist:
            raise Http404 from None
        except Clashed as both:
            clashed = both
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Saved."))
            return redirect("clinic:pregnancy", row.pregnancy_id)
    found = timeline.contact(id)
    if found is None:
        raise Http404
    visit, written = found.encounter, assessed.written_of(found)
    pregnancy = assessed.of_visit(found, written)
    if pregnancy is None:
        if visit.patient.sex != "F":
            raise Http404
        return redirect(f"{reverse('clinic:pregnancy_new', args=[visit.patient_id])}?visit={id}")
    if "look" in request.GET and form.is_bound:
        form.is_valid()
        page = {"patient": visit.patient, "visit": visit} | _warnings(found, pregnancy, *_typed(form))
        return render(request, "clinic/antenatal.html#warnings", page)
    if request.method == "GET":
        journal.note_read(visit.patient_id, by=request.user, what="antenatal care")
        initial = answers_of(found.signs) | {name: getattr(written, name, None) for name in pregnancies.MEASURES}
        form = forms.ContactForm(initial=initial, correcting=correcting)
    return _contact_page(request, found, pregnancy, written, form, correcting=correcting, edit=edit, clashed=clashed)


def _warnings(found: Contact, pregnancy: Pregnancy, row: AntenatalContact, signs: dict[str, bool]) -> dict[str, Any]:
    """Return the warnings as the page shows them, with the values that they come from."""
    at = rules.gestation(pregnancy.edd, found.encounter.on)
    measures = assessed.measures_of(row, at, assessed.measured(found))
    return {"warnings": rules.warnings(signs, measures), "seen": assessed.Seen(None, measures=measures)}


def _typed(form: forms.ContactForm) -> tuple[AntenatalContact, dict[str, bool]]:
    """Return what is in the form so far, also while some of it is wrong."""
    said = form.cleaned_data
    numbers = {name: said.get(name) for name in ("fundal_height", "fetal_heart_rate", "haemoglobin")}
    row = AntenatalContact(urine_protein=said.get("urine_protein") or "", **numbers)
    return row, {key: answer.present for key, answer in form.answers().items()}


def _contact_page(
    request: HttpRequest, found: Contact, pregnancy: Pregnancy, written: AntenatalContact | None,
    form: forms.ContactForm, *, correcting: bool, edit: Any = None, clashed: Clashed | None = None,
) -> HttpResponse:  # fmt: skip
    visit, values = found.encounter, assessed.measured(found)
    at = rules.gestation(pregnancy.edd, visit.on)
    stands = (written or AntenatalContact(), {row.sign: row.present for row in found.signs})
    page = {
        "visit": visit, "patient": visit.patient, "age": visit.patient.age_on(visit.on), "pregnancy": pregnancy,
        "at": at, "form": form, "values": values, "correcting": correcting,
        "next": rules.next_contact(pregnancy.edd, visit.on),
        "writable": correcting or visit.status == Encounter.Status.OPEN,
        "shared": shared_edit.page(edit, pregnancies.contact_document(written, found), clashed, words=_words),
    }  # fmt: skip
    page |= _warnings(found, pregnancy, *(_typed(form) if form.is_bound else stands))
    return render(request, "clinic/antenatal.html", page, status=422 if clashed else status_of(form))


def _words(name: str, value: Any) -> tuple[str, str]:
    if name not in pregnancies.MEASURES:
        return phrases.sign_words(name), phrases.answer_words(*value) if value else _("not asked")
    return phrases.measure_of_pregnancy(name), phrases.plainly(value)


@require_safe
@requires(Action.READ_RECORD)
def pregnancy(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show the whole course of a pregnancy on one page."""
    found = _pregnancy(id)
    journal.note_read(found.patient_id, by=request.user, what="pregnancy")
    return _course_page(request, found)


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Correct how a pregnancy is dated, and what was before it."""
    found = _pregnancy(id)
    form = forms.PregnancyForm(_sent(request), initial=forms.initial_of(found))
    began, clashed = shared_edit.read(request) if request.method == "POST" else None, None
    if request.method == "POST" and form.is_valid():
        try:
            pregnancies.redate(id=id, dated=form.dated(), on=today(), by=request.user, edit=began, **form.counts())
        except Clashed as both:
            clashed = both
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Corrected."))
            return redirect("clinic:pregnancy", id)
    if request.method == "GET":
        journal.note_read(found.patient_id, by=request.user, what="pregnancy")
    page = {
        "patient": found.patient, "age": found.patient.age_on(today()), "pregnancy": found, "form": form,
        "shared": shared_edit.page(began, pregnancies.document(found), clashed, words=_dating),
    }  # fmt: skip
    return render(request, "clinic/antenatal_edit.html", page, status=422 if clashed else status_of(form))


def _dating(name: str, value: Any) -> tuple[str, str]:
    return str(Pregnancy._meta.get_field(name).verbose_name), phrases.plainly(value)  # type: ignore[union-attr]


@require_POST
@requires(Action.OUTPATIENT)
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a pregnancy."""
    form = forms.EndForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            pregnancies.end(id=id, outcome=said["outcome"], on=said["ended_on"], by=request.user, today=today())
        except Pregnancy.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The end of the pregnancy is recorded."))
            return redirect("clinic:pregnancy", id)
    return _course_page(request, _pregnancy(id), ending=form)


@require_POST
@requires(Action.OUTPATIENT)
def void(request: HttpRequest, id: UUID) -> HttpResponse:
    """Mark a pregnancy as entered in error."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            pregnancies.void(id=id, reason=form.cleaned_data["reason"], by=request.user)
        except Pregnancy.DoesNotExist:
            raise Http404 from None
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("Marked as entered in error."))
            return redirect("clinic:pregnancy", id)
    return _course_page(request, _pregnancy(id), voiding=form)


def _course_page(request: HttpRequest, found: Pregnancy, *, ending: Any = None, voiding: Any = None) -> HttpResponse:
    on = found.ended_on or today()
    course = assessed.course(found)
    page = {
        "patient": found.patient, "age": found.patient.age_on(on), "pregnancy": found, "course": course,
        "at": rules.gestation(found.edd, on),
        "plans": [(said, rules.next_contact(found.edd, on, plan=key)) for key, (_weeks, said) in rules.plans().items()],
        "ending": ending or forms.EndForm(initial={"ended_on": today()}), "voiding": voiding or ReasonForm(),
    }  # fmt: skip
    refused = [form for form in (ending, voiding) if form is not None]
    return render(request, "clinic/antenatal_course.html", page, status=422 if refused else 200)


def _is_there(id: UUID, person: Any) -> bool:
    return Pregnancy.objects.filter(pk=id, patient=person).exists()


def _sent(request: HttpRequest) -> Any:
    """Return what was sent, also when it is nothing at all."""
    return request.POST if request.method == "POST" else None


def _pregnancy(id: UUID) -> Pregnancy:
    found = assessed.pregnancy(id)
    if found is None:
        raise Http404
    return found


def _named(request: HttpRequest, patient_id: UUID) -> Encounter | None:
    """Return the visit of this person that the address names."""
    try:
        named = UUID(request.GET.get("visit", ""))
    except ValueError:
        return None
    return get_object_or_404(Encounter, pk=named, patient_id=patient_id)
