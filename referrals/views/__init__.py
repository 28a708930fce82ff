"""Pages of the referral desk: referrals and their way, trips and the vehicles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from core.errors import RuleBroken
from core.periods import Month, local_day
from core.words import say


def refuse(form: forms.Form, broken: RuleBroken) -> None:
    """Set the words of a broken rule beside the field it belongs to, or above the form."""
    form.add_error(broken.field if broken.field in form.fields else None, say(broken))


def key(text: str) -> UUID | None:
    """Read an id from an address; none when there is none. Raises Http404 for anything else."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def sent(request: HttpRequest) -> Any:
    """Return what a form was sent with, also when it is nothing at all; None for a page that is only opened."""
    return request.POST if request.method == "POST" else None


def paper(made: bytes, name: str) -> HttpResponse:
    """Show a PDF in the browser, under a name it can be kept by."""
    shown = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(made, content_type="application/pdf", headers=shown)


def month_of(request: HttpRequest) -> Month:
    """Return the month asked for, this one when it cannot be read."""
    try:
        return Month.parse(request.GET.get("month", ""))
    except RuleBroken:
        return Month.of(local_day(timezone.now()))
