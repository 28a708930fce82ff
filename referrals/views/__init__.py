"""Pages of the referral desk: referrals and their way, trips and the vehicles."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404

from core.errors import RuleBroken
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
