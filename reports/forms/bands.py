"""A set of age bands as it is typed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import HiddenIdField, NotesField
from core.khmer import normalise


class NameInput(forms.CharField):
    """A name of something, in the form in which it is stored."""

    def to_python(self, value: object) -> str:
        return normalise(super().to_python(value) or "")


class BandsForm(forms.Form):
    """The names of a set and its bands, a line each."""

    id = HiddenIdField()
    name_km = NameInput(label=_("Name in Khmer"), max_length=80)
    name_en = NameInput(label=_("Name in English"), max_length=80)
    lines = NotesField(
        rows=9,
        label=_("Age bands"),
        max_length=2000,
        help_text=_(
            "One band a line, both ages included: 0-28d (days), 29d-11m (to 11 months), 1-4 (years), 5, and 65+ for "
            "the last. Every age must stand in exactly one band."
        ),
    )
