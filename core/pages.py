"""What the pages of every room share: the clinic's day, what was sent, one way to answer a form, a paper to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from core.editing import Clashed
from core.errors import RuleBroken
from core.periods import local_day
from core.words import say


def today() -> date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, also when it is nothing at all; None for a page that is only opened."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, broken: RuleBroken) -> None:
    """Set the words of a broken rule beside the field it belongs to, or above the form."""
    form.add_error(broken.field if broken.field in form.fields else None, say(broken))


def done(form: forms.Form, makes: type[Model] | None, act: Callable[..., Any], /, **given: Any) -> bool:
    """Do what a valid form asks; tell it what a rule refuses. Return whether it is done.

    When the row it `makes` is there already, the form was sent twice: nothing more is done and nothing is wrong,
    whatever the rule says now (the first click may have taken the last box).
    """
    try:
        act(**given)
    except Clashed:
        raise  # the page shows both and asks which shall stand
    except RuleBroken as broken:
        if makes and makes._default_manager.filter(pk=form.cleaned_data["id"]).exists():
            return True
        refuse(form, broken)
        return False
    return True


def as_pdf(made: bytes, name: str) -> HttpResponse:
    """Show a PDF in the browser, under a name (without its ending) it can be kept by."""
    shown = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(made, content_type="application/pdf", headers=shown)
