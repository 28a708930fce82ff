"""The pages of the centre's own care: people, visits, wards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from core.errors import RuleBroken
from core.periods import local_day
from core.words import say

SAME = "constraint.same_id"  # what the database says of a form sent twice


def today() -> dt.date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def sent(request: HttpRequest) -> Any:
    """Return what a form was sent with, also when it is nothing at all; None for a page that is only opened."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, broken: RuleBroken) -> None:
    """Set the words of a broken rule beside the field it belongs to, or above the form."""
    form.add_error(broken.field if broken.field in form.fields else None, say(broken))


def status_of(form: Any) -> int:
    """Return 422 for a form that was refused, else 200."""
    return 422 if form.is_bound and form.errors else 200
