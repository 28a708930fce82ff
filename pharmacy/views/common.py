"""What the pages of this room share: today, keys from the address, and one way to answer a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from core.editing import Clashed
from core.errors import RuleBroken
from core.pdf.blocks import Organisation
from core.periods import local_day
from core.words import say


def today() -> date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, also when it is empty; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def organisation() -> Organisation:
    """Return whose paper it is that is printed."""
    centre = settings.CENTRE
    return Organisation(centre["name_km"], centre["name_en"], centre["address_km"], centre["phone"])


def paper(made: bytes, name: str) -> HttpResponse:
    """Answer with a PDF that the browser shows."""
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def uuid_from(request: HttpRequest, name: str) -> UUID | None:
    """Return the key that a page's address carries, or None when it is none."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def number_from(request: HttpRequest, name: str) -> int | None:
    """Return the number that a page's address carries, or None when it is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


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
        field = broken.field if broken.field in form.fields else None
        form.add_error(field, say(broken))
        return False
    return True
