"""Help while a nurse writes: conditions to choose from, what is unusual, a prescription in words. Nothing is saved."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from clinic import phrases
from clinic.forms.fields import ToldAgeField, TreatmentRows
from clinic.forms.visits import Measured
from clinic.models import Vitals
from clinic.rules import allergies, contacts, prescriptions, vitals
from clinic.rules.allergies import Touch
from clinic.selectors import catalogue
from clinic.services.care import Line, figure
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import Age, slot_age
from core.pages import today
from core.words import words_of

SALT = "clinic.alerts"


class Written(NamedTuple):
    """One line of a prescription as it will be read."""

    line: Line
    words: str
    touches: list[tuple[Touch, str]]
    double: prescriptions.Double | None

    @property
    def refused(self) -> bool:
        """Return whether it cannot be saved without a reason."""
        return any(touch.level == "block" for touch, _ in self.touches)


@require_safe
@requires(Action.SEARCH_PATIENTS)
def conditions(request: HttpRequest) -> JsonResponse:
    """Offer conditions for what is typed; an empty box gets the common ones."""
    other = "name_km" if get_language() == "en" else "name_en"
    found = catalogue.find(request.GET.get("q", "")[:80])
    return JsonResponse({"results": [
        {"id": row.key, "text": str(row), "more": " · ".join(filter(None, [getattr(row, other), row.icd10]))}
        for row in found
    ]})  # fmt: skip


@require_safe
@requires(Action.OUTPATIENT)
def measurements(request: HttpRequest) -> HttpResponse:
    """Say what is impossible or unusual in the measurements typed so far, at an age."""
    form = Measured(request.GET)
    form.is_valid()
    age = _age(request.GET.get("slot", ""), request.GET.get("told", ""))
    wrong = [(form[name].label, errors[0]) for name, errors in form.errors.items()]
    page = {"wrong": wrong, "unusual": unusual(age, {n: form.cleaned_data.get(n) for n in Vitals.MEASURES})}
    return render(request, "clinic/visit_unusual.html", page)


@require_POST
@requires(Action.OUTPATIENT)
def prescription(request: HttpRequest) -> HttpResponse:
    """Say a prescription in words, with the allergies it touches and what is written twice.

    What the person is allergic to comes signed with the page: nobody can ask here about a record they did not open.
    """
    try:
        alerts = signing.loads(request.POST.get("alerts", ""), salt=SALT)
    except signing.BadSignature:
        alerts = []
    rows = TreatmentRows().value_from_datadict(request.POST, None, "treatments")
    return render(request, "clinic/treatment_words.html", {"lines": written([Line(*row) for row in rows], alerts)})


def unusual(age: Age | None, measured: dict[str, Any]) -> list[tuple[str, str, vitals.Unusual]]:
    """Return (label, figure, what is usual) of the measurements that are unusual at this age."""
    found = vitals.unusual(age, measured)
    return [(phrases.label(row.measure), figure(row.value), row) for row in found]


def written(lines: list[Line], alerts: list[dict[str, Any]]) -> list[Written]:
    """Return the lines as they will be read; empty ones too, so that they keep their places."""
    doubles = {double.place: double for double in prescriptions.doubles([(line.what, line.atc) for line in lines])}
    return [
        Written(line, phrases.dose_words(line.dose), _touches(line, alerts), doubles.get(place))
        for place, line in enumerate(lines)
    ]


def _touches(line: Line, alerts: list[dict[str, Any]]) -> list[tuple[Touch, str]]:
    if not line.what.strip():
        return []
    return [(touch, words_of(touch.reason, "")) for touch in allergies.touching(alerts, line.atc, line.what)]


def _age(slot: str, told: str) -> Age | None:
    if slot.isascii() and slot.isdigit() and len(slot) < 5:
        try:
            return slot_age(int(slot))
        except ValueError:
            return None
    try:
        said = ToldAgeField().clean(told)
    except ValidationError:  # said beside its own box when the form is sent
        return None
    found = contacts.slot_at(today(), birth=None, told=said) if said else None
    return None if found is None else slot_age(found)
