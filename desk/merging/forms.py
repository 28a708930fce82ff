"""Choose whose values stand; say why a merge is taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Patient
from core.fields import HiddenIdField
from desk.merging.columns import LOSER, WINNER, differing, proposed
from desk.merging.services import Choice

SIDES = ((WINNER, _("The record that stays")), (LOSER, _("The record that is taken up")))


class MergeForm(forms.Form):
    """One choice for each group of columns in which the two records differ."""

    id = HiddenIdField()
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("How do you know?"), max_length=200, required=False, help_text=_("For example: both cards in one hand.")
    )
    sure = forms.BooleanField(label=_("I have looked at this, and it is one person."), required=False)

    def __init__(self, *args: Any, winner: Patient, loser: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = differing(winner, loser)
        for group in self.groups:
            self.fields[group.name] = forms.ChoiceField(
                label=group.words, choices=SIDES, initial=proposed(group, winner, loser), required=False
            )

    def choice(self) -> Choice:
        """Return what the service takes."""
        said = self.cleaned_data
        values = {group.name: said[group.name] for group in self.groups if said[group.name]}
        return Choice(values, seen=said["seen"], sure=said["sure"])


class UndoForm(forms.Form):
    """Why a merge is taken back, and whether the two are different people."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    distinct = forms.BooleanField(
        label=_("They are two different people: do not propose them again."), required=False, initial=True
    )
