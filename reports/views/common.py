"""What the pages of this room share: today, what was sent, one way to answer a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext

from core.editing import Clashed
from core.errors import RuleBroken
from core.jobs.models import Job
from core.jobs.tasks import send
from core.periods import local_day
from core.words import say


def today() -> date:
    """Return the clinic's day."""
    return local_day(timezone.now())


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, also when it is empty; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def hand_over(request: HttpRequest, job: Job) -> None:
    """Send a job that waits to the workers; say so when none can be told."""
    if job.state == Job.State.WAITING and not send(job):
        words = gettext("What makes the papers does not answer. The paper waits and is made as soon as it does.")
        messages.warning(request, words)


def done(form: forms.Form, makes: type[Model] | None, act: Callable[..., Any], /, **given: Any) -> bool:
    """Do what a valid form asks; tell it what a rule refuses. Return whether it is done.

    When the row it `makes` is there already, the form was sent twice: nothing more is done and nothing is wrong.
    """
    try:
        act(**given)
    except Clashed:
        raise  # the page shows both and asks which shall stand
    except RuleBroken as broken:
        if makes and makes._default_manager.filter(pk=form.cleaned_data["id"]).exists():
            return True
        form.add_error(broken.field if broken.field in form.fields else None, say(broken))
        return False
    return True
