"""Who waits, who comes, who is taken in, who left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.forms.visits import ArrivalForm
from clinic.models import Encounter
from clinic.rules import contacts, sayings, visits
from clinic.rules.sayings import Saying
from clinic.selectors import people, queue
from clinic.services import encounters
from clinic.views import SAME, status_of
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.ages import Age
from core.audit import journal
from core.errors import RuleBroken
from core.pages import refuse, today
from core.words import say


class Waiting(NamedTuple):
    """One line of the queue."""

    visit: Any
    age: Age | None
    minutes: int | None
    late: bool


@require_safe
@requires(Action.OUTPATIENT)
def waiting(request: HttpRequest) -> HttpResponse:
    """Show who waits today, the most urgent first, who is with whom, and who was seen, page by page."""
    day, now = today(), timezone.now()
    lines = [_line(row, day, now) for row in queue.today(day)]
    before = _key(request.GET.get("before", ""))
    done, older = queue.done(day, before=before)
    return render(request, "clinic/queue.html", {
        "waiting": [line for line in lines if line.visit.seen_by_id is None],
        "with_us": [line for line in lines if line.visit.seen_by_id is not None],
        "done": [(row, row.patient.age_on(day)) for row in done], "before": before,
        "older": f"?before={older}#done" if older else "", "newer": "?#done" if before else "",
        "left_open": queue.left_open(day), "day": day,
    })  # fmt: skip


def _line(visit: Encounter, day: dt.date, now: dt.datetime) -> Waiting:
    until = visit.seen_at or now
    minutes = None if visit.arrived_at is None else max(0, int((until - visit.arrived_at).total_seconds() // 60))
    late = visit.seen_at is None and visits.waits_too_long(visit.urgency, minutes)
    return Waiting(visit, visit.patient.age_on(day), minutes, late)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@requires(Action.OUTPATIENT)
def arrive(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put somebody who has come into the queue: how urgent, why, danger signs; the rest can wait."""
    person, on = people.get_or_404(id), today()
    open_visit = None if request.method == "POST" else queue.open_visit_of(person, on)
    given = "another" in request.POST or open_visit is not None
    form = ArrivalForm(request.POST or None, age=person.age_on(on), open_already=given)
    if request.method == "POST" and form.is_valid():
        said, made = form.cleaned_data, form.cleaned_data["id"]
        try:
            encounters.open_visit(
                id=made, patient=person, on=on, told=said.get("told"), care=form.care(), signs=said["signs"],
                alone=not said.get("another"), by=request.user, today=on, at=timezone.now(),
            )  # fmt: skip
        except RuleBroken as broken:
            if broken.code == SAME:
                return redirect("clinic:queue")
            refuse(form, broken)
            open_visit = queue.open_visit_of(person, on)
        else:
            messages.success(request, _("%(who)s is in the queue.") % {"who": person.name})
            return redirect("clinic:queue")
    if request.method == "GET":
        journal.note_read(person.id, by=request.user, what="arrival")
    page = {
        "patient": person, "age": person.age_on(on), "form": form, "open_visit": open_visit,
        "slot": contacts.slot_at(on, birth=person.birth), "complaints": in_words(sayings.complaints()),
    }  # fmt: skip
    return render(request, "clinic/triage.html", page, status=status_of(form))


def in_words(rows: Iterable[Saying]) -> list[str]:
    """Return usual sentences in the language of the page."""
    language = get_language()
    return [row.said.in_language(language) for row in rows]


@require_POST
@requires(Action.OUTPATIENT)
def take_in(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that the user takes care of somebody, and open the visit."""
    try:
        encounters.take_in(
            id=id, by=request.user, at=timezone.now(), instead_of=_key(request.POST.get("instead_of", ""))
        )
    except Encounter.DoesNotExist:
        get_object_or_404(Encounter, pk=id, kind=Encounter.Kind.OUTPATIENT)
    except RuleBroken as broken:
        messages.warning(request, say(broken))
    return redirect("clinic:visit", id)


@require_POST
@requires(Action.OUTPATIENT)
def left(request: HttpRequest, id: UUID) -> HttpResponse:
    """Close the visit of somebody who left before being seen."""
    visit = get_object_or_404(Encounter, pk=id, kind=Encounter.Kind.OUTPATIENT)
    try:
        encounters.close_visit(visit=visit, result=Encounter.Result.LEFT, by=request.user, at=timezone.now())
    except RuleBroken as broken:
        messages.warning(request, say(broken))
    else:
        messages.success(request, _("Closed: left before the end."))
    return redirect("clinic:queue")
