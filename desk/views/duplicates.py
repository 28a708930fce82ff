"""The work list of records that look like one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.models import LikelyPair, Patient
from clinic.reasons import in_words
from clinic.services import pairs as services
from core.accounts.permissions import requires
from core.accounts.roles import Action
from core.jobs import work
from core.jobs.tasks import send
from core.periods import local_day
from desk.links import address
from desk.merging import picture

SHOWN = (LikelyPair.State.OPEN, LikelyPair.State.DISTINCT)


@require_safe
@requires(Action.REVIEW_DUPLICATES)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Show pairs side by side, the likeliest first; or those already told apart, to take that back."""
    state = request.GET.get("state", "")
    state = state if state in SHOWN else LikelyPair.State.OPEN
    before = _place(request.GET.get("before", ""))
    rows = picture.pairs(state, before=before, limit=picture.PAGE + 1)
    shown, today = rows[: picture.PAGE], local_day(timezone.now())
    last = shown[-1] if len(rows) > picture.PAGE else None
    return render(request, "desk/duplicates.html", {
        "pairs": [
            {
                "pair": pair, "reasons": in_words(pair.reasons),
                "sides": [(one, one.age_on(today), address(request.user, "desk:record", one.pk))
                          for one in (pair.one, pair.other)],
                "merge": address(request.user, "desk:merge", *_older_first(pair)),
            }
            for pair in shown
        ],
        "state": state, "before": before, "look": address(request.user, "desk:duplicates_look"),
        "merges": address(request.user, "desk:merges"),
        "older": f"?state={state}&before={last.score}.{last.pk}" if last else "",
    })  # fmt: skip


def _older_first(pair: LikelyPair) -> list[UUID]:
    """Return the record with the lower number first: its card has been in use for longer."""
    both: list[Patient] = sorted((pair.one, pair.other), key=lambda one: (len(one.number), one.number))
    return [one.pk for one in both]


def _place(text: str) -> tuple[int, UUID] | None:
    """Read the key of the last pair shown, "score.id"; nothing for what cannot be one."""
    score, _dot, key = text.partition(".")
    try:
        return (int(score), UUID(key)) if score.isascii() and score.isdigit() and len(score) < 6 else None
    except ValueError:
        return None


@require_POST
@requires(Action.REVIEW_DUPLICATES)
def distinct(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say that two records are of two different people."""
    return _decided(lambda: services.distinct(id=id, by=request.user, at=timezone.now()), request)


@require_POST
@requires(Action.REVIEW_DUPLICATES)
def reopen(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take that back."""
    return _decided(lambda: services.reopen(id=id, by=request.user), request)


def _decided(decide: Any, request: HttpRequest) -> HttpResponse:
    try:
        pair = decide()
    except LikelyPair.DoesNotExist:
        raise Http404 from None
    apart = pair.state == LikelyPair.State.DISTINCT
    messages.success(request, _("Remembered: two different people.") if apart else _("Back on the list."))
    return redirect("desk:duplicates")


@require_POST
@requires(Action.MANAGE_CENTRE)
def look(request: HttpRequest) -> HttpResponse:
    """Ask that everybody be compared with everybody again; it is long work with its own page."""
    with transaction.atomic():
        job, new = work.ask(
            services.JOB, by=request.user, key=services.JOB, everybody=True, language=get_language() or "km"
        )
        if new:
            transaction.on_commit(lambda: send(job))
    return redirect("jobs:job", job.id)
