"""The page of a person's photo and of what they agreed to; the picture itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.forms.families import ConsentForm, PhotoForm
from clinic.forms.patients import ReasonForm
from clinic.models import Consent, Photo
from clinic.selectors import people, registry
from clinic.services import consents, photos
from clinic.views import SAME
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, today


@require_safe
@requires(Action.READ_RECORD)
def page(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show the photo and what was agreed to."""
    person = registry.get_or_404(id)
    journal.note_read(person.id, by=request.user, what="photo")
    return _page(request, person)


@require_safe
@requires(Action.READ_RECORD)
def image(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send the picture of a person; a browser that has it already is told so."""
    photo = Photo.objects.filter(patient__in=people.standing(id).values("pk")).first()
    if photo is None:
        raise Http404
    response = HttpResponse(bytes(photo.content), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=300"
    response["ETag"] = etag = f'"{photo.sha256}"'
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response


@require_POST
@requires(Action.REGISTER_PATIENT)
def put(request: HttpRequest, id: UUID) -> HttpResponse:
    """Keep a picture in place of the one before."""
    person = registry.get_or_404(id)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        said = form.cleaned_data
        try:
            photos.put(patient=person, data=said["photo"], agreed_by=said["agreed_by"], by=request.user, today=today())
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The photo is kept."))
            return redirect("clinic:photo", person.id)
    return _page(request, person, photo=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete the picture, with a reason."""
    person = registry.get_or_404(id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            photos.remove(patient=person, reason=form.cleaned_data["reason"], by=request.user)
        except RuleBroken as broken:
            refuse(form, broken)
        else:
            messages.success(request, _("The photo is deleted."))
            return redirect("clinic:photo", person.id)
    return _page(request, person, remove=form)


@require_POST
@requires(Action.REGISTER_PATIENT)
def consent(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what somebody agreed to or refused."""
    person = registry.get_or_404(id)
    form = ConsentForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            consents.record(
                patient=person, answer=form.answer(), on=said["on"], by=request.user, today=today(), id=said["id"]
            )
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect("clinic:photo", person.id)
            refuse(form, broken)
        else:
            messages.success(request, _("Written."))
            return redirect("clinic:photo", person.id)
    return _page(request, person, consent=form)


def _page(request: HttpRequest, person: Any, **shown: Any) -> HttpResponse:
    """Show the page; a form that was refused comes in `photo`, `remove` or `consent`."""
    newest: dict[str, Consent] = {}
    rows = Consent.objects.filter(patient=person).order_by("-on", "-id")[:100]
    for row in rows:
        newest.setdefault(row.purpose, row)
    answers = [(str(label), newest.get(value)) for value, label in Consent.Purpose.choices]
    return render(request, "clinic/photo.html", {
        "patient": person, "age": person.age_on(today()), "at": "photo", "answers": answers,
        "photo": shown.get("photo") or PhotoForm(), "remove": shown.get("remove") or ReasonForm(),
        "consent": shown.get("consent") or ConsentForm(initial={"on": today()}),
        "may_write": request.user.may(Action.REGISTER_PATIENT),  # type: ignore[union-attr]
    }, status=422 if shown else 200)  # fmt: skip
