"""An allergy on the page of allergies, and that none is known."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.boxes import SubstanceField
from clinic.models import Allergy
from clinic.services.allergies import Said
from core.fields import DateField, HiddenIdField
from core.khmer import normalise


class AllergyForm(forms.Form):
    """What the person reacts to, and how."""

    id = HiddenIdField()
    substance = SubstanceField(help_text=_("A medicine, a food or anything else; choose from the list, or write it"))
    reaction = forms.CharField(label=_("What happened"), max_length=160, required=False)
    severe = forms.BooleanField(label=_("It was severe: could not breathe, fainted, swollen face"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("as in the list")), *Allergy.Kind.choices]
    )
    told_on = DateField(label=_("Told on"))

    def said(self) -> Said:
        """Return what the service takes."""
        said = self.cleaned_data
        return Said(said["substance"], normalise(said["reaction"]), said["severe"], said["kind"])

    def clean_reaction(self) -> Any:
        """Bring the words to the form in which they are kept."""
        return normalise(self.cleaned_data["reaction"])


class NoneKnownForm(forms.Form):
    """Somebody asked, and no allergy is known."""

    on = DateField(label=_("Asked on"))
