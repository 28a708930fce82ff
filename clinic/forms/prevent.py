"""A dose against worms or of vitamin A."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.models import PreventiveDose
from clinic.rules import prevention
from core.ages import Age
from core.fields import DateField, HiddenIdField
from core.khmer import normalise


class DoseForm(forms.Form):
    """Which medicine, on which day, and why in spite of the interval; how much follows from the age."""

    id = HiddenIdField()
    what = forms.ChoiceField(label=_("What was given"), choices=(), widget=forms.RadioSelect)
    on = DateField(label=_("Given on"))
    despite = forms.CharField(label=_("Why now, in spite of the last dose"), required=False, max_length=200)

    def __init__(self, *args: Any, age: Age | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [(what, self._words(what, age)) for what in PreventiveDose.What.values]  # type: ignore[attr-defined]

    @staticmethod
    def _words(what: str, age: Age | None) -> str:
        dose = prevention.proposed(what, age) if age else None
        if dose is None:
            return str(PreventiveDose.What(what).label)
        return f"{dose.said.in_language(get_language())} {dose.amount}"

    def clean_despite(self) -> str:
        """Return the reason as it is stored."""
        return normalise(self.cleaned_data["despite"])
