"""A person's whole record on one page."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.selectors import growth
from clinic.selectors.households import family_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.periods import local_day
from desk import charts, mouth, present, selectors, timeline
from desk.links import address

GROWING = 19  # years; up to here growth says more than single measurements
LONGEST_WORDS = 60


class Deed(NamedTuple):
    """Something that can be begun from the record: where, in which words, with which icon, by Alt and which key."""

    name: str
    words: Any
    icon: str
    key: str
    hidden_by: str = ""  # not offered while the person has one of these open


DEEDS = (
    Deed("clinic:visit_new", _("New visit"), "stethoscope", "n", hidden_by="open_visits"),
    Deed("clinic:arrive", _("Let them wait"), "clock", "w", hidden_by="open_visits"),
    Deed("clinic:admit", _("Admit to a bed"), "bed", "a", hidden_by="open_stays"),
    Deed("referrals:new", _("Refer"), "ambulance", "r"),
    Deed("pharmacy:dispense", _("Give medicine"), "pill", "m"),
    Deed("pharmacy:aid_new", _("Help with costs"), "hand-coins", "h"),
)
AGAIN = Deed("clinic:follow_up", _("Follow-up"), "repeat", "f")
CHECKUP = Deed("mobile_team:checkup_new", _("Dental check-up"), "bus", "d")
HOME = Deed("referrals:deceased_home", _("Take home to the family"), "car", "t")
ALWAYS = (
    Deed("clinic:patient_edit", _("Correct these data"), "pencil", "e"),
    Deed("clinic:card", _("Card"), "id-card", "c"),
    Deed("desk:summary", _("Print"), "printer", "p"),
)

MORE = (
    ("clinic:allergies", _("Allergies")),
    ("clinic:family", _("Family")),
    ("clinic:photo", _("Photo and consent")),
    ("clinic:prevent", _("Prevention")),
)
PREGNANCY = ("clinic:pregnancy_new", _("New pregnancy"))
MAY_BE_PREGNANT = range(10, 56)  # years


@require_safe
@requires(Action.READ_RECORD)
def record(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show who this is, what is open, and everything that happened; the look is written down."""
    today = local_day(timezone.now())
    patient = selectors.person(id, today)
    if patient is None:
        raise Http404
    if patient.id != id:  # the record was merged into this one
        return redirect("desk:record", patient.id)
    journal.note_read(patient.id, by=request.user, what="record")
    return render(request, "desk/record.html", {
        "patient": patient, "age": patient.age_on(today), "today": today, "deeds": _deeds(patient, request.user),
        "tools": [(deed, url) for deed in ALWAYS if (url := address(request.user, deed.name, patient.id))],
        "more": _more(patient, request.user, today),
        "now": present.open_now(patient, request.user, today), "family": family_of(patient, today),
        "birth": present.birth_words(patient), "phones": present.phones(patient),
        "numbers": present.other_numbers(patient), "agreed": present.agreements(patient),
        "photo": address(request.user, "clinic:photo_image", patient.id) if patient.photo_sha else "",
        "merges": present.merges(patient, request.user), "card": present.last_card(patient),
        "mouth": mouth.mouth(patient), **_drawn(patient, today), **_history(request, patient, today),
    })  # fmt: skip


def grows(patient: Any, today: dt.date) -> bool:
    """Return whether growth says more of this person than single measurements."""
    age = patient.age_on(today)
    return bool(age and age.years < GROWING)


def _drawn(patient: Any, today: dt.date) -> dict[str, Any]:
    """Return what is drawn of the measurements: how a child grew, else pressure, weight and sugar over time."""
    if grows(patient, today):
        return {"growth": growth.series(patient)}
    return {"charts": charts.drawn(selectors.measured(patient.id))}


def _history(request: HttpRequest, patient: Any, today: dt.date) -> dict[str, Any]:
    """Return one page of what happened, of the kind, the words and the year that were asked for."""
    kind = request.GET.get("kind", "")
    year = timeline.year_of(request.GET.get("year", ""), today)
    asked = {
        "kind": kind if kind in timeline.KINDS else "", "q": request.GET.get("q", "")[:LONGEST_WORDS],
        "year": str(year or ""),  # as text: a year has no thousands
    }  # fmt: skip
    before = timeline.cursor(request.GET.get("before", ""))
    page = timeline.page(patient, kind=asked["kind"], words=asked["q"], year=year, before=before)
    first = patient.first_contact.year if patient.first_contact else today.year
    here = {name: value for name, value in asked.items() if value}
    return {
        "events": [(event, address(request.user, *event.link) if event.link else "") for event in page.events],
        "kinds": [(key, kind, _query(here | {"kind": key})) for key, kind in timeline.KINDS.items()],
        "every": _query({k: v for k, v in here.items() if k != "kind"}), "asked": asked,
        "years": [str(year) for year in range(today.year, first - 1, -1)], "before": before, "newest": _query(here),
        "older": _query(here | {"before": page.older}) if page.older else "",
    }  # fmt: skip


def _query(said: dict[str, Any]) -> str:
    return f"?{urlencode(said)}#history"


def _more(patient: Any, user: Any, today: dt.date) -> list[tuple[Any, str]]:
    """Return the ways to what else is kept of a person."""
    age = patient.age_on(today)
    may_be = patient.sex == "F" and not patient.deceased_on and (age is None or age.years in MAY_BE_PREGNANT)
    offered = [*MORE, PREGNANCY] if may_be and not patient.open_pregnancies else MORE
    return [(words, url) for name, words in offered if (url := address(user, name, patient.id))]


def _deeds(patient: Any, user: Any) -> list[tuple[Deed, str]]:
    if patient.deceased_on:
        home = address(user, HOME.name)
        return [(HOME, f"{home}?patient={patient.id}")] if home and not patient.open_trips else []
    offered = [deed for deed in DEEDS if not (deed.hidden_by and getattr(patient, deed.hidden_by))]
    offered[1:1] = [AGAIN] if patient.last_visit and not patient.open_visits else []
    found = [(deed, address(user, deed.name, patient.id)) for deed in offered]
    if patient.session_today:
        found.append((CHECKUP, address(user, CHECKUP.name, patient.session_today, patient.id)))
    return [(deed, url) for deed, url in found if url]
