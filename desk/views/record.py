"""A person's whole record on one page."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.audit import journal
from core.periods import local_day
from desk import present, selectors, timeline
from desk.links import address


class Deed(NamedTuple):
    """Something that can be begun from the record: where, in which words, with which icon."""

    name: str
    words: Any
    icon: str
    hidden_by: str = ""  # not offered while the person has one of these open


DEEDS = (
    Deed("clinic:visit_new", _("New visit"), "stethoscope", hidden_by="open_visits"),
    Deed("clinic:admit", _("Admit to a bed"), "bed", hidden_by="open_stays"),
    Deed("referrals:new", _("Refer"), "ambulance"),
    Deed("pharmacy:dispense", _("Give medicine"), "pill"),
)
CHECKUP = Deed("mobile_team:checkup_new", _("Dental check-up"), "bus")
HOME = Deed("referrals:deceased_home", _("Take home to the family"), "car")


@require_safe
@requires(Action.READ_RECORD)
def record(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show who this is, what is open, and everything that happened; the look is written down."""
    today = local_day(timezone.now())
    patient = selectors.person(id, today)
    if patient is None:
        raise Http404
    journal.note_read(patient.id, by=request.user, what="record")
    kind = request.GET.get("kind", "")
    kind = kind if kind in timeline.KINDS else ""
    before = timeline.cursor(request.GET.get("before", ""))
    page = timeline.page(patient.id, kind=kind, before=before)
    return render(request, "desk/record.html", {
        "patient": patient, "age": patient.age_on(today), "today": today, "deeds": _deeds(patient, request.user),
        "edit": address(request.user, "clinic:patient_edit", patient.id),
        "birth": present.birth_words(patient), "others": present.other_numbers(patient),
        "now": present.open_now(patient, request.user, today), "kinds": timeline.KINDS, "kind": kind, "before": before,
        "events": [(event, address(request.user, *event.link) if event.link else "") for event in page.events],
        "older": "?" + urlencode({"kind": kind, "before": page.older}) if page.older else "",
    })  # fmt: skip


def _deeds(patient: Any, user: Any) -> list[tuple[Deed, str]]:
    if patient.deceased_on:
        home = address(user, HOME.name)
        return [(HOME, f"{home}?patient={patient.id}")] if home and not patient.open_trips else []
    offered = [deed for deed in DEEDS if not (deed.hidden_by and getattr(patient, deed.hidden_by))]
    found = [(deed, address(user, deed.name, patient.id)) for deed in offered]
    if patient.session_today:
        found.append((CHECKUP, address(user, CHECKUP.name, patient.session_today, patient.id)))
    return [(deed, url) for deed, url in found if url]
