"""Pages of the mobile team: the week, a session, a check-up, the routes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from core.errors import RuleBroken
from core.periods import local_day
from core.words import say


def today() -> date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def sent(request: HttpRequest) -> Any:
    """Return what a form was sent with, also when it is nothing at all; None for a page that is only opened."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, broken: RuleBroken) -> None:
    """Set the words of a broken rule beside the field it belongs to, or above the form."""
    form.add_error(broken.field if broken.field in form.fields else None, say(broken))
