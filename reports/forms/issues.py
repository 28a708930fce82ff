"""Why a paper is issued again."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import NotesField


class ReissueForm(forms.Form):
    """The reason, which stands on the new paper."""

    reason = NotesField(
        rows=2, label=_("Why it is issued again"), max_length=300,
        help_text=_("It is printed on the new paper, above the list of what differs."),
    )  # fmt: skip
